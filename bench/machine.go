package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// circumstances say on what and with what was measured.
type circumstances struct {
	date, machine, versions string
}

func circumstancesOf(ctx context.Context, p places) circumstances {
	moto, custodian := packages(ctx, filepath.Join(p.root, ".venv")), packages(ctx, filepath.Join(p.out, "peers", "custodian"))
	scout, prowler := packages(ctx, filepath.Join(p.out, "peers", "scoutsuite")), packages(ctx, filepath.Join(p.out, "peers", "prowler"))
	commit, _ := exec.CommandContext(ctx, "git", "describe", "--tags", "--always", "--dirty").Output() // unknown outside a clone
	versions := []string{
		"flowproof " + orUnknown(strings.TrimSpace(string(commit))), runtime.Version(), "aws-sdk-go-v2 " + sdkVersion(ctx),
		"moto " + orUnknown(moto["moto"]), "awscli " + orUnknown(moto["awscli"]),
		"c7n " + orUnknown(custodian["c7n"]), "c7n-org " + orUnknown(custodian["c7n-org"]),
		"ScoutSuite " + orUnknown(scout["scoutsuite"]), "prowler " + orUnknown(prowler["prowler"]),
	}
	return circumstances{
		date: time.Now().UTC().Format("2006-01-02"),
		machine: fmt.Sprintf("%s, %d processors, %s of memory, %s %s/%s", field("/proc/cpuinfo", "model name"), runtime.NumCPU(),
			memory(), kernel(), runtime.GOOS, runtime.GOARCH),
		versions: strings.Join(versions, ", "),
	}
}

func orUnknown(version string) string { return cmp.Or(version, "(unknown)") }

// field is a value out of a file of lines of name and value under /proc.
func field(path, name string) string {
	text, _ := os.ReadFile(path) //nolint:gosec // G304: fixed paths; what is missing shows as unknown
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memory() string {
	var kib int64
	if _, err := fmt.Sscanf(field("/proc/meminfo", "MemTotal"), "%d kB", &kib); err != nil {
		return "unknown size"
	}
	return fmt.Sprintf("%d GiB", (kib+1<<19)>>20)
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown kernel"
	}
	return "Linux " + strings.TrimSpace(string(release))
}

// sdkVersion is that of the module file, which flowproof and the floor are both built from.
func sdkVersion(ctx context.Context) string {
	version, _ := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", "github.com/aws/aws-sdk-go-v2").Output() // shown as unknown
	return orUnknown(strings.TrimSpace(string(version)))
}
