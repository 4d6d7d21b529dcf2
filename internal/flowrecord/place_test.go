package flowrecord_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/flowrecord"
)

func TestParseStream(t *testing.T) {
	t.Parallel()
	tests := []struct {
		stream, eni, traffic string
		ok                   bool
	}{
		{"eni-0123456789abcdef0-all", "eni-0123456789abcdef0", "ALL", true},
		{"eni-1-reject", "eni-1", "REJECT", true},
		{"tgw-attach-1-all", "tgw-attach-1", "ALL", true},
		{"tgw-attach-1", "tgw-attach-1", "", true},
		{"eni-1-some", "", "", false},
		{"my-eni-1-all", "", "", false},
		{"eni-1-all\n", "", "", false},
		{"eni-", "", "", false},
		{"", "", "", false},
	}
	for _, tt := range tests {
		eni, traffic, ok := flowrecord.ParseStream(tt.stream)
		if eni != tt.eni || traffic != tt.traffic || ok != tt.ok {
			t.Errorf("%q: %q %q %v", tt.stream, eni, traffic, ok)
		}
		if tt.ok && traffic != "" && flowrecord.StreamOf(eni, traffic) != tt.stream {
			t.Errorf("%q became %q", tt.stream, flowrecord.StreamOf(eni, traffic))
		}
	}
}

func TestFiles_Newest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 1, 30, 0, 0, time.UTC)
	const name = "1_vpcflowlogs_eu-west-1_fl-1_"
	tests := []struct {
		name  string
		files flowrecord.Files
		back  time.Duration
		most  int
		want  []string
		whole bool
	}{
		{"two days", flowrecord.Files{}, 24 * time.Hour, 9, []string{"AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/02/" + name, "AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/01/" + name}, true},
		{"under a prefix, written with slashes", flowrecord.Files{Prefix: "/net/flows/"}, time.Hour, 9, []string{"net/flows/AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/02/" + name}, true},
		{"as Hive has it", flowrecord.Files{Hive: true}, time.Hour, 9, []string{"AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2026/month=11/day=02/" + name}, true},
		{"a folder for each hour", flowrecord.Files{PerHour: true}, 2 * time.Hour, 9, []string{
			"AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/02/01/" + name,
			"AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/02/00/" + name,
			"AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/01/23/" + name,
		}, true},
		{"both", flowrecord.Files{Hive: true, PerHour: true}, 0, 9, []string{"AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2026/month=11/day=02/hour=01/" + name}, true},
		{"more folders than wanted", flowrecord.Files{}, 72 * time.Hour, 1, []string{"AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/02/" + name}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.files.Account, tt.files.Region, tt.files.FlowLog = "1", "eu-west-1", "fl-1"
			got, whole := tt.files.Newest(now.Add(-tt.back), now, tt.most)
			if diff := cmp.Diff(tt.want, got); diff != "" || whole != tt.whole {
				t.Errorf("whole %v; prefixes (-want +got):\n%s", whole, diff)
			}
		})
	}
}

func TestTimeOf(t *testing.T) {
	t.Parallel()
	const prefix = "AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/02/1_vpcflowlogs_eu-west-1_fl-1_"
	at := time.Date(2026, 11, 2, 1, 25, 0, 0, time.UTC)
	key := flowrecord.After(prefix, at) + "_0f3a.log.gz"
	if got := flowrecord.TimeOf(key, prefix); !got.Equal(at) {
		t.Errorf("%s: %v", key, got)
	}
	for _, odd := range []string{"", prefix, prefix + "20261302T0125Z_x", "elsewhere/" + key} {
		if got := flowrecord.TimeOf(odd, prefix); !got.IsZero() {
			t.Errorf("%s: %v", odd, got)
		}
	}
}
