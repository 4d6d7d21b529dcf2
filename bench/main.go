// Command bench measures flowproof against the floor: the same AWS calls issued through the SDK
// with no product around them, on the embedded AWS at 30 ms a call. The two run in turn, so that
// a machine whose speed drifts is fair to both. It prints a table and writes docs/benchmarks.md.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	runs := flag.Int("runs", 7, "counted runs of each program")
	out := flag.String("out", "docs/benchmarks.md", "where the table is written; empty writes none")
	flag.Parse()
	if err := run(*runs, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(runs int, out string) error {
	dir, err := os.MkdirTemp("", "flowproof-bench-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the system's temporary folder
	flowproof, floor := filepath.Join(dir, "flowproof"), filepath.Join(dir, "floor")
	if err := errors.Join(build("./cmd/flowproof", flowproof), build("./bench/floor", floor)); err != nil {
		return err
	}
	url, stop, err := serve(flowproof, "bench/account.yaml")
	if err != nil {
		return err
	}
	defer stop()
	programs := []program{
		{name: "floor", args: []string{floor}},
		{name: "flowproof scan", args: []string{flowproof, "scan", "--quiet", "--format", "json"}, status: 3},
	}
	if err := measure(programs, url, runs); err != nil {
		return err
	}
	table := render(programs, runs)
	fmt.Print(table)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, []byte(table), 0o644) //nolint:gosec // documentation is for everybody to read
}

func build(pkg, to string) error {
	cmd := exec.Command("go", "build", "-o", to, pkg) //nolint:gosec // our own packages
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// serve runs the sandbox as a process of its own and waits until it says where it listens.
func serve(flowproof, scenario string) (url string, stop func(), err error) {
	cmd := exec.Command(flowproof, "sandbox", "--listen", "127.0.0.1:0", "--scenario", scenario) //nolint:gosec // just built
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "ready at "); ok {
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return at, func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() }, nil
		}
	}
	return "", nil, fmt.Errorf("the sandbox did not start: %w", cmd.Wait())
}

// program is one row: what is run, the exit status it must end with, and its counted runs.
type program struct {
	name   string
	args   []string
	status int
	runs   []usage
}

type usage struct {
	wall, cpu time.Duration
	peak      int64 // KiB
}

// measure runs the programs in turn: one round to warm up, then the counted ones.
func measure(programs []program, url string, runs int) error {
	for round := range runs + 1 {
		for i := range programs {
			u, err := once(programs[i], url)
			if err != nil {
				return err
			}
			if round > 0 {
				programs[i].runs = append(programs[i].runs, u)
			}
		}
	}
	return nil
}

func once(p program, url string) (usage, error) {
	cmd := exec.Command(p.args[0], p.args[1:]...) //nolint:gosec // just built
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "AWS_ENDPOINT_URL=" + url,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1",
	}
	begun := time.Now()
	output, err := cmd.Output()
	wall := time.Since(begun)
	if status := cmd.ProcessState.ExitCode(); status != p.status {
		return usage{}, fmt.Errorf("%s ended with status %d, not %d: %w\n%s", p.name, status, p.status, err, output)
	}
	u := usage{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = r.Maxrss
	}
	return u, nil
}

func render(programs []program, runs int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\nWritten by `make bench`. Medians of %d runs in turn after one to warm up, whole processes, %s, %d processors, %s.\n\n",
		runs, runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), sdkVersions())
	b.WriteString("One account, 17 Regions, 200 VPCs, 30 ms a call on the embedded AWS. The floor is the same calls through the\nbare SDK (`bench/floor`).\n\n")
	b.WriteString("| program | wall | CPU | peak memory | wall against the floor |\n|---|---|---|---|---|\n")
	floor := median(programs[0].runs, func(u usage) time.Duration { return u.wall })
	for _, p := range programs {
		wall := median(p.runs, func(u usage) time.Duration { return u.wall })
		cpu := median(p.runs, func(u usage) time.Duration { return u.cpu })
		peak := median(p.runs, func(u usage) int64 { return u.peak })
		fmt.Fprintf(&b, "| %s | %d ms | %d ms | %d MiB | %.2f× |\n", p.name, wall.Milliseconds(), cpu.Milliseconds(), peak/1024, float64(wall)/float64(floor))
	}
	return b.String()
}

func median[T cmp.Ordered](runs []usage, of func(usage) T) T {
	var values []T
	for _, u := range runs {
		values = append(values, of(u))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func sdkVersions() string {
	versions := runtime.Version()
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, m := range build.Deps {
			if m.Path == "github.com/aws/aws-sdk-go-v2" {
				versions += ", aws-sdk-go-v2 " + m.Version
			}
		}
	}
	return versions
}
