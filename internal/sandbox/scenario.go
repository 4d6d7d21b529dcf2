package sandbox

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// DefaultAccount is the account that any credentials reach when a scenario
// names no other.
const DefaultAccount = "123456789012"

// Scenario declares what a Server holds at the start and how it misbehaves. Its YAML
// form is the public one (see ParseScenario); every knob is off by default.
type Scenario struct {
	// Partition is the ARN partition; "aws" when empty.
	Partition string `yaml:"partition"`
	// Seed goes into every id that is made up, so that two scenarios can differ in all of them.
	Seed int `yaml:"seed"`
	// Accounts are the accounts spelled out. The first is the one that any access key reaches
	// that no account lists and that is not itself an account's id.
	Accounts []AccountSeed `yaml:"accounts"`
	// Organization, when set, makes all accounts members of one.
	Organization *OrganizationSeed `yaml:"organization"`

	// Latency passes before every answer.
	Latency time.Duration `yaml:"latency"`
	// PageSize, when above 0, bounds every page of every list.
	PageSize int `yaml:"page_size"`
	// RecordDelay is how long after a flow log's creation its first record arrives.
	RecordDelay time.Duration `yaml:"record_delay"`
	// Writes are the knobs of what changes.
	Writes Writes `yaml:"writes"`
	// Faults are the disturbances, tried in order.
	Faults []Fault `yaml:"faults"`
}

// AccountSeed declares one account.
type AccountSeed struct {
	ID string `yaml:"id"`
	// Name is what the organisation calls it.
	Name string `yaml:"name"`
	// State is its state in the organisation; ACTIVE when empty.
	State string `yaml:"state"`
	// Unit is the id of its organisational unit; the root when empty.
	Unit string `yaml:"unit"`
	// NoRole leaves it without the organisation's role.
	NoRole bool `yaml:"no_role"`
	// AccessKeys reach this account.
	AccessKeys []string `yaml:"access_keys"`
	// OptedIn are the opt-in Regions that are enabled.
	OptedIn []string `yaml:"opted_in"`
	// DisabledRegions are Regions, enabled by default, that this account may not use.
	DisabledRegions []string `yaml:"disabled_regions"`
	// DefaultVPCs, unless false, gives each enabled Region its default VPC.
	DefaultVPCs *bool `yaml:"default_vpcs"`
	// Roles are the IAM roles.
	Roles []RoleSeed `yaml:"roles"`
	// Buckets are the S3 buckets that flow logs may be delivered to.
	Buckets []BucketSeed `yaml:"buckets"`
	// DeliveryStreams are the names of Firehose streams, which exist in every Region.
	DeliveryStreams []string `yaml:"delivery_streams"`
	// Regions holds what is in each Region.
	Regions map[string]RegionSeed `yaml:"regions"`
}

// RegionSeed declares what one account has in one Region.
type RegionSeed struct {
	// DefaultVPC, when set, decides over the account's DefaultVPCs. A VPC below that is
	// itself the default one takes its place.
	DefaultVPC *bool          `yaml:"default_vpc"`
	VPCs       []VPCSeed      `yaml:"vpcs"`
	FlowLogs   []FlowLogSeed  `yaml:"flow_logs"`
	LogGroups  []LogGroupSeed `yaml:"log_groups"`
	// RetentionPolicies are the account-level ones, which have been in effect since long.
	RetentionPolicies []RetentionPolicySeed `yaml:"retention_policies"`

	TransitGateways []GatewaySeed `yaml:"transit_gateways"`
}

// GatewaySeed declares a transit gateway.
type GatewaySeed struct {
	ID          string        `yaml:"id"`
	Name        string        `yaml:"name"`        // the tag Name
	Owner       string        `yaml:"owner"`       // another account, for one shared with this one
	Attachments int           `yaml:"attachments"` // of VPCs that are not modelled
	FlowLogs    []FlowLogSeed `yaml:"flow_logs"`   // on it, or (on: attachments) on each attachment
}

// VPCSeed declares one VPC, or Count of them.
type VPCSeed struct {
	Count      int               `yaml:"count"`
	ID         string            `yaml:"id"`
	Name       string            `yaml:"name"` // the tag Name; counted ones get -1, -2, ...
	CIDR       string            `yaml:"cidr"`
	Owner      string            `yaml:"owner"` // another account, for a VPC shared with this one
	Default    bool              `yaml:"default"`
	Tags       map[string]string `yaml:"tags"`
	Subnets    int               `yaml:"subnets"`
	Interfaces int               `yaml:"interfaces"` // spread over the subnets; at least one subnet is made
	FlowLogs   []FlowLogSeed     `yaml:"flow_logs"`
}

