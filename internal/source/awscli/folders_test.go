package awscli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/source/awscli"
)

const (
	account = "111122223333"
	vpcs    = "describe-vpcs.json"
	logs    = "describe-flow-logs.json"
)

// folder writes files by their path; a path that ends in a slash is an empty folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		at := filepath.Join(dir, name)
		parent := filepath.Dir(at)
		if strings.HasSuffix(name, "/") {
			parent = at
		}
		if err := os.MkdirAll(parent, 0o700); err != nil {
			t.Fatal(err)
		}
		if parent == at {
			continue
		}
		if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, dir string, accounts, regions []string) *awscli.Source {
	t.Helper()
	s, err := awscli.New(dir, accounts, regions)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func discover(t *testing.T, s *awscli.Source) []inventory.Target {
	t.Helper()
	var targets []inventory.Target
	err := s.Discover(t.Context(), func(found inventory.Target) error {
		targets = append(targets, found)
		return nil
	})
	if err != nil {
		t.Fatalf("Discover: %v", err)
	}
	if s.Calls() != 0 {
		t.Errorf("Calls() = %d, want 0", s.Calls())
	}
	return targets
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	two := map[string]string{
		"111122223333/eu-west-1/" + vpcs:  "{}",
		"111122223333/us-east-1/" + vpcs:  "{}",
		"444455556666/eu-north-1/" + vpcs: "{}",
		"444455556666/us-east-1/" + vpcs:  "{}",
	}
	tests := []struct {
		name              string
		files             map[string]string
		accounts, regions []string
		want              []string // PARTITION ACCOUNT/REGION
	}{
		{"all folders", two, nil, nil, []string{
			"aws 111122223333/eu-west-1", "aws 111122223333/us-east-1", "aws 444455556666/eu-north-1", "aws 444455556666/us-east-1",
		}},
		{"one account", two, []string{"444455556666"}, nil, []string{"aws 444455556666/eu-north-1", "aws 444455556666/us-east-1"}},
		{"accounts by glob", two, []string{"4*"}, nil, []string{"aws 444455556666/eu-north-1", "aws 444455556666/us-east-1"}},
		{"regions by glob", two, nil, []string{"eu-*"}, []string{"aws 111122223333/eu-west-1", "aws 444455556666/eu-north-1"}},
		{"a Region by name is expected of every account", two, nil, []string{"eu-west-1"}, []string{"aws 111122223333/eu-west-1", "aws 444455556666/eu-west-1"}},
		{"name and glob name the same Region once", two, nil, []string{"us-east-1", "us-*"}, []string{"aws 111122223333/us-east-1", "aws 444455556666/us-east-1"}},
		{"a Region folder without files", map[string]string{"111122223333/eu-west-1/": ""}, nil, nil, []string{"aws 111122223333/eu-west-1"}},
		{"an account folder without Regions", map[string]string{"111122223333/": ""}, nil, nil, []string{"aws 111122223333/*"}},
		{"flat", map[string]string{vpcs: "{}"}, []string{account}, []string{"eu-west-1"}, []string{"aws 111122223333/eu-west-1"}},
		{"hidden entries and files that are no answers", map[string]string{
			".git/config": "", "README.md": "", "save.sh": "", "111122223333/notes.txt": "", "111122223333/.DS_Store": "", "111122223333/us-east-1/" + vpcs: "{}",
		}, nil, nil, []string{"aws 111122223333/us-east-1"}},
		{"partitions", map[string]string{
			"111122223333/cn-northwest-1/": "", "111122223333/us-gov-east-1/": "", "111122223333/us-iso-west-1/": "", "111122223333/us-isob-east-1/": "",
			"111122223333/eu-isoe-west-1/": "", "111122223333/us-isof-south-1/": "", "111122223333/eusc-de-east-1/": "", "111122223333/ap-southeast-7/": "",
		}, nil, nil, []string{
			"aws 111122223333/ap-southeast-7", "aws-cn 111122223333/cn-northwest-1", "aws-iso-e 111122223333/eu-isoe-west-1", "aws-eusc 111122223333/eusc-de-east-1",
			"aws-us-gov 111122223333/us-gov-east-1", "aws-iso 111122223333/us-iso-west-1", "aws-iso-b 111122223333/us-isob-east-1", "aws-iso-f 111122223333/us-isof-south-1",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, found := range discover(t, open(t, folder(t, tt.files), tt.accounts, tt.regions)) {
				got = append(got, found.Partition+" "+found.String())
				if (found.Region == inventory.AnyRegion) != (len(found.Gaps) == 1) {
					t.Errorf("%s has gaps %v", found, found.Gaps)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	nested := map[string]string{"111122223333/eu-west-1/" + vpcs: "{}"}
	tests := []struct {
		name              string
		files             map[string]string
		accounts, regions []string
		want              string
	}{
		{"an empty folder", map[string]string{}, nil, nil, "neither ACCOUNT/REGION/describe-vpcs.json nor describe-vpcs.json itself is there"},
		{"a folder that is no account", map[string]string{"prod/eu-west-1/": ""}, nil, nil, `folder "prod" is no account id`},
		{"an account id too short", map[string]string{"11112222333/eu-west-1/": ""}, nil, nil, `folder "11112222333" is no account id`},
		{"Regions without an account", map[string]string{"eu-west-1/" + vpcs: "{}"}, nil, nil, "folder eu-west-1 is a Region where an account is expected"},
		{"a folder that is no Region", map[string]string{"111122223333/europe/": ""}, nil, nil, `folder "111122223333/europe" is no name of a Region`},
		{"an Availability Zone", map[string]string{"111122223333/us-east-1a/": ""}, nil, nil, `"111122223333/us-east-1a" is no name`},
		{"a hostile name", map[string]string{"\x1b[31m/": ""}, nil, nil, `folder "\x1b[31m" is no account id`},
		{"answers beside Regions", map[string]string{"111122223333/eu-west-1/": "", "111122223333/" + vpcs: "{}"}, nil, nil, `"111122223333/describe-vpcs.json" does not say which Region it is of`},
		{"answers beside accounts", map[string]string{"111122223333/eu-west-1/": "", vpcs: "{}"}, nil, nil, `"describe-vpcs.json" lies beside the folder "111122223333"`},
		{"flat without names", map[string]string{vpcs: "{}"}, nil, nil, "name one account and one Region with --account and --region"},
		{"flat with two Regions", map[string]string{vpcs: "{}"}, []string{account}, []string{"eu-west-1", "eu-west-2"}, "name one account and one Region"},
		{"flat with a glob", map[string]string{vpcs: "{}"}, []string{account}, []string{"eu-*"}, "name one account and one Region"},
		{"flat with a short account", map[string]string{vpcs: "{}"}, []string{"123"}, []string{"eu-west-1"}, "name one account and one Region"},
		{"an account that is not there", nested, []string{"999999999999"}, nil, `no folder of account "999999999999"; there are 111122223333`},
		{"a Region that is nowhere", nested, nil, []string{"eu-west-3"}, `no folder of Region "eu-west-3"; there are eu-west-1`},
		{"a glob without a match", nested, nil, []string{"eu-west-1", "us-*"}, `no folder of Region "us-*"`},
		{"a malformed glob", nested, nil, []string{"eu-["}, `pattern "eu-["`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, tt.files)
			_, err := awscli.New(dir, tt.accounts, tt.regions)
			if err == nil {
				t.Fatal("New succeeded")
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %q holds not both %q and the folder", err, tt.want)
			}
		})
	}
}

func TestNew_refuses_what_is_no_folder(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"file": ""})
	for _, name := range []string{"file", "nowhere"} {
		if _, err := awscli.New(filepath.Join(dir, name), nil, nil); err == nil {
			t.Errorf("New of %s succeeded", name)
		}
	}
}

func TestNew_names_few_of_many_folders(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, last := range "abcdefghijklmnopqrst" {
		files["111122223333/eu-"+strings.Repeat(string(last), 4)+"-1/"] = ""
	}
	_, err := awscli.New(folder(t, files), nil, []string{"us-east-1"})
	if err == nil || !strings.Contains(err.Error(), "and 10 more") {
		t.Errorf("error %v, want one that names ten of the twenty", err)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	elsewhere := folder(t, map[string]string{"eu-west-1/" + vpcs: `{"Vpcs": []}`})

	t.Run("to a folder inside are followed", func(t *testing.T) {
		t.Parallel()
		dir := folder(t, map[string]string{"111122223333/eu-west-1/" + vpcs: `{"Vpcs": []}`})
		link(t, account, filepath.Join(dir, "444455556666"))
		if got := len(discover(t, open(t, dir, nil, nil))); got != 2 {
			t.Errorf("%d scopes, want 2", got)
		}
	})
	t.Run("to a folder outside are refused", func(t *testing.T) {
		t.Parallel()
		dir := folder(t, nil)
		link(t, elsewhere, filepath.Join(dir, account))
		if _, err := awscli.New(dir, nil, nil); err == nil || !strings.Contains(err.Error(), account) {
			t.Errorf("New = %v, want an error that names the link", err)
		}
	})
	t.Run("to a file outside are gaps", func(t *testing.T) {
		t.Parallel()
		dir := folder(t, map[string]string{"111122223333/eu-west-1/": ""})
		link(t, filepath.Join(elsewhere, "eu-west-1", vpcs), filepath.Join(dir, account, "eu-west-1", vpcs))
		s := open(t, dir, nil, nil)
		inv := s.Read(t.Context(), discover(t, s)[0], []inventory.Kind{inventory.VPCs})
		if len(inv.Gaps) != 1 || !strings.Contains(inv.Gaps[0].Message, "escapes") {
			t.Errorf("gaps %v, want one that says the path escapes", inv.Gaps)
		}
	})
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}
