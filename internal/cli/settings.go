package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flowproof/internal/config"
	"flowproof/internal/spelling"
	"flowproof/internal/terminal"
)

// addFlags gives a command the flags of settings, and --config.
func (a *app) addFlags(cmd *cobra.Command, keys ...string) {
	config.Flags(cmd.Flags(), keys...)
	config.FileFlag(cmd.Flags())
}

// settings resolves every setting for a command. What is wrong with them is a usage error.
func (a *app) settings(cmd *cobra.Command) (config.Settings, error) {
	r, err := a.resolve(cmd)
	return r.Settings, err
}

// resolve is settings with the layer that each came from.
func (a *app) resolve(cmd *cobra.Command) (config.Resolved, error) {
	a.flags = cmd.Flags()
	ignored, err := config.CheckEnvironment(a.streams.Environ)
	if err != nil {
		return config.Resolved{}, usageError{err}
	}
	r, err := config.Load(cmd.Flags(), a.streams.Getenv)
	if err != nil {
		return r, usageError{err}
	}
	if len(ignored) > 0 && !r.Settings.Quiet {
		a.sayf("ignored, as no setting is called so: %s\n", terminal.Printable(strings.Join(ignored, ", ")))
	}
	a.tellFound(cmd, r)
	return r, nil
}

// tellFound names the settings of a file that merely lies in the current folder where they decide whose
// credentials are used and who gets to see them: the folder may be somebody else's. The file cannot
// ask for silence.
func (a *app) tellFound(cmd *cobra.Command, r config.Resolved) {
	var told []string
	quiet := r.Settings.Quiet
	for _, v := range r.Found {
		switch v.Key {
		case "profile", "endpoint-url":
			told = append(told, fmt.Sprintf("%s %s", v.Key, v.Value))
		case "quiet":
			quiet = false
		}
	}
	if len(told) == 0 || quiet || r.Settings.Source != "aws" || cmd.Flags().Lookup("endpoint-url") == nil {
		return
	}
	a.sayf("%s\n", terminal.Printable("flowproof.yaml in this folder sets "+strings.Join(told, " and ")))
}

// suggestFlag names the flag that an unknown one may have been meant for.
func suggestFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	var flags []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	near := spelling.Nearest(unknown.GetSpecifiedName(), flags)
	if near == "" {
		return err
	}
	return fmt.Errorf("%w: the nearest is --%s", err, near)
}

func (a *app) configCommand() *cobra.Command {
	return holder("config", "Settings and where they come from", groupAbout, a.configShowCommand())
}

func (a *app) configShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Every setting, its value and the layer it came from",
		Example: `  flowproof config show
  FLOWPROOF_REGION=eu-west-1 flowproof config show --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := a.resolve(cmd)
			if err != nil {
				return err
			}
			if r.Settings.Format == "json" {
				return a.printJSON(r.Values)
			}
			return a.printSettings(r.Values)
		},
	}
	a.addFlags(cmd, configurable()...)
	return cmd
}

// configurable are the settings that have a flag: config show takes them all, so that people can
// see what a command line would come to.
func configurable() []string {
	var keys []string
	for _, s := range config.Table() {
		if !s.NoFlag {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

func (a *app) printSettings(values []config.Value) error {
	w := tabwriter.NewWriter(a.streams.Stdout, 0, 0, 2, ' ', 0)
	for _, v := range values {
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", v.Key, terminal.Printable(settingText(v.Value)), terminal.Printable(v.Layer)); err != nil {
			return err
		}
	}
	return w.Flush()
}

// settingText is a setting's value in a word; a dash where it has none.
func settingText(value any) string {
	text := ""
	switch value := value.(type) {
	case []string:
		text = strings.Join(value, ",")
	case []config.Suppression:
		if len(value) > 0 {
			text = counts(len(value), "entry", "entries")
		}
	default:
		text = fmt.Sprint(value)
	}
	return cmp.Or(text, "-")
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.streams.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
