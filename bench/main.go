// Command bench compares flowproof with other ways to learn the same: the knowledge-base page by
// hand, other scanners, and the floor, which is the same AWS calls through the SDK with no product
// around them. It installs the others itself, runs all of them against the same server, prints a
// table and writes docs/benchmarks.md. That page says how each figure is measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == launchCommand {
		exit(launch(os.Args[2:]))
	}
	quick := flag.Bool("quick", false, "about a minute: fewer tools, runs and accounts; writes bench/out/quick.md")
	some := flag.String("tools", "", "compare only the tools whose name matches this `regexp`, with no organisation; writes bench/out/some.md")
	runs := flag.Int("runs", fastRuns, "time each tool at most so often; 0 only judges them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e := extentOf(*quick, *some)
	e.runs = *runs
	exit(run(ctx, e))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:revive // deep-exit: only main calls it
	}
	os.Exit(0) //nolint:revive // deep-exit: as above
}

// extent is how much is measured.
type extent struct {
	title  string
	out    string // where the page goes, from the root
	vpcs   int
	tools  string // a regular expression of names
	runs   int    // the most of any tool
	slow   bool   // time the tools that take seconds and more, too
	fleets []fleetSize
}

func extentOf(quick bool, some string) extent {
	switch {
	case some != "":
		return extent{title: "Benchmarks of some tools", out: "bench/out/some.md", vpcs: vpcsInAll, tools: "floor|flowproof|" + some, slow: true}
	case quick:
		return extent{
			title: "Benchmarks, the quick version", out: "bench/out/quick.md", vpcs: 60, tools: "floor|flowproof|by hand",
			fleets: []fleetSize{{accounts: 100, runs: 2}},
		}
	}
	return extent{
		title: "Benchmarks", out: "docs/benchmarks.md", vpcs: vpcsInAll, slow: true,
		fleets: []fleetSize{{accounts: 100, runs: 5}, {accounts: 1_000, runs: 3}, {accounts: 10_000, runs: 1}},
	}
}

// delays are what the proxy adds to every call, one after the other.
func delays() []time.Duration { return []time.Duration{0, 30 * time.Millisecond} }

func run(ctx context.Context, e extent) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	p := places{root: root, out: filepath.Join(root, "bench", "out")}
	p.binary, p.floor = filepath.Join(p.out, "bin", "flowproof"), filepath.Join(p.out, "bin", "floor")
	if err := errors.Join(build(ctx, "./cmd/flowproof", p.binary), build(ctx, "./bench/floor", p.floor)); err != nil {
		return err
	}
	rows, err := rowsOf(p, e)
	if err != nil {
		return err
	}
	install(ctx, p, rows)
	if err := timeTools(ctx, p, rows, delays(), e.vpcs); err != nil {
		return err
	}
	if err := judgeTools(ctx, p, rows); err != nil {
		return err
	}
	fleets := readFleets(ctx, p, e.fleets)
	if err := ctx.Err(); err != nil {
		return err // half a comparison is none: the page stays
	}
	page := render(e, circumstancesOf(ctx, p), rows, fleets)
	fmt.Print(page.result)
	if err := os.WriteFile(filepath.Join(root, e.out), []byte(page.whole), 0o644); err != nil { //nolint:gosec // documentation is for everybody to read
		return err
	}
	progress("wrote %s", e.out)
	return nil
}

// rowsOf are the tools of this extent. The slow ones only judge where they are not timed.
func rowsOf(p places, e extent) ([]row, error) {
	wanted, err := regexp.Compile(e.tools)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, t := range tools(p) {
		t.runs = min(t.runs, e.runs)
		if !t.warmUp && !e.slow {
			t.runs = 0
		}
		if wanted.MatchString(t.name) {
			rows = append(rows, row{tool: t, timed: map[time.Duration]timing{}})
		}
	}
	return rows, nil
}

// build builds a program and copies it, as an installed one was copied: what the linker wrote lies in
// the page cache in larger pieces, and Linux counts a piece as a whole to whoever touches a byte of it.
func build(ctx context.Context, pkg, to string) error {
	progress("building %s", pkg)
	linked := to + ".linked"
	cmd := exec.CommandContext(ctx, "go", "build", "-o", linked, pkg) //nolint:gosec // G204: our own packages
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	return errors.Join(installCopy(linked, to), os.Remove(linked))
}

// installCopy copies a program piece by piece, as unpacking and downloading do.
func installCopy(from, to string) error {
	source, err := os.Open(from) //nolint:gosec // G304: just built
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()                                             // it was only read
	target, err := os.OpenFile(to+".copy", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755) //nolint:gosec // G302, G304: a program, in our own folder
	if err != nil {
		return err
	}
	// Files handed to io.Copy as they are would be copied by the kernel, in one piece.
	_, err = io.CopyBuffer(struct{ io.Writer }{target}, struct{ io.Reader }{source}, make([]byte, 32<<10))
	return errors.Join(err, target.Close(), os.Rename(to+".copy", to))
}

// progress says what is being done. Standard output is for the result.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}
