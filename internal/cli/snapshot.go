package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/rule"
)

func (a *app) snapshotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "snapshot",
		Short:   "Read what the chosen rules need and save it, judge nothing",
		GroupID: groupKnow,
		Long: `Saves what a scan would read, to be judged later, offline, as often as wanted:

  flowproof scan --source snapshot:FILE

Exit status:
  0    saved, and everything was read
  1    internal error
  2    usage or configuration
  4    no AWS identity could be obtained
  5    saved, but something could not be read (--allow-gaps ignores it)
  130  interrupted`,
		Example: `  flowproof snapshot --output today.json.gz
  flowproof snapshot --output audit.json --ruleset full --region 'eu-*'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			return a.snapshot(cmd.Context(), settings)
		},
	}
	a.addFlags(cmd, append(readFlags, "output", "allow-gaps")...)
	return cmd
}

// snapshot is a scan that keeps everything and judges nothing.
func (a *app) snapshot(ctx context.Context, s config.Settings) (err error) {
	if s.Output == "" {
		return usageError{errors.New("snapshot needs --output FILE; a name that ends in .gz is compressed")}
	}
	s.SaveSnapshot = s.Output
	r, err := a.openRun(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, r) }()
	for i := range r.options.Rules {
		r.options.Rules[i].Judge = func(*rule.Pass) {}
	}
	r.options.Status = func(sum event.Summary) int {
		if ctx.Err() != nil {
			return statusInterrupted
		}
		return summaryStatus(sum, "none", s.AllowGaps)
	}
	sum, err := r.run(ctx)
	if err != nil {
		return err
	}
	a.status = sum.ExitStatus
	a.sayf("%s\n", savedText(sum, s.Output))
	return nil
}

func savedText(s event.Summary, path string) string {
	vpcs := s.VPCs[event.VPCsUnknown]
	for _, rung := range finding.Assurances() {
		vpcs += s.VPCs[string(rung)]
	}
	return fmt.Sprintf("saved to %s: scopes read whole %d of %d, VPCs %d, gaps %d", path, s.Scopes.Read, s.Scopes.Expected, vpcs, s.Gaps)
}
