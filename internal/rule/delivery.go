package rule

import (
	"cmp"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/iampolicy"
	"flowproof/internal/inventory"
)

// DeliveryError is what AWS says of a failed delivery, and why: the causes that what was read makes
// certain; else what was looked at and what was not; and where nothing was read, what it usually is at
// such a destination. The three messages are those of the DescribeFlowLogs reference and of the
// troubleshooting page of the VPC user guide.
func (p *Pass) DeliveryError(l inventory.FlowLog) string {
	said := cmp.Or(l.DeliveryError, l.DeliveryStatus)
	if l.DeliveryError == "Rate limited" {
		return said + " (" + throttled(l) + ")"
	}
	w := p.whys(l)
	switch {
	case len(w.certain) > 0:
		return said + " (" + strings.Join(w.certain, "; ") + ")"
	case l.DeliveryError == "Access error" && len(w.right) == 0 && len(w.open) == 0:
		return said + " (usually " + usually(l) + ")"
	}
	return said + " (" + unexplained(l) + w.look(l) + ")"
}

func throttled(l inventory.FlowLog) string {
	if l.DestinationType == "" || l.DestinationType == inventory.ToCloudWatchLogs {
		return "throttled by the destination: CloudWatch Logs is throttling, or the account has reached its number of log groups"
	}
	return "throttled by the destination: more is sent to " + place(l) + " than it takes at a time"
}

// unexplained says what the message itself tells.
func unexplained(l inventory.FlowLog) string {
	switch l.DeliveryError {
	case "Access error":
		return ""
	case "Unknown error":
		return "an error inside AWS: if it stays, create the flow log anew or ask AWS Support; "
	case "":
		return "AWS gives no reason; "
	}
	return "a message that is not known here; "
}

// usually is what a refused delivery mostly comes from, by destination (VPC user guide).
func usually(l inventory.FlowLog) string {
	switch l.DestinationType {
	case "", inventory.ToCloudWatchLogs:
		return "the delivery role is gone, does not trust " + FlowLogService + ", or may not write to the log group"
	case inventory.ToS3:
		return place(l) + " is gone, its policy does not let " + DeliveryService + " write or denies it, or its key does not let " + DeliveryService + " use it"
	case inventory.ToFirehose:
		text := place(l) + " is gone, is not of source DirectPut, or lacks the tag LogDeliveryEnabled=true"
		if l.CrossAccountRole != "" || l.Role != "" {
			text += "; across accounts, that one of the two roles is gone or does not trust the other side"
		}
		return text
	}
	return "that the service may not write to " + place(l)
}

// place names a destination.
func place(l inventory.FlowLog) string {
	switch bucket, _ := l.BucketName(); {
	case bucket != "":
		return "the bucket " + bucket
	case l.DestinationType == inventory.ToFirehose && l.Destination != "":
		return "the stream " + l.Destination
	case l.GroupName() != "":
		return "the log group " + l.GroupName()
	}
	return "the destination"
}

// notRead says of a destination that it was not read, and why where that is known.
func notRead(l inventory.FlowLog, v Verdict) string {
	if len(v.Gaps) > 0 {
		return v.Message
	}
	return place(l) + " was not read"
}

// parts are what there is to look at, where nothing of it was read.
func parts(l inventory.FlowLog) string {
	switch l.DestinationType {
	case "", inventory.ToCloudWatchLogs:
		return "the delivery role, its trust and permissions, and " + place(l) + " with its key"
	case inventory.ToS3:
		return place(l) + ", its policy and its key, and the prefix"
	case inventory.ToFirehose:
		return place(l) + ", its source and its tag LogDeliveryEnabled"
	}
	return place(l)
}

// whys are what can explain a failed delivery, as far as this run has read it.
type whys struct {
	certain []string // what is wrong
	right   []string // what was read and is no cause
	open    []string // what was not read, or turns on what is not
}

// look says where to look: at what was not read, and at nothing that was found to be right.
func (w whys) look(l inventory.FlowLog) string {
	if len(w.right)+len(w.open) == 0 {
		return "look at " + parts(l)
	}
	text := ""
	if len(w.right) > 0 {
		text = "read and no cause: " + strings.Join(w.right, ", ") + "; "
	}
	return text + "left to look at: " + strings.Join(append(w.open, "policies of the organisation"), "; ")
}

// whys asks by destination. Nothing is open where nothing was read.
func (p *Pass) whys(l inventory.FlowLog) whys {
	var w whys
	switch l.DestinationType {
	case "", inventory.ToCloudWatchLogs:
		p.lookAtRole(&w, l)
		p.lookAtGroup(&w, l)
	case inventory.ToS3:
		p.lookAtBucket(&w, l)
	case inventory.ToFirehose:
		p.lookAtStream(&w, l)
	}
	if len(w.right) == 0 && !p.read(inventory.Destinations) && !p.read(inventory.DeliveryRoles) {
		w.open = nil // what planning read by name excludes nothing
	}
	return w
}

