package report

import (
	"encoding/json"
	"io"
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// ProofSchema names the JSON document of a proof; docs/schema/prove-v1.json describes it.
const ProofSchema = "flowproof.prove/v1"

// provenVPC is a VPC in the document.
type provenVPC struct {
	ARN       string            `json:"arn"`
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Account   string            `json:"account"`
	Region    string            `json:"region"`
	State     proofState        `json:"state"`
	Assurance finding.Assurance `json:"assurance"`
	Message   string            `json:"message"`
	FlowLogs  []provenFlowLog   `json:"flow_logs"`
}

// provenFlowLog is a flow log in the document.
type provenFlowLog struct {
	ID              string           `json:"id"`
	Account         string           `json:"account"`
	Region          string           `json:"region"`
	Resource        string           `json:"resource"`
	DestinationType string           `json:"destination_type"`
	Destination     string           `json:"destination"`
	Outcome         finding.Outcome  `json:"outcome"`
	Message         string           `json:"message"`
	Newest          *time.Time       `json:"newest"`
	Sign            *inventory.Sign  `json:"sign"`
	InUse           int              `json:"interfaces_in_use"`
	Seen            []finding.SeenOf `json:"seen"`
	Unseen          []string         `json:"unseen"`
	Records         *finding.Records `json:"records"`
	Gaps            []inventory.Gap  `json:"gaps"`
}

// writeProofJSON streams the document: one walk for the ledger, one for the VPCs, one for the rest.
func writeProofJSON(w io.Writer, spool *event.Spool, _ Options) error {
	run, summary := spool.Run(), whole(*spool.Summary())
	part := runPart{
		ID: run.ID, Started: run.Started, Finished: summary.Finished,
		Version: run.Version, Source: run.Source, Rules: []string{},
	}
	for _, r := range run.Rules {
		part.Rules = append(part.Rules, r.ID)
	}
	d := newDocument(w)
	d.field("schema", ProofSchema)
	d.field("run", part)
	states, err := countProofs(spool)
	if err != nil {
		return err
	}
	d.field("states", states)
	d.field("summary", summary)
	d.open("ledger")
	if err := spool.WalkStored(func(b *event.Stored) error { return d.element(b.Row) }); err != nil {
		return err
	}
	d.close()
	d.open("vpcs")
	if err := eachProof(spool, func(p proof) error {
		if p.vpc == nil {
			return nil
		}
		return d.add(vpcProof(p))
	}); err != nil {
		return err
	}
	d.close()
	d.open("other_flow_logs")
	if err := eachProof(spool, func(p proof) error {
		if p.vpc != nil {
			return nil
		}
		return d.add(flowLogProof(p.logs[0]))
	}); err != nil {
		return err
	}
	d.close()
	return d.end()
}

// add writes a value as an element.
func (d *document) add(value any) error {
	compact, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return d.element(compact)
}

func eachProof(spool *event.Spool, do func(proof) error) error {
	return spool.Walk(func(_ event.Scope, found []finding.Finding) error {
		for _, p := range proofs(found) {
			if err := do(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// countProofs counts the VPCs by their state.
func countProofs(spool *event.Spool) (map[proofState]int, error) {
	states := map[proofState]int{}
	for _, s := range proofStates() {
		states[s] = 0
	}
	err := eachProof(spool, func(p proof) error {
		if p.vpc != nil {
			states[p.state()]++
		}
		return nil
	})
	return states, err
}

func vpcProof(p proof) provenVPC {
	r := p.vpc.Resource
	v := provenVPC{
		ARN: r.ARN, ID: r.ID, Name: r.Name, Account: r.Account, Region: r.Region,
		State: p.state(), Assurance: p.vpc.Assurance, Message: p.vpc.Message, FlowLogs: []provenFlowLog{},
	}
	for _, f := range p.logs {
		v.FlowLogs = append(v.FlowLogs, flowLogProof(f))
	}
	return v
}

func flowLogProof(f finding.Finding) provenFlowLog {
	l, a := flowLogOf(f), arrival(f)
	p := provenFlowLog{
		ID: f.Resource.ID, Account: f.Resource.Account, Region: f.Resource.Region, Resource: l.ResourceID,
		DestinationType: l.DestinationType, Destination: l.DestinationName(), Outcome: f.Outcome, Message: f.Message,
		InUse: a.InUse, Seen: orEmpty(a.Seen), Unseen: orEmpty(a.Unseen), Records: a.Records, Gaps: orEmpty(f.Gaps),
	}
	if !a.Newest.IsZero() {
		p.Newest, p.Sign = &a.Newest, &a.Sign
	}
	return p
}
