package remediate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"flowproof/internal/inventory"
)

// EC2 attaches a policy of its own to the bucket of a new flow log where the caller may change
// bucket policies, and has been seen to put it in the place of the one there was (VPC user
// guide, observed). So the policy is read before and after each such request, and what was
// there is put back.

// bucketOf is the bucket that a step's flow log delivers to; empty for any other step.
func bucketOf(s Step) string {
	want, err := requestOf(s.API)
	if err != nil || s.Action != CreateFlowLog || want.LogDestinationType != inventory.ToS3 {
		return ""
	}
	return bucketName(want.LogDestination)
}

// lockBucket keeps other requests away from the bucket of a step until its policy was looked at
// again: between, it is not what anybody meant it to be.
func (r *applyRun) lockBucket(s Step) (unlock func()) {
	name := bucketOf(s)
	if name == "" {
		return func() {}
	}
	r.mu.Lock()
	if r.buckets[name] == nil {
		r.buckets[name] = new(sync.Mutex)
	}
	lock := r.buckets[name]
	r.mu.Unlock()
	lock.Lock()
	return lock.Unlock
}

// guard notes the policy that a request might cost a bucket. Where the caller may not read it, as that of
// a bucket in another account, EC2 cannot change it on the caller's behalf either.
func (r *applyRun) guard(ctx context.Context, s Step) (*BucketBefore, error) {
	name := bucketOf(s)
	if name == "" {
		return nil, nil
	}
	region, err := r.Reader.bucketRegion(ctx, s.Region, name)
	var policy string
	if err == nil {
		policy, err = r.Reader.bucketPolicy(ctx, region, name)
	}
	if notOurBucket(err) || err == nil && policy == "" {
		return nil, nil
	}
	return &BucketBefore{Name: name, Region: region, Policy: policy}, err
}

// notOurBucket reports whether an error says that the bucket's policy is none of the caller's: S3 answers
// 403, to callers of other accounts that are let in 405 (S3 API reference, GetBucketPolicy), and 404
// where there is no bucket.
func notOurBucket(err error) bool {
	var reading *readFailure
	if !errors.As(err, &reading) {
		return false
	}
	class := reading.why.class
	return class == deniedCaller || class == absent || reading.why.code == "MethodNotAllowed"
}

// bucketName is the bucket in the ARN of an S3 destination.
func bucketName(arn string) string {
	_, rest, _ := strings.Cut(arn, ":::")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// watch looks at the bucket's policy after a request and puts back what EC2 replaced. It is part
// of the request: an interruption does not keep it from happening. Only the journal's error ends
// the run; anything else is a problem of the report, and the next run looks again.
func (r *applyRun) watch(ctx context.Context, intent Intent) error {
	before := intent.Bucket
	if before == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	now, err := r.Reader.bucketPolicy(ctx, before.Region, before.Name)
	if err != nil {
		r.problem("the policy of bucket %s could not be read after flow logs were created, so EC2 may have replaced it: %v", before.Name, err)
		return nil
	}
	same, err := sameDocument(before.Policy, now)
	switch {
	case err != nil:
		r.problem("the policy of bucket %s: %v", before.Name, err)
		return nil
	case same:
		return r.watched(intent, false, "")
	case !changedByEC2(before.Policy, now):
		return r.watched(intent, false, "somebody else changed it meanwhile; it was left as it is")
	}
	return r.restore(ctx, intent)
}

func (r *applyRun) watched(intent Intent, restored bool, detail string) error {
	return r.Journal.append(Record{Type: RecordGuard, Guard: &Guarded{
		Call: intent.Call, Send: intent.Send, Restored: restored, Detail: detail,
	}})
}

func (r *applyRun) problem(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// restoreSuffix ends the name, in the journal, of the request that puts a bucket's policy back.
const restoreSuffix = "/restore-bucket-policy"

// restore writes a bucket's policy as it was, in a request of its own.
func (r *applyRun) restore(ctx context.Context, intent Intent) error {
	input, err := json.Marshal(map[string]string{"Bucket": intent.Bucket.Name, "Policy": intent.Bucket.Policy})
	if err != nil {
		return fmt.Errorf("encode a bucket policy: %w", err)
	}
	attempt := tries{clock: r.Clock}
	for {
		_, sendErr, err := r.exchange(ctx, r.nextRestore(intent, input))
		switch {
		case err != nil:
			return err
		case sendErr == nil && r.isRestored(ctx, intent.Bucket):
			return r.watched(intent, true, "EC2 had replaced it")
		case sendErr == nil:
			r.problem("EC2 replaced the policy of bucket %s, and S3 accepted what was there and does not show it; apply again, or put it back by hand from the journal", intent.Bucket.Name)
			return nil
		}
		if f := failureOf(sendErr); !attempt.again(ctx, f) {
			r.problem("EC2 replaced the policy of bucket %s, and putting back what was there failed: %s; apply again, or put it back by hand from the journal", intent.Bucket.Name, f.text())
			return nil
		}
	}
}

func (r *applyRun) nextRestore(intent Intent, input json.RawMessage) Intent {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.history.next(CommandApply, intent.Call+restoreSuffix, nil, API{Service: "s3", Operation: "PutBucketPolicy", Input: input})
	next.Account, next.Region, next.Steps = intent.Account, intent.Bucket.Region, intent.Steps
	return next
}

// isRestored reports whether a bucket's policy is what it was, as soon as S3 shows it.
func (r *applyRun) isRestored(ctx context.Context, before *BucketBefore) bool {
	wait := tries{clock: r.Clock}
	for {
		now, err := r.Reader.bucketPolicy(ctx, before.Region, before.Name)
		if err == nil {
			if same, err := sameDocument(before.Policy, now); err == nil && same {
				return true
			}
		}
		if !wait.again(ctx, failure{class: unpropagated}) {
			return false
		}
	}
}

// deliveryPrincipal is the service that EC2's own bucket policy statements are for.
const deliveryPrincipal = "delivery.logs.amazonaws.com"

// changedByEC2 reports whether every statement that is new is one of EC2's own. Where a person
// changed the policy in the meantime, nothing of theirs is overwritten.
func changedByEC2(before, now string) bool {
	old, err := statementsOf(before)
	if err != nil {
		return false
	}
	current, err := statementsOf(now)
	if err != nil {
		return false
	}
	isNew := func(s string) bool { return !slices.Contains(old, s) }
	foreign := func(s string) bool { return isNew(s) && !strings.Contains(s, deliveryPrincipal) }
	return slices.ContainsFunc(current, isNew) && !slices.ContainsFunc(current, foreign)
}

// statementsOf gives each statement of a policy in its one form.
func statementsOf(policy string) ([]string, error) {
	var document struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return nil, err
	}
	var statements []json.RawMessage
	if json.Unmarshal(document.Statement, &statements) != nil {
		statements = []json.RawMessage{document.Statement}
	}
	var out []string
	for _, s := range statements {
		canonical, err := canonicalJSON(s)
		if err != nil {
			return nil, err
		}
		out = append(out, string(canonical))
	}
	return out, nil
}
