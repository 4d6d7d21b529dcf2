// Package flowlogencryptioncheck asks of each flow log whether its records are encrypted with a
// customer-managed key where they are kept.
package flowlogencryptioncheck

import (
	_ "embed"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-encryption-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-encryption-check",
		Title:    "Flow Log Records Encrypted With a Key of Your Own",
		Severity: finding.Low,
		Resource: finding.FlowLogType,
		Needs:    []inventory.Kind{inventory.FlowLogs, inventory.Destinations},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachActiveFlowLog(func(l inventory.FlowLog) rule.Verdict {
		if !p.Policy.Encryption {
			return rule.Inapplicable("no key is required: see policy.encryption")
		}
		what, key, verdict, readable := encryption(p, l)
		switch {
		case !readable:
			return verdict
		case key == "":
			return rule.Failed(what + " is not encrypted with a customer-managed key")
		}
		return rule.Passed(what + " is encrypted with " + key)
	})
}

// encryption is the key that a destination encrypts with; none for one of AWS's own.
func encryption(p *rule.Pass, l inventory.FlowLog) (what, key string, verdict rule.Verdict, readable bool) {
	switch l.DestinationType {
	case inventory.ToCloudWatchLogs:
		group, verdict, readable := p.LogGroup(l)
		return "the log group " + group.Name, group.KMSKey, verdict, readable
	case inventory.ToS3:
		bucket, verdict, readable := p.Bucket(l, "s3:GetBucketEncryption")
		return "the bucket " + bucket.Name, customerKey(bucket), verdict, readable
	case inventory.ToFirehose:
		stream, verdict, readable := p.Stream(l)
		return "the stream " + stream.Name, stream.KMSKey, verdict, readable
	}
	return "", "", p.UnknownDestination(l), false
}

// customerKey is the key of a bucket that its owner manages. Without a key, and with the alias
// aws/s3, S3 uses one that AWS manages (S3 user guide, default encryption).
func customerKey(b inventory.Bucket) string {
	if !strings.HasPrefix(b.Encryption, "aws:kms") || strings.HasSuffix(b.KMSKey, "alias/aws/s3") {
		return ""
	}
	return b.KMSKey
}
