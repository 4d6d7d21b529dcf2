package fleet

import "strconv"

// The organisation is a tree of fixed shape: under the root the units below, under each of
// those a unit for each stage, and every account but the management account in one of the
// stages. The management account is in the root itself.
var (
	units  = [...]string{"payments", "search", "shipping", "identity", "data", "platform"}
	stages = [...]string{"prod", "dev"}
)

const leaves = len(units) * len(stages)

// leaf gives the stage that an account is in, -1 for the root.
func leaf(account int) int {
	if account == 0 {
		return -1
	}
	return (account - 1) % leaves
}

func (f *Fleet) units(account int) (unit, stage string) {
	l := leaf(account)
	return units[l/len(stages)], stages[l%len(stages)]
}

// Unit is an organisational unit, or the root.
type Unit struct {
	ID, Name, ARN string

	leaf int // the stage's number; -1 in all others
	unit int // the unit's number; -1 in the root
}

// OrganisationID is the id of the organisation.
func (f *Fleet) OrganisationID() string { return "o-" + f.letters(10, 0) }

// AccountARN is the ARN that Organizations gives an account.
func (f *Fleet) AccountARN(account int) string {
	return f.arn("account", f.AccountID(account))
}

// ARN is the ARN of the organisation.
func (f *Fleet) ARN() string {
	return "arn:aws:organizations::" + f.AccountID(0) + ":organization/" + f.OrganisationID()
}

func (f *Fleet) arn(kind, id string) string {
	return "arn:aws:organizations::" + f.AccountID(0) + ":" + kind + "/" + f.OrganisationID() + "/" + id
}

// Root is the top of the tree.
func (f *Fleet) Root() Unit {
	id := "r-" + f.letters(4, 1)
	return Unit{ID: id, Name: "Root", ARN: f.arn("root", id), leaf: -1, unit: -1}
}

// Units gives the units directly below one.
func (f *Fleet) Units(parent Unit) []Unit {
	var out []Unit
	switch {
	case parent.unit < 0:
		for i, name := range units {
			out = append(out, f.newUnit(name, 2+i, i, -1))
		}
	case parent.leaf < 0:
		for i, name := range stages {
			l := parent.unit*len(stages) + i
			out = append(out, f.newUnit(name, 2+len(units)+l, parent.unit, l))
		}
	}
	return out
}

func (f *Fleet) newUnit(name string, item, unit, leaf int) Unit {
	id := "ou-" + f.letters(4, 1) + "-" + f.letters(8, item)
	return Unit{ID: id, Name: name, ARN: f.arn("ou", id), unit: unit, leaf: leaf}
}

// Unit finds a unit, or the root, by its id.
func (f *Fleet) Unit(id string) (Unit, bool) {
	return f.find(f.Root(), id)
}

func (f *Fleet) find(u Unit, id string) (Unit, bool) {
	if u.ID == id {
		return u, true
	}
	for _, below := range f.Units(u) {
		if found, ok := f.find(below, id); ok {
			return found, true
		}
	}
	return Unit{}, false
}

// Above gives the unit that a unit is in.
func (f *Fleet) Above(u Unit) Unit {
	root := f.Root()
	if u.leaf < 0 {
		return root
	}
	return f.Units(root)[u.unit]
}

// UnitOf gives the unit that an account is in.
func (f *Fleet) UnitOf(account int) Unit {
	root, l := f.Root(), leaf(account)
	if l < 0 {
		return root
	}
	return f.Units(f.Units(root)[l/len(stages)])[l%len(stages)]
}

// AccountsIn gives up to n numbers of accounts directly in a unit, behind the first skip of
// them, and whether there are more.
func (f *Fleet) AccountsIn(u Unit, skip, n int) (accounts []int, more bool) {
	first, step := 1+u.leaf, leaves
	switch {
	case u.unit < 0:
		first, step = 0, f.spec.Accounts
	case u.leaf < 0:
		return nil, false
	}
	for a := first + skip*step; a < f.spec.Accounts; a += step {
		if len(accounts) == n {
			return accounts, true
		}
		accounts = append(accounts, a)
	}
	return accounts, false
}

// Accounts gives up to n numbers of accounts behind the first skip of them, and whether there
// are more.
func (f *Fleet) Accounts(skip, n int) (accounts []int, more bool) {
	for a := skip; a < min(skip+n, f.spec.Accounts); a++ {
		accounts = append(accounts, a)
	}
	return accounts, skip+n < f.spec.Accounts
}

// EmptyPage says whether a page of a list of accounts, by its number, comes without accounts
// although more follow, as Organizations' pages may.
func (f *Fleet) EmptyPage(page int) bool {
	return f.happens(f.spec.EmptyPages, forEmptyPage, place{item: page})
}

// letters makes n lower-case letters and digits.
func (f *Fleet) letters(n, item int) string {
	text := strconv.FormatUint(f.roll(forOUID, place{item: item})|1<<63, 36)
	return text[len(text)-n:]
}
