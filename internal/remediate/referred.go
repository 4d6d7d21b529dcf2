package remediate

import (
	"fmt"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// The rules on what flow logs deliver to and with. No flow log answers their findings: what is there
// already has to change.
const (
	destinationRule = "flow-log-destination-check"
	retentionRule   = "flow-log-retention-check"
	encryptionRule  = "flow-log-encryption-check"
	roleRule        = "flow-log-role-check"
	bucketRule      = "flow-log-bucket-check"
)

// fault is such a finding, and the flow log that it is about.
type fault struct {
	inv     *inventory.Inventory
	log     inventory.FlowLog
	finding finding.Finding
}

// faultOf takes a finding for a fault; false for one that another part of the plan is about.
func faultOf(inv *inventory.Inventory, f finding.Finding) (fault, bool) {
	about := []string{destinationRule, retentionRule, encryptionRule, roleRule, bucketRule}
	if f.Outcome != finding.Fail || !slices.Contains(about, f.Rule) || len(f.Evidence.FlowLogs) == 0 {
		return fault{}, false
	}
	return fault{inv, f.Evidence.FlowLogs[0], f}, true
}

// repairReferred plans what adds to the log groups and roles that flow logs use, and says how a
// person does the rest.
func (p *planner) repairReferred() error {
	for _, f := range p.faults {
		about := f.finding
		about.Resource.ID = f.log.ResourceID
		if !p.chosen(f.inv, about) {
			continue
		}
		var err error
		switch f.finding.Rule {
		case retentionRule:
			err = p.repairRetention(f)
		case encryptionRule:
			err = p.repairEncryption(f)
		case roleRule:
			err = p.repairRole(f)
		case destinationRule:
			p.byHand(f, destinationByHand(f.log)...)
		case bucketRule:
			p.byHand(f, bucketByHand(f)...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// byHand says that a fault stays, and how a person repairs it.
func (p *planner) byHand(f fault, steps ...string) {
	steps = append(steps, "flowproof kb show "+f.finding.Rule)
	p.skipResource(f.inv.Scope, f.log.Name(), f.finding.Message+"; flowproof does not change that", steps...)
}

// groupOfFault is the group that a flow log delivers to; false where it is none that can be changed.
func (f fault) group() (inventory.LogGroup, bool) {
	g, exists, _ := f.inv.LogGroup(f.log.GroupName())
	return g, exists && f.log.DestinationType == inventory.ToCloudWatchLogs && g.Class != inventory.DeliveryClass
}

func (p *planner) repairRetention(f fault) error {
	g, ok := f.group()
	switch {
	case f.log.DestinationType == inventory.ToS3:
		p.byHand(f, "in the lifecycle of the bucket, let the rule about these objects expire them later, or leave them out of it")
		return nil
	case !ok:
		p.byHand(f, "create a log group of class STANDARD, and a flow log that delivers to it; then delete the old flow log")
		return nil
	case !slices.Contains(retentions, p.policy.RetentionDays):
		p.byHand(f, fmt.Sprintf("plan with --retention-days: CloudWatch Logs takes %s", listed(retentions)))
		return nil
	case g.Keeps(p.policy.RetentionDays):
		p.byHand(f, fmt.Sprintf("plan with a higher --retention-days: %d asks for no more than is there", p.policy.RetentionDays))
		return nil
	}
	return p.raiseRetention(f.inv, f.finding, g)
}

func (p *planner) repairEncryption(f fault) error {
	g, ok := f.group()
	key := p.keyFor(f.inv.Scope)
	switch {
	case f.log.DestinationType == inventory.ToS3:
		p.byHand(f, "let the key's policy allow delivery.logs.amazonaws.com to use it for your account",
			"set it as the bucket's default encryption, by its ARN: flow logs cannot be delivered to a bucket that names it by its id")
		return nil
	case !ok:
		p.byHand(f, "start encryption of the stream with the key: aws firehose start-delivery-stream-encryption",
			"encrypt the place that the stream delivers to as well")
		return nil
	case key == "":
		p.byHand(f, fmt.Sprintf("let the key's policy allow logs.%s.amazonaws.com to use it", f.inv.Region), "plan with --kms-key")
		return nil
	case !isKeyARN(key) || !strings.Contains(key, ":"+f.inv.Region+":"):
		p.byHand(f, fmt.Sprintf("plan with a --kms-key of this Region: %s is none", key))
		return nil
	}
	p.note(f.inv.Scope, g.Name, "the policy of the key was not read: where it does not let logs.%s.amazonaws.com use it, AWS refuses the change or records stop arriving", f.inv.Region)
	_, err := p.giveKey(f.inv, f.finding, g)
	return err
}

func destinationByHand(l inventory.FlowLog) []string {
	if l.DestinationType == inventory.ToCloudWatchLogs {
		return []string{"let its role make the group, or make a group of that name and class STANDARD: records arrive again by themselves"}
	}
	return []string{
		"find out whether it was meant to go: if not, create it again under the same name and let the service write",
		"if it was, create a flow log to the place that took over, and delete this one",
	}
}

func bucketByHand(f fault) []string {
	bucket, _ := f.log.BucketName()
	return []string{
		"aws s3api get-bucket-policy --bucket " + quote(bucket) + " --query Policy --output text > policy.json",
		"edit policy.json: deny s3:* where aws:SecureTransport is false, hold delivery.logs.amazonaws.com to your accounts by aws:SourceAccount, take out whoever else may write",
		"aws s3api put-bucket-policy --bucket " + quote(bucket) + " --policy file://policy.json",
		"aws s3api put-public-access-block --bucket " + quote(bucket) + " --public-access-block-configuration " +
			"BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
	}
}
