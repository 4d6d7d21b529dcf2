package main

import (
	"context"
	"os"
	"testing"
	"time"
)

// TestMain lets the test binary be the launcher, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == launchCommand {
		exit(launch(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	shell := func(script string) program {
		return program{args: []string{"/bin/sh", "-c", script}, dir: t.TempDir(), limit: time.Minute}
	}
	tests := []struct {
		name   string
		script string
		status int
		stdout string
	}{
		{"output and exit status", "echo out; echo err >&2; exit 3", 3, "out\n"},
		{"ended by a signal", "kill -9 $$", 128 + 9, ""},
		{"what is left behind does not hold it up", "sleep 1000 & echo out", 0, "out\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := measure(t.Context(), shell(test.script))
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != test.status || string(got.stdout) != test.stdout {
				t.Errorf("status %d, standard output %q", got.Status, got.stdout)
			}
			if got.Wall <= 0 || got.Peak <= 0 {
				t.Errorf("took %v and %d bytes", got.Wall, got.Peak)
			}
		})
	}
}

func TestMeasureEndsWhatHangs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	at := newAwait("started ")
	go func() { <-at.found; cancel() }()
	script := "echo so far; echo started now >&2; sleep 1000 & sleep 1000"
	got, err := measure(ctx, program{args: []string{"/bin/sh", "-c", script}, limit: time.Hour, watch: at})
	if err == nil || string(got.stdout) != "so far\n" {
		t.Errorf("error %v, standard output %q", err, got.stdout)
	}
}

func TestMemoryIsTheProgramsOwn(t *testing.T) {
	t.Parallel()
	ballast := make([]byte, 256<<20)
	for i := range ballast {
		ballast[i] = 1
	}
	got, err := measure(t.Context(), program{args: []string{"/bin/true"}, limit: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if got.Peak > int64(len(ballast))/4 {
		t.Errorf("true needed %d MiB while this process holds %d", got.Peak>>20, len(ballast)>>20)
	}
	ballast[0] = 2 // held until here
}
