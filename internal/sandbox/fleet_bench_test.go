package sandbox

import (
	"net/http"
	"testing"

	"flowproof/internal/sandbox/fleet"
)

// BenchmarkFleet is what one call costs beside HTTP itself.
func BenchmarkFleet(b *testing.B) {
	spec, err := fleet.Parse("accounts=10000,throttle=off")
	if err != nil {
		b.Fatal(err)
	}
	s := NewFleet(Organisation(spec))
	for _, op := range []string{"DescribeVpcs", "DescribeFlowLogs", "DescribeRegions"} {
		b.Run(op, func(b *testing.B) {
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
