package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"flowproof/internal/sandbox"
	"flowproof/internal/terminal"
)

// TestTheDemoEndsAtWhatIsNotAsItSays plays the story in accounts in which part of it is not true.
func TestTheDemoEndsAtWhatIsNotAsItSays(t *testing.T) {
	t.Parallel()
	deny := func(service, operation string) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.Faults = append([]sandbox.Fault{{Service: service, Operation: operation, Do: "deny"}}, s.Faults...)
		}
	}
	for _, test := range []struct {
		name     string
		change   func(*sandbox.Scenario)
		chapters int // that are played to their end
		want     string
	}{
		{"as it should be", func(*sandbox.Scenario) {}, 6, ""},
		{"nothing is denied", func(s *sandbox.Scenario) { s.Faults = nil }, 0, "flowproof scan"},
		{"a VPC that is not there", func(s *sandbox.Scenario) { delete(s.Accounts[0].Regions, "sa-east-1") }, 0, "sa-east-1"},
		{"flow logs that may not be made", deny("ec2", "CreateFlowLogs"), 2, "apply plan.json --approve"},
		{"records that never come", func(s *sandbox.Scenario) { s.RecordDelay = time.Hour }, 5, "not delivering"},
		{"flow logs that may not be deleted", deny("ec2", "DeleteFlowLogs"), 4, "rollback plan.json --approve"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			scenario := sandbox.DemoScenario()
			test.change(&scenario)
			a := &app{streams: terminal.Streams{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}}
			s, err := a.openStage(t.Context(), scenario)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			played := 0
			for _, c := range story() {
				if err = c.play(t.Context(), s); err != nil {
					break
				}
				played++
			}
			if played != test.chapters {
				t.Errorf("%d chapters were played, want %d", played, test.chapters)
			}
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), "did not go as it should") || !strings.Contains(err.Error(), test.want)):
				t.Errorf("the error is %v, want one about %s", err, test.want)
			}
		})
	}
}

func TestTheFirstParagraphs(t *testing.T) {
	t.Parallel()
	const text = "a\nb\n\nc\n\nd\ne\n"
	for paragraphs, want := range map[int]string{
		0: text,
		1: "a\nb\n\n... 4 lines more\n",
		2: "a\nb\n\nc\n\n... 2 lines more\n",
		3: text,
		9: text,
	} {
		if got := first(text, paragraphs); got != want {
			t.Errorf("first %d: %q, want %q", paragraphs, got, want)
		}
	}
}
