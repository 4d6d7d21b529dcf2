package remediate

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"flowproof/internal/inventory"
	"flowproof/internal/sandbox/mototest"
)

// cli runs the AWS CLI and reads its answer.
func cli(t *testing.T, env []string, answer any, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), mototest.CLI(t), append(args, "--output", "json")...)
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("aws %s: %v", strings.Join(args, " "), err)
	}
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatal(err)
	}
}

// described is what the AWS CLI says of the VPCs and flow logs of a Region.
type described struct {
	Vpcs     []struct{ VpcID, OwnerID string }
	FlowLogs []struct {
		ResourceID, LogGroupName, DeliverLogsStatus, TrafficType, DeliverLogsPermissionArn string
		Tags                                                                               []tag
	}
}

// TestTheScriptMakesWhatThePlanSays runs it with the AWS CLI against an AWS that was not written here.
func TestTheScriptMakesWhatThePlanSays(t *testing.T) {
	t.Parallel()
	const motoAccount = "444455556666"
	env := mototest.AccountEnv(t, mototest.Start(t), motoAccount)
	env = append(env, "PATH="+filepath.Dir(mototest.CLI(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
	var inventories []inventory.Inventory
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		var d described
		cli(t, env, &d, "ec2", "describe-vpcs", "--region", region)
		inv := readScope(region)
		inv.Account = motoAccount
		for _, v := range d.Vpcs {
			inv.VPCs = append(inv.VPCs, inventory.VPC{ID: v.VpcID, OwnerID: v.OwnerID})
		}
		inventories = append(inventories, inv)
	}
	p := built(t, judged(perVPC(), inventories...))
	if len(p.Steps) < 8 {
		t.Fatalf("too little is planned: %v", outline(p))
	}

	script := exec.CommandContext(t.Context(), "bash")
	script.Stdin, script.Env = strings.NewReader(export(t, p, "cli")), env
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("the script: %v\n%s", err, out)
	}

	for _, inv := range inventories {
		var d described
		cli(t, env, &d, "ec2", "describe-flow-logs", "--region", inv.Region)
		if len(d.FlowLogs) != len(inv.VPCs) {
			t.Fatalf("%s has %d flow logs, want %d", inv.Region, len(d.FlowLogs), len(inv.VPCs))
		}
		l := d.FlowLogs[0]
		if l.ResourceID != inv.VPCs[0].ID || l.LogGroupName != "/flowproof/"+motoAccount+"/"+l.ResourceID || l.DeliverLogsStatus != "SUCCESS" || l.TrafficType != "ALL" {
			t.Errorf("%s: %+v", inv.Region, l)
		}
		var groups struct {
			LogGroups []struct{ RetentionInDays int }
		}
		cli(t, env, &groups, "logs", "describe-log-groups", "--region", inv.Region, "--log-group-name-prefix", l.LogGroupName)
		if len(groups.LogGroups) != 1 || groups.LogGroups[0].RetentionInDays != 365 {
			t.Errorf("%s: groups %+v", inv.Region, groups)
		}
	}
	var role struct {
		Role struct {
			Arn  string
			Tags []tag
		}
	}
	cli(t, env, &role, "iam", "get-role", "--role-name", DefaultRole)
	if len(role.Role.Tags) != 2 || role.Role.Tags[1].Value != p.ID {
		t.Errorf("the role is %+v", role.Role)
	}

	again := exec.CommandContext(t.Context(), "bash")
	again.Stdin, again.Env = strings.NewReader(strings.ReplaceAll(export(t, p, "cli"), motoAccount, "999999999999")), env
	if out, err := again.CombinedOutput(); err == nil || !strings.Contains(string(out), "nothing was done") {
		t.Errorf("in another account the script does not refuse: %v\n%s", err, out)
	}
}
