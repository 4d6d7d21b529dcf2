package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// logsOperations lists the operations of CloudWatch Logs.
func logsOperations() map[string]handler {
	return map[string]handler{
		"CreateLogGroup":        createLogGroup,
		"DescribeLogGroups":     describeLogGroups,
		"DeleteLogGroup":        deleteLogGroup,
		"AssociateKmsKey":       associateKMSKey,
		"DisassociateKmsKey":    disassociateKMSKey,
		"TagResource":           tagLogGroup,
		"UntagResource":         untagLogGroup,
		"PutRetentionPolicy":    putRetentionPolicy,
		"DeleteRetentionPolicy": deleteRetentionPolicy,
		"ListTagsForResource":   listLogTags,
		"DescribeLogStreams":    describeLogStreams,
		"GetLogEvents":          getLogEvents,

		"PutLogGroupDeletionProtection": protectLogGroup,

		"PutAccountPolicy":        putAccountPolicy,
		"DescribeAccountPolicies": describeAccountPolicies,
		"DeleteAccountPolicy":     deleteAccountPolicy,
	}
}

// retentionDays are the only lengths that PutRetentionPolicy takes (CloudWatch Logs API
// reference).
var retentionDays = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// The classes of a log group beside STANDARD. A DELIVERY group keeps events
// for a day, which nobody can change (CloudWatch Logs user guide, log classes).
const (
	classInfrequent   = "INFREQUENT_ACCESS"
	classEssentials   = "ESSENTIALS"
	classDelivery     = "DELIVERY"
	deliveryClassDays = 1
)

func invalidParameter(message string) *apiError {
	return badRequest("InvalidParameterException", message)
}

