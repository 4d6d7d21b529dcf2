package awscli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"flowproof/internal/inventory"
	"flowproof/internal/source/awscli"
)

var both = []inventory.Kind{inventory.FlowLogs, inventory.VPCs}

// read reads one flat scope, 111122223333/eu-west-1.
func read(t *testing.T, files map[string]string, kinds ...inventory.Kind) inventory.Inventory {
	t.Helper()
	s := open(t, folder(t, files), []string{account}, []string{"eu-west-1"})
	return s.Read(t.Context(), discover(t, s)[0], kinds)
}

func TestRead_what_the_cli_printed(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join("testdata", "recorded"), nil, nil)
	inv := s.Read(t.Context(), discover(t, s)[0], both)
	if len(inv.Gaps) != 0 {
		t.Errorf("gaps %v", inv.Gaps)
	}
	wantVPCs := []inventory.VPC{
		{ID: "vpc-59065f38636fefe42", OwnerID: "123456789012", CIDR: "172.31.0.0/16", IsDefault: true},
		{ID: "vpc-8aeedb6791c6e9b84", OwnerID: "123456789012", CIDR: "10.7.0.0/16", Tags: map[string]string{"Name": "prod"}},
	}
	if diff := cmp.Diff(wantVPCs, inv.VPCs); diff != "" {
		t.Errorf("VPCs (-want +got):\n%s", diff)
	}
	wantLogs := []inventory.FlowLog{{
		ID: "fl-9ab643d1de62e5b36", ResourceID: "vpc-8aeedb6791c6e9b84", Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: "ALL",
		DestinationType: "cloud-watch-logs", LogGroup: "MyFlowLogs", Role: "arn:aws:iam::123456789012:role/r", Interval: 600,
		Format: "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} " +
			"${packets} ${bytes} ${start} ${end} ${action} ${log-status}",
		Created: time.Date(2026, 11, 24, 0, 21, 30, 0, time.UTC),
	}}
	if diff := cmp.Diff(wantLogs, inv.FlowLogs); diff != "" {
		t.Errorf("flow logs (-want +got):\n%s", diff)
	}
}

func TestRead_a_VPC(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, item string
		want       inventory.VPC
	}{
		{"nothing but an id", `{"VpcId": "vpc-1"}`, inventory.VPC{ID: "vpc-1"}},
		{"nulls", `{"VpcId": "vpc-1", "OwnerId": null, "IsDefault": null, "Tags": null, "CidrBlock": null}`, inventory.VPC{ID: "vpc-1"}},
		{"no tags", `{"VpcId": "vpc-1", "Tags": []}`, inventory.VPC{ID: "vpc-1"}},
		{"an owner taken for a number", `{"VpcId": "vpc-1", "OwnerId": 12345678901}`, inventory.VPC{ID: "vpc-1", OwnerID: "012345678901"}},
		{"a flag taken for a word", `{"VpcId": "vpc-1", "IsDefault": "True"}`, inventory.VPC{ID: "vpc-1", IsDefault: true}},
		{"a tag taken for a number", `{"VpcId": "vpc-1", "Tags": [{"Key": "cost", "Value": 7}]}`, inventory.VPC{ID: "vpc-1", Tags: map[string]string{"cost": "7"}}},
		{"a hostile name", `{"VpcId": "vpc-1", "Tags": [{"Key": "Name", "Value": "\u202e\u009b31m"}]}`, inventory.VPC{ID: "vpc-1", Tags: map[string]string{"Name": "\u202e\u009b31m"}}},
		{"fields of another year", `{"VpcId": "vpc-1", "NewThing": {"Deep": [1, {}]}}`, inventory.VPC{ID: "vpc-1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := read(t, map[string]string{vpcs: `{"Vpcs": [` + tt.item + `]}`}, inventory.VPCs)
			if diff := cmp.Diff([]inventory.VPC{tt.want}, inv.VPCs); diff != "" || len(inv.Gaps) > 0 {
				t.Errorf("gaps %v, VPCs (-want +got):\n%s", inv.Gaps, diff)
			}
		})
	}
}

