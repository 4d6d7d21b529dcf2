package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"flowproof/internal/config"
	"flowproof/internal/scan"
	"flowproof/internal/source/awscli"
	"flowproof/internal/source/awslive"
	"flowproof/internal/source/snapshot"
	"flowproof/internal/terminal"
)

// openSource opens what --source names: "aws", or KIND:PATH.
func (a *app) openSource(ctx context.Context, s config.Settings) (scan.Source, error) {
	kind, path, hasPath := strings.Cut(s.Source, ":")
	switch {
	case s.Source == "aws":
		source, err := awslive.New(ctx, a.liveOptions(s))
		if err != nil {
			return nil, usageError{err}
		}
		return source, nil
	case kind == "awscli" && hasPath:
		source, err := awscli.New(path, s.Account, s.Region)
		if err != nil {
			return nil, usageError{err}
		}
		return source, nil
	case kind == "snapshot" && hasPath:
		source, err := snapshot.Open(path)
		if err != nil {
			return nil, usageError{err}
		}
		return source, nil
	case kind == "tfplan", kind == "cloudformation":
		return nil, usageError{fmt.Errorf("--source %s: reading %s comes in a later version; this one reads aws, awscli:DIR and snapshot:FILE", s.Source, kind)}
	}
	return nil, usageError{fmt.Errorf("--source %q: want aws, awscli:DIR or snapshot:FILE", s.Source)}
}

func (a *app) liveOptions(s config.Settings) awslive.Options {
	o := awslive.Options{
		Profile:     s.Profile,
		EndpointURL: s.EndpointURL,
		Regions:     s.Region,
		Version:     version,
		Now:         time.Now,
	}
	if terminal.IsTerminal(a.streams.Stdin) && terminal.IsTerminal(a.streams.Stderr) {
		o.MFAToken = a.askMFA
	}
	return o
}

// askMFA asks the person at the terminal for the code of a profile with MFA.
func (a *app) askMFA() (string, error) {
	a.sayf("MFA code: ")
	code, err := bufio.NewReader(a.streams.Stdin).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read the MFA code: %w", err)
	}
	return strings.TrimSpace(code), nil
}
