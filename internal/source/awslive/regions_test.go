package awslive

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flowproof/internal/inventory"
)

func TestHomeRegion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		regions    []string
		configured string
		want       string
		wantErr    string
	}{
		{"nobody names one", nil, "", "us-east-1", ""},
		{"environment or profile", nil, "eu-west-1", "eu-west-1", ""},
		{"named in our partition, where they may be disabled", []string{"eu-west-2", "me-south-1"}, "", "us-east-1", ""},
		{"configured wins over named", []string{"eu-west-2"}, "eu-west-1", "eu-west-1", ""},
		{"China by plain name", []string{"cn-north-1"}, "", "cn-north-1", ""},
		{"China by glob alone", []string{"cn-*"}, "", "", "set AWS_REGION"},
		{"GovCloud by glob alone", []string{"us-gov-*"}, "", "", "set AWS_REGION"},
		{"GovCloud by glob with its home", []string{"us-gov-*"}, "us-gov-west-1", "us-gov-west-1", ""},
		{"two partitions", []string{"cn-north-1", "us-east-1"}, "", "", "set AWS_REGION"},
		{"glob over several partitions means ours", []string{"us-*"}, "", "us-east-1", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := parseRegions(tt.regions)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.homeRegion(tt.configured)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("error = %v, want one with %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("homeRegion = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestRegionsThatAreNoRegions(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"", "Ireland", "eu-west-1a", "eu-[", "../etc", "eu-west-1 "} {
		if _, err := parseRegions([]string{arg}); err == nil {
			t.Errorf("%q was taken for a Region", arg)
		}
	}
}

// TestBuiltInRegionsAreThoseOfBotocore holds the built-in list to the one that the official AWS
// CLI ships; `make venv` installs it.
func TestBuiltInRegionsAreThoseOfBotocore(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../.venv/lib/python3*/site-packages/botocore/data/partitions.json")
	if err != nil || len(files) != 1 {
		t.Fatalf("botocore's partitions.json: found %v, %v; run make venv", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var known struct {
		Partitions []struct {
			ID      string
			Regions map[string]any // with those that stand for a whole partition, such as aws-global
		}
	}
	if err := json.Unmarshal(raw, &known); err != nil {
		t.Fatal(err)
	}
	for _, p := range known.Partitions {
		var want, got []string
		for name := range p.Regions {
			if strings.HasSuffix(name, "-global") {
				continue
			}
			want = append(want, name)
			if of := inventory.PartitionOf(name); of != p.ID {
				t.Errorf("PartitionOf(%s) = %s, want %s", name, of, p.ID)
			}
		}
		for _, r := range inventory.KnownRegions(p.ID) {
			got = append(got, r.Name)
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: built in %v, botocore has %v", p.ID, got, want)
		}
	}
}
