package remediate

import (
	"math"
	"strings"
	"testing"
	"time"

	"flowproof/internal/inventory"
)

func TestRatesFallWithVolume(t *testing.T) {
	t.Parallel()
	table, err := loadPrices()
	if err != nil {
		t.Fatal(err)
	}
	rates := []float64{0.50, 0.25, 0.10, 0.05}
	for gb, want := range map[float64]float64{
		0: 0, 100: 50, 10240: 5120, 10240 + 1000: 5120 + 250, 30720: 5120 + 5120, 51200 + 1000: 5120 + 5120 + 2048 + 50,
	} {
		if got := table.tiered(gb, rates); math.Abs(got-want) > 1e-6 {
			t.Errorf("%v GB cost %v, want %v", gb, got, want)
		}
	}
	if _, err := time.Parse(time.DateOnly, table.Date); err != nil || table.Source == "" {
		t.Errorf("the table is of %q from %q", table.Date, table.Source)
	}
}

// TestNoNumberStandsWithoutItsAssumption looks at the estimate in each way that it can come about.
func TestNoNumberStandsWithoutItsAssumption(t *testing.T) {
	t.Parallel()
	given := func(p *Policy) { p.GBPerVPC = 100 }
	for name, test := range map[string]struct {
		region string
		policy func(*Policy)
		there  func(*inventory.Inventory)
		want   float64 // of each flow log; below 0 for unknown
		basis  string
		about  string // part of the assumptions
	}{
		"nothing known":            {want: -1, basis: "no volume was given"},
		"given":                    {policy: given, want: 55.40, basis: "100 GB a month, as given", about: "365 days are held, compressed to 15 %"},
		"given, with its rates":    {policy: given, want: 55.40, basis: "as given", about: "0.5 USD a GB for delivery, 0.25 above 10 TB a month, 0.1 above 30 TB a month, 0.05 above 50 TB a month, and 0.03 USD a GB and month for storage of 15 % of it in us-east-1"},
		"given elsewhere":          {region: "sa-east-1", policy: given, want: 55.40, basis: "as given", about: "rates of us-east-1 for sa-east-1"},
		"given in Tokyo":           {region: "ap-northeast-1", policy: given, want: 100*.76 + 100*12*.15*.033, basis: "as given", about: "0.76 USD a GB for delivery"},
		"given in China":           {region: "cn-north-1", policy: given, want: -1, basis: "no rates of aws-cn"},
		"given for S3":             {policy: func(p *Policy) { given(p); *p = s3Like(*p) }, want: 25, basis: "as given", about: "storage and requests"},
		"given for S3 as parquet":  {policy: func(p *Policy) { given(p); *p = s3Like(*p); p.FileFormat = "parquet" }, want: 28.50, basis: "as given", about: "0.035 USD a GB for conversion"},
		"measured":                 {there: holding(30, 0), want: 30.42*.50 + 30.42*12*.15*.03, basis: "MyFlowLogs holds 30 GB of 30 days, from 1 flow log", about: "says it stores"},
		"measured under retention": {there: holding(300, 10), want: 912.5*.50 + 912.5*12*.15*.03, basis: "of 10 days"},
		"measured for an hour": {there: func(inv *inventory.Inventory) {
			holding(30, 0)(inv)
			inv.Named.LogGroups[0].Created = readTime.Add(-time.Hour)
		}, want: -1, basis: "none was measured"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			region := "us-east-1"
			if test.region != "" {
				region = test.region
			}
			inv, policy := readScope(region, "vpc-a"), DefaultPolicy()
			if test.policy != nil {
				test.policy(&policy)
			}
			addDestinations(&inv)
			if test.there != nil {
				test.there(&inv)
			}
			p := built(t, judged(policy, inv))
			s := stepOf(t, p, CreateFlowLog, "vpc-a")
			if !strings.Contains(s.Cost.Basis, test.basis) {
				t.Errorf("the basis is %q, want %q", s.Cost.Basis, test.basis)
			}
			if test.want < 0 {
				if s.Cost.Monthly != nil || p.Cost.Monthly != nil || p.Cost.Unknown != 1 {
					t.Errorf("a number where nothing is known: %v, %+v", s.Cost.Monthly, p.Cost)
				}
				return
			}
			if s.Cost.Monthly == nil || math.Abs(*s.Cost.Monthly-test.want) > 0.01 {
				t.Fatalf("got %v, want %v", s.Cost.Monthly, test.want)
			}
			if all := strings.Join(p.Cost.Assumptions, "; "); all == "" || !strings.Contains(all, test.about) {
				t.Errorf("assumed: %s", all)
			}
		})
	}
}

func s3Like(p Policy) Policy {
	p.Destination, p.Bucket, p.ChangeExisting = ToS3, centralARN, true
	return p
}

// holding is a group of a month that holds so much, kept for so many days (0 for ever).
func holding(gb int64, retention int32) func(*inventory.Inventory) {
	return func(inv *inventory.Inventory) {
		inv.Named.LogGroups = []inventory.LogGroup{{
			Name: "MyFlowLogs", StoredBytes: gb << 30, RetentionDays: retention, Created: readTime.Add(-30 * 24 * time.Hour),
		}}
	}
}