// FlowLogSeed declares one flow log, or Count of them. Exactly one of Group, Bucket and
// Stream names the destination.
type FlowLogSeed struct {
	Count    int    `yaml:"count"`
	ID       string `yaml:"id"`
	Resource string `yaml:"resource"` // id; only outside a VPC
	// On, inside a VPC: vpc (the default), subnets or interfaces (one flow log on each); inside a
	// transit gateway: attachments (one flow log on each).
	On       string    `yaml:"on"`
	Only     int       `yaml:"only"`    // of those subnets, interfaces or attachments: the first so many; all when 0
	Traffic  string    `yaml:"traffic"` // ALL when empty
	Group    string    `yaml:"group"`
	Bucket   string    `yaml:"bucket"` // name, with an optional /prefix
	Stream   string    `yaml:"stream"` // Firehose stream
	Role     string    `yaml:"role"`   // name of the delivery role
	Status   string    `yaml:"status"` // ACTIVE when empty
	Delivery string    `yaml:"delivery"`
	Error    string    `yaml:"error"`
	Created  time.Time `yaml:"created"`
	Format   string    `yaml:"format"`
	// TagFields are the keys of the tags that records show, by the type of what is tagged.
	TagFields  map[string][]string `yaml:"tag_fields"`
	Interval   int                 `yaml:"interval"`
	FileFormat string              `yaml:"file_format"`
	Tags       map[string]string   `yaml:"tags"`
}

// LogGroupSeed declares a CloudWatch Logs group.
type LogGroupSeed struct {
	Name          string            `yaml:"name"`
	RetentionDays int               `yaml:"retention_days"`
	KMSKey        string            `yaml:"kms_key"`
	Class         string            `yaml:"class"`
	Protected     bool              `yaml:"protected"` // from deletion
	Created       time.Time         `yaml:"created"`
	Tags          map[string]string `yaml:"tags"`
}

// RetentionPolicySeed declares an account-level retention policy of CloudWatch Logs.
type RetentionPolicySeed struct {
	Name    string `yaml:"name"`
	Days    int    `yaml:"days"`     // events never expire when 0
	Prefix  string `yaml:"prefix"`   // of the names of groups; all when empty
	NewOnly bool   `yaml:"new_only"` // groups of the scenario keep their own retention
}

// RoleSeed declares an IAM role.
type RoleSeed struct {
	Name string `yaml:"name"`
	Path string `yaml:"path"`
	// TrustedService may assume the role; Trust is a whole trust policy instead.
	TrustedService string `yaml:"trusted_service"`
	Trust          string `yaml:"trust"`
	// MaxSession is how long it is lent at most, in seconds; 3600 when 0.
	MaxSession int `yaml:"max_session"`
	// Allow are the actions of its one inline policy, on On ("*" when empty).
	Allow []string `yaml:"allow"`
	On    []string `yaml:"on"`
}

// BucketSeed declares an S3 bucket as far as flow-log creation looks at it.
type BucketSeed struct {
	Name string `yaml:"name"`
	// Region is where it lies; us-east-1 when empty.
	Region string `yaml:"region"`
	// Policy is its policy, as JSON.
	Policy string `yaml:"policy"`
	// Refuses makes the bucket refuse log delivery.
	Refuses bool `yaml:"refuses"`
	// KMSKey is the ARN of the key that it encrypts with; S3's own when empty.
	KMSKey string `yaml:"kms_key"`
	// ExpireDays is after how many days its lifecycle deletes objects; never when 0.
	ExpireDays int `yaml:"expire_days"`
	// Public leaves public access unblocked.
	Public bool `yaml:"public"`
}

//go:embed scenarios/demo.yaml
var demoYAML []byte

// ParseScenario reads a scenario in YAML. A key that it does not know is an error,
// since a misspelt knob would silently test nothing.
func ParseScenario(data []byte) (Scenario, error) {
	var sc Scenario
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&sc); err != nil && !errors.Is(err, io.EOF) {
		return Scenario{}, fmt.Errorf("read scenario: %w", err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return Scenario{}, errors.New("read scenario: more than one YAML document")
	}
	sc.complete()
	if err := sc.validate(); err != nil {
		return Scenario{}, err
	}
	return sc, nil
}

// DefaultScenario is an account as AWS hands it out: 17 Regions enabled, each with its
// default VPC, the opt-in Regions not enabled, and no knob on.
func DefaultScenario() Scenario {
	var sc Scenario
	sc.complete()
	return sc
}

// DemoScenario is the account that the demonstration scans: an online shop in which
// something of everything is wrong.
func DemoScenario() Scenario {
	sc, err := ParseScenario(demoYAML)
	if err != nil {
		panic("sandbox: embedded demo scenario: " + err.Error()) // a test parses the same bytes
	}
	return sc
}

// complete fills in what an empty scenario means.
func (sc *Scenario) complete() {
	if sc.Partition == "" {
		sc.Partition = "aws"
	}
	if len(sc.Accounts) == 0 {
		sc.Accounts = []AccountSeed{{ID: DefaultAccount}}
	}
	if sc.Organization != nil {
		sc.Organization.complete()
	}
}

// account gives the declaration of an account, nil when there is none.
func (sc *Scenario) account(id string) *AccountSeed {
	for i := range sc.Accounts {
		if sc.Accounts[i].ID == id {
			return &sc.Accounts[i]
		}
	}
	return nil
}

// accountOfKey says which account an access key reaches.
func (sc *Scenario) accountOfKey(key string) string {
	for i := range sc.Accounts {
		if a := &sc.Accounts[i]; a.ID == key || slices.Contains(a.AccessKeys, key) {
			return a.ID
		}
	}
	return sc.Accounts[0].ID
}