func TestRead_a_flow_log(t *testing.T) {
	t.Parallel()
	at := func(nanos int) time.Time { return time.Date(2024, 5, 1, 10, 0, 0, nanos, time.UTC) }
	log := func(change func(*inventory.FlowLog)) inventory.FlowLog {
		l := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", DestinationType: "cloud-watch-logs"}
		change(&l)
		return l
	}
	tests := []struct {
		name, fields string
		want         inventory.FlowLog
	}{
		{"thinned out", ``, log(func(*inventory.FlowLog) {})},
		{"an interval taken for text", `, "MaxAggregationInterval": "60"`, log(func(l *inventory.FlowLog) { l.Interval = 60 })},
		{"created as version 1 prints it", `, "CreationTime": "2024-05-01T10:00:00.120Z"`, log(func(l *inventory.FlowLog) { l.Created = at(120e6) })},
		{"created as version 2 prints it", `, "CreationTime": "2024-05-01T10:00:00.120000+00:00"`, log(func(l *inventory.FlowLog) { l.Created = at(120e6) })},
		{"created on the second in version 2", `, "CreationTime": "2024-05-01T10:00:00+00:00"`, log(func(l *inventory.FlowLog) { l.Created = at(0) })},
		{"created in another zone", `, "CreationTime": "2024-05-01T12:00:00+02:00"`, log(func(l *inventory.FlowLog) { l.Created = at(0) })},
		{"created as Python prints it", `, "CreationTime": "2024-05-01 10:00:00+00:00"`, log(func(l *inventory.FlowLog) { l.Created = at(0) })},
		{"created without a zone", `, "CreationTime": "2024-05-01T10:00:00"`, log(func(l *inventory.FlowLog) { l.Created = at(0) })},
		{"created as a number", `, "CreationTime": 1714557600.5`, log(func(l *inventory.FlowLog) { l.Created = at(500e6) })},
		{"to a bucket with options", `, "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::b", "DestinationOptions":
			{"FileFormat": "parquet", "HiveCompatiblePartitions": true, "PerHourPartition": false}`, log(func(l *inventory.FlowLog) {
			l.DestinationType, l.Destination, l.FileFormat, l.Hive = "s3", "arn:aws:s3:::b", "parquet", true
		})},
		{"failing across accounts", `, "DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error", "DeliverCrossAccountRole": "arn:aws:iam::1:role/x",
			"DeliverLogsPermissionArn": "arn:aws:iam::2:role/y", "FlowLogStatus": "ACTIVE", "TrafficType": "REJECT", "LogGroupName": "g", "LogFormat": "${version}",
			"Tags": [{"Key": "Name", "Value": "n"}]`, log(func(l *inventory.FlowLog) {
			l.DeliveryStatus, l.DeliveryError, l.Status, l.TrafficType = "FAILED", "Access error", "ACTIVE", "REJECT"
			l.CrossAccountRole, l.Role, l.LogGroup, l.Format = "arn:aws:iam::1:role/x", "arn:aws:iam::2:role/y", "g", "${version}"
			l.Tags = map[string]string{"Name": "n"}
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := read(t, map[string]string{logs: `{"FlowLogs": [{"FlowLogId": "fl-1", "ResourceId": "vpc-1"` + tt.fields + `}]}`}, inventory.FlowLogs)
			if diff := cmp.Diff([]inventory.FlowLog{tt.want}, inv.FlowLogs); diff != "" || len(inv.Gaps) > 0 {
				t.Errorf("gaps %v, flow logs (-want +got):\n%s", inv.Gaps, diff)
			}
		})
	}
}

func TestRead_gaps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		vpcs          int
		want          string
	}{
		{"empty file", "", 0, "the file is empty"},
		{"blank file", " \r\n", 0, "the file is empty"},
		{"cut off in the list", `{"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}`, 2, "the file is cut off; whole before that in Vpcs: 2"},
		{"cut off in an item", `{"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vp`, 1, "the file is cut off; whole before that in Vpcs: 1"},
		{"cut off after the list", `{"Vpcs": [{"VpcId": "vpc-1"}]`, 1, "the file is cut off; whole before that in Vpcs: 1"},
		{"cut off at a comma", `{"Vpcs": [{"VpcId": "vpc-1"}],`, 1, "the file is cut off; whole before that in Vpcs: 1"},
		{"cut off in another field", `{"Vpcs": [], "NextToken": "ab`, 0, "the file is cut off; whole before that in Vpcs: 0"},
		{"cut off in the second page", `{"Vpcs": [{"VpcId": "vpc-1"}], "NextToken": "a"}{"Vpcs": [{"Vpc`, 1, "the file is cut off; whole before that in Vpcs: 1"},
		{"no comma", `{"Vpcs": [{"VpcId": "vpc-1"} {"VpcId": "vpc-2"}]}`, 1, "not the JSON of an answer"},
		{"wrong bracket", `{"Vpcs": [{"VpcId": "vpc-1"}}`, 1, "not the JSON of an answer"},
		{"rubbish behind it", `{"Vpcs": [{"VpcId": "vpc-1"}]} done`, 1, "not the JSON of an answer"},
		{"a table", "-----\n| DescribeVpcs |\n", 0, "not the JSON of an answer"},
		{"YAML", "Vpcs:\n- VpcId: vpc-1\n", 0, "not the JSON of an answer"},
		{"UTF-16 without its mark", "{\x00\"\x00V\x00", 0, "not the JSON of an answer"},
		{"a query's list", `[{"VpcId": "vpc-1"}]`, 0, "a bare list (was --query used?)"},
		{"a query's word", `"vpc-1"`, 0, "a bare text"},
		{"a query without a result", `null`, 0, "a bare null"},
		{"an answer without the list", `{"ResponseMetadata": {}}`, 0, "the answer has no list Vpcs"},
		{"another command's answer", `{"FlowLogs": []}`, 0, "the answer has no list Vpcs"},
		{"the list under a name of other tools", `{"vpcs": []}`, 0, "the answer has no list Vpcs"},
		{"a null for the list", `{"Vpcs": null}`, 0, "the answer has no list Vpcs"},
		{"an object for the list", `{"Vpcs": {"VpcId": "vpc-1"}}`, 0, "Vpcs is not a list but object"},
		{"a second page without the list", `{"Vpcs": [{"VpcId": "vpc-1"}], "NextToken": "a"} {}`, 1, "the answer has no list Vpcs"},
		{"more pages to come", `{"Vpcs": [{"VpcId": "vpc-1"}], "NextToken": "abc"}`, 1, "goes on after this page (NextToken)"},
		{"more pages to come, told first", `{"NextToken": "abc", "Vpcs": [{"VpcId": "vpc-1"}]}`, 1, "goes on after this page (NextToken)"},
		{"more pages to come after the second", `{"Vpcs": [], "NextToken": "ab"}{"Vpcs": [], "NextToken": "abc"}`, 0, "goes on after this page (NextToken)"},
		{"a token that is no text", `{"Vpcs": [], "NextToken": {"a": 1}}`, 0, "goes on after this page (NextToken)"},
		{"a second answer that is no next page", `{"Vpcs": [{"VpcId": "vpc-1"}]}{"Vpcs": [{"VpcId": "vpc-2"}]}`, 2, "a further answer after one whose list does not go on"},
		{"a third answer that is no next page", `{"Vpcs": [], "NextToken": "a"}{"Vpcs": []}{"Vpcs": []}`, 0, "a further answer after one whose list does not go on"},
		{"an empty token before a second answer", `{"Vpcs": [], "NextToken": ""}{"Vpcs": []}`, 0, "a further answer after one whose list does not go on"},
		{"the list twice", `{"Vpcs": [{"VpcId": "vpc-1"}], "Vpcs": []}`, 1, `the key "Vpcs" is there twice: which one counts nobody can tell`},
		{"the list twice, once in other case", `{"vpcs": [], "Vpcs": []}`, 0, `the key "Vpcs" is there twice`},
		{"a token twice", `{"Vpcs": [], "NextToken": "a", "NextToken": null}`, 0, `the key "NextToken" is there twice`},
		{"a hostile key twice", `{"Vpcs": [], "\u202e": 1, "\u202e": 2}`, 0, `the key "\u202e" is there twice`},
		{"a key of an item twice", `{"Vpcs": [{"VpcId": "vpc-1", "OwnerId": "999999999999", "OwnerId": null}]}`, 0, `the key "ownerid" is there twice`},
		{"a key of an item twice, once in other case", `{"Vpcs": [{"VpcId": "vpc-1", "vpcID": "vpc-2"}]}`, 0, `the key "vpcid" is there twice`},
		{"a key of a tag twice", `{"Vpcs": [{"VpcId": "vpc-1", "Tags": [{"Key": "a", "Key": "b"}]}]}`, 0, `the key "key" is there twice in "tags[0]"`},
		{"an item nested too deep", `{"Vpcs": [{"VpcId": "vpc-1", "New": ` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}]}`, 0, "nested deeper than 64"},
		{"a value without end", `{"Vpcs": [], "x": "` + strings.Repeat("x", 17<<20) + `"}`, 0, "a value is longer than 16 MiB"},
		{"an item without end", `{"Vpcs": [{"VpcId": "` + strings.Repeat(" ", 17<<20) + `"}]}`, 0, "a value is longer than 16 MiB"},
		{"a VPC without an id", `{"Vpcs": [{"VpcId": "vpc-1"}, {"CidrBlock": "10.0.0.0/8"}]}`, 1, "1 of 2 items in Vpcs cannot be used; the first: item 2: it has no VpcId"},
		{"a null among the VPCs", `{"Vpcs": [null, {"VpcId": "vpc-1"}, null]}`, 1, "2 of 3 items in Vpcs cannot be used; the first: item 1: want an object"},
		{"an owner that is no account", `{"Vpcs": [{"VpcId": "vpc-1", "OwnerId": 1.1e11}]}`, 0, `want an account id, not "1.1e11"`},
		{"an id that is a list", `{"Vpcs": [{"VpcId": ["vpc-1"]}]}`, 0, `want text, not "[\"vpc-1\"]"`},
		{"a flag that is a number", `{"Vpcs": [{"VpcId": "vpc-1", "IsDefault": 1}]}`, 0, `want true or false, not "1"`},
		{"tags that are an object", `{"Vpcs": [{"VpcId": "vpc-1", "Tags": {"Name": "a"}}]}`, 0, `want a list of tags, not "{\"Name\": \"a\"}"`},
		{"hostile text in an error", `{"Vpcs": [{"VpcId": "vpc-1", "OwnerId": "` + strings.Repeat("\u202e", 40) + `"}]}`, 0, `\u202e"...`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := read(t, map[string]string{vpcs: tt.content}, inventory.VPCs)
			if len(inv.VPCs) != tt.vpcs {
				t.Errorf("%d VPCs, want %d", len(inv.VPCs), tt.vpcs)
			}
			if len(inv.Gaps) != 1 {
				t.Fatalf("%d gaps, want 1: %v", len(inv.Gaps), inv.Gaps)
			}
			g := inv.Gaps[0]
			if g.Kind != inventory.VPCs || g.API != vpcs || g.Cause != inventory.Incomplete {
				t.Errorf("gap %+v is not an incomplete %s", g, vpcs)
			}
			next := "; save it with: aws ec2 describe-vpcs --region eu-west-1 --output json > describe-vpcs.json"
			if !strings.Contains(g.Message, tt.want) || !strings.HasSuffix(g.Message, next) {
				t.Errorf("message %q holds not both %q and the next step", g.Message, tt.want)
			}
		})
	}
}

