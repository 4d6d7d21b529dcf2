package remediate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"flowproof/internal/inventory"
)

// DefaultRole is the name of the delivery role when none is given.
const DefaultRole = "flowproof-delivery"

// DefaultRetention is a year: what CIS and most audits ask for.
const DefaultRetention = 365

// DefaultPolicy is the knowledge-base page's way: all traffic to one group in CloudWatch Logs,
// kept for a year.
func DefaultPolicy() Policy {
	return Policy{
		Destination: ToCloudWatchLogs, LogGroup: "MyFlowLogs", DeliveryRole: DefaultRole, RetentionDays: DefaultRetention,
		FileFormat: "plain-text", Traffic: "ALL", Interval: 600, LogFormat: DefaultFormat,
		Tags: map[string]string{}, Resources: []string{}, ChosenTags: map[string]string{},
	}
}

// retentions are the only values that PutRetentionPolicy takes (CloudWatch Logs API reference).
var retentions = []int32{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// The forms of names, as AWS documents them.
var (
	isGroupName = within(512, `^[.\-_/#A-Za-z0-9]+$`)
	isRoleName  = within(64, `^[\w+=,.@-]+$`)
	isBucketARN = within(maxARN, `^arn:(aws[a-z-]*):s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$`)
	isStreamARN = within(maxARN, `^arn:(aws[a-z-]*):firehose:([a-z0-9-]+|\{region\}):([0-9]{12}|\{account\}):deliverystream/[a-zA-Z0-9_.-]{1,64}$`)
	isRolePath  = within(512, `^/([\w+=,.@-]+/)*$`)
	isPolicyARN = within(maxARN, `^arn:(aws[a-z-]*):iam::([0-9]{12}|\{account\}|aws):policy/[\w+=,.@/-]{1,640}$`)
	isRoleARN   = within(maxARN, `^arn:(aws[a-z-]*):iam::([0-9]{12}|\{account\}):role/[\w+=,.@/-]{1,512}$`)
	isKeyARN    = within(maxARN, `^arn:(aws[a-z-]*):kms:([a-z0-9-]+|\{region\}):([0-9]{12}|\{account\}):key/[a-zA-Z0-9-]{1,128}$`)
	isPrefix    = within(512, `^[a-zA-Z0-9!_.*'()/-]*$`)
	isTagKey    = within(128, `^[\p{L}\p{N} _.:/=+\-@]+$`)
	isTagValue  = within(256, `^[\p{L}\p{N} _.:/=+\-@]*$`)
)

// maxARN is the length of the longest ARN.
const maxARN = 2048

// within tells texts of a form that have at most so many characters. A long class of characters that
// is counted in the expression takes megabytes, and every command would compile it at its start:
// lengths are counted here, and expressions compiled when they are first asked.
func within(most int, form string) func(string) bool {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(form) })
	return func(text string) bool {
		return utf8.RuneCountInString(text) <= most && compiled().MatchString(text)
	}
}

// Check says what is wrong with a policy before anything is read: what AWS would refuse later, and
// what does not go together.
func (p Policy) Check() error {
	checks := []func() error{p.checkDestination, p.checkTraffic, p.checkTags, p.checkChoice}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	_, err := p.logFormat()
	return err
}

func (p Policy) checkDestination() error {
	switch p.Destination {
	case ToCloudWatchLogs:
		return p.checkCloudWatchLogs()
	case ToS3:
		return p.checkS3()
	case ToFirehose:
		return p.checkFirehose()
	}
	return fmt.Errorf("destination %q: want %s, %s or %s", p.Destination, ToCloudWatchLogs, ToS3, ToFirehose)
}

func (p Policy) checkCloudWatchLogs() error {
	sample := expandGroup(p.LogGroup, inventory.Scope{Account: "123456789012", Region: "us-east-1"}, "vpc-0")
	switch {
	case p.LogGroup == "":
		return errors.New("log group: give a name such as MyFlowLogs, or a pattern such as /flowproof/{account}/{vpc}")
	case strings.HasPrefix(sample, "aws/"):
		return fmt.Errorf("log group %q: names that begin with aws/ are AWS's own", p.LogGroup)
	case !isGroupName(sample):
		return fmt.Errorf("log group %q: a name has up to 512 letters, digits and . - _ / #, and {account}, {region}, {vpc} may stand in it", p.LogGroup)
	case !isRoleName(p.DeliveryRole):
		return fmt.Errorf("delivery role %q: want the name of a role, not its ARN, of up to 64 letters, digits and + = , . @ - _", p.DeliveryRole)
	case p.RolePath != "" && !isRolePath(p.RolePath):
		return fmt.Errorf("role path %q: a path begins and ends with /, such as /network/, and has up to 512 letters, digits and + = , . @ - _", p.RolePath)
	case p.PermissionsBoundary != "" && !isPolicyARN(p.PermissionsBoundary):
		return fmt.Errorf("permissions boundary %q: want the ARN of a policy, such as arn:aws:iam::123456789012:policy/NAME; {account} may stand in it", p.PermissionsBoundary)
	case p.RetentionDays != 0 && !slices.Contains(retentions, p.RetentionDays):
		return fmt.Errorf("retention of %d days: CloudWatch Logs takes only %s; 0 leaves it to whoever owns it", p.RetentionDays, listed(retentions))
	case p.KMSKey != "" && !isKeyARN(p.KMSKey):
		return fmt.Errorf("key %q: want the ARN of a key, such as arn:aws:kms:eu-west-1:123456789012:key/ID; {region} and {account} may stand in it", p.KMSKey)
	}
	return nil
}