// violation is CloudWatch Logs' refusal of a value that its model does not allow.
func violation(value any, name, must string) *apiError {
	return invalidParameter(fmt.Sprintf("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, name, must))
}

func noSuchGroup() *apiError {
	return badRequest("ResourceNotFoundException", "The specified log group does not exist.")
}

// logName checks the name, or the prefix of a name, of a log group.
func logName(name, parameter string) error {
	switch {
	case name == "":
		return violation(name, parameter, "Member must have length greater than or equal to 1")
	case len(name) > 512:
		return violation(name, parameter, "Member must have length less than or equal to 512")
	}
	for i := range len(name) {
		if !isAlphanumeric(name[i]) && !strings.ContainsRune(".-_/#", rune(name[i])) {
			return violation(name, parameter, `Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+`)
		}
	}
	return nil
}

// group finds a log group by name.
func (c *call) group(name string) (*logGroup, error) {
	if err := logName(name, "logGroupName"); err != nil {
		return nil, err
	}
	g := c.region.logGroups[name]
	if g == nil {
		return nil, noSuchGroup()
	}
	return g, nil
}

// describeLimit is the size of a page, 50 unless fewer are asked for.
func describeLimit(asked *int) (int, error) {
	switch {
	case asked == nil:
		return 50, nil
	case *asked < 1:
		return 0, violation(*asked, "limit", "Member must have value greater than or equal to 1")
	case *asked > 50:
		return 0, violation(*asked, "limit", "Member must have value less than or equal to 50")
	}
	return *asked, nil
}

func createLogGroup(c *call) error {
	var in struct {
		Name  string            `json:"logGroupName"`
		Key   string            `json:"kmsKeyId"`
		Tags  map[string]string `json:"tags"`
		Class string            `json:"logGroupClass"`

		Protected bool `json:"deletionProtectionEnabled"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if err := logName(in.Name, "logGroupName"); err != nil {
		return err
	}
	if strings.HasPrefix(in.Name, "aws/") {
		return invalidParameter("Log groups starting with AWS/ are reserved for AWS.")
	}
	if in.Key != "" && !strings.HasPrefix(in.Key, "arn:") {
		return invalidParameter("The specified KMS Key Id is not a valid ARN.")
	}
	classes := []string{classStandard, classInfrequent, classEssentials, classDelivery}
	if in.Class == "" {
		in.Class = classStandard
	}
	if !slices.Contains(classes, in.Class) {
		return violation(in.Class, "logGroupClass", "Member must satisfy enum value set: ["+strings.Join(classes, ", ")+"]")
	}
	if len(in.Tags) > 50 {
		return violation(len(in.Tags), "tags", "Member must have length less than or equal to 50")
	}
	if c.region.logGroups[in.Name] != nil {
		return badRequest("ResourceAlreadyExistsException", "The specified log group already exists")
	}
	if len(c.region.logGroups) >= limitOr(c.server.scenario.Writes.LogGroups, maxLogGroups) {
		return badRequest("LimitExceededException", "Resource limit exceeded.")
	}
	g := &logGroup{
		name: in.Name, created: c.now, kmsKey: in.Key, class: in.Class,
		tags: seedTags(in.Tags), protected: in.Protected, streams: make(map[string]*logStream),
	}
	if g.class == classDelivery {
		g.retention = deliveryClassDays
	}
	c.region.logGroups[g.name] = g
	return nil
}

// shownGroup is a group as DescribeLogGroups gives it. What is not set is left out.
type shownGroup struct {
	Name            string `json:"logGroupName"`
	CreationTime    int64  `json:"creationTime"`
	RetentionInDays int    `json:"retentionInDays,omitempty"`
	MetricFilters   int    `json:"metricFilterCount"`
	ARN             string `json:"arn"` // with ":*", unlike logGroupArn
	StoredBytes     int64  `json:"storedBytes"`
	KMSKeyID        string `json:"kmsKeyId,omitempty"`
	Class           string `json:"logGroupClass"`
	GroupARN        string `json:"logGroupArn"`
	RetentionPolicy string `json:"retentionPolicyName,omitempty"`
	Protected       bool   `json:"deletionProtectionEnabled,omitempty"`
}

func (c *call) showGroup(g *logGroup) shownGroup {
	arn := g.arnIn(c.account, c.region.name)
	days, policy := c.retentionOf(g)
	return shownGroup{
		Name: g.name, CreationTime: millis(g.created), RetentionInDays: days, RetentionPolicy: policy,
		ARN: arn + ":*", GroupARN: arn, KMSKeyID: g.kmsKey, Class: g.class, Protected: g.protected,
	}
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func describeLogGroups(c *call) error {
	var in struct {
		Prefix  *string `json:"logGroupNamePrefix"`
		Pattern *string `json:"logGroupNamePattern"`
		Class   string  `json:"logGroupClass"`
		Token   string  `json:"nextToken"`
		Limit   *int    `json:"limit"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	size, err := describeLimit(in.Limit)
	if err != nil {
		return err
	}
	if in.Prefix != nil && in.Pattern != nil {
		return invalidParameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	if in.Prefix != nil {
		if err := logName(*in.Prefix, "logGroupNamePrefix"); err != nil {
			return err
		}
	}
	groups := slices.DeleteFunc(byName(c.region.logGroups), func(g *logGroup) bool {
		return in.Prefix != nil && !strings.HasPrefix(g.name, *in.Prefix) ||
			in.Pattern != nil && !strings.Contains(strings.ToLower(g.name), strings.ToLower(*in.Pattern)) ||
			in.Class != "" && g.class != in.Class
	})
	page, next, ok := offsetPage(c, groups, in.Token, size)
	if !ok {
		return badToken(c)
	}
	var out struct {
		Groups []shownGroup `json:"logGroups"`
		Next   string       `json:"nextToken,omitempty"`
	}
	out.Groups, out.Next = make([]shownGroup, len(page)), next
	for i, g := range page {
		out.Groups[i] = c.showGroup(g)
	}
	c.reply = out
	return nil
}

func deleteLogGroup(c *call) error {
	g, err := c.groupInBody()
	if err != nil {
		return err
	}
	if g.protected {
		return badRequest("ValidationException", "The log group "+g.name+" has deletion protection enabled.")
	}
	delete(c.region.logGroups, g.name)
	return nil
}

// protectLogGroup turns deletion protection on or off. While it is on, nothing of the group can be
// deleted (CloudWatch Logs API reference).
func protectLogGroup(c *call) error {
	var in struct {
		Identifier string `json:"logGroupIdentifier"`
		Protected  *bool  `json:"deletionProtectionEnabled"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.Protected == nil {
		return invalidParameter("1 validation error detected: Value null at 'deletionProtectionEnabled' failed to satisfy constraint: Member must not be null")
	}
	g, err := c.identified("", in.Identifier)
	if err != nil {
		return err
	}
	g.protected = *in.Protected
	return nil
}

// groupInBody finds the group of a call that names nothing else of interest.
func (c *call) groupInBody() (*logGroup, error) {
	var in struct {
		Name string `json:"logGroupName"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return c.group(in.Name)
}

func putRetentionPolicy(c *call) error {
	var in struct {
		Days *int `json:"retentionInDays"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.Days == nil {
		return invalidParameter("1 validation error detected: Value null at 'retentionInDays' failed to satisfy constraint: Member must not be null")
	}
	if !slices.Contains(retentionDays, *in.Days) {
		valid, err := json.Marshal(retentionDays)
		if err != nil {
			return fmt.Errorf("list the valid days: %w", err)
		}
		return violation(*in.Days, "retentionInDays", "Member must satisfy enum value set: "+string(valid))
	}
	g, err := c.groupInBody()
	if err != nil {
		return err
	}
	if g.class == classDelivery {
		return invalidParameter("Retention cannot be set for a log group of class DELIVERY.")
	}
	g.retention = *in.Days
	return nil
}

func deleteRetentionPolicy(c *call) error {
	g, err := c.groupInBody()
	if err != nil {
		return err
	}
	if g.class != classDelivery {
		g.retention = 0
	}
	return nil
}

// listLogTags gives the tags of a group by its ARN, which must not end in ":*" (CloudWatch
// Logs API reference, ListTagsForResource).
func listLogTags(c *call) error {
	var in struct {
		ARN string `json:"resourceArn"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	g, err := c.taggedGroup(in.ARN)
	if err != nil {
		return err
	}
	tags := make(map[string]string, len(g.tags))
	for _, t := range g.tags {
		tags[t.Key] = t.Value
	}
	c.reply = map[string]any{"tags": tags}
	return nil
}

// identified finds the group of a call that takes a name or an identifier, which
// is a name or an ARN.
func (c *call) identified(name, identifier string) (*logGroup, error) {
	if (name == "") == (identifier == "") {
		return nil, invalidParameter("Exactly one of logGroupName and logGroupIdentifier has to be given.")
	}
	if identifier != "" {
		name = strings.TrimPrefix(identifier, (&logGroup{}).arnIn(c.account, c.region.name))
		if strings.HasPrefix(name, "arn:") {
			return nil, noSuchGroup() // of another account or Region
		}
	}
	return c.group(cmp.Or(name, identifier))
}
