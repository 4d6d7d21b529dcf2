package remediate

import (
	"fmt"
	"slices"
	"strconv"
)

// inverseOf derives how a step is taken back. What it is about is what the step's own request names, and
// what was there before is what the preconditions say, which apply read again before it sent the
// request. Of the inverse in the file only the old text of a document is used, and that only with the
// digest that the precondition gives. It is nil for what goes with the role or group that the plan makes.
func (p Plan) inverseOf(s Step) (*Inverse, error) {
	want, err := requestOf(s.API)
	if err != nil {
		return nil, err
	}
	switch s.Action {
	case CreateRole:
		return inverse(s, DeleteRole, map[string]any{"RoleName": want.RoleName}), nil
	case CreateLogGroup:
		return inverse(s, DeleteLogGroup, map[string]any{"logGroupName": want.LogGroupName}), nil
	case CreateFlowLog:
		return inverse(s, DeleteFlowLog, map[string]any{"FlowLogIds": []string{CreatedID}}), nil
	case PutRolePolicy:
		return p.inverseOfRolePolicy(s, want)
	case UpdateAssumeRolePolicy:
		return inverseOfTrust(s, want)
	case PutBucketPolicy:
		return inverseOfBucketPolicy(s, want)
	case PutRetentionPolicy, AssociateKMSKey:
		if p.makesParentOf(s) {
			return nil, nil
		}
		return inverseOfSetting(s, want)
	}
	return nil, fmt.Errorf("this version cannot take back %s", s.Action)
}

func inverse(s Step, back Action, input map[string]any) *Inverse {
	return &Inverse{Action: back, Resource: s.Resource, API: API{
		Service: operations[back][0], Operation: operations[back][1], Input: jsonInput(input),
	}}
}

// makesParentOf reports whether the plan makes the role or log group that a step is about.
func (p Plan) makesParentOf(s Step) bool {
	parent := parentOf(s)
	return parent != "" && slices.ContainsFunc(p.Steps, func(o Step) bool { return o.ID == parent })
}

// expected gives the facts that a step's precondition of a kind rests on; nil without one.
func (s Step) expected(kind FactKind, resource string) map[string]string {
	for _, c := range s.Preconditions {
		if c.Kind == kind && c.Resource == resource {
			return c.Expect
		}
	}
	return nil
}

func (p Plan) inverseOfRolePolicy(s Step, want request) (*Inverse, error) {
	name := want.RoleName + "/" + want.PolicyName
	members := map[string]any{"RoleName": want.RoleName, "PolicyName": want.PolicyName}
	before := s.expected(FactRolePolicy, name)
	if before["exists"] == "false" || before == nil && p.makesParentOf(s) {
		return inverse(s, DeleteRolePolicy, members), nil
	}
	old, err := s.oldDocument(before["document"], "the policy "+name)
	members["PolicyDocument"] = old
	return inverse(s, PutRolePolicy, members), err
}

func inverseOfTrust(s Step, want request) (*Inverse, error) {
	old, err := s.oldDocument(s.expected(FactRole, want.RoleName)["trust"], "the trust policy of role "+want.RoleName)
	return inverse(s, UpdateAssumeRolePolicy, map[string]any{"RoleName": want.RoleName, "PolicyDocument": old}), err
}

func inverseOfBucketPolicy(s Step, want request) (*Inverse, error) {
	before := s.expected(FactBucketPolicy, want.Bucket)
	if before["exists"] == "false" {
		return inverse(s, DeleteBucketPolicy, map[string]any{"Bucket": want.Bucket}), nil
	}
	old, err := s.oldDocument(before["document"], "the policy of bucket "+want.Bucket)
	return inverse(s, PutBucketPolicy, map[string]any{"Bucket": want.Bucket, "Policy": old}), err
}

// oldDocument is the document before a step, as its inverse keeps it. The digest is that of the
// precondition: what apply found before it wrote.
func (s Step) oldDocument(digest, what string) (string, error) {
	unknown := fmt.Errorf("the plan does not say what %s was before", what)
	if s.Inverse == nil || digest == "" || digest == NoFact {
		return "", unknown
	}
	back, err := requestOf(s.Inverse.API)
	if err != nil {
		return "", err
	}
	old := back.document()
	if has, err := DocumentDigest(old); err != nil || has != digest {
		return "", unknown
	}
	return old, nil
}

func inverseOfSetting(s Step, want request) (*Inverse, error) {
	before := s.expected(FactLogGroup, want.LogGroupName)
	members := map[string]any{"logGroupName": want.LogGroupName}
	if s.Action == AssociateKMSKey {
		switch key := before["kms_key"]; key {
		case "":
			return nil, fmt.Errorf("the plan does not say what key log group %s had before", want.LogGroupName)
		case NoFact:
			return inverse(s, DisassociateKMSKey, members), nil
		default:
			members["kmsKeyId"] = key
			return inverse(s, AssociateKMSKey, members), nil
		}
	}
	if before["retention_days"] == NoFact {
		return inverse(s, DeleteRetentionPolicy, members), nil
	}
	days, err := strconv.Atoi(before["retention_days"])
	if err != nil {
		return nil, fmt.Errorf("the plan does not say how long log group %s kept records before", want.LogGroupName)
	}
	members["retentionInDays"] = days
	return inverse(s, PutRetentionPolicy, members), nil
}
