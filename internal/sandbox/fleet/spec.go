package fleet

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/agext/levenshtein"
)

// Share is a part of a whole, from 0 to 1; percentages when written.
type Share float64

// Spec says what a fleet is like and what goes wrong in it. See Keys for what each field means.
type Spec struct {
	Accounts   int
	Regions    int
	Seed       uint64
	Management string // account id; made from the seed when empty
	Role       string
	ExternalID string
	Session    time.Duration

	VPCs       float64
	DefaultVPC Share
	Recorded   Share
	Broken     Share
	Crowded    Share
	Crowd      int
	OptedIn    Share
	Hostile    Share
	Shared     Share
	Foreign    Share

	Suspended     Share
	Denied        Share
	Hanging       Share
	RegionsDenied Share
	ListsDenied   Share
	SCP           Share
	Throttled     Share
	Errors        Share
	PagesLost     Share
	RegionsHidden Share
	ListRegions   bool

	Latency    time.Duration
	Jitter     time.Duration
	Throttle   bool
	PageSize   int
	EmptyPages Share
}

// Key is one word of the text form.
type Key struct {
	Name    string
	Default string
	Says    string // what it means, for the help

	set func(*Spec, string) error
}

// Keys lists everything that a fleet's text can say, in the order of the documentation.
func Keys() []Key {
	return []Key{
		{"accounts", "100", "accounts in the organisation", whole(1, 1_000_000, func(s *Spec) *int { return &s.Accounts })},
		{"regions", "17", "Regions that every account has enabled; the others are there and disabled", whole(1, 34, func(s *Spec) *int { return &s.Regions })},
		{"seed", "1", "another number makes another fleet of the same kind", seed},
		{"management", "", "id of the management account, which any access key reaches; from the seed when not given", management},
		{"role", "flowproof-read", "the role that can be assumed in each account", word(func(s *Spec) *string { return &s.Role })},
		{"external-id", "", "what sts:AssumeRole must name", word(func(s *Spec) *string { return &s.ExternalID })},
		{"session", "1h", "how long an assumed role's credentials work at most", duration(time.Second, 12*time.Hour, func(s *Spec) *time.Duration { return &s.Session })},

		{"vpcs", "1", "VPCs in a Region beside the default one, on average", average},
		{"default-vpcs", "100%", "Regions that have their default VPC", share(func(s *Spec) *Share { return &s.DefaultVPC })},
		{"recorded", "70%", "VPCs that have a working flow log (of the default ones half as many)", share(func(s *Spec) *Share { return &s.Recorded })},
		{"broken", "60%", "of the others, those with a flow log that fails, is off, or is on a part of the VPC", share(func(s *Spec) *Share { return &s.Broken })},
		{"crowded", "0.05%", "Regions with very many VPCs", share(func(s *Spec) *Share { return &s.Crowded })},
		{"crowd", "1200", "VPCs in a crowded Region", whole(1, 5000, func(s *Spec) *int { return &s.Crowd })},
		{"opted-in", "0", "opt-in Regions beyond the first that an account has enabled", share(func(s *Spec) *Share { return &s.OptedIn })},
		{"hostile", "1%", "names made to deceive a terminal, a browser or a spreadsheet", share(func(s *Spec) *Share { return &s.Hostile })},
		{"shared", "0", "Regions that see a VPC shared by another account of the fleet", share(func(s *Spec) *Share { return &s.Shared })},
		{"foreign", "0", "Regions that see a VPC shared from outside the fleet", share(func(s *Spec) *Share { return &s.Foreign })},

		{"suspended", "0", "accounts that are suspended or closed", share(func(s *Spec) *Share { return &s.Suspended })},
		{"denied", "0", "accounts whose role cannot be assumed", share(func(s *Spec) *Share { return &s.Denied })},
		{"hanging", "0", "accounts that never answer once they are entered", share(func(s *Spec) *Share { return &s.Hanging })},
		{"regions-denied", "0", "Regions of an account in which the role may list nothing", share(func(s *Spec) *Share { return &s.RegionsDenied })},
		{"lists-denied", "0", "Regions in which one of the two lists is denied", share(func(s *Spec) *Share { return &s.ListsDenied })},
		{"scp", "0", "Regions that a service control policy denies", share(func(s *Spec) *Share { return &s.SCP })},
		{"throttled", "0", "Regions that throttle every call for ever", share(func(s *Spec) *Share { return &s.Throttled })},
		{"errors", "0", "Regions that answer every call with a server error", share(func(s *Spec) *Share { return &s.Errors })},
		{"pages-lost", "0", "Regions in which one of the two lists breaks off after its first page", share(func(s *Spec) *Share { return &s.PagesLost })},
		{"regions-hidden", "0", "accounts in which the role may not list the Regions", share(func(s *Spec) *Share { return &s.RegionsHidden })},
		{"list-regions", "on", "whether administrators may call account:ListRegions", toggle(func(s *Spec) *bool { return &s.ListRegions })},

		{"latency", "0", "what passes before every answer", duration(0, time.Minute, func(s *Spec) *time.Duration { return &s.Latency })},
		{"jitter", "0", "what passes beyond that, at most", duration(0, time.Minute, func(s *Spec) *time.Duration { return &s.Jitter })},
		{"throttle", "on", "buckets of 100 calls that refill by 20 a second, for each account, Region and action", toggle(func(s *Spec) *bool { return &s.Throttle })},
		{"page-size", "1000", "the most that a page of EC2 holds", whole(5, 1000, func(s *Spec) *int { return &s.PageSize })},
		{"empty-pages", "10%", "pages of accounts that are empty although more follow", share(func(s *Spec) *Share { return &s.EmptyPages })},
	}
}

