// Package flowlogretentioncheck asks of each flow log whether its records are kept for as long as the
// policy requires.
package flowlogretentioncheck

import (
	_ "embed"
	"fmt"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-retention-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-retention-check",
		Title:    "Flow Log Records Kept Long Enough",
		Severity: finding.Low,
		Resource: finding.FlowLogType,
		Needs:    []inventory.Kind{inventory.FlowLogs, inventory.Destinations},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachActiveFlowLog(func(l inventory.FlowLog) rule.Verdict {
		switch days := p.Policy.RetentionDays; {
		case days == 0:
			return rule.Inapplicable("no time is required: see policy.retention-days")
		case l.DestinationType == inventory.ToCloudWatchLogs:
			return logGroup(p, l, days)
		case l.DestinationType == inventory.ToS3:
			return bucket(p, l, days)
		case l.DestinationType == inventory.ToFirehose:
			return rule.NotKnown("how long records are kept behind a stream is decided where the stream delivers to")
		}
		return p.UnknownDestination(l)
	})
}

// logGroup judges a group by its retention. One of class DELIVERY keeps records for a day, whatever
// it says (CloudWatch Logs API reference).
func logGroup(p *rule.Pass, l inventory.FlowLog, days int32) rule.Verdict {
	group, verdict, readable := p.LogGroup(l)
	switch {
	case !readable:
		return verdict
	case group.Class == inventory.DeliveryClass:
		return rule.Failed(fmt.Sprintf("the log group %s is of class DELIVERY, which keeps records for a day; required are %d days", group.Name, days))
	case !group.Keeps(days):
		return rule.Failed(fmt.Sprintf("%s; required are %d", kept(group), days))
	}
	return rule.Passed(kept(group))
}

// kept says for how long a group keeps records, and whose word that is.
func kept(g inventory.LogGroup) string {
	text := fmt.Sprintf("the log group %s keeps records for ", g.Name)
	if g.RetentionDays == 0 {
		text += "ever"
	} else {
		text += fmt.Sprintf("%d days", g.RetentionDays)
	}
	if g.RetentionPolicy != "" {
		text += ", as the account's retention policy " + g.RetentionPolicy + " has it"
	}
	return text
}

func bucket(p *rule.Pass, l inventory.FlowLog, days int32) rule.Verdict {
	bucket, verdict, readable := p.Bucket(l, "s3:GetBucketLifecycleConfiguration")
	if !readable {
		return verdict
	}
	kept, part := bucket.KeptDays(rule.Folder(p.Inventory, l))
	switch {
	case kept > 0 && kept < days:
		return rule.Failed(fmt.Sprintf("the lifecycle of bucket %s deletes records after %d days; required are %d", bucket.Name, kept, days))
	case part:
		return rule.NotKnown("the lifecycle of bucket " + bucket.Name + " deletes some objects by size or at a date: which, it does not say here")
	case kept == 0:
		return rule.Passed("no rule of the lifecycle of bucket " + bucket.Name + " deletes records")
	}
	return rule.Passed(fmt.Sprintf("the bucket %s keeps records for %d days", bucket.Name, kept))
}
