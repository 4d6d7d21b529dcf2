package fleet

import "slices"

// clientPage is how many entries a client that is not told otherwise asks for at once, the most that
// EC2 gives.
const clientPage = 1000

// read is what can be read of a Region: as much of each of the two lists as comes, and what keeps
// the rest from coming.
type read struct {
	vpcs               []VPC
	logs               []FlowLog
	vpcsFate, logsFate Fate
	partly             bool // something came
}

// assumed says whether nobody tells which Regions an account has.
func (f *Fleet) assumed(account int) bool {
	return !f.spec.ListRegions && (!f.Enterable(account) || f.Hangs(account) || f.HidesRegions(account))
}

// listed says whether a Region is among those that are known of an account, enabled or not.
func (f *Fleet) listed(account, region int) bool { return !f.assumed(account) || f.Enabled(0, region) }

func (f *Fleet) read(account, region int) read {
	if !f.Enterable(account) {
		return read{vpcsFate: Denied, logsFate: Denied}
	}
	got := read{vpcsFate: f.ListFate(account, region, VPCs), logsFate: f.ListFate(account, region, FlowLogs)}
	page := min(clientPage, f.spec.PageSize)
	if got.vpcsFate == Answered {
		got.vpcs, got.partly = f.VPCs(account, region), true
		if len(got.vpcs) > page && f.PageLost(account, region, VPCs) {
			got.vpcs, got.vpcsFate = got.vpcs[:page], ServerError
		}
	}
	if got.logsFate == Answered {
		got.logs, got.partly = f.FlowLogs(account, region), true
		if len(got.logs) > page && f.PageLost(account, region, FlowLogs) {
			got.logs, got.logsFate = got.logs[:page], ServerError
		}
	}
	return got
}

// cause is what keeps the lists from being whole: a Region has one thing wrong with it at most.
func (r read) cause() Fate {
	if r.vpcsFate != Answered {
		return r.vpcsFate
	}
	return r.logsFate
}

// said is what one rule says of a VPC.
type said struct {
	outcome   Outcome
	assurance string
}

// verdict is what the two rules about VPCs say of one.
type verdict struct{ recorded, traffic said }

// notKnown is the verdict where no fact decides.
func notKnown() verdict { return verdict{said{Unknown, ""}, said{Unknown, ""}} }

// verdictOn gives the verdict on an account's own VPC: that of its case where all of its
// flow logs were read, else what those that were read prove.
func (f *Fleet) verdictOn(v VPC, got read) verdict {
	made := f.caseOf(v)
	if got.logsFate == Answered {
		return verdict{said{made.recorded, made.assurance}, said{made.traffic, made.assurance}}
	}
	out := notKnown()
	for i, plan := range made.logs {
		id := f.flowLog(v, i, plan).ID
		came := slices.ContainsFunc(got.logs, func(l FlowLog) bool { return l.ID == id })
		if !came || plan.on != theVPC || plan.status != active || plan.delivers == Fail {
			continue
		}
		out.recorded = said{Pass, "unproven"}
		out.traffic.assurance = "unproven"
		if plan.traffic != "ACCEPT" {
			out.traffic.outcome = Pass
		}
	}
	return out
}

// asSeenByOthers is the verdict in an account that the VPC is shared with.
func (v verdict) asSeenByOthers() verdict {
	return verdict{v.recorded.asSeenByOthers(), v.traffic.asSeenByOthers()}
}

func (s said) asSeenByOthers() said {
	if s.outcome == Unknown {
		return said{Unknown, ""}
	}
	return said{NotApplicable, s.assurance}
}