func (p Policy) checkS3() error {
	switch {
	case p.Bucket == "":
		return errors.New("destination s3 needs --bucket ARN: an existing bucket, such as arn:aws:s3:::my-flow-logs")
	case !isBucketARN(p.Bucket):
		return fmt.Errorf("bucket %q: want the ARN of an existing bucket, such as arn:aws:s3:::my-flow-logs; a prefix has a flag of its own", p.Bucket)
	case !isPrefix(p.Prefix):
		return fmt.Errorf("prefix %q: a prefix has letters, digits and ! - _ . * ' ( ) /", p.Prefix)
	case slices.Contains(strings.Split(p.Prefix, "/"), "AWSLogs"):
		return fmt.Errorf("prefix %q: AWSLogs is reserved, AWS adds it itself", p.Prefix)
	case p.FileFormat != "plain-text" && p.FileFormat != "parquet":
		return fmt.Errorf("file format %q: want plain-text or parquet", p.FileFormat)
	}
	return nil
}

func (p Policy) checkFirehose() error {
	switch {
	case p.Stream == "":
		return errors.New("destination firehose needs --stream ARN: an existing stream, such as arn:aws:firehose:eu-west-1:123456789012:deliverystream/NAME")
	case !isStreamARN(p.Stream):
		return fmt.Errorf("stream %q: want the ARN of an existing stream, such as arn:aws:firehose:eu-west-1:123456789012:deliverystream/NAME; {region} and {account} may stand in it", p.Stream)
	case (p.SourceRole == "") != (p.CrossAccountRole == ""):
		return errors.New("a stream in another account takes two roles: --source-role in the account of the VPCs and --cross-account-role in that of the stream")
	}
	for _, role := range []string{p.SourceRole, p.CrossAccountRole} {
		if role != "" && !isRoleARN(role) {
			return fmt.Errorf("role %q: want the ARN of a role", role)
		}
	}
	return nil
}

func (p Policy) checkTraffic() error {
	if p.Traffic != "ALL" && p.Traffic != "REJECT" && p.Traffic != "ACCEPT" {
		return fmt.Errorf("traffic %q: want ALL, REJECT or ACCEPT", p.Traffic)
	}
	if p.Interval != 60 && p.Interval != 600 {
		return fmt.Errorf("interval of %d seconds: want 60 or 600", p.Interval)
	}
	if p.GBPerVPC < 0 || p.GBPerVPC > 1e6 {
		return fmt.Errorf("volume of %s GB a month for a VPC: want 0 to 1,000,000", strconv.FormatFloat(p.GBPerVPC, 'g', -1, 64))
	}
	return nil
}

// checkTags keeps to what every service takes that a tag is put on. EC2 alone takes 50 tags.
func (p Policy) checkTags() error {
	const limit = 48 // two are flowproof's own
	if len(p.Tags) > limit {
		return fmt.Errorf("%d tags: no more than %d fit beside flowproof's own two", len(p.Tags), limit)
	}
	for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
		switch {
		case strings.HasPrefix(strings.ToLower(k), "aws:"), strings.HasPrefix(k, "flowproof:"), k == telemetryTag:
			return fmt.Errorf("tag %q: such keys belong to AWS and to flowproof", k)
		case !isTagKey(k), !isTagValue(p.Tags[k]):
			return fmt.Errorf("tag %q: a key has up to 128 and a value up to 256 letters, digits, spaces and _ . : / = + - @", k)
		}
	}
	return nil
}

func (p Policy) checkChoice() error {
	for _, glob := range p.Resources {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("resource pattern %q: %w", glob, err)
		}
	}
	return nil
}

// checkPartition refuses ARNs of another partition than the account's: no flow log delivers there.
func (p Policy) checkPartition(partition string) error {
	for _, arn := range []string{p.Bucket, p.Stream, p.KMSKey, p.SourceRole, p.CrossAccountRole, p.PermissionsBoundary} {
		parts := strings.SplitN(arn, ":", 3)
		if arn != "" && (len(parts) < 3 || parts[0] != "arn") {
			return fmt.Errorf("%q is no ARN", arn)
		}
		if arn != "" && parts[1] != partition {
			return fmt.Errorf("%s is in partition %s, and the account is in %s", arn, parts[1], partition)
		}
	}
	return nil
}

// roleARN is the ARN of a delivery role that is made.
func (p Policy) roleARN(partition, account string) string {
	return fmt.Sprintf("arn:%s:iam::%s:role%s%s", partition, account, cmp.Or(p.RolePath, "/"), p.DeliveryRole)
}

// Names are what has to be read by name to plan this policy in full.
func (p Policy) Names() inventory.Names {
	switch p.Destination {
	case ToCloudWatchLogs:
		prefix, _, _ := strings.Cut(p.LogGroup, "{vpc}")
		return inventory.Names{LogGroupPrefix: prefix, Roles: []string{p.DeliveryRole}}
	case ToS3:
		return inventory.Names{Buckets: []string{bucketName(p.Bucket)}}
	case ToFirehose:
		return inventory.Names{Streams: []string{p.Stream}}
	}
	return inventory.Names{}
}

// expandGroup puts a resource's own words in the place of {account}, {region} and {vpc}.
func expandGroup(pattern string, s inventory.Scope, resource string) string {
	return strings.NewReplacer("{account}", s.Account, "{region}", s.Region, "{vpc}", resource).Replace(pattern)
}

func listed(numbers []int32) string {
	var words []string
	for _, n := range numbers {
		words = append(words, strconv.Itoa(int(n)))
	}
	return strings.Join(words, ", ")
}
