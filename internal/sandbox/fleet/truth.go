package fleet

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The rules of the default set, as far as the oracle knows them: by name.
const (
	recordedRule = "vpc-flow-log-check"
	deliveryRule = "flow-log-delivery-check"
	trafficRule  = "flow-log-traffic-check"
)

// WriteTruth writes what a scan of every account from the management account must say, as
// JSON lines: one for each row of the ledger (type "scope") and one for each finding of the
// default rule set (type "finding"). Accounts come by number, Regions by name.
func (f *Fleet) WriteTruth(w io.Writer) error {
	t := truth{fleet: f, out: bufio.NewWriterSize(w, 1<<16)}
	regions := make([]int, len(f.regions))
	for i := range regions {
		regions[i] = i
	}
	slices.SortFunc(regions, func(a, b int) int { return strings.Compare(f.regions[a], f.regions[b]) })
	for account := range f.spec.Accounts {
		t.account = f.AccountID(account)
		if f.State(account) != StateActive {
			t.assumed, t.name = false, "*"
			t.scope("closed", Answered, 0)
			continue
		}
		t.regions(account, regions)
	}
	return t.out.Flush()
}

// truth writes the lines of one account after another.
type truth struct {
	fleet   *Fleet
	out     *bufio.Writer
	account string
	name    string // of the Region at hand, or * for an account as a whole
	assumed bool   // the row is about a Region that the account itself did not name
	line    []byte
}

// regions writes the rows of an account. Where neither the account nor the organisation says which
// Regions it has, the caller's stand in, and one row more says that the list is missing.
func (t *truth) regions(account int, regions []int) {
	f := t.fleet
	open := f.Enterable(account) && !f.Hangs(account)
	t.assumed = f.assumed(account)
	for _, region := range regions {
		if f.listed(account, region) {
			t.region(account, region, open)
		}
	}
	if t.assumed && open {
		t.assumed, t.name = false, "*"
		t.scope("incomplete", Denied, 0)
		t.scopeFinding(recordedRule)
		t.scopeFinding(trafficRule)
		t.scopeFinding(deliveryRule)
	}
}

// region writes one row of the ledger and the findings in it. A Region of an account that nobody can
// look into passes for enabled where the caller's stand in.
func (t *truth) region(account, region int, open bool) {
	f := t.fleet
	t.name = f.regions[region]
	if !f.Enabled(account, region) && (open || !t.assumed) {
		t.scope("disabled", Answered, 0)
		return
	}
	got := f.read(account, region)
	switch {
	case got.vpcsFate == Answered && got.logsFate == Answered:
		t.scope("read", Answered, len(got.vpcs))
	case got.partly:
		t.scope("incomplete", got.cause(), len(got.vpcs))
	default:
		t.scope("unread", got.cause(), 0)
	}
	for _, v := range got.vpcs {
		t.vpc(account, v, got)
	}
	for _, l := range got.logs {
		t.finding(deliveryRule, l.ID, t.account, l.delivers, "")
	}
	if got.vpcsFate != Answered {
		t.scopeFinding(recordedRule)
		t.scopeFinding(trafficRule)
	}
	if got.logsFate != Answered {
		t.scopeFinding(deliveryRule)
	}
}

// vpc writes what the two rules say of a VPC that was read.
func (t *truth) vpc(account int, v VPC, got read) {
	f := t.fleet
	if v.foreign {
		elsewhere := said{NotApplicable, ""}
		t.onVPC(v, verdict{elsewhere, elsewhere})
		return
	}
	if v.at.account == account {
		t.onVPC(v, f.verdictOn(v, got))
		return
	}
	owners, known := f.read(v.at.account, v.at.region), notKnown()
	if f.listed(v.at.account, v.at.region) && slices.Contains(owners.vpcs, v) {
		known = f.verdictOn(v, owners)
	}
	t.onVPC(v, known.asSeenByOthers())
}

func (t *truth) onVPC(v VPC, known verdict) {
	t.finding(recordedRule, v.ID, v.Owner, known.recorded.outcome, known.recorded.assurance)
	t.finding(trafficRule, v.ID, v.Owner, known.traffic.outcome, known.traffic.assurance)
}

// scope writes a row of the ledger.
func (t *truth) scope(status string, cause Fate, vpcs int) {
	t.begin("scope")
	t.text("status", status)
	t.textOrNull("cause", string(cause))
	t.line = append(t.line, `,"vpcs":`...)
	t.line = strconv.AppendInt(t.line, int64(vpcs), 10)
	t.line = append(t.line, `,"assumed":`...)
	t.line = strconv.AppendBool(t.line, t.assumed)
	t.end()
}

// scopeFinding writes the one finding that a rule makes where it could read nothing.
func (t *truth) scopeFinding(rule string) {
	t.finding(rule, t.account+"/"+t.name, t.account, Unknown, "")
}

func (t *truth) finding(rule, resource, owner string, outcome Outcome, assurance string) {
	t.begin("finding")
	t.text("rule", rule)
	t.text("resource", resource)
	t.text("owner", owner)
	t.text("outcome", string(outcome))
	t.textOrNull("assurance", assurance)
	t.end()
}

func (t *truth) begin(kind string) {
	t.line = append(t.line[:0], `{"type":"`...)
	t.line = append(append(t.line, kind...), '"')
	t.text("account", t.account)
	t.text("region", t.name)
}

// text writes a field. No value in a truth needs escaping: all are made of ids and words.
func (t *truth) text(name, value string) {
	t.line = append(append(t.line, `,"`...), name...)
	t.line = append(append(t.line, `":"`...), value...)
	t.line = append(t.line, '"')
}

func (t *truth) textOrNull(name, value string) {
	if value != "" {
		t.text(name, value)
		return
	}
	t.line = append(append(t.line, `,"`...), name...)
	t.line = append(t.line, `":null`...)
}

// end writes the line. The buffer keeps its first error for WriteTruth to return.
func (t *truth) end() {
	t.line = append(t.line, "}\n"...)
	_, _ = t.out.Write(t.line)
}
