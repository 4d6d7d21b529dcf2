package report

import (
	"cmp"
	"fmt"
	"io"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Rules that a proof is told from.
const (
	recordedRule = "vpc-flow-log-check"
	arrivalRule  = "flow-log-arrival-check"
)

// WriteProof writes a run of the two rules about recording and arrival as what arrived where. JSONL is
// the stream, as of any run.
func WriteProof(format string, w io.Writer, spool *event.Spool, opts Options) error {
	write, known := map[string]func(io.Writer, *event.Spool, Options) error{
		Text: writeProofText, JSON: writeProofJSON, JSONL: writeJSONL,
	}[format]
	if !known {
		return fmt.Errorf("a proof as %q: there are text, json and jsonl", format)
	}
	if spool.Run() == nil || spool.Summary() == nil {
		return fmt.Errorf("write %s proof: %w", format, event.ErrCutOff)
	}
	if err := write(w, spool, opts); err != nil {
		return fmt.Errorf("write %s proof: %w", format, err)
	}
	return nil
}

// proofState is how far one VPC, or one flow log on something else, is proven.
type proofState string

// The states, as they are told, the worst first.
const (
	notRecorded proofState = "not-recorded" // no flow log of the VPC works
	nothingCame proofState = "nothing-came" // a flow log that had to deliver did not
	notProven   proofState = "not-proven"   // it could not be seen
	proven      proofState = "proven"
	nothingToDo proofState = "nothing-to-record" // no interface is in use
)

func proofStates() []proofState {
	return []proofState{notRecorded, nothingCame, notProven, proven, nothingToDo}
}

// proof is a VPC with the flow logs on it, or (when vpc is nil) flow logs on something else.
type proof struct {
	vpc  *finding.Finding
	logs []finding.Finding
}

// proofs sorts the findings of a scope: the VPCs that the account owns in their order, then flow logs
// on subnets, interfaces and gateways, each by itself.
func proofs(found []finding.Finding) []proof {
	var all, others []proof
	at := map[string]int{}
	for _, f := range found {
		if f.Rule == recordedRule && f.Resource.Type == finding.VPCType && f.Resource.Owner == f.Resource.Account {
			at[f.Resource.ID] = len(all)
			all = append(all, proof{vpc: &f})
		}
	}
	for _, f := range found {
		if f.Rule != arrivalRule || f.Resource.Type != finding.FlowLogType {
			continue
		}
		if i, ok := at[on(f)]; ok {
			all[i].logs = append(all[i].logs, f)
			continue
		}
		others = append(others, proof{logs: []finding.Finding{f}})
	}
	return append(all, others...)
}

// on is the resource that a flow log is on.
func on(f finding.Finding) string {
	for _, l := range f.Evidence.FlowLogs {
		return l.ResourceID
	}
	return ""
}

// state is that of the worst part: a VPC of which one flow log proves delivery may have another that
// does not.
func (p proof) state() proofState {
	if p.vpc != nil {
		switch p.vpc.Assurance {
		case finding.Absent, finding.Inactive, finding.Failing:
			return notRecorded
		case "":
			return notProven
		}
	}
	worst := nothingToDo
	for _, f := range p.logs {
		switch cmp.Or(f.SuppressedOutcome, f.Outcome) { // what somebody accepts is not proven by that
		case finding.Fail:
			return nothingCame
		case finding.Unknown:
			worst = notProven
		case finding.Pass:
			if worst == nothingToDo {
				worst = proven
			}
		}
	}
	if p.vpc != nil && len(p.logs) == 0 { // recorded by flow logs on its subnets, as the policy allows
		worst = map[bool]proofState{true: proven, false: notProven}[p.vpc.Assurance == finding.Delivering]
	}
	return worst
}

// arrival is the evidence of a flow log's finding.
func arrival(f finding.Finding) finding.Arrival {
	if f.Evidence.Arrival == nil {
		return finding.Arrival{Seen: []finding.SeenOf{}, Unseen: []string{}}
	}
	return *f.Evidence.Arrival
}

func flowLogOf(f finding.Finding) inventory.FlowLog {
	if len(f.Evidence.FlowLogs) == 0 {
		return inventory.FlowLog{ID: f.Resource.ID}
	}
	return f.Evidence.FlowLogs[0]
}
