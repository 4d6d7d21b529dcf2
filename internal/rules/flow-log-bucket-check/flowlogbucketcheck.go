// Package flowlogbucketcheck asks of each flow log that delivers to S3 whether the bucket is a safe
// place for evidence: not public, written by nobody else, reached over TLS alone.
package flowlogbucketcheck

import (
	_ "embed"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-bucket-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-bucket-check",
		Title:    "Flow Log Bucket Safe",
		Severity: finding.Medium,
		Resource: finding.FlowLogType,
		Needs:    []inventory.Kind{inventory.FlowLogs, inventory.Destinations},
		Page:     page,
		Judge:    judge,
	}
}

// policyNearLimit is where a bucket policy is close to the 20 KB that S3 takes. Each flow log that EC2
// adds to it takes some hundred bytes (VPC user guide, troubleshooting).
const (
	policyLimit     = 20 << 10
	policyNearLimit = policyLimit * 9 / 10
)

func judge(p *rule.Pass) {
	p.EachActiveFlowLog(func(l inventory.FlowLog) rule.Verdict {
		if l.DestinationType != inventory.ToS3 {
			return rule.Inapplicable("it does not deliver to a bucket")
		}
		bucket, verdict, readable := p.Bucket(l)
		if !readable {
			return verdict
		}
		return safe(p, l, bucket)
	})
}

// safe judges what was read of a bucket. A fault stands whatever else could not be read; for a pass
// everything must have been.
func safe(p *rule.Pass, l inventory.FlowLog, b inventory.Bucket) rule.Verdict {
	var faults, unclear []string
	if _, gap := p.UnreadAbout(b.Name, inventory.Destinations, "s3:GetBucketPolicy"); !gap {
		faults, unclear = policyFaults(p.Inventory, l, b)
	}
	faults = append(faults, accessFaults(p, b)...)
	unread, gap := p.UnreadAbout(b.Name, inventory.Destinations)
	switch {
	case len(faults) > 0:
		return rule.Failed("bucket " + b.Name + ": " + strings.Join(faults, "; "))
	case gap:
		return unread
	case len(unclear) > 0:
		return rule.NotKnown("bucket " + b.Name + ": " + strings.Join(unclear, "; "))
	}
	return rule.Passed("bucket " + b.Name + " is not public, written by nobody else, and reached over TLS alone")
}

// accessFaults are who else gets at the bucket. It is public for certain only where it is known not
// to block that.
func accessFaults(p *rule.Pass, b inventory.Bucket) (faults []string) {
	_, unread := p.UnreadAbout(b.Name, inventory.Destinations, "s3:GetPublicAccessBlock")
	open := !b.PublicBlocked && !unread
	if b.PublicPolicy && open {
		faults = append(faults, "its policy makes it public, and it does not block that")
	}
	if open && slices.ContainsFunc(b.ACL, inventory.Grant.Public) {
		faults = append(faults, "its access control list makes it public, and it does not block that")
	}
	if slices.ContainsFunc(b.ACL, func(g inventory.Grant) bool { return g.Writes() && !g.Public() && !isLogDelivery(g) }) {
		faults = append(faults, "its access control list lets others write")
	}
	return faults
}

// isLogDelivery is the group through which S3 delivers its own access logs.
func isLogDelivery(g inventory.Grant) bool { return strings.HasSuffix(g.Grantee, "/s3/LogDelivery") }
