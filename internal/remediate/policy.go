package remediate

// Destination is where flow logs deliver, in the words of --destination.
type Destination string

// The destinations.
const (
	ToCloudWatchLogs Destination = "cloudwatch-logs"
	ToS3             Destination = "s3"
	ToFirehose       Destination = "firehose"
)

// Policy is how a person wants VPCs to be recorded. It stands in the plan as it was given.
type Policy struct {
	Destination Destination `json:"destination"`

	// For cloudwatch-logs.
	LogGroup      string `json:"log_group"`      // a name or a pattern with {account}, {region}, {vpc}
	DeliveryRole  string `json:"delivery_role"`  // name; reused where it exists, else created in each account
	RetentionDays int32  `json:"retention_days"` // 0 leaves it to whoever owns it

	// Of a delivery role that is made. Plans without them were written before they could be given.
	RolePath            string `json:"role_path,omitempty"`            // empty for "/"
	PermissionsBoundary string `json:"permissions_boundary,omitempty"` // ARN of a policy; {account} may stand in it

	KMSKey string `json:"kms_key"` // key ARN for the log group; empty for none

	// For s3: an existing bucket.
	Bucket     string `json:"bucket"` // ARN
	Prefix     string `json:"prefix"`
	FileFormat string `json:"file_format"` // "plain-text" or "parquet"
	Hive       bool   `json:"hive"`
	PerHour    bool   `json:"per_hour"`

	// For firehose: an existing stream.
	Stream           string `json:"stream"`             // ARN
	SourceRole       string `json:"source_role"`        // ARN, in the VPC's account; cross-account only
	CrossAccountRole string `json:"cross_account_role"` // ARN, in the stream's account; cross-account only

	Traffic   string `json:"traffic"`    // ALL, REJECT or ACCEPT
	Interval  int32  `json:"interval"`   // seconds: 60 or 600
	LogFormat string `json:"log_format"` // "default", a preset's name, or ${...} fields
	// Keys of the tags that a format's tag fields show, by the type of what is tagged, in order.
	TagFields      map[string][]string `json:"tag_fields,omitempty"`
	Tags           map[string]string   `json:"tags"` // beside flowproof's own
	ChangeExisting bool                `json:"change_existing"`

	// What the choice of VPCs was.
	Resources  []string          `json:"resources"`   // globs of VPC ids; empty for all
	ChosenTags map[string]string `json:"chosen_tags"` // all of them; empty for all

	GBPerVPC float64 `json:"gb_per_vpc"` // of flow log data a month, for the estimate; 0 when not given
}

// whole has empty lists where there are none, as every key of a plan is there.
func (p Policy) whole() Policy {
	if p.Tags == nil {
		p.Tags = map[string]string{}
	}
	if p.ChosenTags == nil {
		p.ChosenTags = map[string]string{}
	}
	p.Resources = append([]string{}, p.Resources...)
	return p
}
