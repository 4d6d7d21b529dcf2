package fleet

// decision is what a roll is for: two decisions about one place are independent.
type decision uint64

const (
	forAccountID decision = iota
	forState
	forDenied
	forHanging
	forRegionDenied
	forSCP
	forThrottled
	forErrors
	forListDenied
	forPageLost
	forRegionsHidden
	forOptIn
	forVPCCount
	forCrowd
	forDefaultVPC
	forCase
	forRecorded
	forBroken
	forHostile
	forShared
	forForeign
	forOwnLog
	forVPCID
	forSubnetID
	forInterfaceID
	forFlowLogID
	forOUID
	forEmptyPage
	forJitter
)

// place says what a roll is about: an account, a Region of it and a thing in that, by number.
type place struct{ account, region, item int }

// roll gives 64 bits that depend on nothing but the seed, the decision and the place, by the
// SplitMix64 finaliser (Steele, Lea and Flood, 2014).
func (f *Fleet) roll(d decision, p place) uint64 {
	h := f.spec.Seed
	for _, v := range [...]uint64{uint64(d), uint64(p.account), uint64(p.region), uint64(p.item)} {
		h = mix(h ^ v)
	}
	return h
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// happens decides something that is so for a share of all places.
func (f *Fleet) happens(share Share, d decision, p place) bool {
	return unit(f.roll(d, p)) < float64(share)
}

// unit maps 64 bits to [0, 1).
func unit(bits uint64) float64 { return float64(bits>>11) / (1 << 53) }

// below picks a number from 0 to n-1.
func (f *Fleet) below(n int, d decision, p place) int {
	return int(f.roll(d, p) % uint64(n))
}

// id makes the id of a resource: its prefix, "-0" and 16 hex digits.
func (f *Fleet) id(prefix string, d decision, p place) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, len("subnet-0")+16)
	b = append(b, prefix...)
	b = append(b, '-', '0')
	bits := f.roll(d, p)
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, hex[bits>>shift&15])
	}
	return string(b)
}