func TestRead_flow_log_gaps(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, item, want string }{
		{"no resource", `{"FlowLogId": "fl-1"}`, "does not say which resource these flow logs are on: fl-1"},
		{"a null", `null`, "want an object"},
		{"a status that is no text", `{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "DeliverLogsStatus": {}}`, `want text, not "{}"`},
		{"a time that is none", `{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "CreationTime": "yesterday"}`, `want a time, not "\"yesterday\""`},
		{"a time beyond all years", `{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "CreationTime": 1e300}`, `want a time, not "1e300"`},
		{"an interval that is none", `{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "MaxAggregationInterval": 1.5}`, `want a whole number, not "1.5"`},
		{"options that are no object", `{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "DestinationOptions": 7}`, "items in FlowLogs cannot be used"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := read(t, map[string]string{logs: `{"FlowLogs": [` + tt.item + `]}`}, inventory.FlowLogs)
			if len(inv.Gaps) != 1 || !strings.Contains(inv.Gaps[0].Message, tt.want) {
				t.Errorf("gaps %v, want one with %q", inv.Gaps, tt.want)
			}
		})
	}
}

func TestRead_joins_pages_and_repetitions(t *testing.T) {
	t.Parallel()
	pages := `{"Vpcs": [{"VpcId": "vpc-2"}, {"VpcId": "vpc-1"}], "NextToken": "a"}
{"NextToken": "b", "Vpcs": []}{"Vpcs": [{"VpcId": "vpc-3"}, {"VpcId": "vpc-1"}], "NextToken": null}` + "\n"
	inv := read(t, map[string]string{vpcs: pages}, inventory.VPCs)
	want := []inventory.VPC{{ID: "vpc-1"}, {ID: "vpc-2"}, {ID: "vpc-3"}}
	if diff := cmp.Diff(want, inv.VPCs); diff != "" || len(inv.Gaps) > 0 {
		t.Errorf("gaps %v, VPCs (-want +got):\n%s", inv.Gaps, diff)
	}
}

