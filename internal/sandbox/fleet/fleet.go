package fleet

import (
	"math/big"
	"math/bits"
	"slices"
	"strconv"
)

// Fleet is a computed organisation. It is immutable and safe for concurrent use.
type Fleet struct {
	spec    Spec
	regions []string // those that exist; the first spec.Regions of them are enabled everywhere
	optIn   int      // where those begin that each account has to enable

	offset  uint64 // account 0 is idBase+offset
	inverse uint64 // of idStep

	recorded, broken []vpcCase
	bare             vpcCase
}

// New computes nothing yet. Of the Regions that AWS enables by default the first is where the
// organisation's own services answer; those that an account has to enable come behind them.
func New(spec Spec, byDefault, optIn []string) *Fleet {
	f := &Fleet{spec: spec, regions: slices.Concat(byDefault, optIn), optIn: len(byDefault), recorded: recordedCases(), broken: brokenCases(), bare: bareCase()}
	f.offset = f.roll(forAccountID, place{}) % idCount
	if id, err := strconv.ParseUint(spec.Management, 10, 64); err == nil {
		f.offset = id - idBase
	}
	step, all := new(big.Int).SetUint64(idStep), new(big.Int).SetUint64(idCount)
	f.inverse = step.ModInverse(step, all).Uint64()
	return f
}

// Spec is what the fleet was made from.
func (f *Fleet) Spec() Spec { return f.spec }

// Account ids are twelve digits that do not begin with 0, one for each number: the number is
// multiplied by a step that shares no factor with the count of ids, so that consecutive numbers
// lie far apart, and that can be undone without a table.
const (
	idBase  = 100_000_000_000
	idCount = 900_000_000_000
	idStep  = 618_033_988_747
)

// AccountID gives the id of an account by its number, from 0, the management account.
func (f *Fleet) AccountID(n int) string {
	return strconv.FormatUint(idBase+(times(uint64(n), idStep)+f.offset)%idCount, 10)
}

// Number gives the number of an account by its id; false where the fleet has no such account.
func (f *Fleet) Number(id string) (int, bool) {
	v, err := strconv.ParseUint(id, 10, 64)
	if err != nil || len(id) != 12 || v < idBase {
		return 0, false
	}
	n := times((v-idBase+idCount-f.offset)%idCount, f.inverse)
	return int(n), n < uint64(f.spec.Accounts)
}

// times multiplies below idCount.
func times(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a%idCount, b%idCount)
	_, rest := bits.Div64(hi, lo, idCount)
	return rest
}

// Region gives the number of a Region by its name, -1 where there is none.
func (f *Fleet) Region(name string) int {
	for i, r := range f.regions {
		if r == name {
			return i
		}
	}
	return -1
}

// Enabled says whether an account may use a Region: the first ones, and those that it has enabled
// itself. The others that AWS enables by default, if the fleet has fewer, no account may use.
func (f *Fleet) Enabled(account, region int) bool {
	if region < 0 || region >= len(f.regions) {
		return false
	}
	return region < f.spec.Regions || region >= f.optIn && f.happens(f.spec.OptedIn, forOptIn, place{account: account, region: region})
}
