package remediate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"flowproof/internal/iampolicy"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

// bucketPolicyLimit is the most that S3 takes as a bucket policy (S3 user guide): 20 KB.
const bucketPolicyLimit = 20 * 1024

// planS3 plans, for one account, the policy of the bucket and then the flow logs. flowproof makes no
// bucket. EC2 writes a policy of its own when the caller may, in the place of what there was; so what
// is needed is written before, and nothing is planned for an own bucket whose policy was not read.
func (p *planner) planS3(a account) error {
	for i := range a.sites {
		a.sites[i].targets = p.free(a.sites[i].targets, inventory.FlowLog{
			DestinationType: inventory.ToS3, Destination: p.bucketDestination(),
		})
	}
	a.sites = slices.DeleteFunc(a.sites, func(s site) bool { return len(s.targets) == 0 })
	if len(a.sites) == 0 {
		return nil
	}
	at, ok, err := p.planBucket(a)
	if err != nil || !ok {
		return err
	}
	at.input = p.inBucket()
	for _, s := range a.sites {
		if err := p.planFlowLogs(s.targets, func(target) (placement, error) { return at, nil }); err != nil {
			return err
		}
	}
	return nil
}

// inBucket is the bucket as CreateFlowLogs takes it.
func (p *planner) inBucket() map[string]any {
	return map[string]any{
		"LogDestinationType": inventory.ToS3, "LogDestination": p.bucketDestination(),
		"DestinationOptions": map[string]any{
			"FileFormat": p.policy.FileFormat, "HiveCompatiblePartitions": p.policy.Hive, "PerHourPartition": p.policy.PerHour,
		},
	}
}

// free leaves the targets that AWS would not refuse this destination, and says why of the others.
func (p *planner) free(targets []target, want inventory.FlowLog) []target {
	var kept []target
	for _, t := range targets {
		want.TrafficType = p.trafficOf(t)
		if reason, byHand := p.obstacle(t, want); reason != "" {
			p.skip([]target{t}, reason, byHand...)
			continue
		}
		kept = append(kept, t)
	}
	return kept
}

// bucketDestination is the bucket's ARN with the prefix behind it, as CreateFlowLogs takes it.
func (p *planner) bucketDestination() string {
	if prefix := strings.Trim(p.policy.Prefix, "/"); prefix != "" {
		return p.policy.Bucket + "/" + prefix
	}
	return p.policy.Bucket
}

// objectsOf is where the delivery service writes an account's records: the ARN of the objects
// without the star (VPC user guide, flow log files).
func (p *planner) objectsOf(account string) string {
	if p.policy.Hive {
		return p.bucketDestination() + "/AWSLogs/aws-account-id=" + account + "/"
	}
	return p.bucketDestination() + "/AWSLogs/" + account + "/"
}

// planBucket sees to it that the delivery service may write to the bucket. It is false where it
// may not and flowproof may not change that.
func (p *planner) planBucket(a account) (placement, bool, error) {
	name := bucketName(p.policy.Bucket)
	bucket, exists, known := p.lookBucket(a, name)
	switch {
	case !known:
		p.skipAccount(a, fmt.Sprintf("the policy of bucket %s was not read, and EC2 may replace it when it makes a flow log: plan with --source aws", name))
		return placement{}, false, nil
	case !exists:
		p.skipAccount(a, fmt.Sprintf("there is no bucket %s, and flowproof makes none", name))
		return placement{}, false, nil
	}
	statements := bucketStatements(a.scope, p.policy.Bucket, p.objectsOf(a.scope.Account))
	if !bucket.Owned || bucket.Owner != "" && bucket.Owner != a.scope.Account {
		return p.foreignBucket(a, bucket, statements)
	}
	if bucket.Policy != "" && !isDocument(bucket.Policy) {
		p.skipAccount(a, fmt.Sprintf("the policy of bucket %s cannot be read", name))
		return placement{}, false, nil
	}
	said := p.bucketSays(a, bucket)
	if said.denied != "" {
		p.skipAccount(a, fmt.Sprintf("delivery to bucket %s is denied by %s of its policy, and nothing that is added can change that", name, said.denied))
		return placement{}, false, nil
	}
	where := a.scope
	where.Region = cmp.Or(bucket.Region, where.Region)
	for _, doubt := range said.doubts {
		p.note(where, name, "%s", doubt)
	}
	if said.allowed == iampolicy.Yes || said.allowed == iampolicy.Maybe && !p.policy.ChangeExisting {
		for _, doubt := range said.allowedIf {
			p.note(where, name, "%s", doubt)
		}
		expect, err := bucketPrecondition(bucket)
		return placement{expect: []Precondition{expect}}, true, err
	}
	return p.mergeBucketPolicy(a, bucket, statements)
}

