// Package remediate turns findings into a plan, applies a plan, verifies it and takes it back.
// A plan is a value: what was reviewed is what runs. The package deletes only what it made,
// changes a thing that it did not make only in a step of its own that was asked for, and reads
// accounts only through the scan that it is handed.
package remediate

import (
	"encoding/json"
	"time"
)

// PlanSchema names the plan's format. A plan of another one is refused.
const PlanSchema = "flowproof.plan/v1"

// The tags of everything that flowproof makes. Rollback touches nothing without both.
const (
	TagPlan    = "flowproof:plan"    // the id of the plan that made it
	TagManaged = "flowproof:managed" // "true"
)

// Plan is what will be done, in order, and what will not. The same inventories, findings and
// policy give the same bytes.
type Plan struct {
	Schema    string      `json:"schema"`
	Hash      string      `json:"hash"`    // "sha256:" and 64 hex digits, over everything but itself; see Hash
	ID        string      `json:"id"`      // 16 hex digits: the value of TagPlan on what the plan makes
	ReadAt    time.Time   `json:"read_at"` // of the newest inventory; the planner has no clock
	Accounts  []string    `json:"accounts"`
	Partition string      `json:"partition"`
	Policy    Policy      `json:"policy"`
	Steps     []Step      `json:"steps"` // each after the steps that it needs; flow logs last
	Unplanned []Unplanned `json:"unplanned"`
	LeftOut   []Note      `json:"left_out"`   // VPCs that --resource or --tag did not choose
	LeftAlone []Note      `json:"left_alone"` // what another tool manages, such as telemetry rules
	Notes     []Note      `json:"notes"`      // what a reviewer should know, such as what only apply can check
	Gaps      []Gap       `json:"gaps"`       // what the read behind the plan missed
	Cost      Cost        `json:"cost"`
}

// Step is one change to one resource.
type Step struct {
	ID            string         `json:"id"`   // ACCOUNT/REGION/ACTION/RESOURCE, unique in the plan
	Call          string         `json:"call"` // steps with the same call go out in one request; see Merge
	Account       string         `json:"account"`
	Region        string         `json:"region"` // where the call goes: the partition's home Region for IAM, the bucket's for S3
	Action        Action         `json:"action"`
	Resource      string         `json:"resource"`      // bare id or name
	Reason        string         `json:"reason"`        // fingerprint of the finding that it answers
	Why           string         `json:"why"`           // the finding's message: one line, hostile where AWS quotes a name
	Foreign       bool           `json:"foreign"`       // changes a thing that flowproof did not make: only with Policy.ChangeExisting
	After         []string       `json:"after"`         // ids of steps that must be done before; others go on when one fails
	Preconditions []Precondition `json:"preconditions"` // re-read just before acting
	Inverse       *Inverse       `json:"inverse"`       // what rollback does; nil where the inverse of an earlier step takes this along
	API           API            `json:"api"`
	CLI           string         `json:"cli"` // the same as a command of the AWS CLI, version 1 or 2, for a POSIX shell
	Permissions   []string       `json:"permissions"`
	Reversible    bool           `json:"reversible"`
	Cost          StepCost       `json:"cost"`
}

// Action is what a step or an inverse does.
type Action string

// The actions. Those that delete or take away are inverses only: a plan has no such step.
const (
	CreateRole             Action = "create-role"
	PutRolePolicy          Action = "put-role-policy"
	UpdateAssumeRolePolicy Action = "update-assume-role-policy"
	CreateLogGroup         Action = "create-log-group"
	PutRetentionPolicy     Action = "put-retention-policy"
	AssociateKMSKey        Action = "associate-kms-key"
	PutBucketPolicy        Action = "put-bucket-policy"
	CreateFlowLog          Action = "create-flow-log"

	DeleteRole            Action = "delete-role"
	DeleteRolePolicy      Action = "delete-role-policy"
	DeleteLogGroup        Action = "delete-log-group"
	DeleteRetentionPolicy Action = "delete-retention-policy"
	DisassociateKMSKey    Action = "disassociate-kms-key"
	DeleteBucketPolicy    Action = "delete-bucket-policy"
	DeleteFlowLog         Action = "delete-flow-log"
)

// API is one request. Input is the request's JSON object in the member names of the service's
// API model, as `aws SERVICE OPERATION --cli-input-json` takes it; keys sorted, no spaces.
// A ClientToken is not part of it: apply adds the one that ClientToken gives.
type API struct {
	Service   string          `json:"service"`   // "ec2", "iam", "logs", "s3"
	Operation string          `json:"operation"` // "CreateFlowLogs"
	Input     json.RawMessage `json:"input"`
}

// Precondition is something that was so when the plan was made. It is read again just before
// acting, and where it is no longer so the step stops. Only the named facts are compared.
type Precondition struct {
	Kind     FactKind          `json:"kind"`
	Resource string            `json:"resource"`
	Expect   map[string]string `json:"expect"` // see FactKind for the facts of each kind
}

// FactKind is a kind of precondition. Values of facts are strings: "true" and "false", decimal
// numbers, ids joined by commas in sorted order, and digests of documents as DocumentDigest
// gives them. A fact that the resource does not have is "none".
type FactKind string

// The kinds and their facts. When "exists" is "false" there are no others.
const (
	FactVPC          FactKind = "vpc"           // exists, owner
	FactFlowLogs     FactKind = "flow-logs"     // of the VPC in resource: ids
	FactLogGroup     FactKind = "log-group"     // exists, retention_days, kms_key, class
	FactRole         FactKind = "role"          // exists, arn, trust (digest)
	FactRolePolicy   FactKind = "role-policy"   // resource ROLE/POLICY, an inline policy: exists, document (digest)
	FactBucketPolicy FactKind = "bucket-policy" // exists, document (digest)
	FactStream       FactKind = "stream"        // exists, status, source ("DirectPut")
)

// NoFact is the value of a fact that a resource does not have.
const NoFact = "none"

// Inverse takes a step back. Where the input needs an id that only the answer gives, it holds
// CreatedID in its place.
type Inverse struct {
	Action   Action `json:"action"`
	Resource string `json:"resource"`
	API      API    `json:"api"`
}

// CreatedID stands in an inverse for the id that the step's answer gave: that of the flow log.
const CreatedID = "{created}"

// Unplanned is a repair that the plan does not make, and why. ByHand is how a person would do
// it, one line a step, where there is a way.
type Unplanned struct {
	Resource string   `json:"resource"`
	Account  string   `json:"account"`
	Region   string   `json:"region"`
	Reason   string   `json:"reason"`
	ByHand   []string `json:"by_hand"`
}

// Note names something that the plan does not touch on purpose.
type Note struct {
	Resource string `json:"resource"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	Reason   string `json:"reason"`
}

// Gap is something that the read behind the plan missed.
type Gap struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	API     string `json:"api"`
	Cause   string `json:"cause"`
	Message string `json:"message"`
}

// Cost is the monthly estimate, and everything it rests on.
type Cost struct {
	Currency    string   `json:"currency"`
	Monthly     *float64 `json:"monthly"` // of the steps that have a basis; nil when none has
	Unknown     int      `json:"unknown"` // flow logs without a basis for an estimate
	PricesFrom  string   `json:"prices_from"`
	PricesDate  string   `json:"prices_date"` // YYYY-MM-DD
	Assumptions []string `json:"assumptions"`
}

// StepCost is what a step adds to the bill each month. Nil means unknown where Basis says so,
// and zero is written as zero.
type StepCost struct {
	Monthly *float64 `json:"monthly"`
	Basis   string   `json:"basis"`
}
