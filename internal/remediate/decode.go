package remediate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"flowproof/internal/inventory"
	"flowproof/internal/strictjson"
)

// ErrRefused means that a plan is not one that may be run: truncated, edited, of another
// version, or not something that the planner writes.
var ErrRefused = errors.New("plan refused")

// planLimit bounds what is read of a plan file. A plan of 10,000 VPCs takes about 30 MB.
const planLimit = 256 << 20

// Decode reads a plan that is to be reviewed or carried out. It refuses, with ErrRefused, every one that
// this version would not have written. The file may have been reformatted; its meaning may not
// have changed.
func Decode(r io.Reader) (Plan, error) {
	p, err := DecodeApplied(r)
	if err != nil {
		return Plan{}, err
	}
	if err := p.checkWritten(); err != nil {
		return Plan{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return p, nil
}

// DecodeApplied reads a plan that was carried out, by whatever version, to verify it or take it back: both
// rest on the requests and the journal, and on no text that another version would have written
// differently. It refuses, with ErrRefused, unknown, missing or repeated keys, another schema, a hash that
// does not fit, and a step that is none of ours.
func DecodeApplied(r io.Reader) (Plan, error) {
	raw, err := io.ReadAll(io.LimitReader(r, planLimit+1))
	if err != nil {
		return Plan{}, fmt.Errorf("read the plan: %w", err)
	}
	p, err := decode(raw)
	if err != nil {
		return Plan{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return p, nil
}

func decode(raw []byte) (Plan, error) {
	if len(raw) > planLimit {
		return Plan{}, fmt.Errorf("it is larger than %d MB", planLimit>>20)
	}
	// Of a key that is there twice readers disagree on which one counts, so what a person reviewed
	// might not be what runs.
	if err := strictjson.Check(raw); err != nil {
		return Plan{}, err
	}
	if err := checkSchema(raw); err != nil {
		return Plan{}, err
	}
	var p Plan
	if err := strictjson.Unmarshal(raw, &p); err != nil {
		return Plan{}, fmt.Errorf("it is not a plan as flowproof writes it: %w", err)
	}
	said, err := generic(raw) // only now: of a file that is no plan it would take many times its size
	if err != nil {
		return Plan{}, err
	}
	if err := sameShape(p, said); err != nil {
		return Plan{}, err
	}
	hash, err := HashOf(p)
	if err != nil {
		return Plan{}, err
	}
	if p.Hash != hash {
		return Plan{}, fmt.Errorf("it was edited after it was made: its hash is %s, its content has %s; make a new plan instead", p.Hash, hash)
	}
	return p, p.check()
}

// checkSchema looks at the schema before anything else, so that a plan of another version is
// called that and not malformed.
func checkSchema(raw []byte) error {
	var head struct{ Schema *string }
	err := json.Unmarshal(raw, &head)
	switch {
	case !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")):
		return fmt.Errorf("it is not a plan: not a JSON object")
	case err != nil || head.Schema == nil:
		return fmt.Errorf("it is not a plan: it has no schema")
	case *head.Schema != PlanSchema:
		return fmt.Errorf("its schema is %q and this version of flowproof takes %q: make the plan again with this version", *head.Schema, PlanSchema)
	}
	return nil
}

// sameShape refuses what reads as the same plan and is not written so, such as a key left out whose value
// would be null.
func sameShape(p Plan, said any) error {
	want, err := json.Marshal(p)
	if err != nil {
		return err
	}
	meant, err := generic(want)
	if err != nil {
		return err
	}
	a, err := encodeGeneric(meant)
	if err != nil {
		return err
	}
	b, err := encodeGeneric(said)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return fmt.Errorf("it is not as flowproof writes it: a key is missing, misspelled or null")
	}
	return nil
}

var (
	idPattern = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// operations is the one request that each action makes.
var operations = map[Action][2]string{
	CreateRole:             {"iam", "CreateRole"},
	PutRolePolicy:          {"iam", "PutRolePolicy"},
	UpdateAssumeRolePolicy: {"iam", "UpdateAssumeRolePolicy"},
	CreateLogGroup:         {"logs", "CreateLogGroup"},
	PutRetentionPolicy:     {"logs", "PutRetentionPolicy"},
	AssociateKMSKey:        {"logs", "AssociateKmsKey"},
	PutBucketPolicy:        {"s3", "PutBucketPolicy"},
	CreateFlowLog:          {"ec2", "CreateFlowLogs"},
	DeleteRole:             {"iam", "DeleteRole"},
	DeleteRolePolicy:       {"iam", "DeleteRolePolicy"},
	DeleteLogGroup:         {"logs", "DeleteLogGroup"},
	DeleteRetentionPolicy:  {"logs", "DeleteRetentionPolicy"},
	DisassociateKMSKey:     {"logs", "DisassociateKmsKey"},
	DeleteBucketPolicy:     {"s3", "DeleteBucketPolicy"},
	DeleteFlowLog:          {"ec2", "DeleteFlowLogs"},
}

// stepActions are the actions that a step may have; the rest are inverses.
var stepActions = []Action{
	CreateRole, PutRolePolicy, UpdateAssumeRolePolicy, CreateLogGroup, PutRetentionPolicy,
	AssociateKMSKey, PutBucketPolicy, CreateFlowLog,
}

// factKinds are the preconditions that apply knows how to read again.
var factKinds = []FactKind{
	FactVPC, FactFlowLogs, FactLogGroup, FactRole, FactRolePolicy, FactBucketPolicy, FactStream,
}

// check refuses a plan that hashes right and is still none that the planner makes.
func (p Plan) check() error {
	if !idPattern.MatchString(p.ID) {
		return fmt.Errorf("its id %q is not 16 hex digits", p.ID)
	}
	seen, calls := map[string]bool{}, map[string]bool{}
	for i, s := range p.Steps {
		if err := p.checkStep(s, seen); err != nil {
			return fmt.Errorf("step %d (%s): %w", i+1, s.ID, err)
		}
		if calls[s.Call] && (p.Steps[i-1].Call != s.Call || !sameCall(p.Steps[i-1], s)) {
			return fmt.Errorf("step %d (%s): its call %s belongs to other steps", i+1, s.ID, s.Call)
		}
		seen[s.ID], calls[s.Call] = true, true
	}
	return nil
}

func sameCall(a, b Step) bool {
	return a.Account == b.Account && a.Region == b.Region && a.Action == b.Action
}

func (p Plan) checkStep(s Step, seen map[string]bool) error {
	switch {
	case !inventory.IsAccount(s.Account), !slices.Contains(p.Accounts, s.Account):
		return fmt.Errorf("account %q is not one of the plan's", s.Account)
	case !inventory.IsRegion(s.Region):
		return fmt.Errorf("region %q is not the name of a Region", s.Region)
	case s.ID != stepID(s.Account, s.Region, s.Action, s.Resource):
		return fmt.Errorf("its id is not ACCOUNT/REGION/ACTION/RESOURCE")
	case seen[s.ID]:
		return fmt.Errorf("the id occurs twice")
	case s.Call == "":
		return fmt.Errorf("it has no call")
	case !slices.Contains(stepActions, s.Action):
		return fmt.Errorf("action %q is none of a plan's", s.Action)
	case s.Foreign && !p.Policy.ChangeExisting:
		return fmt.Errorf("it changes a thing that flowproof did not make, which the plan's policy does not allow")
	}
	for _, id := range s.After {
		if !seen[id] {
			return fmt.Errorf("it comes after %q, which is no earlier step", id)
		}
	}
	for _, c := range s.Preconditions {
		if !slices.Contains(factKinds, c.Kind) {
			return fmt.Errorf("precondition %q is none that can be read", c.Kind)
		}
	}
	if s.Inverse != nil {
		if err := checkAPI(s.Inverse.Action, s.Inverse.API); err != nil {
			return fmt.Errorf("its inverse: %w", err)
		}
	}
	return checkAPI(s.Action, s.API)
}

// checkAPI holds an action to its one request.
func checkAPI(action Action, api API) error {
	want, ok := operations[action]
	if !ok {
		return fmt.Errorf("action %q is not known", action)
	}
	if api.Service != want[0] || api.Operation != want[1] {
		return fmt.Errorf("%s calls %s:%s, not %s:%s", action, want[0], want[1], api.Service, api.Operation)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(api.Input), []byte("{")) {
		return fmt.Errorf("the input of %s:%s is not an object", api.Service, api.Operation)
	}
	return nil
}

func stepID(account, region string, action Action, resource string) string {
	return strings.Join([]string{account, region, string(action), resource}, "/")
}
