package remediate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/sandbox/mototest"
)

// motoRegions are where the tests on moto look: each has a default VPC there.
var motoRegions = []string{"us-east-1", "eu-west-1"}

// motoAccount is an account of its own on a moto server.
type motoAccount struct {
	id  string
	env []string
	cfg aws.Config
}

func newMotoAccount(t *testing.T, id string) motoAccount {
	t.Helper()
	endpoint := mototest.Start(t)
	env := mototest.AccountEnv(t, endpoint, id)
	value := func(name string) (found string) {
		for _, kv := range env {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				found = v
			}
		}
		return found
	}
	return motoAccount{
		id:  id,
		env: append(env, "PATH="+filepath.Dir(mototest.CLI(t))+string(os.PathListSeparator)+os.Getenv("PATH")),
		cfg: aws.Config{
			BaseEndpoint: aws.String(endpoint), Region: "us-east-1",
			Credentials: credentials.NewStaticCredentialsProvider(value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), ""),
			Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		},
	}
}

// plan reads the account's VPCs and flow logs, and plans as for one with nothing there by name.
func (m motoAccount) plan(t *testing.T, policy Policy) Plan {
	t.Helper()
	in := Input{Policy: policy}
	for _, region := range motoRegions {
		inv := readScope(region)
		inv.Account = m.id
		owners, err := NewReader(m.cfg).vpcOwners(t.Context(), region, m.vpcs(t, region))
		if err != nil {
			t.Fatal(err)
		}
		for id, owner := range owners {
			inv.VPCs = append(inv.VPCs, inventory.VPC{ID: id, OwnerID: owner})
		}
		if policy.Bucket != "" {
			inv.Named.Buckets = []inventory.Bucket{{Name: bucketName(policy.Bucket), Region: "us-east-1", Owned: true, Policy: archiveBefore}}
		}
		inv = asked(inv, policy)
		in.Inventories = append(in.Inventories, inv)
		in.Findings = append(in.Findings, rule.Judge(rules.All(), &inv, rule.DefaultPolicy())...)
	}
	p := built(t, in)
	if len(p.Steps) <= len(motoRegions) || len(p.Unplanned) > 0 {
		t.Fatalf("planned %v, unplanned %v", outline(p), reasons(p))
	}
	return p
}

func (m motoAccount) vpcs(t *testing.T, region string) []string {
	t.Helper()
	out, err := ec2.NewFromConfig(m.cfg, func(o *ec2.Options) { o.Region = region }).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, v := range out.Vpcs {
		ids = append(ids, aws.ToString(v.VpcId))
	}
	return ids
}

// state is what the plan made, in words that are the same in every account.
func (m motoAccount) state(t *testing.T, p Plan) []string {
	t.Helper()
	var lines []string
	r := NewReader(m.cfg)
	sid := shortDigest(p.Policy.Bucket + "/AWSLogs/" + m.id + "/") // in the names of a bucket policy's statements
	same := strings.NewReplacer(m.id, "ACCOUNT", p.ID, "PLAN", sid, "PLACE")
	say := func(format string, args ...any) { lines = append(lines, same.Replace(fmt.Sprintf(format, args...))) }
	for _, region := range motoRegions {
		logs, err := r.flowLogs(t.Context(), region, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range logs {
			vpc := l.ResourceID
			l.ID, l.ResourceID, l.Created = "", "", time.Time{}
			l.LogGroup = strings.Replace(l.LogGroup, vpc, "VPC", 1)
			say("%s flow log %+v", region, l)
		}
		for _, s := range p.Steps {
			if s.Action != CreateLogGroup || s.Region != region {
				continue
			}
			g, err := r.logGroup(t.Context(), region, s.Resource)
			if err != nil {
				t.Fatal(err)
			}
			say("%s group %+v", region, *g)
		}
	}
	if bucket := p.Policy.Bucket; bucket != "" {
		policy, err := r.bucketPolicy(t.Context(), "us-east-1", bucketName(bucket))
		if err != nil {
			t.Fatal(err)
		}
		say("bucket says %s", policy)
		return lines
	}
	role, err := r.role(t.Context(), "us-east-1", DefaultRole)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := r.rolePolicy(t.Context(), "us-east-1", DefaultRole, input(t, stepOf(t, p, PutRolePolicy, DefaultRole))["PolicyName"].(string))
	if err != nil {
		t.Fatal(err)
	}
	say("role %s trusts %s, may %s, has %v", role.arn, role.trust, policy, role.tags)
	return lines
}

// run runs the exported script with the AWS CLI.
func (m motoAccount) run(t *testing.T, script string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash")
	cmd.Stdin, cmd.Env = strings.NewReader(script), m.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// makeBucket makes the bucket that a policy names, with a policy of its owner's.
func (m motoAccount) makeBucket(t *testing.T, policy Policy) {
	t.Helper()
	name := bucketName(policy.Bucket)
	client := s3.NewFromConfig(m.cfg, pathStyle)
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &name, Policy: aws.String(archiveBefore)}); err != nil {
		t.Fatal(err)
	}
}

// TestTheScriptEndsWhereApplyEnds runs the one with the AWS CLI and the other with the SDK, in two
// accounts of an AWS that was not written here.
func TestTheScriptEndsWhereApplyEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		one, other string
		policy     func(account string) Policy
	}{
		"to log groups": {"444455556666", "777788889999", func(string) Policy {
			policy := DefaultPolicy()
			policy.LogGroup, policy.Tags = "/flowproof/{account}/{region}", map[string]string{"team": "it net"}
			return policy
		}},
		"to a bucket": {"444455557777", "777788880000", func(account string) Policy {
			policy := DefaultPolicy()
			policy.Destination, policy.Bucket, policy.ChangeExisting = ToS3, "arn:aws:s3:::archive-"+account, true
			return policy
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, other := newMotoAccount(t, test.one), newMotoAccount(t, test.other)
			for _, m := range []motoAccount{one, other} {
				if policy := test.policy(m.id); policy.Bucket != "" {
					m.makeBucket(t, policy)
				}
			}
			scripted, applied := one.plan(t, test.policy(one.id)), other.plan(t, test.policy(other.id))
			if out, err := one.run(t, export(t, scripted, "cli")); err != nil {
				t.Fatalf("the script: %v\n%s", err, out)
			}
			other.apply(t, applied)
			want := other.state(t, applied)
			if len(want) <= len(motoRegions) {
				t.Fatalf("apply made too little to compare: %v", want)
			}
			if diff := cmp.Diff(want, one.state(t, scripted)); diff != "" {
				t.Errorf("(-apply +script) %s", diff)
			}
			out, err := one.run(t, strings.ReplaceAll(export(t, scripted, "cli"), one.id, other.id))
			if err == nil || !strings.Contains(out, "nothing was done") {
				t.Errorf("in another account the script does not refuse: %v\n%s", err, out)
			}
		})
	}
}

func (m motoAccount) apply(t *testing.T, p Plan) {
	t.Helper()
	journal, err := OpenJournal(filepath.Join(t.TempDir(), "journal"), p, someone(), time.Now, true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = journal.Close() }()
	report, err := Apply{
		Plan: p, Journal: journal, Writer: NewWriter(m.cfg), Reader: NewReader(m.cfg), Clock: SystemClock(), AtOnce: 2,
	}.Run(t.Context())
	if err != nil || !report.Reached() {
		t.Fatalf("apply: %v\n%s", err, show(report))
	}
}
