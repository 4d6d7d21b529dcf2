package sandbox

import "sort"

// table keeps resources in the order of their creation, which is the order in which
// lists give them, with a look-up by id. Each row's sequence number is never used
// again, so that a page token stays good when rows come and go between pages.
type table[T any] struct {
	rows []row[T]
	byID map[string]T
	seq  int
}

type row[T any] struct {
	seq   int
	id    string
	value T
}

func (t *table[T]) add(id string, v T) {
	if t.byID == nil {
		t.byID = make(map[string]T)
	}
	t.seq++
	t.rows = append(t.rows, row[T]{seq: t.seq, id: id, value: v})
	t.byID[id] = v
}

func (t *table[T]) get(id string) (T, bool) {
	v, ok := t.byID[id]
	return v, ok
}

// remove drops a row and says whether it was there.
func (t *table[T]) remove(id string) bool {
	if _, ok := t.byID[id]; !ok {
		return false
	}
	delete(t.byID, id)
	for i := range t.rows {
		if t.rows[i].id == id {
			t.rows = append(t.rows[:i:i], t.rows[i+1:]...)
			break
		}
	}
	return true
}

// after gives the rows behind a sequence number.
func (t *table[T]) after(seq int) []row[T] {
	i := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].seq > seq })
	return t.rows[i:]
}
