package sandbox

import (
	"net/http"
	"testing"

	"flowproof/internal/sandbox/fleet"
)

// newFleet serves the fleet that a text describes.
func newFleet(t testing.TB, text string) (*fleet.Fleet, *Server) {
	t.Helper()
	spec, err := fleet.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	f := Organisation(spec)
	s := NewFleet(f)
	t.Cleanup(s.Close)
	return f, s
}

// BenchmarkFleet is what one call costs beside HTTP itself.
func BenchmarkFleet(b *testing.B) {
	for _, op := range []string{"DescribeVpcs", "DescribeFlowLogs", "DescribeRegions"} {
		b.Run(op, func(b *testing.B) {
			_, s := newFleet(b, "accounts=10000,throttle=off")
			b.ReportAllocs()
			for b.Loop() {
				var w discard
				s.ServeHTTP(&w, signed("ec2", "eu-west-1", "Action="+op+"&Version=2016-11-15"))
				if w.status != http.StatusOK {
					b.Fatalf("status %d", w.status)
				}
			}
		})
	}
}