func (p *Pass) read(k inventory.Kind) bool { return slices.Contains(p.Inventory.Kinds, k) }

// lookAtRole looks at the role of a flow log, and at whether it may write to the group.
func (p *Pass) lookAtRole(w *whys, l inventory.FlowLog) {
	role, verdict, readable := p.Role(l)
	switch {
	case verdict.Outcome == finding.Fail:
		w.certain = append(w.certain, "the role "+roleName(l)+" is gone")
		return
	case !readable:
		w.open = append(w.open, verdict.Message)
		return
	}
	p.lookAtTrust(w, l, role)
	if l.DestinationType != inventory.ToCloudWatchLogs {
		return
	}
	group := l.GroupName()
	switch d, by := writing(p.Inventory, role, group); {
	case d == iampolicy.Denied:
		w.certain = append(w.certain, "a policy of the role "+role.Name+" denies writing to the log group "+group+": "+by)
	case Refused(d):
		w.certain = append(w.certain, "the role "+role.Name+" may not write to the log group "+group+suffix(p.Inventory, role, group))
	case d == iampolicy.CannotTell:
		w.open = append(w.open, "whether the role "+role.Name+" may write to the log group "+group+" turns on what is not known here")
	default:
		w.right = append(w.right, "its permissions")
	}
	if role.Boundary != "" {
		w.open = append(w.open, "its permissions boundary "+role.Boundary)
	}
}

func (p *Pass) lookAtTrust(w *whys, l inventory.FlowLog, role inventory.Role) {
	switch d := Trusts(p.Inventory, role, l, p.Inventory.Account); {
	case Refused(d):
		w.certain = append(w.certain, "the role "+role.Name+" does not trust "+DeliveringService(l))
	case d == iampolicy.CannotTell:
		w.open = append(w.open, "whether the role "+role.Name+" trusts "+DeliveringService(l)+" turns on what is not known here")
	default:
		w.right = append(w.right, "the role "+role.Name+" and its trust")
	}
}

func roleName(l inventory.FlowLog) string {
	name, _ := inventory.RoleName(l.Role)
	return name
}

func (p *Pass) lookAtGroup(w *whys, l inventory.FlowLog) {
	group, verdict, readable := p.LogGroup(l)
	missing, gone := p.MissingGroup(l)
	switch {
	case gone && missing.Outcome == finding.Fail:
		w.certain = append(w.certain, missing.Message)
	case gone:
		w.open = append(w.open, missing.Message)
	case !readable:
		w.open = append(w.open, notRead(l, verdict))
	case group.KMSKey != "":
		w.right = append(w.right, "the log group "+group.Name)
		w.open = append(w.open, "the log group is encrypted with "+group.KMSKey+", whose policy is not read here: it has to let logs."+
			p.Inventory.Region+".amazonaws.com use it")
	default:
		w.right = append(w.right, "the log group "+group.Name)
	}
}

func (p *Pass) lookAtBucket(w *whys, l inventory.FlowLog) {
	name, _ := l.BucketName()
	bucket, exists, known := p.Inventory.Bucket(name)
	if known && !exists {
		w.certain = append(w.certain, "the bucket "+name+" is gone")
		return
	}
	_, verdict, readable := p.Bucket(l, "s3:GetBucketPolicy")
	switch {
	case !readable && exists && !bucket.Owned:
		w.open = append(w.open, "the bucket "+name+" belongs to another account: only there can its policy and its key be read")
		return
	case !readable:
		w.open = append(w.open, notRead(l, verdict))
	default:
		p.lookAtBucketPolicy(w, l, bucket)
	}
	if exists && p.read(inventory.Destinations) {
		p.lookAtBucketKey(w, bucket)
	}
}

func (p *Pass) lookAtBucketPolicy(w *whys, l inventory.FlowLog, bucket inventory.Bucket) {
	d, by := Delivers(p.Inventory, l, bucket.Policy)
	switch {
	case d == iampolicy.Denied:
		w.certain = append(w.certain, "the policy of bucket "+bucket.Name+" denies delivery: "+by)
	case d == iampolicy.NotAllowed:
		w.certain = append(w.certain, "the policy of bucket "+bucket.Name+" does not let "+DeliveryService+" write"+nearly(p.Inventory, l, bucket.Policy))
	case d == iampolicy.CannotTell && by == "":
		w.open = append(w.open, "the policy of bucket "+bucket.Name+" cannot be read")
	case d == iampolicy.CannotTell:
		w.open = append(w.open, "the policy of bucket "+bucket.Name+": "+by+", which only AWS can tell")
	default:
		w.right = append(w.right, "the bucket "+bucket.Name+" and its policy")
	}
}

