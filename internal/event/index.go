package event

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"flowproof/internal/inventory"
)

// index says where the block of each scope lies. A run over an organisation has hundreds of
// thousands, so a scope is two numbers in it, for its account and its place, and takes some
// thirty bytes. It may be asked by several goroutines.
type index struct {
	mu       sync.Mutex
	accounts names[string]
	places   names[place]
	entries  map[scopeID]entry
}

// place is a Region of a partition: there are a few dozen.
type place struct{ partition, region string }

// scopeID is the number of an account and the number of a place.
type scopeID uint64

// entry is where a block lies and what there is to know of it without reading it.
type entry struct {
	place   uint64 // flags above, the offset below
	length  uint32
	seconds uint32 // when the scope was read, since 1970: enough until 2106
}

// The flags of an entry.
const (
	inRun    uint64 = 1 << (63 - iota) // the scope belongs to this run, and not only to a checkpoint
	finished                           // it was read whole
	waiting                            // some of its findings wait for another scope

	offsetMask = waiting - 1
)

func (e entry) offset() int64       { return int64(e.place & offsetMask) }
func (e entry) has(f uint64) bool   { return e.place&f != 0 }
func (e entry) with(f uint64) entry { e.place |= f; return e }

func (e entry) readAt() time.Time { return time.Unix(int64(e.seconds), 0) }

func newEntry(offset int64, length int) entry {
	return entry{place: uint64(offset), length: uint32(length)}
}

func newIndex() *index { return &index{entries: map[scopeID]entry{}} }

// names gives each of a few texts a number.
type names[T comparable] struct {
	numbers map[T]uint32
	all     []T
}

func (n *names[T]) number(name T) uint32 {
	if i, ok := n.numbers[name]; ok {
		return i
	}
	if n.numbers == nil {
		n.numbers = map[T]uint32{}
	}
	i := uint32(len(n.all))
	n.numbers[name] = i
	n.all = append(n.all, name)
	return i
}

// id gives a scope its number.
func (x *index) id(s inventory.Scope) scopeID {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.numbered(s)
}

func (x *index) numbered(s inventory.Scope) scopeID {
	return scopeID(x.accounts.number(s.Account))<<32 | scopeID(x.places.number(place{s.Partition, s.Region}))
}

func (x *index) scope(id scopeID) inventory.Scope {
	p := x.places.all[uint32(id)]
	return inventory.Scope{Partition: p.partition, Account: x.accounts.all[id>>32], Region: p.region}
}

// get returns the entry of a scope, if there is one.
func (x *index) get(s inventory.Scope) (scopeID, entry, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	id := x.numbered(s)
	e, ok := x.entries[id]
	return id, e, ok
}

func (x *index) set(id scopeID, e entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.entries[id] = e
}

// order puts scopes in the order of partition, account and Region without comparing a text for
// each pair: accounts and places are ranked once.
type order struct {
	accounts, places   []uint32 // by number: its rank
	byAccount, byPlace []uint32 // by rank: its number
	partitions         []uint32 // by number of a place: the rank of its partition
}

func (x *index) order() order {
	o := order{partitions: make([]uint32, len(x.places.all))}
	o.byAccount, o.accounts = ranked(x.accounts.all, strings.Compare)
	o.byPlace, o.places = ranked(x.places.all, func(a, b place) int {
		return cmp.Or(strings.Compare(a.partition, b.partition), strings.Compare(a.region, b.region))
	})
	rank, last := uint32(0), ""
	for i, n := range o.byPlace {
		if p := x.places.all[n].partition; i > 0 && p != last {
			rank++
		}
		last = x.places.all[n].partition
		o.partitions[n] = rank
	}
	return o
}

// ranked sorts names: the numbers in order, and the rank of each number.
func ranked[T any](all []T, compare func(a, b T) int) (numbers, ranks []uint32) {
	numbers, ranks = make([]uint32, len(all)), make([]uint32, len(all))
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	slices.SortFunc(numbers, func(a, b uint32) int { return compare(all[a], all[b]) })
	for rank, n := range numbers {
		ranks[n] = uint32(rank)
	}
	return numbers, ranks
}

// Of a rank, bits 0 to 15 are for the place, 16 to 47 for the account, the rest for the partition.
const accountShift, partitionShift = 16, 48

// rank is a number that sorts as the scope does.
func (o order) rank(id scopeID) uint64 {
	p := uint32(id)
	return uint64(o.partitions[p])<<partitionShift | uint64(o.accounts[id>>32])<<accountShift | uint64(o.places[p])
}

// id is the scope that has a rank.
func (o order) id(rank uint64) scopeID {
	account := uint32(rank >> accountShift)
	place := uint32(rank & (1<<accountShift - 1))
	return scopeID(o.byAccount[account])<<32 | scopeID(o.byPlace[place])
}

// sorted visits the scopes of this run in order, with where their blocks lie.
func (x *index) sorted() iter.Seq2[scopeID, entry] {
	return func(yield func(scopeID, entry) bool) {
		o := x.order()
		ranks := make([]uint64, 0, len(x.entries))
		for id, e := range x.entries {
			if e.has(inRun) {
				ranks = append(ranks, o.rank(id))
			}
		}
		slices.Sort(ranks)
		for _, r := range ranks {
			id := o.id(r)
			if !yield(id, x.entries[id]) {
				return
			}
		}
	}
}
