package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"flowproof/internal/kb"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

func (a *app) kbCommand() *cobra.Command {
	return holder("kb", "The knowledge base: what each rule finds, and how to check and fix it by hand", groupKnow,
		a.kbListCommand(), a.kbShowCommand(), a.kbExportCommand())
}

func (a *app) kbListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "Every rule with its severity and title",
		Example: "  flowproof kb list",
		RunE: func(*cobra.Command, []string) error {
			width := 0
			for _, r := range rules.All() {
				width = max(width, len(r.ID))
			}
			for _, r := range rules.All() {
				if _, err := fmt.Fprintf(a.streams.Stdout, "%-*s  %-8s  %s\n", width, r.ID, r.Severity, r.Title); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (a *app) kbShowCommand() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "show RULE",
		Short: "A rule's page",
		Example: `  flowproof kb show vpc-flow-log-check
  flowproof kb show vpc-flow-log-check --raw > page.md`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleIDs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			r, err := findRule(args[0])
			if err != nil {
				return usageError{err}
			}
			page := kb.Markdown(r)
			if !raw {
				page = kb.Text(r, a.streams.Width(), a.streams.Color(a.streams.Stdout, settings.NoColor))
			}
			_, err = fmt.Fprint(a.streams.Stdout, page)
			return err
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "as Markdown")
	a.addFlags(cmd, "no-color")
	return cmd
}

func (a *app) kbExportCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "export DIR",
		Short:   "All pages as HTML, with an index and a search box that works offline",
		Example: "  flowproof kb export public",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := kb.Export(args[0], rules.All()); err != nil {
				return err
			}
			a.sayf("wrote %d pages to %s: open index.html\n", len(rules.All()), args[0])
			return nil
		},
	}
}

func ruleIDs() []string {
	var ids []string
	for _, r := range rules.All() {
		ids = append(ids, r.ID)
	}
	return ids
}

func findRule(id string) (rule.Rule, error) {
	all := rules.All()
	i := slices.IndexFunc(all, func(r rule.Rule) bool { return r.ID == id })
	if i < 0 {
		return rule.Rule{}, fmt.Errorf("no rule %q; there are %s", id, strings.Join(ruleIDs(), ", "))
	}
	return all[i], nil
}