// nearly says why a statement that is meant for delivery does not let this flow log write: it is about
// another prefix, or held to another account, Region or organisation. Empty where there is no such statement.
func nearly(inv *inventory.Inventory, l inventory.FlowLog, document string) string {
	policy, err := iampolicy.Parse(document)
	if err != nil {
		return ""
	}
	request := Delivery(inv, l, inv.Account)
	for i, s := range policy.Statements {
		if !s.Allow || s.MatchesAction(request.Action) == iampolicy.No || !s.Names(request.Service) {
			continue
		}
		if s.MatchesResource(request.Resource) == iampolicy.No {
			return ": " + s.Name(i+1) + " is about " + strings.Join(s.Resources, ", ") + ", and not about " + Folder(inv, l)
		}
		if keys := s.Fails(request); len(keys) > 0 {
			return ": " + s.Name(i+1) + " does not hold for this account and Region (" + strings.Join(keys, ", ") + ")"
		}
	}
	return ""
}

// lookAtBucketKey looks at how the bucket encrypts. A key of AWS cannot be opened to the service, and one
// given as an id or an alias is looked for in the account of the writer (S3 user guide, default encryption;
// VPC user guide, key policy for use with SSE-KMS).
func (p *Pass) lookAtBucketKey(w *whys, b inventory.Bucket) {
	if v, gap := p.UnreadAbout(b.Name, inventory.Destinations, "s3:GetBucketEncryption"); gap {
		w.open = append(w.open, v.Message)
		return
	}
	key := ""
	switch {
	case !strings.HasPrefix(b.Encryption, "aws:kms") && b.KMSKey == "":
		w.right = append(w.right, "its encryption")
		return
	case b.KMSKey == "", strings.HasSuffix(b.KMSKey, "alias/aws/s3"):
		w.certain = append(w.certain, "the bucket is encrypted with AWS's own key aws/s3, whose policy cannot let "+DeliveryService+" use it: take a key of your own")
		return
	case !strings.HasPrefix(b.KMSKey, "arn:"):
		key = " (given as an id or alias: AWS asks for the ARN of the key)"
	case strings.Contains(b.KMSKey, ":alias/"):
		key = " (given as an alias: AWS asks for the ARN of the key)"
	}
	w.open = append(w.open, "the bucket is encrypted with "+b.KMSKey+key+", whose policy is not read here: it has to let "+DeliveryService+" use it")
}

func (p *Pass) lookAtStream(w *whys, l inventory.FlowLog) {
	stream, exists, known := p.Inventory.Stream(l.Destination)
	_, verdict, _ := p.Stream(l)
	switch {
	case known && !exists:
		w.certain = append(w.certain, "the stream "+l.Destination+" is gone")
	case !exists && len(verdict.Gaps) == 0 && !p.read(inventory.Destinations):
		w.open = append(w.open, notRead(l, verdict))
	case !exists:
		w.open = append(w.open, verdict.Message)
	case stream.Source != "" && stream.Source != "DirectPut":
		w.certain = append(w.certain, "the stream "+stream.Name+" takes records of "+stream.Source+" only (DirectPut is needed)")
	case stream.Status != "ACTIVE":
		w.certain = append(w.certain, "the stream "+stream.Name+" is "+stream.Status)
	default:
		w.right = append(w.right, "the stream "+stream.Name+" and its source")
	}
	if l.Role != "" {
		p.lookAtRole(w, l)
	}
	if l.CrossAccountRole != "" {
		w.open = append(w.open, "the role "+l.CrossAccountRole+" in the account of the stream, which has to trust the role of this account")
	}
	w.open = append(w.open, "its tag LogDeliveryEnabled=true")
}

// MissingGroup judges a log group that is not there; the second result is false where it is, or where
// that is not known. A missing group alone is no fault: the flow log service makes it with the first
// record, if its role may (VPC user guide, publish to CloudWatch Logs).
func (p *Pass) MissingGroup(l inventory.FlowLog) (Verdict, bool) {
	group := l.GroupName()
	if _, exists, known := p.Inventory.LogGroup(group); exists || !known {
		return Verdict{}, false
	}
	role, verdict, readable := p.Role(l)
	switch {
	case verdict.Outcome == finding.Fail:
		return Failed("the log group " + group + " is gone, and so is the role " + roleName(l) + " that would make it"), true
	case len(verdict.Gaps) > 0:
		return verdict, true
	case !readable:
		return NotKnown("the log group " + group + " is not there, and whether its role may make it cannot be seen from here"), true
	}
	switch d := MayMake(p.Inventory, role, group); {
	case Refused(d):
		return Failed("the log group " + group + " is gone, and the role " + role.Name + " may not make it"), true
	case d == iampolicy.CannotTell:
		return NotKnown("the log group " + group + " is not there: it comes with the first record if its role may make it, which turns on conditions"), true
	}
	return NotKnown("the log group " + group + " is not there: it comes with the first record, as its role may make it"), true
}
