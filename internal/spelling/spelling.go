// Package spelling guesses what a person meant who typed a name that nobody knows.
package spelling

import (
	"fmt"

	"github.com/agext/levenshtein"
)

// longest bounds what is compared: nobody mistypes a longer name, and it might come from anywhere.
const longest = 64

// Nearest is the known name that takes the fewest changes to reach, the first of several; empty
// when even that one has little in common with what was typed.
func Nearest(typed string, known []string) string {
	if len(typed) > longest {
		return ""
	}
	best, least := "", len(typed)/2+1
	for _, k := range known {
		if d := levenshtein.Distance(typed, k, nil); d < least {
			best, least = k, d
		}
	}
	return best
}

// Hint is Nearest as the end of a message; empty when there is none.
func Hint(typed string, known []string) string {
	if best := Nearest(typed, known); best != "" {
		return fmt.Sprintf(": the nearest is %q", best)
	}
	return ""
}

// IsSlip reports whether a name can hardly be anything but a known one mistyped: a third of it at
// most differs.
func IsSlip(typed, known string) bool {
	return len(typed) <= longest && levenshtein.Distance(typed, known, nil) <= len(typed)/3
}
