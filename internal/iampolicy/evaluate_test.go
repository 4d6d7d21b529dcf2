package iampolicy_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/iampolicy"
)

const service = "vpc-flow-logs.amazonaws.com"

// trust is a statement of a trust policy, with more of its elements.
func trust(more string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"%s}`, service, more)
}

func policy(statements string) string {
	return `{"Version":"2012-10-17","Statement":` + statements + `}`
}

func TestEvaluate_trust(t *testing.T) {
	t.Parallel()
	question := iampolicy.Request{Service: service, Action: "sts:AssumeRole", Context: map[string]string{
		"aws:sourceaccount": "123456789012",
		"aws:sourcearn":     "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/fl-1",
	}}
	when := func(condition string) string { return policy(trust(`,"Condition":` + condition)) }
	tests := []struct {
		name, policy string
		want         iampolicy.Decision
	}{
		{"the service", policy(trust("")), iampolicy.Allowed},
		{"in a list of statements and services", policy(`[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","` + service + `"]},"Action":["sts:TagSession","STS:assumerole"]}]`), iampolicy.Allowed},
		{"another service", policy(`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`), iampolicy.NotAllowed},
		{"an account", policy(`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}`), iampolicy.NotAllowed},
		{"anyone", policy(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`), iampolicy.Allowed},
		{"anyone among AWS principals", policy(`{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"sts:AssumeRole"}`), iampolicy.Allowed},
		{"everyone but another", policy(`{"Effect":"Allow","NotPrincipal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`), iampolicy.CannotTell},
		{"everyone but the service", policy(`{"Effect":"Allow","NotPrincipal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}`), iampolicy.NotAllowed},
		{"no statement", policy(`[]`), iampolicy.NotAllowed},
		{"no policy", "", iampolicy.NotAllowed},
		{"its account", when(`{"StringEquals":{"AWS:SourceAccount":["1","123456789012"]}}`), iampolicy.Allowed},
		{"another account", when(`{"StringEquals":{"aws:SourceAccount":"1"}}`), iampolicy.NotAllowed},
		{"not another account", when(`{"StringNotEquals":{"aws:SourceAccount":"1"}}`), iampolicy.Allowed},
		{"a star is none for StringEquals", when(`{"StringEquals":{"aws:SourceAccount":"12345678901*"}}`), iampolicy.NotAllowed},
		{"a star for StringLike", when(`{"StringLike":{"aws:SourceAccount":"12345678901?"}}`), iampolicy.Allowed},
		{"its flow logs", when(`{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*:123456789012:vpc-flow-log/*"}}`), iampolicy.Allowed},
		{"an ARN that lacks a part", when(`{"ArnLike":{"aws:SourceArn":"arn:aws:*:vpc-flow-log/*"}}`), iampolicy.CannotTell},
		{"a star stays in its part of an ARN", when(`{"ArnLike":{"aws:SourceArn":"arn:*:eu-west-1:123456789012:vpc-flow-log/*:*"}}`), iampolicy.NotAllowed},
		{"both, and one does not hold", when(`{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*:123456789012:vpc-flow-log/*"},"StringEquals":{"aws:SourceAccount":"1"}}`), iampolicy.NotAllowed},
		{"a key of which nothing is known", when(`{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`), iampolicy.CannotTell},
		{"a variable", when(`{"StringEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"}}`), iampolicy.CannotTell},
		{"any of one value", when(`{"ForAnyValue:StringEquals":{"aws:SourceAccount":"123456789012"}}`), iampolicy.Allowed},
		{"a quantifier that is not known", when(`{"ForNoValue:StringEquals":{"aws:SourceAccount":"123456789012"}}`), iampolicy.CannotTell},
		{"an operator that is not read", when(`{"NumericLessThan":{"aws:SourceAccount":"5"}}`), iampolicy.CannotTell},
		{"a key that is there", when(`{"Null":{"aws:SourceAccount":"false"}}`), iampolicy.Allowed},
		{"a key that must not be there", when(`{"Null":{"aws:SourceAccount":true}}`), iampolicy.NotAllowed},
		{"a deny wins", policy(`[` + trust("") + `,{"Effect":"Deny","Principal":"*","Action":"*"}]`), iampolicy.Denied},
		{"a deny that may hold", policy(`[` + trust("") + `,{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}]`), iampolicy.CannotTell},
		{"a deny that does not hold", policy(`[` + trust("") + `,{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringNotEquals":{"aws:SourceAccount":"123456789012"}}}]`), iampolicy.Allowed},
		{"a deny that may hold, and nothing allowed", policy(`{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`), iampolicy.NotAllowed},
		{"cut off", `{"Statement":[` + trust(""), iampolicy.CannotTell},
		{"an effect that is none", policy(`{"Effect":"allow","Principal":"*","Action":"*"}`), iampolicy.CannotTell},
		{"no action", policy(`{"Effect":"Allow","Principal":"*"}`), iampolicy.CannotTell},
		{"Action and NotAction", policy(`{"Effect":"Allow","Principal":"*","Action":"*","NotAction":"s3:*"}`), iampolicy.CannotTell},
		{"a principal that is none", policy(`{"Effect":"Allow","Principal":"me","Action":"*"}`), iampolicy.CannotTell},
		{"an object for an action", policy(`{"Effect":"Allow","Principal":"*","Action":{"a":1}}`), iampolicy.CannotTell},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := iampolicy.Evaluate(question, tt.policy).Decision(); got != tt.want {
				t.Errorf("%s, want %s: %s", got, tt.want, tt.policy)
			}
		})
	}
}

// TestConditions holds each operator to what the user guide says of a key that is there, absent, or there
// with several values; of a key that is neither nothing can be told.
func TestConditions(t *testing.T) {
	t.Parallel()
	question := iampolicy.Request{
		Service: service, Action: "sts:AssumeRole",
		Context: map[string]string{"a:here": "yes", "a:bool": "true"},
		Sets:    map[string][]string{"a:many": {"one", "two"}},
		Absent:  []string{"a:gone"},
	}
	for condition, want := range map[string]iampolicy.Match{
		`{"StringEquals":{"A:Here":"yes"}}`: iampolicy.Yes, `{"StringEquals":{"a:here":["no","yes"]}}`: iampolicy.Yes, `{"StringEquals":{"a:here":"no"}}`: iampolicy.No,
		`{"StringNotEquals":{"a:here":"no"}}`: iampolicy.Yes, `{"StringNotEquals":{"a:here":["no","yes"]}}`: iampolicy.No,
		`{"StringEqualsIfExists":{"a:here":"no"}}`: iampolicy.No, `{"BoolIfExists":{"a:bool":"false"}}`: iampolicy.No, `{"Bool":{"a:bool":true}}`: iampolicy.Yes,

		`{"StringEquals":{"a:gone":"x"}}`: iampolicy.No, `{"StringLike":{"a:gone":"*"}}`: iampolicy.No, `{"Bool":{"a:gone":"true"}}`: iampolicy.No,
		`{"ArnLike":{"a:gone":"*"}}`: iampolicy.No, `{"NumericLessThan":{"a:gone":"1"}}`: iampolicy.No, `{"IpAddress":{"a:gone":"0.0.0.0/0"}}`: iampolicy.No,
		`{"StringNotEquals":{"a:gone":"x"}}`: iampolicy.Yes, `{"StringNotLike":{"a:gone":"x"}}`: iampolicy.Yes, `{"StringNotEqualsIgnoreCase":{"a:gone":"x"}}`: iampolicy.Yes,
		`{"ArnNotLike":{"a:gone":"x"}}`: iampolicy.Yes, `{"ArnNotEquals":{"a:gone":"x"}}`: iampolicy.Yes, `{"NumericNotEquals":{"a:gone":"1"}}`: iampolicy.Yes,
		`{"DateNotEquals":{"a:gone":"2026-01-01"}}`: iampolicy.Yes, `{"NotIpAddress":{"a:gone":"10.0.0.0/8"}}`: iampolicy.Yes,
		`{"StringEqualsIfExists":{"a:gone":"x"}}`: iampolicy.Yes, `{"BoolIfExists":{"a:gone":"false"}}`: iampolicy.Yes, `{"StringNotEqualsIfExists":{"a:gone":"x"}}`: iampolicy.Yes,
		`{"Null":{"a:gone":"true"}}`: iampolicy.Yes, `{"Null":{"a:gone":"false"}}`: iampolicy.No, `{"Null":{"a:here":"false"}}`: iampolicy.Yes, `{"Null":{"a:here":true}}`: iampolicy.No,

		`{"ForAnyValue:StringEquals":{"a:many":"two"}}`: iampolicy.Yes, `{"ForAnyValue:StringEquals":{"a:many":"three"}}`: iampolicy.No,
		`{"ForAllValues:StringEquals":{"a:many":["one","two"]}}`: iampolicy.Yes, `{"ForAllValues:StringEquals":{"a:many":"one"}}`: iampolicy.No,
		`{"ForAllValues:StringNotEquals":{"a:many":"three"}}`: iampolicy.Yes, `{"ForAllValues:StringNotEquals":{"a:many":"one"}}`: iampolicy.No,
		`{"ForAnyValue:StringNotEquals":{"a:many":"one"}}`: iampolicy.Yes,
		`{"ForAllValues:StringEquals":{"a:gone":"x"}}`:     iampolicy.Yes, `{"ForAnyValue:StringEquals":{"a:gone":"x"}}`: iampolicy.No, `{"ForAnyValue:StringNotEquals":{"a:gone":"x"}}`: iampolicy.No,
		`{"StringEquals":{"a:many":"one"}}`: iampolicy.Maybe,

		`{"StringEquals":{"a:other":"x"}}`: iampolicy.Maybe, `{"StringNotEquals":{"a:other":"x"}}`: iampolicy.Maybe, `{"Null":{"a:other":"true"}}`: iampolicy.Maybe,
		`{"StringEqualsIfExists":{"a:other":"x"}}`: iampolicy.Maybe, `{"ForAllValues:StringEquals":{"a:other":"x"}}`: iampolicy.Maybe,

		`{"StringEquals":{"a:here":"yes","a:gone":"x"}}`: iampolicy.No, `{"StringNotEquals":{"a:gone":"x"},"BoolIfExists":{"a:bool":"false"}}`: iampolicy.No,
		`{"StringEquals":{"a:here":"yes","a:other":"x"}}`: iampolicy.Maybe,
	} {
		for effect, said := range map[string]func(iampolicy.Evaluation) iampolicy.Match{
			"Allow": func(e iampolicy.Evaluation) iampolicy.Match { return e.Allow },
			"Deny":  func(e iampolicy.Evaluation) iampolicy.Match { return e.Deny },
		} {
			document := policy(fmt.Sprintf(`{"Effect":%q,"Principal":"*","Action":"*","Condition":%s}`, effect, condition))
			if got := said(iampolicy.Evaluate(question, document)); got != want {
				t.Errorf("%s %s: %d, want %d", effect, condition, got, want)
			}
		}
	}
}

// TestValuesOfWhichTheBeginningIsKnown: a pattern that reaches further than what is known may fit.
func TestValuesOfWhichTheBeginningIsKnown(t *testing.T) {
	t.Parallel()
	question := iampolicy.Request{Service: service, Action: "a:b", Context: map[string]string{"a:arn": "arn:aws:logs:eu-west-1:123456789012:" + iampolicy.Unknown}}
	for condition, want := range map[string]iampolicy.Match{
		`{"ArnLike":{"a:arn":"arn:aws:logs:*:123456789012:*"}}`:                                 iampolicy.Yes,
		`{"StringLike":{"a:arn":"arn:aws:logs:eu-west-1:123456789012:*"}}`:                      iampolicy.Yes,
		`{"StringLike":{"a:arn":"*"}}`:                                                          iampolicy.Yes,
		`{"ArnLike":{"a:arn":"arn:aws:logs:eu-west-1:123456789012:delivery-source:*"}}`:         iampolicy.Maybe,
		`{"ArnEquals":{"a:arn":"arn:aws:logs:eu-west-1:123456789012:delivery-source:x"}}`:       iampolicy.Maybe,
		`{"StringEquals":{"a:arn":"arn:aws:logs:eu-west-1:123456789012:delivery-source:x"}}`:    iampolicy.Maybe,
		`{"ArnNotLike":{"a:arn":"arn:aws:logs:eu-west-1:123456789012:delivery-source:x"}}`:      iampolicy.Maybe,
		`{"ArnLike":{"a:arn":"arn:aws:logs:*:210987654321:*"}}`:                                 iampolicy.No,
		`{"StringLike":{"a:arn":"arn:aws:logs:us-east-1:*"}}`:                                   iampolicy.No,
		`{"StringEquals":{"a:arn":"arn:aws:logs:us-east-1:123456789012:delivery-source:x"}}`:    iampolicy.No,
		`{"ArnNotLike":{"a:arn":"arn:aws:logs:*:123456789012:*"}}`:                              iampolicy.No,
		`{"ArnLike":{"a:arn":"arn:aws:logs:eu-west-1:123456789012:delivery-source:${a:name}"}}`: iampolicy.Maybe,
	} {
		document := policy(`{"Effect":"Deny","Principal":"*","Action":"*","Condition":` + condition + `}`)
		if got := iampolicy.Evaluate(question, document).Deny; got != want {
			t.Errorf("%s: %d, want %d", condition, got, want)
		}
	}
}

// TestWhatIsLearntNeverTurnsAVerdict: an answer that is certain stays whatever a key turns out to be.
func TestWhatIsLearntNeverTurnsAVerdict(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 11))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	keys := []string{"k:1", "k:2", "k:3"}
	condition := func() string {
		operator := pick("", "", "ForAllValues:", "ForAnyValue:") + pick("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "Bool", "StringEqualsIgnoreCase") + pick("", "IfExists")
		if random.IntN(8) == 0 {
			operator = "Null"
		}
		return fmt.Sprintf(`%q:{%q:[%q,%q]}`, operator, pick(keys...), pick("a", "b*", "true", "false"), pick("b", "c", "arn:aws:s3:::x"))
	}
	statement := func() string {
		conditions := condition()
		return fmt.Sprintf(`{"Effect":%q,"Principal":"*","Action":"*","Condition":{%s}}`, pick("Allow", "Deny"), conditions)
	}
	for range 3000 {
		document := policy("[" + statement() + "," + statement() + "," + statement() + "]")
		before := iampolicy.Request{Service: service, Action: "a:b", Context: map[string]string{}, Sets: map[string][]string{}}
		after := before
		after.Context, after.Sets = map[string]string{}, map[string][]string{}
		for _, key := range keys {
			switch random.IntN(4) {
			case 0:
				after.Absent = append(after.Absent, key)
			case 1:
				after.Sets[key] = []string{pick("a", "b"), pick("b", "c")}
			case 2:
				after.Context[key] = pick("a", "b", "bb", "true", "arn:aws:s3:::x")
			}
		}
		e, f := iampolicy.Evaluate(before, document), iampolicy.Evaluate(after, document)
		for name, pair := range map[string][2]iampolicy.Match{"allow": {e.Allow, f.Allow}, "deny": {e.Deny, f.Deny}} {
			if pair[0] != iampolicy.Maybe && pair[0] != pair[1] {
				t.Fatalf("%s was %d with nothing known and is %d with %v, %v absent: %s", name, pair[0], pair[1], after.Context, after.Absent, document)
			}
		}
	}
}

