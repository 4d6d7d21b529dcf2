// Package flowlogdestinationcheck asks of each flow log whether what it delivers to is there, and is
// a place that the policy allows.
package flowlogdestinationcheck

import (
	_ "embed"
	"fmt"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-destination-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-destination-check",
		Title:    "Flow Log Destination Exists",
		Severity: finding.Medium,
		Resource: finding.FlowLogType,
		Needs:    []inventory.Kind{inventory.FlowLogs, inventory.Destinations, inventory.DeliveryRoles},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachActiveFlowLog(func(l inventory.FlowLog) rule.Verdict {
		if allowed := p.Policy.DestinationTypes; len(allowed) > 0 && !slices.Contains(allowed, l.DestinationType) {
			return rule.Failed("it delivers to " + l.DestinationType + ", which the policy does not allow")
		}
		switch l.DestinationType {
		case inventory.ToCloudWatchLogs:
			return logGroup(p, l)
		case inventory.ToS3:
			return bucket(p, l)
		case inventory.ToFirehose:
			return stream(p, l)
		}
		return p.UnknownDestination(l)
	})
}

func logGroup(p *rule.Pass, l inventory.FlowLog) rule.Verdict {
	group, verdict, readable := p.LogGroup(l)
	switch {
	case readable && group.Class == inventory.DeliveryClass:
		return rule.Failed("the log group " + group.Name + " is of class DELIVERY, which keeps records for a day")
	case readable && group.Doubtful():
		return rule.NotKnown("the log group " + group.Name + " is of class " + group.Class + ": whether flow logs are delivered there is not known")
	case readable:
		return rule.Passed("its log group " + group.Name + " is there")
	}
	if missing, gone := p.MissingGroup(l); gone {
		return missing
	}
	return verdict
}

func bucket(p *rule.Pass, l inventory.FlowLog) rule.Verdict {
	name, _ := l.BucketName()
	bucket, exists, known := p.Inventory.Bucket(name)
	unread, gap := p.UnreadAbout(name, inventory.Destinations, "s3:HeadBucket")
	switch {
	case exists && bucket.Owned:
		return rule.Passed("its bucket " + name + " is there")
	case exists:
		return rule.Passed("its bucket " + name + " is there, and belongs to another account")
	case gap:
		return unread
	case name == "" || !known:
		return rule.NotKnown("AWS does not state which bucket it delivers to")
	}
	return rule.Failed("the bucket " + name + " is gone: nothing can be delivered")
}

func stream(p *rule.Pass, l inventory.FlowLog) rule.Verdict {
	stream, exists, known := p.Inventory.Stream(l.Destination)
	_, verdict, readable := p.Stream(l)
	switch {
	case readable && stream.Source != "DirectPut":
		return rule.Failed(fmt.Sprintf("the stream %s takes records of %s only, not of flow logs", stream.Name, stream.Source))
	case readable && stream.Status != "ACTIVE":
		return rule.Failed(fmt.Sprintf("the stream %s is %s and takes no records", stream.Name, stream.Status))
	case readable:
		return rule.Passed("its stream " + stream.Name + " is there")
	case known && !exists:
		return rule.Failed("the stream " + l.Destination + " is gone: nothing can be delivered")
	}
	return verdict
}
