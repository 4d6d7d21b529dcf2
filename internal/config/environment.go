package config

import (
	"fmt"
	"slices"
	"strings"

	"flowproof/internal/spelling"
)

// CheckEnvironment looks for names of flowproof's that no setting has. One that can hardly be
// anything but a setting mistyped is an error, as it would silently do nothing. Any other may be
// meant for another program: it is given back, so that the person can be told.
func CheckEnvironment(environ []string) (ignored []string, err error) {
	known := []string{fileEnv}
	for _, s := range Table() {
		known = append(known, s.Env())
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		typed, ours := strings.CutPrefix(name, envPrefix)
		if !ours || value == "" || slices.Contains(known, name) {
			continue
		}
		near := spelling.Nearest(name, known)
		if near != "" && spelling.IsSlip(typed, strings.TrimPrefix(near, envPrefix)) {
			return nil, fmt.Errorf("environment %s: no setting is called so: the nearest is %s", name, near)
		}
		ignored = append(ignored, name)
	}
	slices.Sort(ignored)
	return ignored, nil
}
