package awslive_test

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/sandbox"
	"flowproof/internal/source/awslive"
)

// everything is an organisation in which reading every kind takes every call there is.
const everything = `
organization: {role: flowproof-read, units: [{id: ou-sand-11111111, name: all}]}
accounts:
  - {id: "111111111111", regions: {}}
  - id: "123456789012"
    unit: ou-sand-11111111
    default_vpcs: false
    roles:
      - {name: deliver, trusted_service: vpc-flow-logs.amazonaws.com, allow: ["logs:*"]}
    buckets: [{name: own, region: us-west-2}]
    delivery_streams: [fire]
    regions:
      eu-west-1:
        log_groups: [{name: flows}, {name: flows-of-old}]
        vpcs:
          - {id: vpc-0000000000000000a, interfaces: 2, subnets: 1, flow_logs: [{group: flows, role: deliver}]}
          - {id: vpc-0000000000000000d, interfaces: 1, flow_logs: [{bucket: own/net}]}
          - {id: vpc-0000000000000000e, interfaces: 1, flow_logs: [{bucket: foreign}]}
          - {id: vpc-0000000000000000f, interfaces: 1, flow_logs: [{stream: fire}]}
        transit_gateways: [{name: core, attachments: 2, flow_logs: [{bucket: own}]}, {name: edge}]
  - id: "210987654321"
    unit: ou-sand-11111111
    buckets: [{name: foreign, region: eu-west-1, policy: ''}]
`

var everyKind = []inventory.Kind{
	inventory.VPCs, inventory.FlowLogs, inventory.Subnets, inventory.Interfaces, inventory.TransitGateways, inventory.GatewayAttachments,
	inventory.NATGateways, inventory.LogGroups, inventory.Roles, inventory.Buckets, inventory.Streams, inventory.Destinations,
	inventory.DeliveryRoles, inventory.Arriving, inventory.Records,
}

// readEverything reads the organisation, or units of it, under faults. It gives the gaps as "API cause",
// and the calls that were made as SERVICE:Operation.
func readEverything(t *testing.T, units []string, faults string) (gaps, calls []string, err error) {
	t.Helper()
	sc := must(sandbox.ParseScenario([]byte(everything + "faults: [" + faults + "{operation: DescribeRegions, account: '210987654321', do: deny}]\n")))(t)
	world := must(sandbox.New(sc))(t)
	server := httptest.NewServer(world)
	defer server.Close()
	defer world.Close()
	addPolicies(t, server.URL)
	options := awslive.Options{
		Regions: []string{"eu-west-*"}, Now: func() time.Time { return time.Now().Add(time.Hour) }, Sample: 1,
		Named: inventory.Names{LogGroupPrefix: "fl", Roles: []string{"deliver"}, Buckets: []string{"own"}, Streams: []string{"arn:aws:firehose:eu-west-1:123456789012:deliverystream/fire"}},
	}
	source := must(awslive.OrganizationAt(server.URL, options, awslive.Membership{Units: units, Role: awslive.Role{Name: "flowproof-read", Session: "flowproof", Duration: time.Hour}}))(t)
	err = source.Discover(t.Context(), func(target inventory.Target) error {
		inv := inventory.Inventory{Target: target}
		if target.Absent == inventory.Present && len(target.Gaps) == 0 {
			inv = source.Read(t.Context(), target, everyKind)
		}
		for _, g := range inv.Gaps {
			gaps = append(gaps, g.API+" "+string(g.Cause))
		}
		return nil
	})
	for _, c := range world.Calls() {
		calls = append(calls, strings.Replace(c.Service, "monitoring", "cloudwatch", 1)+":"+c.Operation)
	}
	return gaps, calls, err
}

// addPolicies gives the role of the flow logs two policies of each kind, which a scenario cannot.
func addPolicies(t *testing.T, endpoint string) {
	t.Helper()
	roles := iam.NewFromConfig(aws.Config{
		BaseEndpoint: aws.String(endpoint), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("123456789012", "x", ""),
	})
	role, document := aws.String("deliver"), aws.String(writing)
	for _, name := range []string{"one", "other"} {
		must(roles.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String(name), PolicyDocument: document}))(t)
		policy := must(roles.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String(name), PolicyDocument: document}))(t)
		must(roles.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: policy.Policy.Arn}))(t)
	}
}

// adviceOnly is what is asked for to make advice better.
const adviceOnly = "organizations:DescribeOrganization"

func TestEveryCallOfTheTableIsMade(t *testing.T) {
	t.Parallel()
	var calls []string
	for _, units := range [][]string{nil, theUnit} {
		gaps, made, err := readEverything(t, units, "")
		if err != nil || len(gaps) > 0 {
			t.Errorf("gaps %v, error %v", gaps, err)
		}
		calls = append(calls, made...)
	}
	for _, p := range awslive.Permissions() {
		if !slices.Contains(calls, p.Call) && p.Call != adviceOnly {
			t.Errorf("%s was not called: what depends on its answer is not held by these tests", p.Call)
		}
	}
}

