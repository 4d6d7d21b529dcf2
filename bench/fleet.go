package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fleetLimit ends a run over an organisation that hangs.
const fleetLimit = 8 * time.Minute

// fleetSize is one size of organisation, and how often each program reads it.
type fleetSize struct{ accounts, runs int }

// fleetRuns are the runs of both programs over one size of organisation, pair by pair, with what
// the server of each run cost.
type fleetRuns struct {
	fleetSize
	floor, flowproof             []result
	floorServer, flowproofServer []result
	calls                        [2]int // of the floor and of flowproof, as each counts them
	problem                      string
}

func (f fleetRuns) scopes() int { return f.accounts * len(regions) }

// readFleets lets the floor and flowproof read organisations of several sizes, in turn, each run
// against a new server in a process of its own.
func readFleets(ctx context.Context, p places, sizes []fleetSize) []fleetRuns {
	var all []fleetRuns
	for _, size := range sizes {
		f := fleetRuns{fleetSize: size}
		for turn := range size.runs {
			if err := errors.Join(f.turn(ctx, p), ctx.Err()); err != nil {
				f.problem = err.Error()
				progress("%d accounts, run %d: %v", size.accounts, turn+1, err)
				break
			}
			progress("%d accounts, run %d: floor %.2f s, flowproof %.2f s", size.accounts, turn+1,
				f.floor[turn].Wall.Seconds(), f.flowproof[turn].Wall.Seconds())
		}
		all = append(all, f)
	}
	return all
}

// turn is one run of each.
func (f *fleetRuns) turn(ctx context.Context, p places) error {
	floor, server, err := readFleet(ctx, p, f.accounts, []string{p.floor, "-org"})
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	f.floor, f.floorServer = append(f.floor, floor), append(f.floorServer, server)
	f.calls[0] = lastNumber(string(floor.stdout), " calls")
	scan, server, err := readFleet(ctx, p, f.accounts, []string{p.binary, "scan", "--org", "--output", fleetReport})
	if err != nil {
		return fmt.Errorf("flowproof: %w", err)
	}
	f.flowproof, f.flowproofServer = append(f.flowproof, scan), append(f.flowproofServer, server)
	f.calls[1] = lastNumber(strings.Join(strings.Fields(string(scan.stdout)), " "), " calls")
	return nil
}

// fleetReport is the report that flowproof writes, in the folder that it runs in.
const fleetReport = "report.txt"

// readFleet runs one program against a new server. A report that it wrote is its output.
func readFleet(ctx context.Context, p places, accounts int, args []string) (client, server result, err error) {
	dir, err := os.MkdirTemp("", "flowproof-bench-*")
	if err != nil {
		return result{}, result{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the system's temporary folder
	at := newAwait("ready at ")
	run, err := start(program{
		args: []string{
			p.binary, "sandbox", "--listen", "127.0.0.1:0",
			"--fleet", fmt.Sprintf("accounts=%d,regions=%d,latency=30ms", accounts, len(regions)),
		},
		env: []string{"HOME=" + dir}, dir: dir, watch: at,
	})
	if err != nil {
		return result{}, result{}, err
	}
	ended := make(chan struct{})
	go func() { server, _ = run.wait(); close(ended) }()
	select {
	case url := <-at.found:
		client, err = measure(ctx, program{args: args, env: environment(tool{}, dir, url), dir: dir, limit: fleetLimit})
		if report, failed := os.ReadFile(filepath.Join(dir, fleetReport)); failed == nil { //nolint:gosec // G304: in our own temporary folder
			client.stdout = report
		}
	case <-ended:
		return result{}, result{}, fmt.Errorf("the sandbox did not start; it said: %s", server.said())
	case <-ctx.Done():
	}
	run.end()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		run.kill()
		<-ended
	}
	if err = errors.Join(err, ctx.Err()); err == nil && client.Status != 0 && client.Status != 3 {
		err = fmt.Errorf("%s ended with status %d: %s", filepath.Base(args[0]), client.Status, lastLine(client.stderr))
	}
	return client, server, err
}

// await is a writer that finds the rest of the line after some words.
type await struct {
	words string
	found chan string // what was found, once

	mu   sync.Mutex
	seen bytes.Buffer
	done bool
}

func newAwait(words string) *await { return &await{words: words, found: make(chan string, 1)} }

// Write implements io.Writer.
func (a *await) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done {
		return len(p), nil
	}
	a.seen.Write(p)
	if _, rest, ok := strings.Cut(a.seen.String(), a.words); ok {
		if line, _, whole := strings.Cut(rest, "\n"); whole {
			a.found <- strings.TrimSpace(line)
			a.done = true
		}
	}
	return len(p), nil
}

// lastNumber is the number before the last occurrence of the words, 0 where there is none.
func lastNumber(text, words string) int {
	at := strings.LastIndex(text, words)
	if at < 0 {
		return 0
	}
	fields := strings.Fields(strings.ReplaceAll(text[:at], ",", ""))
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(fields[len(fields)-1]) // 0 where it is no number
	return n
}
