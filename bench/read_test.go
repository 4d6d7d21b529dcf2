package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The samples in testdata are what the tools wrote of the awkward cases, cut down to a few VPCs.
func TestToolsAreRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string // and folder
		read    func(dir string, r result) (report, error)
		printed result
		vpcs    map[string]verdict // by VPC, looked up in eu-west-1 or, with a slash, in a Region
		unread  []string
	}{
		{
			name: "flowproof", read: readFlowproof,
			vpcs: map[string]verdict{
				"vpc-cab39ce90708c6233": pass, "vpc-64e3b5927910ffa6a": fail, "vpc-c2a8dcc6b1a04f0fd": foreign,
				"vpc-ca8cb28e0911c98a5": unknown, "vpc-26eabba5bb2e07d50": silent,
			},
			unread: []string{"us-west-1", "us-west-2"},
		},
		{
			name: "prowler", read: readProwler, printed: result{stdout: []byte("Scan completed!\n")},
			vpcs: map[string]verdict{"vpc-ed53638d7927b2cef": fail, "vpc-da52c4e26ed938c57": pass, "vpc-b9e64e2590b5f6168": fail, "vpc-2b569c41f6960395c": silent},
		},
		{
			name: "custodian", read: readCustodian,
			vpcs: map[string]verdict{
				"eu-central-1/vpc-b6361ff92ff359804": fail, "eu-central-1/vpc-1111": pass, "us-west-1/vpc-26eabba5bb2e07d50": silent,
			},
			unread: []string{"us-west-1"},
		},
		{
			name: "c7n-org", read: readCustodian,
			printed: result{stderr: []byte("2026-11-25 20:07:00,998: c7n_org:ERROR Exception running policy:vpc-not-recorded account:bench region:us-west-1 " +
				"error:An error occurred (UnauthorizedOperation) when calling the DescribeVpcs operation: You are not authorized to perform this operation.\n")},
			vpcs:   map[string]verdict{"eu-central-1/vpc-5b0e3b41ff3124a8e": fail, "eu-central-1/vpc-1111": pass, "us-west-1/vpc-ded182ecc7da5e3fe": silent},
			unread: []string{"us-west-1"},
		},
		{
			name: "scoutsuite", read: readScoutSuite,
			printed: result{stderr: []byte("2026-11-25 20:08:34 vm scout[27683] ERROR ec2.py L90: Failed to describe EC2 VPC: An error occurred (UnauthorizedOperation)\n")},
			vpcs: map[string]verdict{
				"vpc-117714bc964afc92e": fail, "vpc-150646c3c2146f4ac": silent, "vpc-5bb109d44e8270b3a": pass, "vpc-e6757c7287f31d4da": pass,
			},
		},
		{
			name: "by hand", read: readByHand,
			printed: result{stdout: []byte("eu-west-1 vpc-1 pass\neu-west-1 vpc-2 fail no flow log\neu-west-1 vpc-3 foreign owned by 210987654321\n" +
				"us-west-1 - unknown could not list the VPCs\nus-west-2 vpc-4 unknown could not list its flow logs\n")},
			vpcs:   map[string]verdict{"vpc-1": pass, "vpc-2": fail, "vpc-3": foreign, "vpc-4": unknown, "vpc-5": silent},
			unread: []string{"us-west-1", "us-west-2"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			said, err := test.read(filepath.Join("testdata", test.name), test.printed)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]verdict{}
			for id := range test.vpcs {
				region, vpc := filepath.Split(id)
				got[id] = said.claimOf(vpc, filepath.Clean(region)).verdict
			}
			if diff := cmp.Diff(test.vpcs, got); diff != "" {
				t.Error(diff)
			}
			unread := map[string]bool{}
			for _, region := range test.unread {
				unread[region] = true
			}
			if diff := cmp.Diff(unread, said.unread); diff != "" {
				t.Errorf("Regions that could not be read: %s", diff)
			}
		})
	}
}

func TestOutputThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(string, result) (report, error){
		"flowproof": readFlowproof, "prowler": readProwler, "custodian": readCustodian, "scoutsuite": readScoutSuite,
	} {
		if _, err := read(t.TempDir(), result{}); err == nil {
			t.Errorf("%s: nothing was read, and no error", name)
		}
	}
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, kind, text string
		want             string
	}{
		{"shown as it is", "terminal", "VPC " + hostileName, "a control character in its terminal output"},
		{"escaped on a terminal", "terminal", `VPC =HYPERLINK("http://x")\u{9b}2J\u{202e}<img src=x onerror=alert(1)>`, ""},
		{"a cell of its own", "CSV", "id,name\nvpc-1,\"=HYPERLINK(\"\"http://x\"\")\"", "a formula in its CSV output"},
		{"a cell that starts with a quote", "CSV", "id,name\nvpc-1,\"'=HYPERLINK(\"\"http://x\"\")\"", ""},
		{"a tag", "HTML", "<td>" + hostileName, "a tag in its HTML output"},
		{"an escaped tag", "HTML", "<td>&lt;img src=x onerror=alert(1)&gt;", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := (report{person: []document{{test.kind, []byte(test.text)}}}).hostile(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestDocumentsAreWhatPeopleOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a.csv", "b.html", "c.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := documents(dir, result{stdout: []byte("out"), stderr: []byte("err")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range found {
		got = append(got, d.kind+" "+string(d.text))
	}
	if diff := cmp.Diff([]string{"terminal outerr", "CSV a.csv", "HTML b.html"}, got); diff != "" {
		t.Error(diff)
	}
}
