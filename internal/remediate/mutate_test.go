package remediate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// treeOf is a plan as its file says it.
func treeOf(t *testing.T, p Plan) map[string]any {
	t.Helper()
	value, err := generic([]byte(encoded(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

// sealed is a tree as a file, with a hash that fits.
func sealed(t *testing.T, tree map[string]any) string {
	t.Helper()
	raw, err := encodeGeneric(tree)
	if err != nil {
		t.Fatal(err)
	}
	var p Plan
	if json.Unmarshal(raw, &p) != nil {
		return string(raw) // not even a plan
	}
	hash, err := HashOf(p)
	if err != nil {
		t.Fatal(err)
	}
	old := tree["hash"]
	tree["hash"] = hash
	raw, err = encodeGeneric(tree)
	tree["hash"] = old
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// mutations calls a test with every value of a tree changed, removed and added to, one at a time. Documents
// that stand in texts are trees of their own.
func mutations(at any, path string, set func(any), try func(what string)) {
	change := func(what string, value any) {
		set(value)
		try(path + ": " + what)
		set(at)
	}
	switch v := at.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			inner := v[k]
			delete(v, k)
			try(path + "." + k + ": removed")
			v[k] = inner
			mutations(inner, path+"."+k, func(x any) { v[k] = x }, try)
		}
		v["Added"] = "x"
		try(path + ": a member added")
		delete(v, "Added")
	case []any:
		for i := range v {
			mutations(v[i], path+"[]", func(x any) { v[i] = x }, try)
			change("an item removed", slices.Delete(slices.Clone(v), i, i+1))
			change("an item twice", slices.Insert(slices.Clone(v), i, v[i]))
		}
		if len(v) > 1 {
			swapped := slices.Clone(v)
			swapped[0], swapped[len(v)-1] = swapped[len(v)-1], swapped[0]
			change("items swapped", swapped)
		}
		change("an item added", append(slices.Clone(v), "x"))
	case string:
		for _, other := range []string{
			v + "x", "", "*", "prod-audit", strings.ReplaceAll(v, ownAccount, "999999999999"), strings.ReplaceAll(v, "eu-west-1", "ap-south-1"),
			strings.ReplaceAll(v, "vpc-", "subnet-"), strings.ReplaceAll(v, DefaultRole, "ProdAdmin"), strings.ReplaceAll(v, "central", "prod-data"),
		} {
			if other != v {
				change(fmt.Sprintf("%.40q", other), other)
			}
		}
		mutateDocument(v, path, set, try)
		set(at)
	case json.Number:
		change("more", json.Number(map[bool]string{true: "7", false: v.String() + "1"}[v == "0"]))
		change("zero, or one", json.Number(map[bool]string{true: "1", false: "0"}[v == "0"]))
	case bool:
		change("the other", !v)
	case nil:
		change("a text", "x")
	}
}

// mutateDocument changes the parts of a policy document, and puts statements into it.
func mutateDocument(text, path string, set func(any), try func(string)) {
	value, err := generic([]byte(text))
	document, ok := value.(map[string]any)
	if err != nil || !ok || document["Statement"] == nil {
		return
	}
	write := func() {
		raw, err := canonicalJSON(jsonInput(document))
		if err == nil {
			set(string(raw))
		}
	}
	before := document["Statement"]
	document["Statement"] = append(listOf(before), map[string]any{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
	write()
	try(path + ": a statement that allows everything")
	document["Statement"] = before
	mutations(document, path+"(document)", func(any) {}, func(what string) {
		write()
		try(what)
	})
}

// harmless are the values that may be another, and why no harm comes of it.
var harmless = []struct{ path, why string }{
	{`^\.steps\[\]\.(why|reason): `, "words, shown as the file's own"},
	{`^\.(notes|left_out|left_alone|unplanned)`, "words, shown as the file's own, about this account"},
	{`^\.gaps`, "words, shown as the file's own, about this account"},
	{`^\.read_at`, "shown; apply holds it to --max-age, and every precondition is read again"},
	{`^\.policy\.(resources|chosen_tags)`, "what was chosen: the steps say it"},
	{`^\.policy\.change_existing: the other`, "allows more, and no step asks for it"},
	{`^\.accounts: an item added`, "no step is in it, and apply takes plans for one account"},
	{`^\.steps\[\]\.foreign: `, "of an existing thing: apply looks at its tags again"},
	{`^\.steps\[\]\.preconditions\[\]\.expect\.(document|trust|ids): `, "apply reads it again, and stops"},
	{`^\.steps\[\]\.after`, "it waits for one step more"},
	{`^\.steps: (items swapped|an item removed)`, "less is done, or in another order: the steps say so"},
	{`^\.steps\[\]\.inverse\.api\.input\.(Policy|PolicyDocument)`, "the old text, another spelling of the same document: the digest holds"},
	{`^\.policy\.(bucket|prefix|file_format|hive|per_hour|stream|source_role|cross_account_role|log_group|delivery_role|retention_days|role_path|permissions_boundary|kms_key|traffic|interval|log_format|tag_fields|tags|gb_per_vpc)`, "not used by any step"},
}

// TestNoFieldOfAPlanCanBeAnother changes every value of steps of every kind, seals the plan again, and
// finds it refused, or the value one that no request depends on.
func TestNoFieldOfAPlanCanBeAnother(t *testing.T) {
	t.Parallel()
	plans := exported(t)
	for _, name := range []string{"logs", "adapt", "s3-merge", "firehose"} {
		p := plans[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := treeOf(t, p)
			tried := 0
			requests := askedOf(t, p)
			try := func(what string) {
				tried++
				got, err := Decode(strings.NewReader(sealed(t, tree)))
				switch {
				case errors.Is(err, ErrRefused):
				case err != nil:
					t.Errorf("%s: %v", what, err)
				default:
					checkHarmless(t, what, requests, got)
				}
			}
			steps := tree["steps"].([]any)
			seen := map[any]int{}
			for _, s := range steps {
				step := s.(map[string]any)
				if seen[step["action"]]++; seen[step["action"]] <= 1 {
					mutations(step, ".steps[]", func(any) {}, try)
				}
			}
			for _, key := range slices.Sorted(maps.Keys(tree)) {
				if key != "steps" && key != "hash" {
					mutations(tree[key], "."+key, func(x any) { tree[key] = x }, try)
				}
			}
			for i := range steps {
				tree["steps"] = slices.Delete(slices.Clone(steps), i, i+1)
				try(fmt.Sprintf(".steps: an item removed, %s", steps[i].(map[string]any)["id"]))
			}
			tree["steps"] = steps
			if tried < 300 {
				t.Errorf("%d mutations: the test shows little", tried)
			}
		})
	}
}

// askedOf are the requests of a plan.
func askedOf(t *testing.T, p Plan) map[string]bool {
	t.Helper()
	requests := map[string]bool{}
	for _, s := range p.Steps {
		requests[s.Account+" "+s.Region+" "+s.API.Operation+" "+string(s.API.Input)] = true
	}
	return requests
}

// checkHarmless finds in a plan that was taken no request that the first one had not, and a reason why its
// change does no harm.
func checkHarmless(t *testing.T, what string, requests map[string]bool, got Plan) {
	t.Helper()
	for request := range askedOf(t, got) {
		if !requests[request] {
			t.Errorf("%s: taken, and asks for %.300s", what, request)
		}
	}
	for _, h := range harmless {
		if regexp.MustCompile(h.path).MatchString(what) {
			return
		}
	}
	t.Errorf("%s: taken", what)
}

// TestForgedPlansAreRefused seals plans that say one thing and would do another.
func TestForgedPlansAreRefused(t *testing.T) {
	t.Parallel()
	plans := exported(t)
	const stranger = `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"}}],"Version":"2012-10-17"}`
	const everything = `{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}`
	put := func(s *Step, member string, value any) {
		in, err := s.members()
		if err != nil {
			t.Fatal(err)
		}
		in[member] = value
		s.API.Input = jsonInput(in)
	}
	for name, test := range map[string]struct {
		plan   string
		action Action
		forge  func(*Step)
	}{
		"a role that a stranger may assume":  {"logs", CreateRole, func(s *Step) { put(s, "AssumeRolePolicyDocument", stranger) }},
		"a policy that allows everything":    {"logs", PutRolePolicy, func(s *Step) { put(s, "PolicyDocument", everything) }},
		"a trust that loses what it said":    {"adapt", UpdateAssumeRolePolicy, func(s *Step) { put(s, "PolicyDocument", stranger) }},
		"the policy of another bucket":       {"s3-merge", PutBucketPolicy, func(s *Step) { put(s, "Bucket", "prod-data") }},
		"a bucket policy of its own":         {"s3-merge", PutBucketPolicy, func(s *Step) { put(s, "Policy", everything) }},
		"another role handed over":           {"logs", CreateFlowLog, func(s *Step) { put(s, "DeliverLogsPermissionArn", roleARN("ProdAdmin")) }},
		"another account's role handed over": {"adapt", CreateFlowLog, func(s *Step) { put(s, "DeliverLogsPermissionArn", "arn:aws:iam::999999999999:role/"+DefaultRole) }},
		"an inverse that deletes another":    {"logs", CreateLogGroup, func(s *Step) { s.Inverse.API.Input = jsonInput(map[string]any{"logGroupName": "prod-audit"}) }},
		"a key of another":                   {"logs", CreateLogGroup, func(s *Step) { put(s, "kmsKeyId", "arn:aws:kms:us-east-1:999999999999:key/x") }},
		"a command that does something else": {"logs", CreateRole, func(s *Step) { s.CLI = "aws iam delete-role --role-name x" }},
		"an unknown member":                  {"logs", CreateFlowLog, func(s *Step) { put(s, "ClientToken", "x") }},
		"a flow log to another group":        {"logs", CreateFlowLog, func(s *Step) { put(s, "LogGroupName", "theirs") }},
		"records of less traffic":            {"logs", CreateFlowLog, func(s *Step) { put(s, "TrafficType", "REJECT") }},
	} {
		p := clone(t, plans[test.plan])
		i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Action == test.action })
		test.forge(&p.Steps[i])
		if line, err := command(p.Steps[i].API, p.Steps[i].Region); err == nil && !strings.Contains(name, "command") {
			p.Steps[i].CLI = line
		}
		var err error
		if p.Hash, err = HashOf(p); err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(strings.NewReader(encoded(t, p))); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
