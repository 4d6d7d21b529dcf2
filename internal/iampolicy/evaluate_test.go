package iampolicy_test

import (
	"fmt"
	"testing"

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
		{"a set operator", when(`{"ForAnyValue:StringEquals":{"aws:SourceAccount":"123456789012"}}`), iampolicy.CannotTell},
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
