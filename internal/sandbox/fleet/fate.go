package fleet

// Fate is what becomes of a call, or of all calls of one kind in a place.
type Fate string

// The fates. Each but the first is the cause of a gap.
const (
	Answered    Fate = ""
	Denied      Fate = "denied"
	DeniedBySCP Fate = "denied-by-scp"
	Throttled   Fate = "throttled"    // for ever, on top of the buckets
	ServerError Fate = "server-error" // for ever
	Hanging     Fate = "unreachable"  // no answer ever comes
)

// List is a list of EC2 that can be refused by itself.
type List int

// The lists.
const (
	VPCs List = iota
	FlowLogs
	OtherList
)

// PageLost says whether a list breaks off: what comes behind its first page is answered with a
// server error, for ever. Nothing else is wrong with such a Region.
func (f *Fleet) PageLost(account, region int, list List) bool {
	p := place{account: account, region: region}
	return account >= reserved && f.happens(f.spec.PagesLost, forPageLost, p) && list == List(f.roll(forPageLost, p)&1) &&
		f.ListFate(account, region, VPCs) == Answered && f.ListFate(account, region, FlowLogs) == Answered
}

// ListFate says what becomes of the calls for one list in a Region of an account that can be
// entered. At most one thing is wrong with a Region.
func (f *Fleet) ListFate(account, region int, list List) Fate {
	p := place{account: account, region: region}
	switch {
	case account < reserved:
		return Answered
	case f.Hangs(account):
		return Hanging
	case f.happens(f.spec.SCP, forSCP, p):
		return DeniedBySCP
	case f.happens(f.spec.RegionsDenied, forRegionDenied, p):
		return Denied
	case f.happens(f.spec.Throttled, forThrottled, p):
		return Throttled
	case f.happens(f.spec.Errors, forErrors, p):
		return ServerError
	case f.happens(f.spec.ListsDenied, forListDenied, p) && list == List(f.roll(forListDenied, p)&1):
		return Denied
	}
	return Answered
}
