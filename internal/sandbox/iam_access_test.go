package sandbox

import (
	"strings"
	"testing"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	const group = "arn:aws:logs:eu-west-1:123456789012:log-group:flow:log-stream:eni"
	tests := map[string]struct {
		statements string
		want       bool
	}{
		"nothing is said":                       {`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, false},
		"everything is allowed":                 {`{"Effect":"Allow","Action":"*","Resource":"*"}`, true},
		"the action is allowed in any case":     {`{"Effect":"Allow","Action":"LOGS:putlogevents","Resource":"*"}`, true},
		"a pattern allows the action":           {`{"Effect":"Allow","Action":["s3:Get*","logs:Put*Event?"],"Resource":"*"}`, true},
		"a pattern asks for one character more": {`{"Effect":"Allow","Action":"logs:PutLogEvents?","Resource":"*"}`, false},
		"NotAction leaves it":                   {`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, true},
		"NotAction takes it out":                {`{"Effect":"Allow","NotAction":"logs:*","Resource":"*"}`, false},
		"the resource fits by its stars":        {`{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-group:flow:*"}`, true},
		"the group's ARN is not its streams'":   {`{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-group:flow"}`, false},
		"the case of a resource counts":         {`{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-group:FLOW:*"}`, false},
		"NotResource takes it out":              {`{"Effect":"Allow","Action":"logs:*","NotResource":"arn:aws:logs:*:*:log-group:flow*"}`, false},
		"a deny wins over an allow before it": {
			`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"logs:Put*","Resource":"*"}`, false},
		"a deny wins over an allow behind it": {
			`{"Effect":"Deny","Action":"logs:Put*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}`, false},
		"a deny of something else does not count": {
			`{"Effect":"Deny","Action":"logs:Delete*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}`, true},
		"an allow under a condition that delivery does not meet": {
			`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}`, false},
		"a deny under a condition that delivery does not meet": {
			`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}}},{"Effect":"Allow","Action":"*","Resource":"*"}`, true},
		"a deny unless the key says so, and the key is absent": {
			`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}},{"Effect":"Allow","Action":"*","Resource":"*"}`, false},
		"an operator that is not known here": {
			`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`, false},
		"a statement with a principal is no identity policy": {`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := `{"Version":"2012-10-17","Statement":[` + test.statements + `]}`
			if got := allows([]string{document}, "logs:PutLogEvents", group); got != test.want {
				t.Errorf("allows is %v, want %v", got, test.want)
			}
		})
	}
}

func TestAllowsWeighsAllPolicies(t *testing.T) {
	t.Parallel()
	allow := `{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}`
	deny := `{"Statement":{"Effect":"Deny","Action":"logs:*","Resource":"*"}}`
	for name, test := range map[string]struct {
		documents []string
		want      bool
	}{
		"none at all":                  {nil, false},
		"one that cannot be read":      {[]string{"allow all"}, false},
		"one beside an unreadable one": {[]string{"allow all", allow}, true},
		"a deny in another policy":     {[]string{allow, deny}, false},
	} {
		if got := allows(test.documents, "logs:PutLogEvents", "arn:x"); got != test.want {
			t.Errorf("%s: allows is %v, want %v", name, got, test.want)
		}
	}
}

func TestTrusts(t *testing.T) {
	t.Parallel()
	keys := map[string]string{
		"aws:SourceAccount": "123456789012",
		"aws:SourceArn":     "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/fl-1",
	}
	const who = `"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"vpc-flow-logs.amazonaws.com"}`
	tests := map[string]struct {
		statement string
		want      bool
	}{
		"the service":                          {who, true},
		"one of several services":              {`"Effect":"Allow","Action":"sts:*","Principal":{"Service":["ec2.amazonaws.com","vpc-flow-logs.amazonaws.com"]}`, true},
		"another service":                      {`"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}`, false},
		"an account":                           {`"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:root"}`, false},
		"everybody":                            {`"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"`, true},
		"everybody but another":                {`"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":{"Service":"ec2.amazonaws.com"}`, true},
		"another action":                       {`"Effect":"Allow","Action":"sts:TagSession","Principal":{"Service":"vpc-flow-logs.amazonaws.com"}`, false},
		"on behalf of the account":             {who + `,"Condition":{"StringEquals":{"AWS:sourceaccount":"123456789012"}}`, true},
		"on behalf of another account":         {who + `,"Condition":{"StringEquals":{"aws:SourceAccount":"999999999999"}}`, false},
		"on behalf of flow logs of the Region": {who + `,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:eu-west-1:*:vpc-flow-log/*"}}`, true},
		"on behalf of flow logs elsewhere":     {who + `,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:us-east-1:*:vpc-flow-log/*"}}`, false},
		"both conditions":                      {who + `,"Condition":{"StringEquals":{"aws:SourceAccount":["1","123456789012"]},"ArnLike":{"aws:SourceArn":"*"}}`, true},
		"one condition of two":                 {who + `,"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"},"ArnLike":{"aws:SourceArn":"x"}}`, false},
		"a key that the service does not give": {who + `,"Condition":{"StringEquals":{"aws:SourceOrgID":"o-1"}}`, false},
		"the same key if it exists":            {who + `,"Condition":{"StringEqualsIfExists":{"aws:SourceOrgID":"o-1"}}`, true},
		"a key that must be absent":            {who + `,"Condition":{"Null":{"aws:SourceOrgID":"true"}}`, true},
		"a key that must be there":             {who + `,"Condition":{"Null":{"aws:SourceOrgID":"false"}}`, false},
		"letters of any case":                  {who + `,"Condition":{"StringNotEqualsIgnoreCase":{"aws:SourceArn":"ARN:AWS:EC2:EU-WEST-1:123456789012:VPC-FLOW-LOG/FL-1"}}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := trusts(`{"Statement":{`+test.statement+`}}`, "vpc-flow-logs.amazonaws.com", keys); got != test.want {
				t.Errorf("trusts is %v, want %v", got, test.want)
			}
		})
	}
}

func TestWildcardIsQuickOnHostilePatterns(t *testing.T) {
	t.Parallel()
	// Backtracking over every star would not come to an end here.
	if wildcard(strings.Repeat("*a", 2000)+"b", strings.Repeat("a", 20_000)) {
		t.Error("a pattern ending in b matches a value without one")
	}
}

// FuzzParseDocument holds that whatever is stored as a policy can be judged, and that
// a document which does not parse permits nothing.
func FuzzParseDocument(f *testing.F) {
	for _, seed := range []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		`{"Statement":{"Effect":"Deny","NotAction":["a:b"],"NotResource":"*","Condition":{"Bool":{"k":[true,1]}}}}`,
		`{"Statement":{"Effect":"Allow","Principal":{"Service":["s"]},"Action":"sts:AssumeRole"}}`,
		`{"Statement":null}`, `null`, `[]`, `{"Statement":[]}`, `{"Statement":{"Effect":"Allow","Principal":"*"}}`, `{`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := parseDocument(text)
		if err != nil && (allows([]string{text}, "logs:PutLogEvents", "arn:x") || trusts(text, "s", nil)) {
			t.Errorf("a document that does not parse permits something: %v", err)
		}
		if _, refused := checkIdentity(text); refused == nil && trusts(text, "s", nil) {
			t.Error("an identity policy is taken for a trust policy")
		}
		if checkTrust(text) == nil && allows([]string{text}, "logs:PutLogEvents", "arn:x") {
			t.Error("a trust policy is taken for an identity policy")
		}
	})
}
