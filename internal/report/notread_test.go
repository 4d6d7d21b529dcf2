package report

import (
	"strings"
	"testing"

	"flowproof/internal/inventory"
)

func TestWhatToDoAboutWhatWasDenied(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		apis      []string
		says, not string
	}{
		"a role that cannot be assumed": {[]string{"sts:AssumeRole"}, "cannot be entered", "permission is missing"},
		"lists":                         {[]string{"ec2:DescribeVpcs", "ec2:DescribeFlowLogs"}, "allow ec2:DescribeVpcs, ec2:DescribeFlowLogs;", "entered"},
		"both, in different accounts":   {[]string{"ec2:DescribeVpcs", "sts:AssumeRole"}, "elsewhere the permission is missing: allow ec2:DescribeVpcs", "sts:AssumeRole"},
	} {
		got := remedy(inventory.Denied, tt.apis, Access{})
		if !strings.Contains(got, tt.says) || strings.Contains(got, tt.not) {
			t.Errorf("%s: %q, want %q and not %q", name, got, tt.says, tt.not)
		}
	}
}
