package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/framework"
	"flowproof/internal/kb"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

func (a *app) frameworksCommand() *cobra.Command {
	return holder("frameworks", "Compliance frameworks: their controls, and the rules that are tied to them", groupKnow,
		a.frameworksListCommand(), a.frameworksShowCommand())
}

func (a *app) frameworksListCommand() *cobra.Command {
	var ruleID string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Every framework, or the controls that a rule is tied to",
		Example: `  flowproof frameworks list
  flowproof frameworks list --rule flow-log-retention-check
  flowproof frameworks list --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			all := existing(framework.All())
			if ruleID == "" {
				return a.showFrameworks(settings, all, frameworkList(all))
			}
			if _, err := findRule(ruleID); err != nil {
				return usageError{err}
			}
			all = ofRule(all, ruleID)
			return a.showFrameworks(settings, all, kb.RuleControls(all, a.streams.Width(), a.streams.Color(a.streams.Stdout, settings.NoColor)))
		},
	}
	cmd.Flags().StringVar(&ruleID, "rule", "", "list the controls that this `RULE` is tied to")
	a.addFlags(cmd, "format", "no-color")
	return cmd
}

func (a *app) frameworksShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "A framework's controls, and for each the rules, how strongly they are tied and by which source",
		Example: `  flowproof frameworks show cis-aws-5.0
  flowproof frameworks show nist-800-53-r5 --format json`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return frameworkIDs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			f, err := framework.Find(args[0])
			if err != nil {
				return usageError{err}
			}
			one := existing([]framework.Framework{f})
			return a.showFrameworks(settings, one, kb.FrameworkText(one[0], a.streams.Width(), a.streams.Color(a.streams.Stdout, settings.NoColor)))
		},
	}
	a.addFlags(cmd, "format", "no-color")
	return cmd
}

// frameworksDocument is frameworks in JSON; docs/schema/frameworks-v1.json describes it.
type frameworksDocument struct {
	Schema     string                `json:"schema"`
	Frameworks []framework.Framework `json:"frameworks"`
}

// showFrameworks writes frameworks as JSON, or the text that they were laid out as.
func (a *app) showFrameworks(s config.Settings, list []framework.Framework, text string) error {
	switch s.Format {
	case "json":
		return a.printJSON(frameworksDocument{Schema: "flowproof.frameworks/v1", Frameworks: list})
	case "text":
		_, err := fmt.Fprint(a.streams.Stdout, text)
		return err
	}
	return usageError{fmt.Errorf("--format %s: frameworks are text or json", s.Format)}
}

// frameworkList is a line for each framework.
func frameworkList(list []framework.Framework) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%-19s  %11s  %s %s\n", f.ID, counts(len(f.Controls), "control ", "controls"), f.Name, f.Version)
	}
	return b.String()
}

// existing are frameworks without the rules that this version does not have, and without controls
// to which no other is tied.
func existing(list []framework.Framework) []framework.Framework {
	known := ruleIDs()
	var kept []framework.Framework
	for _, f := range list {
		controls := []framework.Control{}
		for _, c := range f.Controls {
			c.Rules = slices.DeleteFunc(slices.Clone(c.Rules), func(r framework.Row) bool { return !slices.Contains(known, r.Rule) })
			if len(c.Rules) > 0 {
				controls = append(controls, c)
			}
		}
		f.Controls = controls
		kept = append(kept, f)
	}
	return kept
}

// ofRule are the frameworks with controls to which a rule is tied, and of them no other controls.
func ofRule(list []framework.Framework, id string) []framework.Framework {
	kept := []framework.Framework{}
	for _, f := range list {
		if f = f.Of(id); len(f.Controls) > 0 {
			kept = append(kept, f)
		}
	}
	return kept
}

func frameworkIDs() []string {
	var ids []string
	for _, f := range framework.All() {
		ids = append(ids, f.ID)
	}
	return ids
}

// askedFrameworks are those that --framework names.
func askedFrameworks(s config.Settings) ([]framework.Framework, error) {
	var asked []framework.Framework
	for _, id := range s.Framework {
		f, err := framework.Find(id)
		if err != nil {
			return nil, usageError{fmt.Errorf("--framework: %w", err)}
		}
		if !slices.ContainsFunc(asked, func(a framework.Framework) bool { return a.ID == f.ID }) {
			asked = append(asked, f)
		}
	}
	return asked, nil
}

// rulesOf are the ids of the rules that are tied to some control of the frameworks.
func rulesOf(asked []framework.Framework) []string {
	var ids []string
	for _, r := range rules.All() {
		if slices.ContainsFunc(asked, func(f framework.Framework) bool { return slices.Contains(f.RuleIDs(), r.ID) }) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// chooseRules takes a rule set, or in its place the rules that are named and those of the frameworks
// that are named.
func chooseRules(s config.Settings) ([]rule.Rule, error) {
	set, err := rules.Set(s.Ruleset)
	if err != nil {
		return nil, usageError{err}
	}
	asked, err := askedFrameworks(s)
	if err != nil {
		return nil, err
	}
	chosen, err := rule.Select(rules.All(), set, slices.Concat(s.Rule, rulesOf(asked)), s.SkipRule)
	if err != nil {
		return nil, usageError{err}
	}
	return chosen, nil
}
