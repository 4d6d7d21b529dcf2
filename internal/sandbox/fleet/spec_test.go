package fleet

import (
	"strings"
	"testing"
	"time"
)

func TestTextDescribesFleet(t *testing.T) {
	t.Parallel()
	s, err := Parse("accounts=10000, regions=20,denied=2%,hanging=0.1%,latency=30ms,throttle=off,management=111122223333,vpcs=1.5")
	if err != nil {
		t.Fatal(err)
	}
	if s.Accounts != 10000 || s.Regions != 20 || s.Latency != 30*time.Millisecond || s.Throttle || s.Management != "111122223333" || s.VPCs != 1.5 {
		t.Errorf("got %+v", s)
	}
	if s.Denied != 0.02 || s.Hanging != 0.001 || s.Role != "flowproof-read" || !s.ListRegions {
		t.Errorf("shares or defaults: got %+v", s)
	}
}

func TestTextRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"acounts=5":                   "did you mean accounts?",
		"list-denied=5%":              "did you mean lists-denied?",
		"accounts":                    "want KEY=VALUE",
		"accounts=0":                  "want a number from 1 to",
		"accounts=5,accounts=6":       "is there twice",
		"regions=35":                  "want a number from 1 to 34",
		"denied=2":                    "want a percentage",
		"denied=101%":                 "want a percentage",
		"denied=NaN%":                 "want a percentage",
		"vpcs=-1":                     "want a number from 0",
		"latency=30":                  "want a time",
		"latency=2m":                  "want a time from 0s to 1m0s",
		"throttle=yes":                "want on or off",
		"management=11112222333":      "twelve digits",
		"management=011122223333":     "does not begin with 0",
		"seed=-1":                     "want a number from 0",
		"page-size=4":                 "want a number from 5 to 1000",
		"accounts=5,,regions=x":       "regions=x",
		"accounts=10000000000000000%": "accounts=",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", text, err, want)
		}
	}
}

func TestEveryKeyIsDocumentedAndKeepsItsDefault(t *testing.T) {
	t.Parallel()
	whole, err := Parse("")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Keys() {
		s, err := Parse(k.Name + "=" + k.Default)
		if err != nil || s != whole || k.Says == "" {
			t.Errorf("%s=%s: got %+v, error %v", k.Name, k.Default, s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("accounts=5,denied=2%,latency=30ms")
	f.Add("=,=1,,accounts==")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		if s.Accounts < 1 || s.Regions < 1 || s.Denied < 0 || s.Denied > 1 || s.PageSize < 5 {
			t.Errorf("%q was taken as %+v", text, s)
		}
	})
}
