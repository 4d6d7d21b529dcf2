package awslive

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"flowproof/internal/inventory"
)

// archived are three accounts that deliver to a bucket of a fourth.
const archived = `
organization: {role: flowproof-read}
accounts:
  - {id: "111111111111", regions: {eu-west-1: {vpcs: [{flow_logs: [{bucket: central-logs}]}]}}}
  - {id: "222222222222", regions: {eu-west-1: {vpcs: [{flow_logs: [{bucket: central-logs}]}]}}}
  - {id: "333333333333", regions: {eu-west-1: {vpcs: [{flow_logs: [{bucket: central-logs}]}]}}}
  - {id: "444444444444", buckets: [{name: central-logs, expire_days: 90}]}
`

// readBuckets reads what the accounts say of the central bucket.
func readBuckets(t *testing.T, m Membership, f fault) (map[string]inventory.Inventory, *brokenNetwork) {
	t.Helper()
	o, network := brokenOrganization(t, archived, []string{"eu-west-1"}, m, f)
	all := map[string]inventory.Inventory{}
	err := o.Discover(t.Context(), func(target inventory.Target) error {
		all[target.Account] = o.Read(t.Context(), target, []inventory.Kind{inventory.FlowLogs, inventory.Destinations})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, network
}

var delivering = []string{"111111111111", "222222222222", "333333333333"}

func TestACentralBucketIsReadOnceByItsOwner(t *testing.T) {
	t.Parallel()
	all, network := readBuckets(t, Membership{Only: delivering, Destinations: []string{"444444444444"}}, nil)
	for _, id := range delivering {
		inv := all[id]
		b, exists, known := inv.Bucket("central-logs")
		if !exists || !known || !b.Owned || b.Owner != "444444444444" || len(b.Expiry) != 1 || len(inv.Gaps) > 0 {
			t.Errorf("%s: %+v, gaps %v", id, b, inv.Gaps)
		}
	}
	var operations []string
	for _, q := range network.all {
		if q.service == "s3" {
			operations = append(operations, q.account+" "+q.operation)
		}
	}
	const eight = 8 // where it lies, whose it is, and six settings
	if len(operations) != eight {
		t.Errorf("%d calls to S3, want %d: %v", len(operations), eight, operations)
	}
}

func TestACentralBucketThatNobodySpeaksForIsAnotherAccounts(t *testing.T) {
	t.Parallel()
	for name, destinations := range map[string][]string{"none named": nil, "one that does not own it": {"333333333333"}} {
		all, _ := readBuckets(t, Membership{Only: delivering[:1], Destinations: destinations}, nil)
		inv := all[delivering[0]]
		if b, exists, _ := inv.Bucket("central-logs"); !exists || b.Owned || len(inv.Gaps) > 0 {
			t.Errorf("%s: %+v, gaps %v", name, b, inv.Gaps)
		}
	}
}

func TestAnAccountOfBucketsThatCannotBeEnteredIsAGap(t *testing.T) {
	t.Parallel()
	denied := func(_ context.Context, q request) (*http.Response, error) {
		if strings.HasPrefix(q.operation, "AssumeRole 444444444444") {
			return refusal(http.StatusForbidden, "AccessDenied"), nil
		}
		return nil, nil
	}
	all, _ := readBuckets(t, Membership{Only: delivering[:1], Destinations: []string{"444444444444"}}, denied)
	inv := all[delivering[0]]
	if len(inv.Gaps) != 1 || inv.Gaps[0].Resource != "central-logs" || inv.Gaps[0].Cause != inventory.Denied {
		t.Errorf("gaps %+v, want one about the bucket", inv.Gaps)
	}
	if b, exists, _ := inv.Bucket("central-logs"); !exists || b.Owned {
		t.Errorf("%+v", b)
	}
}