func TestDenials(t *testing.T) {
	t.Parallel()
	question := iampolicy.Request{Service: service, Action: "s3:PutObject", Resource: "arn:aws:s3:::b/x", Absent: []string{"aws:principalorgid"}}
	got := iampolicy.Denials(question, policy(`[
		{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"*","Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}},
		{"Sid":"Org","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}},
		{"Sid":"Other","Effect":"Deny","Principal":"*","Action":"s3:Get*","Resource":"*"}]`))
	want := []iampolicy.Doubt{
		{Statement: "Org", Match: iampolicy.Yes},
		{Statement: "statement 2", Match: iampolicy.Maybe, TurnsOn: []string{"s3:x-amz-server-side-encryption"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := iampolicy.Denials(question, "{"); got != nil {
		t.Errorf("a document that cannot be read denies by %v", got)
	}
}

func TestEvaluate_role_policy(t *testing.T) {
	t.Parallel()
	question := iampolicy.Request{Action: "logs:PutLogEvents", Resource: "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:s"}
	allow := func(elements string) string { return policy(`{"Effect":"Allow",` + elements + `}`) }
	tests := []struct {
		name, policy string
		want         iampolicy.Decision
	}{
		{"the group with its suffix", allow(`"Action":"logs:*","Resource":"arn:aws:logs:*:123456789012:log-group:g:*"`), iampolicy.Allowed},
		{"the group without it", allow(`"Action":"logs:*","Resource":"arn:aws:logs:*:123456789012:log-group:g"`), iampolicy.NotAllowed},
		{"everything", allow(`"Action":"*","Resource":"*"`), iampolicy.Allowed},
		{"all but another action", allow(`"NotAction":["iam:*"],"Resource":"*"`), iampolicy.Allowed},
		{"all but this action", allow(`"NotAction":"logs:put*","Resource":"*"`), iampolicy.NotAllowed},
		{"all but another resource", allow(`"Action":"logs:*","NotResource":"arn:aws:s3:::*"`), iampolicy.Allowed},
		{"all but this resource", allow(`"Action":"logs:*","NotResource":"arn:aws:logs:*:*:log-group:g:*"`), iampolicy.NotAllowed},
		{"a variable in the resource", allow(`"Action":"logs:*","Resource":"arn:aws:logs:*:${aws:PrincipalAccount}:log-group:g:*"`), iampolicy.CannotTell},
		{"a variable in another resource", allow(`"Action":"logs:*","Resource":"arn:aws:s3:::${aws:username}/*"`), iampolicy.NotAllowed},
		{"no resource", allow(`"Action":"logs:*"`), iampolicy.NotAllowed},
		{"a statement of a trust policy", policy(trust("")), iampolicy.NotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := iampolicy.Evaluate(question, tt.policy).Decision(); got != tt.want {
				t.Errorf("%s, want %s: %s", got, tt.want, tt.policy)
			}
		})
	}
	both := iampolicy.Evaluate(question, allow(`"Action":"*","Resource":"*"`), policy(`{"Effect":"Deny","Action":"logs:Put*","Resource":"*"}`))
	if got := both.Decision(); got != iampolicy.Denied {
		t.Errorf("two policies of which one denies: %s", got)
	}
}

func TestRequest_With_leaves_the_first_as_it_was(t *testing.T) {
	t.Parallel()
	first := iampolicy.Request{Context: map[string]string{"a": "1"}}
	second := first.With(map[string]string{"b": "2"})
	if len(first.Context) != 1 || len(second.Context) != 2 {
		t.Errorf("contexts are %v and %v", first.Context, second.Context)
	}
}

// FuzzEvaluate holds that no document makes it fail, and that what cannot be read is never a pass.
func FuzzEvaluate(f *testing.F) {
	for _, document := range []string{
		policy(trust("")), policy(`[]`), `{}`, `null`, `{"Statement":{"Effect":"Allow","NotAction":[1,true],"Resource":["*",null]}}`,
		policy(`{"Effect":"Deny","Principal":{"AWS":"*","Federated":["x"]},"Action":"*","Condition":{"Bool":{"a":false}}}`),
	} {
		f.Add(document, "sts:AssumeRole", "aws:SourceArn", "arn:aws:ec2:eu-west-1:1:vpc-flow-log/x")
	}
	f.Fuzz(func(t *testing.T, document, action, key, value string) {
		r := iampolicy.Request{Service: service, Action: action, Resource: value, Context: map[string]string{key: value}}
		got := iampolicy.Evaluate(r, document).Decision()
		if _, err := iampolicy.Parse(document); err != nil && document != "" && got != iampolicy.CannotTell {
			t.Errorf("a document that cannot be read (%v) is %s", err, got)
		}
		denied := iampolicy.Evaluate(r, document, policy(`{"Effect":"Deny","Principal":"*","NotAction":"x:y","NotResource":"x"}`)).Decision()
		if action != "x:y" && value != "x" && value != "" && denied != iampolicy.Denied {
			t.Errorf("with a deny of everything it is %s", denied)
		}
	})
}
