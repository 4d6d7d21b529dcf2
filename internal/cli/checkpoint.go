package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"flowproof/internal/config"
	"flowproof/internal/event"
	"flowproof/internal/rule"
	"flowproof/internal/terminal"
)

// useCheckpoint makes the spool of a run one that stays in a folder, and takes what the folder has
// already. Without --checkpoint there is nothing to do.
func (a *app) useCheckpoint(r *preparedRun, s config.Settings) error {
	if s.Checkpoint == "" {
		return nil
	}
	if s.Source != "aws" {
		return usageError{fmt.Errorf("--checkpoint with --source %s: files are read in no time, and only reading AWS can be gone on with", s.Source)}
	}
	host, _ := os.Hostname() // only to be told to others
	now := r.options.Now()
	spool, err := event.OpenCheckpoint(s.Checkpoint, event.CheckpointOptions{
		Config: checkpointConfig(s, r.options.Rules),
		Holder: fmt.Sprintf("flowproof scan, process %d on %s since %s", os.Getpid(), host, now.Format(time.RFC3339)),
		Since:  now.Add(-s.MaxAge),
	})
	if errors.Is(err, event.ErrCheckpoint) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	r.options.Spool, r.options.MaxAge = spool, s.MaxAge
	r.closers = append(r.closers, spool)
	if had := spool.Resumed(); !s.Quiet && had.Scopes > 0 {
		a.sayf("checkpoint %s: %d scopes were read whole before and are not read again\n", terminal.Printable(s.Checkpoint), had.Scopes)
	}
	return nil
}

// checkpointConfig is what decides what is read and how it is judged. What only decides how it is
// shown, accepted or compared may differ when a run is gone on with.
func checkpointConfig(s config.Settings, chosen []rule.Rule) map[string]string {
	decides := map[string]string{"version": version, "rules": strings.Join(idsOf(chosen), ",")}
	apart := []string{"rule", "framework", "skip-rule", "ruleset", "session-name", "session-duration", "quiet", "verbose", "no-color"}
	for _, row := range config.Table() {
		reads := slices.Contains(readFlags, row.Key) && !slices.Contains(apart, row.Key)
		if reads || strings.HasPrefix(row.Key, "policy.") {
			decides[row.Key] = s.Shown(row.Key)
		}
	}
	return decides
}

// tellHowToGoOn says after an interruption how a run can be gone on with. The command is the one
// that was typed.
func (a *app) tellHowToGoOn(ctx context.Context, s config.Settings, sum event.Summary) {
	if ctx.Err() == nil || s.Quiet || s.Source != "aws" {
		return
	}
	command := "flowproof"
	for _, arg := range a.args {
		command += " " + shellWord(arg)
	}
	command = terminal.Printable(command)
	if s.Checkpoint == "" {
		a.sayf("interrupted: the next run begins anew; one that can be gone on with: %s --checkpoint DIR\n", command)
		return
	}
	a.sayf("interrupted: %d of %d scopes are read whole; to go on: %s\n", sum.Scopes.Read, sum.Scopes.Expected, command)
}
