package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"flowproof/internal/sandbox"
)

func (a *app) demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "See it work on the embedded AWS, without an account",
		GroupID: groupTry,
		Long: `Starts the embedded AWS with the account of a shop that has something of everything wrong, and
tells the whole story on it: scan, plan, apply, verify, roll back, prove. Each command is run as you would
type it, and what is said about it is checked. Nothing outside this machine is contacted.

Exits 0 when the demo went as it should, 1 when it did not.`,
		Example: "  flowproof demo",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context()) },
	}
	return cmd
}

// chapter is one part of the demo's story.
type chapter struct {
	title string
	play  func(context.Context, *stage) error
}

// story is the demo from its beginning to its end. Each chapter starts from what those before it
// left in the account.
func story() []chapter {
	return []chapter{
		{"Scan: which VPCs are recorded, which are not, and what could not be read", playScan},
		{"Plan: the repair, written down to be reviewed; nothing is changed", playPlan},
		{"Apply: what was reviewed is what runs, approved by its hash", playApply},
		{"Verify: the scanner itself says whether it is fixed", playVerify},
		{"Roll back: what flowproof made goes again, and nothing else", playRollback},
		{"Prove: one VPC goes from not recorded to records that have arrived", playProof},
	}
}

// demo plays the story. It ends at the first thing that is not as it says.
func (a *app) demo(ctx context.Context) (err error) {
	s, err := a.openStage(ctx, sandbox.DemoScenario())
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, s) }()
	s.sayf("The account of a shop, on an AWS embedded in flowproof: 17 Regions, no network.\n")
	for i, c := range story() {
		s.sayf("\n%d. %s\n", i+1, c.title)
		if err := c.play(ctx, s); err != nil {
			return errors.Join(err, s.flush())
		}
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.sayf("\nYour own account: flowproof scan, which only reads.\n")
	return s.flush()
}

// amissf is the error of a demo that does not go as it should.
func amissf(format string, args ...any) error {
	return fmt.Errorf("the demo did not go as it should: %w", fmt.Errorf(format, args...))
}

// openStage starts an AWS, and a folder for what the commands write.
func (a *app) openStage(ctx context.Context, scenario sandbox.Scenario) (*stage, error) {
	dir, err := os.MkdirTemp("", "flowproof-demo-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the demo's files: %w", err)
	}
	s := &stage{app: a, dir: dir}
	if err := os.WriteFile(s.file(noSettings), nil, 0o600); err != nil {
		return nil, joinClose(fmt.Errorf("prepare the demo's folder: %w", err), s)
	}
	aws, err := newSandbox(scenario)
	if err != nil {
		return nil, joinClose(err, s)
	}
	if s.aws, err = startSandbox(ctx, "127.0.0.1:0", false, aws); err != nil {
		return nil, joinClose(err, s)
	}
	return s, nil
}
