package cli_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox/mototest"
)

// witness is an account on moto, the program, and the AWS CLI, which looks at what the program did.
type witness struct {
	t   *testing.T
	dir string
	env []string
}

// fixedRegion is where the tests plan; fixedVPC in it is the one that moto gives each account.
const fixedRegion = "eu-west-1"

// run runs a program in the test's folder, and wants an exit status.
func (w witness) run(status int, program string, args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), program, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	out, err := cmd.Output()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		var said string
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // as Output returns it
			said = string(exit.Stderr)
		}
		w.t.Fatalf("%s %s: %v, want exit status %d\n%s%s", program, strings.Join(args, " "), err, status, out, said)
	}
	return string(out)
}

func (w witness) aws(args ...string) string {
	w.t.Helper()
	return w.run(0, mototest.CLI(w.t), append(args, "--region", fixedRegion, "--output", "json")...)
}

// state is everything that a plan may touch, as the AWS CLI shows it.
func (w witness) state(bucket string) map[string]any {
	w.t.Helper()
	commands := map[string][]string{
		"flow logs":  {"ec2", "describe-flow-logs"},
		"log groups": {"logs", "describe-log-groups"},
		"roles":      {"iam", "list-roles"},
	}
	if bucket != "" {
		commands["bucket policy"] = []string{"s3api", "get-bucket-policy", "--bucket", bucket}
	}
	state := map[string]any{}
	for what, command := range commands {
		var value any
		if err := json.Unmarshal([]byte(w.aws(command...)), &value); err != nil {
			w.t.Fatal(err)
		}
		state[what] = value
	}
	return state
}

// approved runs a command on the plan with its approval.
func (w witness) approved(command string) {
	w.t.Helper()
	w.run(0, "flowproof", command, "plan.json", w.approval())
}

// TestFixOnMoto goes from a finding to its repair and back in an AWS that was not written here, with
// the AWS CLI as witness.
func TestFixOnMoto(t *testing.T) {
	t.Parallel()
	endpoint := mototest.Start(t)
	const policy = `{"Version":"2012-10-17","Statement":[{"Sid":"Mine","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::fix-on-moto/*"}]}`
	for name, test := range map[string]struct {
		account, bucket string
		destination     []string
		logged          map[string]any // what describe-flow-logs has to show
	}{
		"to a log group": {
			account: "888811112222", destination: []string{"--log-group", "MyFlowLogs"},
			logged: map[string]any{"LogDestinationType": "cloud-watch-logs", "LogGroupName": "MyFlowLogs"},
		},
		"to a bucket": {
			account: "888811113333", bucket: "fix-on-moto",
			destination: []string{"--destination", "s3", "--bucket", "arn:aws:s3:::fix-on-moto", "--change-existing"},
			logged:      map[string]any{"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::fix-on-moto"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := witness{t: t, dir: t.TempDir(), env: mototest.AccountEnv(t, endpoint, test.account)}
			if test.bucket != "" {
				w.aws("s3api", "create-bucket", "--bucket", test.bucket, "--create-bucket-configuration", "LocationConstraint="+fixedRegion)
				w.aws("s3api", "put-bucket-policy", "--bucket", test.bucket, "--policy", policy)
			}
			start := w.state(test.bucket)

			w.run(3, "flowproof", "scan", "--region", fixedRegion, "--quiet")
			w.run(0, "flowproof", append([]string{"plan", "--region", fixedRegion, "--quiet", "--out", "plan.json"}, test.destination...)...)
			w.approved("apply")
			w.run(0, "flowproof", "verify", "plan.json")
			w.run(0, "flowproof", "scan", "--region", fixedRegion, "--quiet")

			var vpcs struct{ Vpcs []struct{ VpcId string } } //nolint:revive // as the AWS CLI names it
			if err := json.Unmarshal([]byte(w.aws("ec2", "describe-vpcs")), &vpcs); err != nil || len(vpcs.Vpcs) == 0 {
				t.Fatalf("VPCs %v, error %v", vpcs, err)
			}
			for _, vpc := range vpcs.Vpcs {
				var shown struct{ FlowLogs []map[string]any }
				if err := json.Unmarshal([]byte(w.aws("ec2", "describe-flow-logs", "--filter", "Name=resource-id,Values="+vpc.VpcId)), &shown); err != nil {
					t.Fatal(err)
				}
				if len(shown.FlowLogs) != 1 {
					t.Fatalf("%s has flow logs %v, want one", vpc.VpcId, shown.FlowLogs)
				}
				log := shown.FlowLogs[0]
				want := map[string]any{"FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS", "TrafficType": "ALL"}
				for k, v := range test.logged {
					want[k] = v
				}
				for k, v := range want {
					if log[k] != v {
						t.Errorf("%s: %s is %v, want %v", vpc.VpcId, k, log[k], v)
					}
				}
			}
			w.approved("rollback")
			if diff := cmp.Diff(start, w.state(test.bucket)); diff != "" {
				t.Errorf("after rollback: %s", diff)
			}
			w.run(3, "flowproof", "scan", "--region", fixedRegion, "--quiet")
		})
	}
}
