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
			t.assumed = false
			t.scope("*", "closed", Answered, 0)
			continue
		}
		for _, region := range regions {
			t.region(account, region)
		}
	}
	return t.out.Flush()
}

// truth writes the lines of one account after another.
type truth struct {
	fleet   *Fleet
	out     *bufio.Writer
	account string
	name    string // of the Region at hand
	assumed bool   // the row is about a Region that the account itself did not name
	line    []byte
}

// read is what can be read of a Region: the fates of its two lists.
type read struct{ vpcs, logs Fate }

func (f *Fleet) read(account, region int) read {
	if !f.Enterable(account) {
		return read{Denied, Denied}
	}
	return read{f.ListFate(account, region, VPCs), f.ListFate(account, region, FlowLogs)}
}

// region writes one row of the ledger and the findings in it.
func (t *truth) region(account, region int) {
	f := t.fleet
	t.name = f.regions[region]
	// Nobody can say which Regions a closed door hides: the caller's stand in.
	t.assumed = !f.spec.ListRegions && (!f.Enterable(account) || f.Hangs(account))
	if t.assumed && !f.Enabled(0, region) {
		return
	}
	if !t.assumed && !f.Enabled(account, region) {
		t.scope(t.name, "disabled", Answered, 0)
		return
	}
	got := f.read(account, region)
	var vpcs []VPC
	if got.vpcs == Answered {
		vpcs = f.VPCs(account, region)
	}
	switch {
	case got.vpcs == Answered && got.logs == Answered:
		t.scope(t.name, "read", Answered, len(vpcs))
	case got.vpcs == Answered:
		t.scope(t.name, "incomplete", got.logs, len(vpcs))
	case got.logs == Answered:
		t.scope(t.name, "incomplete", got.vpcs, 0)
	default:
		t.scope(t.name, "unread", got.vpcs, 0)
	}
	for _, v := range vpcs {
		t.vpc(account, v, got)
	}
	if got.vpcs != Answered {
		t.scopeFinding(recordedRule)
		t.scopeFinding(trafficRule)
	}
	if got.logs != Answered {
		t.scopeFinding(deliveryRule)
		return
	}
	for _, l := range f.FlowLogs(account, region) {
		t.finding(deliveryRule, l.ID, t.account, l.delivers, "")
	}
}

// vpc writes what the two rules say of a VPC in a Region whose VPCs could be listed.
func (t *truth) vpc(account int, v VPC, got read) {
	f := t.fleet
	made := f.caseOf(v)
	switch {
	case v.foreign:
		t.onVPC(v, NotApplicable, NotApplicable, "")
	case v.at.account == account && got.logs == Answered:
		t.onVPC(v, made.recorded, made.traffic, made.assurance)
	case v.at.account == account:
		t.onVPC(v, Unknown, Unknown, "")
	case f.read(v.at.account, v.at.region) == (read{}):
		t.onVPC(v, NotApplicable, NotApplicable, made.assurance)
	default:
		t.onVPC(v, Unknown, Unknown, "")
	}
}

func (t *truth) onVPC(v VPC, recorded, traffic Outcome, assurance string) {
	t.finding(recordedRule, v.ID, v.Owner, recorded, assurance)
	t.finding(trafficRule, v.ID, v.Owner, traffic, assurance)
}

// scope writes a row of the ledger.
func (t *truth) scope(region, status string, cause Fate, vpcs int) {
	t.begin("scope", region)
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
	t.begin("finding", t.name)
	t.text("rule", rule)
	t.text("resource", resource)
	t.text("owner", owner)
	t.text("outcome", string(outcome))
	t.textOrNull("assurance", assurance)
	t.end()
}

func (t *truth) begin(kind, region string) {
	t.line = append(t.line[:0], `{"type":"`...)
	t.line = append(append(t.line, kind...), '"')
	t.text("account", t.account)
	t.text("region", region)
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