// bucketSaying is what a bucket's policy says to delivery, from every Region that is wanted.
type bucketSaying struct {
	denied    string   // the statement that surely denies it
	doubts    []string // statements that may deny it, in words
	allowed   iampolicy.Match
	allowedIf []string // where that is Maybe: statements that may allow it, in words
}

// bucketSays asks the bucket's policy for the two things that delivery does. A policy that cannot be read
// may say anything, and is asked before (isDocument).
func (p *planner) bucketSays(a account, bucket inventory.Bucket) bucketSaying {
	said := bucketSaying{allowed: iampolicy.Yes}
	for _, s := range a.sites {
		from := rule.ActingFor(deliveryService, s.inv.Scope, "", s.inv.Organization)
		write := from.With(map[string]string{"s3:x-amz-acl": "bucket-owner-full-control"})
		write.Action, write.Resource = "s3:PutObject", p.objectsOf(s.inv.Account)+"vpcflowlogs/"+s.inv.Region+"/0.log.gz"
		check := from
		check.Action, check.Resource = "s3:GetBucketAcl", p.policy.Bucket
		check.Absent = append(slices.Clone(check.Absent), "s3:x-amz-acl") // a key of requests that write
		for _, r := range []iampolicy.Request{write, check} {
			evaluation := iampolicy.Evaluate(r, bucket.Policy)
			for _, d := range iampolicy.Denials(r, bucket.Policy) {
				if d.Match == iampolicy.Yes {
					said.denied = cmp.Or(said.denied, d.Statement)
				} else {
					said.doubts = append(said.doubts, fmt.Sprintf("%s of its policy turns on %s, which only AWS can tell: it may deny delivery", d.Statement, turnsOn(d)))
				}
			}
			if evaluation.Allow == iampolicy.Maybe {
				for _, d := range iampolicy.Allowances(r, bucket.Policy) {
					said.allowedIf = append(said.allowedIf, fmt.Sprintf("%s of its policy lets %s write if %s fits, which is not known here%s", d.Statement, deliveryService, turnsOn(d), giveOrganization(d)))
				}
			}
			said.allowed = min(said.allowed, evaluation.Allow)
		}
	}
	said.doubts, said.allowedIf = unique(said.doubts), unique(said.allowedIf)
	return said
}

// turnsOn names the condition keys that a statement turns on.
func turnsOn(d iampolicy.Doubt) string {
	if len(d.TurnsOn) == 0 {
		return "a value that AWS puts in"
	}
	return strings.Join(d.TurnsOn, " and ")
}

// giveOrganization says how to make the organisation known, where that is what is missing.
func giveOrganization(d iampolicy.Doubt) string {
	if slices.Contains(d.TurnsOn, "aws:sourceorgid") {
		return ": --org-id says which organisation this is"
	}
	return ""
}

