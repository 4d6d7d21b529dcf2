package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"flowproof/internal/finding"
	"flowproof/internal/remediate"
)

// The VPC that is fixed before the reader's eyes, and how often the demo looks for its first record.
// On AWS it takes up to ten minutes to come (VPC user guide), here a second or two.
const (
	provedVPC    = "checkout-us"
	provedRegion = "us-east-1"
	provedPlan   = "one.json"
	looks        = 40
	betweenLooks = 100 * time.Millisecond
)

// playProof takes one VPC from not recorded to proven.
func playProof(ctx context.Context, s *stage) error {
	if err := s.seen(ctx, 1, finding.Absent); err != nil {
		return err
	}
	if err := s.show(ctx, statusClean, 1, "plan", "--region", provedRegion, "--tag", "Name="+provedVPC, "--out", s.file(provedPlan)); err != nil {
		return err
	}
	hash, err := hashOfPlan(s.file(provedPlan))
	if err != nil {
		return err
	}
	if err := s.show(ctx, statusClean, 1, "apply", s.file(provedPlan), "--approve", hash); err != nil {
		return err
	}
	if err := s.seen(ctx, 1, finding.Unproven); err != nil {
		return err
	}
	s.sayf("\nA flow log that is there is no record that is there. On AWS the first ones come\nwithin ten minutes; here they take a moment.\n")
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.seen(ctx, looks, finding.Delivering); err != nil {
		return err
	}
	return s.show(ctx, statusFindings, 0, "prove", "--region", provedRegion, "--read-records", "--sample", "1")
}

// seen runs prove until the VPC is on a rung, and tells what was seen of it then.
func (s *stage) seen(ctx context.Context, times int, want finding.Assurance) error {
	var got provedDocument
	for range times {
		path := s.file("proof.json")
		if _, err := s.run(ctx, statusFindings, "prove", "--region", provedRegion, "--report", "json="+path); err != nil {
			return err
		}
		raw, err := os.ReadFile(path) //nolint:gosec // the demo wrote it
		if err != nil {
			return fmt.Errorf("read the demo's proof: %w", err)
		}
		got = provedDocument{}
		if err := json.Unmarshal(raw, &got); err != nil {
			return fmt.Errorf("read the demo's proof: %w", err)
		}
		vpc := got.vpc()
		if vpc.Assurance == want {
			s.sayf("\n$ flowproof prove --region %s\n  %s is %s:\n    %s\n", provedRegion, provedVPC, want, strings.ReplaceAll(vpc.why(), "; ", ";\n    "))
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(betweenLooks):
		}
	}
	return amissf("flowproof prove says that %s is %q, not %s", provedVPC, got.vpc().Assurance, want)
}

// provedDocument is what the demo reads of a proof in JSON.
type provedDocument struct {
	VPCs []provedPart `json:"vpcs"`
}

type provedPart struct {
	Name      string            `json:"name"`
	Assurance finding.Assurance `json:"assurance"`
	Message   string            `json:"message"`
	FlowLogs  []struct {
		Message string `json:"message"`
	} `json:"flow_logs"`
}

func (d provedDocument) vpc() provedPart {
	for _, v := range d.VPCs {
		if v.Name == provedVPC {
			return v
		}
	}
	return provedPart{}
}

func (p provedPart) why() string {
	if len(p.FlowLogs) > 0 {
		return p.FlowLogs[0].Message
	}
	return p.Message
}

// hashOfPlan is what approves a plan.
func hashOfPlan(path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // the demo wrote it
	if err != nil {
		return "", fmt.Errorf("read the demo's plan: %w", err)
	}
	plan, err := remediate.Decode(file)
	return plan.ShortHash(), joinClose(err, file)
}
