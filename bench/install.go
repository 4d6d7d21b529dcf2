package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// installLimit bounds the installation of one peer.
const installLimit = 20 * time.Minute

// install puts every peer into a virtual environment of its own, once for each state of its
// requirements. One that cannot be installed stays in the table, with the reason.
func install(ctx context.Context, p places, all []row) {
	failed := map[string]string{}
	for i, t := range all {
		if t.venv == "" {
			continue
		}
		if _, done := failed[t.venv]; !done {
			failed[t.venv] = installVenv(ctx, p, t.venv)
		}
		all[i].unavailable = failed[t.venv]
	}
}

// installVenv says why the peer could not be installed, or nothing.
func installVenv(ctx context.Context, p places, name string) string {
	venv := filepath.Join(p.out, "peers", name)
	wanted, err := os.ReadFile(p.file(name + ".txt"))
	if err != nil {
		return err.Error()
	}
	stamp := filepath.Join(venv, "installed")
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, wanted) { //nolint:gosec // G304: our own folder
		return ""
	}
	progress("installing %s and what it needs", name)
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	for _, args := range [][]string{
		{"python3", "-m", "venv", "--clear", venv},
		// The requirements are complete: there is nothing to find out, which takes pip minutes.
		{filepath.Join(venv, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement", p.file(name + ".txt")},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // G204: fixed but for our own paths
		said, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return fmt.Sprintf("not installed within %v", installLimit)
		}
		if err != nil {
			return fmt.Sprintf("not installed: %v: %s", err, lastLine(said))
		}
	}
	if err := os.WriteFile(stamp, wanted, 0o600); err != nil { //nolint:gosec // G703: our own folder
		return err.Error()
	}
	return ""
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// packages are the versions of what is installed in a virtual environment, by name in lower case.
func packages(ctx context.Context, venv string) map[string]string {
	versions := map[string]string{}
	out, err := exec.CommandContext(ctx, filepath.Join(venv, "bin", "pip"), "list", "--format", "freeze", "--disable-pip-version-check").Output() //nolint:gosec // G204: our own path
	if err != nil {
		return versions // a version that is not known shows as a question mark
	}
	for line := range strings.Lines(string(out)) {
		if name, version, ok := strings.Cut(strings.TrimSpace(line), "=="); ok {
			versions[strings.ToLower(strings.ReplaceAll(name, "_", "-"))] = version
		}
	}
	return versions
}
