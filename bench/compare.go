package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// row is what came of one tool.
type row struct {
	tool
	timed  map[time.Duration]timing // by the delay of a call
	judged *judged                  // nil for what judges nothing, or could not be judged
}

// timing is the runs of one tool at one delay.
type timing struct {
	runs    []result
	calls   int    // of the last run
	problem string // why there are no more runs, if so
}

// judged is a tool on the awkward cases.
type judged struct {
	result
	calls   int
	right   int
	claims  map[string]claim // by name of the case
	problem string
}

// stageAt is where the tools of one part of the comparison meet: moto behind the proxy.
type stageAt struct {
	moto  moto
	proxy *proxy
	close func()
}

func openStage(p places) (stageAt, error) {
	m, stop, err := startMoto(filepath.Join(p.root, ".venv"))
	if err != nil {
		return stageAt{}, err
	}
	proxy, err := newProxy(m.endpoint)
	if err != nil {
		stop()
		return stageAt{}, err
	}
	return stageAt{moto: m, proxy: proxy, close: func() { _ = proxy.server.Close(); stop() }}, nil
}

// timeTools times every tool at every delay on one account of that many VPCs. Within a delay the
// tools take turns, so that a machine whose speed drifts is fair to all; the first turn of the
// quick ones warms up and is not counted.
func timeTools(ctx context.Context, p places, rows []row, delays []time.Duration, vpcs int) error {
	s, err := openStage(p)
	if err != nil {
		return err
	}
	defer s.close()
	progress("making an account of %d VPCs in %d Regions on moto", vpcs, len(regions))
	if err := s.moto.fill(vpcs); err != nil {
		return err
	}
	for _, delay := range delays {
		for turn := range fastRuns + 1 {
			for _, r := range rows {
				if err := ctx.Err(); err != nil {
					return err
				}
				r.takeTurn(ctx, s, turn, delay)
			}
		}
	}
	return nil
}

// takeTurn runs the tool once more, if it is not done.
func (r row) takeTurn(ctx context.Context, s stageAt, turn int, delay time.Duration) {
	done := r.timed[delay]
	warmUp := turn == 0 && r.warmUp
	if r.unavailable != "" || done.problem != "" || len(done.runs) == r.runs {
		return
	}
	got, calls, err := s.run(ctx, r.tool, r.args, scene{delay: delay}, nil)
	switch {
	case err != nil:
		done.problem = err.Error()
	case warmUp:
	default:
		done.runs, done.calls = append(done.runs, got), calls
	}
	progress("%s at %v a call, run %d: %.2f s, %d calls, status %d %s", r.name, delay, turn, got.Wall.Seconds(), calls, got.Status, done.problem)
	r.timed[delay] = done
}

// run runs a tool once in a folder of its own, which is gone when run returns: look is called
// before.
func (s stageAt) run(ctx context.Context, t tool, args func(string) []string, sc scene, look func(dir string, r result) error) (got result, calls int, err error) {
	dir, err := os.MkdirTemp("", "flowproof-bench-*")
	if err != nil {
		return result{}, 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the system's temporary folder
	s.proxy.play(sc)
	run := program{args: args(dir), env: environment(t, dir, s.proxy.url), dir: dir, limit: runLimit}
	got, err = measure(ctx, run)
	calls = s.proxy.count()
	if got.timedOut {
		err = fmt.Errorf("ended after %v without a result", runLimit)
	}
	if err == nil && look != nil {
		err = look(dir, got)
	}
	return got, calls, err
}

// judgeTools runs every tool that judges once on the awkward cases.
func judgeTools(ctx context.Context, p places, rows []row) error {
	s, err := openStage(p)
	if err != nil {
		return err
	}
	defer s.close()
	all := cases()
	progress("making %d awkward cases on moto", len(all))
	vpcs, sc, err := stage(s.moto, all)
	if err != nil {
		return err
	}
	for i, r := range rows {
		if r.read == nil || r.unavailable != "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rows[i].judged = s.judge(ctx, r.tool, all, vpcs, sc)
		progress("%s on the awkward cases: %d of %d right, status %d %s", r.name, rows[i].judged.right, len(all), rows[i].judged.Status, rows[i].judged.problem)
	}
	return nil
}

func (s stageAt) judge(ctx context.Context, t tool, all []awkward, vpcs map[string]string, sc scene) *judged {
	args := t.args
	if t.caseArgs != nil {
		args = t.caseArgs
	}
	var said report
	got, calls, err := s.run(ctx, t, args, sc, func(dir string, r result) error {
		var err error
		said, err = s.listen(ctx, t, dir, r)
		return err
	})
	j := &judged{result: got, calls: calls}
	if err != nil {
		j.problem = err.Error()
		return j
	}
	j.right, j.claims = score(all, vpcs, said)
	return j
}

// listen reads what a tool says, with what it shows to people on request.
func (s stageAt) listen(ctx context.Context, t tool, dir string, r result) (report, error) {
	said, err := t.read(dir, r)
	if err != nil {
		return report{}, err
	}
	if t.after != nil {
		shown, err := measure(ctx, program{args: t.after(dir), env: environment(t, dir, s.proxy.url), dir: dir, limit: runLimit})
		if err != nil {
			return report{}, err
		}
		said.person = append(said.person, document{kind: "CSV", text: shown.stdout})
	}
	opened, err := documents(dir, r)
	said.person = append(said.person, opened...)
	return said, err
}
