package report

import (
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
)

// An organisation of 10,000 accounts in 17 Regions, each with its default VPC, which nothing
// records, and in every fourth scope one with a flow log that works.
const (
	benchAccounts = 10_000
	benchRegions  = 17
	benchScopes   = benchAccounts * benchRegions
)

// organisation emits the stream of the run. Scopes finish in no order that a report could use.
func organisation(h event.Handler) error {
	c := newScenario()
	for i := range benchScopes {
		at := (i * 7919) % benchScopes // a prime that does not divide it: every scope once
		c.events = c.events[:0]
		if i == 0 {
			c = newScenario()
		}
		c.read(fmt.Sprintf("%012d", at/benchRegions), fmt.Sprintf("eu-bench-%d", at%benchRegions), 1)
		c.judgeVPC(c.vpc(fmt.Sprintf("vpc-%017x", at), ""), finding.Fail, finding.Absent, "no flow log on the VPC itself")
		if at%4 == 0 {
			c.judgeVPC(c.vpc(fmt.Sprintf("vpc-%017x", at+benchScopes), "shop"), finding.Pass, finding.Unproven, "fl-0c0ffee0000000001 works")
		}
		for _, e := range c.events {
			if err := h.Handle(e); err != nil {
				return err
			}
		}
	}
	c.summary.Finished = time.Date(2026, 11, 23, 9, 2, 0, 0, time.UTC)
	return h.Handle(event.Event{Type: event.TypeSummary, Summary: &c.summary})
}

// judgeVPC is what the three rules of the default set say of a VPC.
func (c *scenario) judgeVPC(r finding.Resource, o finding.Outcome, a finding.Assurance, message string) {
	c.judge(vpcRule, r, o, a, message)
	other := o
	if o == finding.Fail {
		other = finding.NotApplicable
	}
	c.judge(deliveryRule, r, other, a, "nothing is logged at all; vpc-flow-log-check says so")
	c.judge(trafficRule, r, other, a, "nothing is logged at all; vpc-flow-log-check says so")
}

// measured runs work once and reports what it took for each scope, and how high the heap went.
func measured(b *testing.B, work func() error) {
	b.Helper()
	b.ReportAllocs()
	runtime.GC()
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		var highest uint64
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			select {
			case <-done:
				peak <- highest
				return
			case <-tick.C:
				metrics.Read(sample)
				highest = max(highest, sample[0].Value.Uint64())
			}
		}
	}()
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
	close(done)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchScopes, "ns/scope")
	b.ReportMetric(float64(<-peak)/(1<<20), "peak-heap-MiB")
}

// counter counts what is written.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// BenchmarkOrganisation puts 170,000 scopes through the spool and each format:
//
//	go test ./internal/report -run xxx -bench Organisation -benchtime 1x
func BenchmarkOrganisation(b *testing.B) {
	spool := event.NewSpool()
	b.Run("spool", func(b *testing.B) {
		measured(b, func() error {
			if err := spool.Close(); err != nil {
				return err
			}
			spool = event.NewSpool()
			return organisation(spool)
		})
	})
	b.Run("stream", func(b *testing.B) {
		measured(b, func() error { return organisation(event.NewWriter(io.Discard)) })
	})
	for _, format := range Formats() {
		b.Run(format, func(b *testing.B) {
			var out counter
			measured(b, func() error {
				out.n = 0
				return Write(format, &out, spool, Options{})
			})
			b.ReportMetric(float64(out.n)/benchScopes, "B/scope")
		})
	}
	if err := spool.Close(); err != nil {
		b.Fatal(err)
	}
}