// bodies are some that are no answer; that no other passes is held where answers are checked.
var bodies = []string{"html", "no-content", "bare"}

// taken are the bodies that nothing tells from the answer to a call.
var taken = map[string][]string{
	"s3:HeadBucket": {"bare"},         // it has none: the headers are S3's
	"s3:GetObject":  {"html", "bare"}, // any bytes can be a file
}

// TestWhatIsNoAnswerIsAGap puts a body in place of the answer to each call, and finds a gap that names
// the call; where nobody says whose credentials these are, there is no identity.
func TestWhatIsNoAnswerIsAGap(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1") // that such an answer is asked for again is another test's matter
	for _, p := range awslive.Permissions() {
		for _, body := range bodies {
			if p.Call == adviceOnly || slices.Contains(taken[p.Call], body) {
				continue
			}
			service, operation, _ := strings.Cut(strings.Replace(p.Call, "cloudwatch", "monitoring", 1), ":")
			gaps, _, err := readEverything(t, unitsFor(p.Call), "{service: "+service+", operation: "+operation+", do: no-answer, body: "+body+"}, ")
			switch want := wantGap(p.Call); {
			case p.Call == "sts:GetCallerIdentity":
				if !errors.Is(err, awslive.ErrNoIdentity) {
					t.Errorf("%s answered with %s: error %v, want that there is no identity", p.Call, body, err)
				}
			case err != nil:
				t.Errorf("%s answered with %s: %v", p.Call, body, err)
			case !slices.Contains(gaps, want):
				t.Errorf("%s answered with %s: gaps %v, want %s", p.Call, body, gaps, want)
			}
		}
	}
}

// theUnit is read where a call is only made for units.
var theUnit = []string{"ou-sand-11111111"}

func unitsFor(call string) []string {
	if strings.HasSuffix(call, "ForParent") {
		return theUnit
	}
	return nil
}

// wantGap is the gap that a call leaves which is not answered.
func wantGap(call string) string {
	if call == "account:ListRegions" { // it was asked in place of this one
		return "ec2:DescribeRegions denied"
	}
	return call + " incomplete"
}

// paged are the calls that give a list in pages.
var paged = []string{
	"ec2:DescribeVpcs", "ec2:DescribeFlowLogs", "ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces", "ec2:DescribeTransitGateways",
	"ec2:DescribeTransitGatewayAttachments", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
	"organizations:ListAccounts", "organizations:ListAccountsForParent", "account:ListRegions",
	"iam:ListRolePolicies", "iam:ListAttachedRolePolicies",
}

// scopes is more than there are to read: a list that goes on makes thousands of calls in each.
const scopes = 10

// TestPagesThatComeRoundEndTheirListAtOnce gives every page the token of the second.
func TestPagesThatComeRoundEndTheirListAtOnce(t *testing.T) {
	t.Parallel()
	for _, call := range paged {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			service, operation, _ := strings.Cut(call, ":")
			scope := "service: " + service + ", operation: " + operation
			gaps, calls, err := readEverything(t, unitsFor(call), "{"+scope+", do: page-size, page_size: 1}, {"+scope+", do: repeat-token}, ")
			if err != nil || !slices.Contains(gaps, wantGap(call)) {
				t.Errorf("gaps %v, error %v, want %s", gaps, err, wantGap(call))
			}
			if made := slices.DeleteFunc(calls, func(c string) bool { return c != call }); len(made) > 3*scopes {
				t.Errorf("%d calls: the list went on", len(made))
			}
		})
	}
}

func TestWhatIsNoAnswerIsAskedForAgain(t *testing.T) {
	t.Parallel()
	a := open(t, "faults: [{operation: DescribeVpcs, do: no-answer, body: html, first: 2}, {operation: DescribeFlowLogs, do: redirect, location: 'http://login.example/', first: 1}]\n", "eu-west-1")
	inv := a.read(t)["eu-west-1"]
	if diff := cmp.Diff([]string{"ec2:DescribeFlowLogs incomplete"}, causes(inv)); diff != "" {
		t.Error(diff) // a redirect is not: it points to the same place every time
	}
	if n := a.operations()["DescribeVpcs"]; n != 3 || len(inv.VPCs) != 1 {
		t.Errorf("%d calls, %d VPCs", n, len(inv.VPCs))
	}
	if message := inv.Gaps[0].Message; !strings.Contains(message, "302") || !strings.Contains(message, "http://login.example/") {
		t.Errorf("message %q", message)
	}
}
