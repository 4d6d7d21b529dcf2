package cli_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

// recordedVPCs is an account with a transit gateway, and so many VPCs in one Region that deliver to one
// log group by one role.
const recordedVPCs = `
accounts:
  - id: "123456789012"
    default_vpcs: false
    roles: [{name: VPC-Flow-Logs-Role, trusted_service: vpc-flow-logs.amazonaws.com, allow: ["logs:*"]}]
    regions:
      eu-west-1:
        log_groups: [{name: MyFlowLogs, retention_days: 365}]
        transit_gateways: [{name: core, attachments: 2}]
        vpcs: [{count: %d, name: vpc, interfaces: 1, flow_logs: [{group: MyFlowLogs, role: VPC-Flow-Logs-Role}]}]
`

// TestCallsOfARegion holds the rule sets to the lists that docs/permissions.md promises, however many
// VPCs there are, and all else to what flow logs refer to.
func TestCallsOfARegion(t *testing.T) {
	t.Parallel()
	lists := func(names ...string) map[string]int {
		calls := map[string]int{}
		for _, name := range names {
			calls[name] = 1
		}
		return calls
	}
	for set, want := range map[string]map[string]int{
		"page":    lists("DescribeVpcs", "DescribeFlowLogs"),
		"default": lists("DescribeVpcs", "DescribeFlowLogs"),
		"full": lists("DescribeVpcs", "DescribeFlowLogs", "DescribeSubnets", "DescribeNetworkInterfaces",
			"DescribeTransitGateways", "DescribeTransitGatewayAttachments"),
	} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			few, rest := callsOf(t, set, 1)
			if diff := cmp.Diff(want, few); diff != "" {
				t.Errorf("lists (-want +got):\n%s", diff)
			}
			if set != "full" && len(rest) > 0 {
				t.Errorf("beside its lists it asks %v", rest)
			}
			many, restOfMany := callsOf(t, set, 40)
			if diff := cmp.Diff(few, many); diff != "" {
				t.Errorf("lists with forty VPCs (-one +forty):\n%s", diff)
			}
			if diff := cmp.Diff(rest, restOfMany); diff != "" {
				t.Errorf("other calls with forty VPCs to the same place (-one +forty):\n%s", diff)
			}
		})
	}
}

// callsOf counts what a scan of one Region sends: to EC2, and elsewhere.
func callsOf(t *testing.T, set string, vpcs int) (lists, rest map[string]int) {
	t.Helper()
	scenario, err := sandbox.ParseScenario(fmt.Appendf(nil, recordedVPCs, vpcs))
	if err != nil {
		t.Fatal(err)
	}
	aws, err := sandbox.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	defer aws.Close()
	server := httptest.NewServer(aws)
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), "flowproof", "scan", "--ruleset", set, "--region", "eu-west-1", "--fail-on", "none")
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=eu-west-1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lists, rest = map[string]int{}, map[string]int{}
	for _, c := range aws.Calls() {
		switch {
		case c.Operation == "GetCallerIdentity":
		case c.Service == "ec2" && strings.HasPrefix(c.Operation, "Describe"):
			lists[c.Operation]++
		default:
			rest[c.Service+":"+c.Operation]++
		}
	}
	return lists, rest
}