func TestRead_encodings(t *testing.T) {
	t.Parallel()
	const text = `{"Vpcs": [{"VpcId": "vpc-1", "Tags": [{"Key": "Name", "Value": "größe 東京"}]}]}`
	const first = `{"Vpcs": [], "NextToken": "a"}`
	encode := func(order unicode.Endianness, text string) string {
		s, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, content := range map[string]string{
		"UTF-8":                   text,
		"UTF-8 with its mark":     "\ufeff" + text,
		"UTF-16, as PowerShell >": encode(unicode.LittleEndian, text),
		"UTF-16, big end first":   encode(unicode.BigEndian, text),
		"UTF-16 of several pages": encode(unicode.LittleEndian, first) + strings.TrimPrefix(encode(unicode.LittleEndian, text), "\xff\xfe"),
		"line ends of Windows":    "\r\n" + strings.ReplaceAll(text, ": ", ":\r\n") + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv := read(t, map[string]string{vpcs: content}, inventory.VPCs)
			want := []inventory.VPC{{ID: "vpc-1", Tags: map[string]string{"Name": "größe 東京"}}}
			if diff := cmp.Diff(want, inv.VPCs); diff != "" || len(inv.Gaps) > 0 {
				t.Errorf("gaps %v, VPCs (-want +got):\n%s", inv.Gaps, diff)
			}
		})
	}
}

