package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set when a release is linked.
var version = "0.1.0-dev"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Version, commit, Go and modules",
		Example: "  flowproof version",
		GroupID: groupAbout,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.streams.Stdout, versionText())
			return err
		},
	}
}

func versionText() string {
	text := "flowproof " + version + "\n"
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return text
	}
	modified, commit := "", "commit not recorded when this was built\n"
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = "commit " + s.Value + "\n"
		case "vcs.modified":
			modified = "modified " + s.Value + "\n"
		}
	}
	text += commit + modified + build.GoVersion + "\n"
	for _, m := range build.Deps {
		text += fmt.Sprintf("%s %s\n", m.Path, m.Version)
	}
	return text
}
