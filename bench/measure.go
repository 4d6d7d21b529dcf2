package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// usage is what one run of a program cost, as the operating system counts it.
type usage struct {
	Wall   time.Duration
	CPU    time.Duration // user and system, with every descendant that was waited for
	Peak   int64         // bytes: the largest resident set of any one process of the run
	Status int           // exit status; 128 and the signal where a signal ended it
}

// program is a command to measure.
type program struct {
	args  []string
	env   []string // all of it
	dir   string
	limit time.Duration
	watch io.Writer // sees standard error as it comes, if it is not nil
}

// result is one run of a program and what it printed.
type result struct {
	usage
	stdout, stderr []byte
	timedOut       bool
}

// said is everything that the program printed, in no order.
func (r result) said() string { return string(r.stdout) + string(r.stderr) }

// measure runs a program to its end, or to its limit, with every process that it starts. It is
// started by a small process of its own: Linux counts the memory of whoever starts a program as
// the program's until it has replaced it, and this one has grown by then.
func measure(ctx context.Context, p program) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	run, err := start(p)
	if err != nil {
		return result{}, err
	}
	done := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			run.kill()
		case <-done:
		}
	}()
	r, err := run.wait()
	close(done)
	if ctx.Err() != nil {
		return result{timedOut: errors.Is(ctx.Err(), context.DeadlineExceeded), stdout: r.stdout, stderr: r.stderr}, context.Cause(ctx)
	}
	return r, err
}

// running is a program between its start and its end.
type running struct {
	cmd            *exec.Cmd
	counts         *os.File // where the launcher writes what the run cost
	stdout, stderr bytes.Buffer
}

// start starts a program in a process group of its own.
func start(p program) (*running, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r := &running{counts: read}
	r.cmd = exec.Command(self, append([]string{launchCommand}, p.args...)...) //nolint:gosec // G204: what is compared
	r.cmd.Env, r.cmd.Dir = p.env, p.dir
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	if p.watch != nil {
		r.cmd.Stderr = io.MultiWriter(&r.stderr, p.watch)
	}
	r.cmd.ExtraFiles = []*os.File{write}
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	r.cmd.WaitDelay = 5 * time.Second // for a grandchild that holds the output open
	err = r.cmd.Start()
	_ = write.Close() // the launcher has its own
	if err != nil {
		_ = read.Close()
		return nil, fmt.Errorf("start %s: %w", p.args[0], err)
	}
	return r, nil
}

// end asks the program to end. The launcher hands the signal on.
func (r *running) end() { _ = r.cmd.Process.Signal(syscall.SIGTERM) }

// kill ends the program and everything that it started.
func (r *running) kill() { _ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) }

// wait returns when the program has ended.
func (r *running) wait() (result, error) {
	var used usage
	counted := json.NewDecoder(r.counts).Decode(&used)
	r.kill() // what it left behind in its group, which may hold its output open
	err := r.cmd.Wait()
	_ = r.counts.Close()
	if counted != nil {
		return result{stdout: r.stdout.Bytes(), stderr: r.stderr.Bytes()}, fmt.Errorf("%s was not measured: %w", r.cmd.Args[2], errors.Join(counted, err))
	}
	return result{usage: used, stdout: r.stdout.Bytes(), stderr: r.stderr.Bytes()}, nil
}

// launchCommand is the argument that makes this program the launcher.
const launchCommand = "launch"

// launch runs the command and writes what it cost to file descriptor 3.
func launch(args []string) error {
	report := os.NewFile(3, "report")
	syscall.CloseOnExec(3)                    // the command has no part in it
	cmd := exec.Command(args[0], args[1:]...) //nolint:gosec // G204: what is compared
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	_ = cmd.Wait() // its exit status is one of the figures
	return json.NewEncoder(report).Encode(used(cmd.ProcessState, time.Since(begun)))
}

func used(state *os.ProcessState, wall time.Duration) usage {
	u := usage{Wall: wall, CPU: state.UserTime() + state.SystemTime(), Status: state.ExitCode()}
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.Peak = r.Maxrss * 1024 // Linux counts in KiB
	}
	if w, ok := state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		u.Status = 128 + int(w.Signal())
	}
	return u
}

// spread is the median of several runs and how far they lay apart.
type spread[T cmp.Ordered] struct{ median, min, max T }

func spreadOf[T cmp.Ordered](runs []result, of func(result) T) spread[T] {
	if len(runs) == 0 {
		return spread[T]{}
	}
	values := make([]T, 0, len(runs))
	for _, r := range runs {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return spread[T]{median: values[len(values)/2], min: values[0], max: values[len(values)-1]}
}