func TestRead_opens_only_what_is_asked_for(t *testing.T) {
	t.Parallel()
	files := map[string]string{vpcs: `{"Vpcs": [{"VpcId": "vpc-1"}]}`, logs: "rubbish"}
	inv := read(t, files, inventory.VPCs)
	if inv.Status() != inventory.StatusRead || len(inv.VPCs) != 1 {
		t.Errorf("status %s, VPCs %v", inv.Status(), inv.VPCs)
	}
	if diff := cmp.Diff([]inventory.Kind{inventory.VPCs}, inv.Kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	inv = read(t, files, inventory.VPCs, "roles")
	if len(inv.Gaps) != 1 || inv.Gaps[0].Kind != "roles" || !strings.Contains(inv.Gaps[0].Message, "do not hold roles") {
		t.Errorf("gaps %v, want one about roles", inv.Gaps)
	}
}

func TestRead_missing_and_odd_files(t *testing.T) {
	t.Parallel()
	inv := read(t, map[string]string{vpcs: `{"Vpcs": []}`}, both...)
	if len(inv.Gaps) != 1 || !strings.HasPrefix(inv.Gaps[0].Message, "the file is missing; save it with: aws ec2 describe-flow-logs --region eu-west-1") {
		t.Errorf("gaps %v, want the missing file", inv.Gaps)
	}
	s := open(t, folder(t, map[string]string{"111122223333/eu-west-1/" + vpcs + "/": "", "111122223333/eu-west-1/" + logs: `{"FlowLogs": []}`}), nil, nil)
	inv = s.Read(t.Context(), discover(t, s)[0], both)
	if len(inv.Gaps) != 1 || !strings.HasPrefix(inv.Gaps[0].Message, "111122223333/eu-west-1/describe-vpcs.json is no plain file") {
		t.Errorf("gaps %v, want the folder in a file's place", inv.Gaps)
	}
	s = open(t, folder(t, map[string]string{"111122223333/": ""}), nil, nil)
	inv = s.Read(t.Context(), discover(t, s)[0], both)
	if inv.Status() != inventory.StatusIncomplete || inv.Gaps[0].Kind != inventory.Regions {
		t.Errorf("status %s, gaps %v, want the missing Regions", inv.Status(), inv.Gaps)
	}
}

func TestRead_the_same_VPC_in_two_Regions(t *testing.T) {
	t.Parallel()
	one := `{"Vpcs": [{"VpcId": "vpc-1"}]}`
	s := open(t, folder(t, map[string]string{"111122223333/eu-west-1/" + vpcs: one, "111122223333/us-east-1/" + vpcs: one}), nil, nil)
	arns := map[string]bool{}
	for _, target := range discover(t, s) {
		inv := s.Read(t.Context(), target, []inventory.Kind{inventory.VPCs})
		for _, v := range inv.VPCs {
			arns[v.ARN(inv.Scope)] = true
		}
	}
	if len(arns) != 2 {
		t.Errorf("ARNs %v, want two", arns)
	}
}

func TestRead_time_is_that_of_the_newest_file_read(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{vpcs: `{"Vpcs": []}`, logs: `{"FlowLogs": []}`})
	older := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	for name, at := range map[string]time.Time{vpcs: older, logs: older.Add(time.Hour)} {
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, []string{account}, []string{"eu-west-1"})
	target := discover(t, s)[0]
	if inv := s.Read(t.Context(), target, both); !inv.ReadAt.Equal(older.Add(time.Hour)) || inv.ReadAt.Location() != time.UTC {
		t.Errorf("read at %v, want the newer time", inv.ReadAt)
	}
	if inv := s.Read(t.Context(), target, []inventory.Kind{inventory.VPCs}); !inv.ReadAt.Equal(older) {
		t.Errorf("read at %v, want the time of the one file", inv.ReadAt)
	}
}