// Parse reads a fleet's text: KEY=VALUE, separated by commas. What it does not name has its
// default. A word that it does not know is an error that names the nearest one.
func Parse(text string) (Spec, error) {
	var s Spec
	keys, given := Keys(), map[string]bool{}
	for _, k := range keys {
		if err := k.set(&s, k.Default); err != nil {
			return Spec{}, fmt.Errorf("the default of %s: %w", k.Name, err)
		}
	}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return Spec{}, fmt.Errorf("%q: want KEY=VALUE", part)
		}
		k, known := keyNamed(keys, name)
		switch {
		case !known:
			return Spec{}, fmt.Errorf("no key %q; did you mean %s?", name, nearest(keys, name))
		case given[name]:
			return Spec{}, fmt.Errorf("%s is there twice", name)
		}
		given[name] = true
		if err := k.set(&s, value); err != nil {
			return Spec{}, fmt.Errorf("%s=%s: %w", name, value, err)
		}
	}
	return s, nil
}

func keyNamed(keys []Key, name string) (Key, bool) {
	for _, k := range keys {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

func nearest(keys []Key, name string) string {
	best, at := "", 0
	for _, k := range keys {
		if d := levenshtein.Distance(name, k.Name, nil); best == "" || d < at {
			best, at = k.Name, d
		}
	}
	return best
}

func whole(least, most int, field func(*Spec) *int) func(*Spec, string) error {
	return func(s *Spec, text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want a number from %d to %d", least, most)
		}
		*field(s) = n
		return nil
	}
}

func seed(s *Spec, text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("want a number from 0")
	}
	s.Seed = n
	return nil
}

func management(s *Spec, text string) error {
	if n, err := strconv.ParseUint(text, 10, 64); text != "" && (err != nil || len(text) != 12 || n < idBase) {
		return fmt.Errorf("want an account id of twelve digits that does not begin with 0")
	}
	s.Management = text
	return nil
}

// average bounds the VPCs of a Region so that its list stays one that AWS could give.
func average(s *Spec, text string) error {
	const most = 500
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0 && v <= most) {
		return fmt.Errorf("want a number from 0 to %d, such as 1.5", most)
	}
	s.VPCs = v
	return nil
}

func word(field func(*Spec) *string) func(*Spec, string) error {
	return func(s *Spec, text string) error {
		*field(s) = text
		return nil
	}
}

func share(field func(*Spec) *Share) func(*Spec, string) error {
	return func(s *Spec, text string) error {
		number, percent := strings.CutSuffix(text, "%")
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || !(v >= 0 && v <= 100) || !percent && v != 0 {
			return fmt.Errorf("want a percentage, such as 2%% or 0.1%%")
		}
		*field(s) = Share(v / 100)
		return nil
	}
}

func duration(least, most time.Duration, field func(*Spec) *time.Duration) func(*Spec, string) error {
	return func(s *Spec, text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d < least || d > most {
			return fmt.Errorf("want a time from %v to %v, such as 30ms", least, most)
		}
		*field(s) = d
		return nil
	}
}

func toggle(field func(*Spec) *bool) func(*Spec, string) error {
	return func(s *Spec, text string) error {
		if text != "on" && text != "off" {
			return fmt.Errorf("want on or off")
		}
		*field(s) = text == "on"
		return nil
	}
}
