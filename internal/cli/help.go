package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flowproof/internal/spelling"
)

// widestHelp is where the lines of a help text end however wide the terminal is: longer ones are
// hard to read.
const widestHelp = 100

// layOut gives a command and all below it help that fits a screen of some columns, and arguments
// that are checked against its usage line.
func layOut(cmd *cobra.Command, width int) {
	cmd.Args = arguments
	cmd.Long = fill(cmp.Or(cmd.Long, cmd.Short), width)
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := io.WriteString(cmd.OutOrStderr(), usage(cmd, width))
		return err
	})
	for _, c := range cmd.Commands() {
		layOut(c, width)
	}
}

// fill breaks the paragraphs of a text anew. Those that hold indented lines, such as a table or an
// example, stay as they are.
func fill(text string, width int) string {
	var paragraphs []string
	for p := range strings.SplitSeq(text, "\n\n") {
		if !strings.HasPrefix(p, " ") && !strings.Contains(p, "\n ") {
			p = wrap(p, width, 0)
		}
		paragraphs = append(paragraphs, p)
	}
	return strings.Join(paragraphs, "\n\n")
}

// usage is what follows a command's description in its help.
func usage(cmd *cobra.Command, width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", usageLine(cmd))
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, g := range cmd.Groups() {
		commandList(&b, g.Title, g.ID, cmd, width)
	}
	title := "Commands:"
	if len(cmd.Groups()) > 0 {
		title = "Also:"
	}
	commandList(&b, title, "", cmd, width)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s COMMAND --help says more about a command.\n", cmd.CommandPath())
	} else {
		fmt.Fprintf(&b, "\nFlags:\n%s", flagList(cmd.LocalFlags(), width))
	}
	return b.String()
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

// commandList writes the commands of a group that are not hidden.
func commandList(b *strings.Builder, title, group string, parent *cobra.Command, width int) {
	var list strings.Builder
	for _, c := range parent.Commands() {
		if c.GroupID == group && (c.IsAvailableCommand() || c.Name() == "help") {
			name := fmt.Sprintf("  %-*s  ", parent.NamePadding(), c.Name())
			list.WriteString(name + wrap(c.Short, width-len(name), len(name)) + "\n")
		}
	}
	if list.Len() > 0 {
		fmt.Fprintf(b, "\n%s\n%s", title, list.String())
	}
}

// Where the text about a flag begins. The name of a longer one has a line of its own.
const flagColumn = 30

func flagList(flags *pflag.FlagSet, width int) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, text := flagName(f)
		margin := "\n" + strings.Repeat(" ", flagColumn)
		if len(name)+1 < flagColumn {
			margin = strings.Repeat(" ", flagColumn-len(name))
		}
		b.WriteString(name + margin + wrap(text, width-flagColumn, flagColumn) + "\n")
	})
	return b.String()
}

// flagName is a flag with what it takes, and what its help says.
func flagName(f *pflag.Flag) (name, text string) {
	takes, text := pflag.UnquoteUsage(f)
	name = "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	if takes != "" {
		name += " " + takes
	}
	if !emptyDefault(f) {
		text += fmt.Sprintf(" (default %s)", f.DefValue)
	}
	return name, text
}

// emptyDefault reports whether a flag that is not given means nothing that its help should say.
func emptyDefault(f *pflag.Flag) bool {
	switch f.DefValue {
	case "", "false", "0", "0s", "[]":
		return true
	}
	return false
}

// arguments checks what follows a command's name against its usage line, such as "show RULE" or
// "write [PLAN]".
func arguments(cmd *cobra.Command, args []string) error {
	_, wanted, _ := strings.Cut(cmd.Use, " ")
	name := strings.Trim(wanted, "[]")
	path := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
	switch {
	case cmd.HasSubCommands() && len(args) > 0:
		return fmt.Errorf("%s has no command %q%s", path, args[0], spelling.Hint(args[0], commandNames(cmd)))
	case name == "" && len(args) > 0:
		return fmt.Errorf("%s takes flags and nothing else: what is %q?", path, args[0])
	case len(args) > 1:
		return fmt.Errorf("%s takes one %s: what is %q?", path, name, args[1])
	case name != "" && name == wanted && len(args) == 0:
		return fmt.Errorf("%s needs a %s", path, name)
	}
	return nil
}

func commandNames(parent *cobra.Command) []string {
	var names []string
	for _, c := range parent.Commands() {
		names = append(names, c.Name())
	}
	return names
}
