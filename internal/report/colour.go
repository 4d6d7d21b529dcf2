package report

import "charm.land/lipgloss/v2"

// meaning is why a piece of text has a colour.
type meaning int

const (
	plain   meaning = iota
	good            // works, passes
	bad             // fails
	doubt           // not known, not read
	faint           // headings of tables, what is beside the point
	command         // to be typed
)

// palette colours text by its meaning, or not at all: the plain palette never touches the
// styling library, as bold and reset codes would remain.
type palette map[meaning]lipgloss.Style

func newPalette(colour bool) palette {
	if !colour {
		return nil
	}
	style := lipgloss.NewStyle
	return palette{
		good:    style().Foreground(lipgloss.Green).Bold(true),
		bad:     style().Foreground(lipgloss.Red).Bold(true),
		doubt:   style().Foreground(lipgloss.Yellow).Bold(true),
		faint:   style().Faint(true),
		command: style().Foreground(lipgloss.Cyan),
	}
}

// paint colours one line of printable text.
func (p palette) paint(m meaning, line string) string {
	style, ok := p[m]
	if !ok || line == "" {
		return line
	}
	return style.Render(line)
}