func TestRead_interrupted(t *testing.T) {
	t.Parallel()
	s := open(t, folder(t, map[string]string{vpcs: `{"Vpcs": [{"VpcId": "vpc-1"}]}`}), []string{account}, []string{"eu-west-1"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	inv := s.Read(ctx, discover(t, s)[0], []inventory.Kind{inventory.VPCs})
	if len(inv.Gaps) != 1 || inv.Gaps[0].Cause != inventory.Interrupted {
		t.Errorf("gaps %v, want one interruption", inv.Gaps)
	}
}

func TestRead_answers_of_another_account(t *testing.T) {
	t.Parallel()
	const foreign, own = `"OwnerId": "444455556666"`, `"OwnerId": "111122223333"`
	tests := []struct {
		name, items string
		wrong       bool
	}{
		{"all foreign with a default VPC", `{"VpcId": "vpc-1", ` + foreign + `, "IsDefault": true}, {"VpcId": "vpc-2", ` + foreign + `}`, true},
		{"a shared VPC alone", `{"VpcId": "vpc-1", ` + foreign + `}`, false},
		{"an own VPC among shared ones", `{"VpcId": "vpc-1", ` + foreign + `, "IsDefault": true}, {"VpcId": "vpc-2", ` + own + `}`, false},
		{"shared by two owners", `{"VpcId": "vpc-1", ` + foreign + `, "IsDefault": true}, {"VpcId": "vpc-2", "OwnerId": "777788889999"}`, false},
		{"own default VPC", `{"VpcId": "vpc-1", ` + own + `, "IsDefault": true}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := read(t, map[string]string{vpcs: `{"Vpcs": [` + tt.items + `]}`}, inventory.VPCs)
			if got := len(inv.Gaps) == 1 && strings.Contains(inv.Gaps[0].Message, "of account 444455556666"); got != tt.wrong {
				t.Errorf("told wrong: %v, want %v; gaps %v", got, tt.wrong, inv.Gaps)
			}
		})
	}
}

// manyFlowLogs is an answer as a big Region gives it.
func manyFlowLogs(n int) []byte {
	var b bytes.Buffer
	b.WriteString("{\n    \"FlowLogs\": [")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`
        {
            "CreationTime": "2024-05-01T10:00:00.000Z",
            "DeliverLogsStatus": "SUCCESS",
            "FlowLogId": "fl-0123456789abcdef0",
            "FlowLogStatus": "ACTIVE",
            "ResourceId": "eni-`)
		b.WriteString(strings.Repeat("0", 6) + time.Unix(int64(i), 0).UTC().Format("20060102150405"))
		b.WriteString(`",
            "TrafficType": "ALL",
            "LogDestinationType": "s3",
            "LogDestination": "arn:aws:s3:::central-flow-logs",
            "LogFormat": "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol}",
            "Tags": [],
            "MaxAggregationInterval": 600
        }`)
	}
	b.WriteString("\n    ]\n}\n")
	return b.Bytes()
}

func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	content := manyFlowLogs(200_000)
	if err := os.WriteFile(filepath.Join(dir, logs), content, 0o600); err != nil {
		b.Fatal(err)
	}
	s, err := awscli.New(dir, []string{account}, []string{"eu-west-1"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	target := inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: account, Region: "eu-west-1"}}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		inv := s.Read(b.Context(), target, []inventory.Kind{inventory.FlowLogs})
		if len(inv.FlowLogs) != 200_000 {
			b.Fatalf("%d flow logs", len(inv.FlowLogs))
		}
	}
}

func TestRead_many_flow_logs(t *testing.T) {
	t.Parallel()
	inv := read(t, map[string]string{logs: string(manyFlowLogs(1100))}, inventory.FlowLogs)
	if len(inv.FlowLogs) != 1100 || len(inv.Gaps) != 0 {
		t.Errorf("%d flow logs, gaps %v", len(inv.FlowLogs), inv.Gaps)
	}
}