// lookBucket asks the account's scopes: each says the same of a bucket, or nothing.
func (p *planner) lookBucket(a account, name string) (bucket inventory.Bucket, exists, known bool) {
	for _, inv := range p.scopesOf(a) {
		if bucket, exists, ok := inv.Bucket(name); ok {
			if exists {
				return bucket, true, true
			}
			known = true
		}
	}
	return bucket, false, known
}

// foreignBucket is for a central bucket: nobody but its owner can change it, and AWS itself refuses
// the flow log when its policy does not allow delivery.
func (p *planner) foreignBucket(a account, bucket inventory.Bucket, statements []statement) (placement, bool, error) {
	reason, err := foreignBucketNote(statements)
	if err != nil {
		return placement{}, false, err
	}
	where := a.scope
	where.Region = bucket.Region
	p.note(where, bucket.Name, "%s", reason)
	return placement{}, true, nil
}

// foreignBucketNote says what the owner of a central bucket has to allow.
func foreignBucketNote(statements []statement) (string, error) {
	policy, err := document(statements...)
	return "the bucket is not this account's, or cannot be read: AWS refuses the flow logs unless its policy says as much as " + policy, err
}

func bucketPrecondition(bucket inventory.Bucket) (Precondition, error) {
	expect := Precondition{Kind: FactBucketPolicy, Resource: bucket.Name, Expect: map[string]string{"exists": "false"}}
	if bucket.Policy == "" {
		return expect, nil
	}
	digest, err := DocumentDigest(bucket.Policy)
	if err != nil {
		return expect, fmt.Errorf("policy of bucket %s: %w", bucket.Name, err)
	}
	expect.Expect = map[string]string{"exists": "true", "document": digest}
	return expect, nil
}

// mergeBucketPolicy adds what delivery needs to the policy there is. The bucket is never one that
// flowproof made, so this is asked for or left to a person.
func (p *planner) mergeBucketPolicy(a account, bucket inventory.Bucket, statements []statement) (placement, bool, error) {
	c, err := widerBucketPolicy(a.scope, bucket, statements)
	if err != nil {
		return placement{}, false, err
	}
	if merged, _ := c.input["Policy"].(string); len(merged) > bucketPolicyLimit {
		p.skipAccount(a, fmt.Sprintf("the policy of bucket %s would have %d bytes with what delivery needs, and S3 takes %d: shorten it, or name another bucket", bucket.Name, len(merged), bucketPolicyLimit))
		return placement{}, false, nil
	}
	c.reason = a.sites[0].targets[0].finding
	if !p.policy.ChangeExisting {
		s, err := p.step(c)
		if err != nil {
			return placement{}, false, err
		}
		p.skipAccount(a, fmt.Sprintf("the policy of bucket %s does not let %s write here; flowproof did not make the bucket: --change-existing adds what is needed", bucket.Name, deliveryService), s.CLI)
		return placement{}, false, nil
	}
	id, err := p.add(c)
	return placement{after: []string{id}}, true, err
}

// widerBucketPolicy is the change that adds statements to the policy of a bucket.
func widerBucketPolicy(s inventory.Scope, bucket inventory.Bucket, statements []statement) (change, error) {
	merged, err := addStatements(bucket.Policy, statements)
	if err != nil {
		return change{}, fmt.Errorf("policy of bucket %s: %w", bucket.Name, err)
	}
	expect, err := bucketPrecondition(bucket)
	if err != nil {
		return change{}, err
	}
	c := change{
		scope: s, action: PutBucketPolicy, resource: bucket.Name, foreign: true,
		expect: []Precondition{expect},
		input:  map[string]any{"Bucket": bucket.Name, "Policy": merged},
		undo:   &undo{DeleteBucketPolicy, map[string]any{"Bucket": bucket.Name}},
	}
	if bucket.Region != "" {
		c.scope.Region = bucket.Region
	}
	if bucket.Policy != "" {
		c.undo = &undo{PutBucketPolicy, map[string]any{"Bucket": bucket.Name, "Policy": bucket.Policy}}
	}
	return c, nil
}
