package awscli

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"flowproof/internal/inventory"
)

// lookThrough finds the scopes, nested or flat.
func (s *Source) lookThrough(accounts, regions []string) error {
	if err := checkGlobs(slices.Concat(accounts, regions)); err != nil {
		return err
	}
	answers, folders, err := s.list(".")
	if err != nil {
		return err
	}
	switch {
	case len(answers) > 0 && len(folders) > 0:
		return fmt.Errorf("%q lies beside the folder %q: keep either one account and Region flat, or a folder for each account", answers[0], folders[0])
	case len(answers) > 0:
		return s.takeFlat(accounts, regions)
	case len(folders) == 0:
		return fmt.Errorf("neither ACCOUNT/REGION/%[1]s nor %[1]s itself is there", fileOfVPCs)
	}
	return s.takeNested(folders, accounts, regions)
}

// takeFlat is the layout in which the folder does not say whose answers it holds.
func (s *Source) takeFlat(accounts, regions []string) error {
	if len(accounts) != 1 || !accountName.MatchString(accounts[0]) || len(regions) != 1 || !regionName.MatchString(regions[0]) {
		return fmt.Errorf("the answers lie in the folder itself, which does not say whose they are: name one account and one Region with --account and --region")
	}
	s.flat = true
	s.targets = []inventory.Target{target(accounts[0], regions[0])}
	return nil
}

func (s *Source) takeNested(folders, accounts, regions []string) error {
	for _, name := range folders {
		switch {
		case accountName.MatchString(name):
		case regionName.MatchString(name):
			return fmt.Errorf("folder %s is a Region where an account is expected: lay it out as ACCOUNT/REGION/%s", name, fileOfVPCs)
		default:
			return fmt.Errorf("folder %q is no account id of 12 digits", name)
		}
	}
	chosen, err := choose("account", folders, accounts)
	if err != nil {
		return err
	}
	found := map[string][]string{}
	var all []string
	for _, account := range chosen {
		if found[account], err = s.regionsOf(account); err != nil {
			return err
		}
		all = append(all, found[account]...)
	}
	slices.Sort(all)
	if _, err := choose("Region", slices.Compact(all), regions); err != nil {
		return err
	}
	for _, account := range chosen {
		s.takeAccount(account, found[account], regions)
	}
	return nil
}

// regionsOf lists the folders of one account.
func (s *Source) regionsOf(account string) ([]string, error) {
	answers, folders, err := s.list(account)
	if err != nil {
		return nil, err
	}
	if len(answers) > 0 {
		return nil, fmt.Errorf("%q does not say which Region it is of: move it into %s/REGION/", account+"/"+answers[0], account)
	}
	for _, name := range folders {
		if !regionName.MatchString(name) {
			return nil, fmt.Errorf("folder %q is no name of a Region", account+"/"+name)
		}
	}
	return folders, nil
}

// takeAccount adds the account's scopes: the folders that match, and the Regions that were asked
// for by name, whether or not there is a folder. An account without any gets a row that says so.
func (s *Source) takeAccount(account string, folders, regions []string) {
	if len(folders) == 0 {
		t := target(account, inventory.AnyRegion)
		t.Gaps = []inventory.Gap{{
			Kind: inventory.Regions, API: account, Cause: inventory.Incomplete,
			Message: "the account's folder holds no folder of a Region: save the answers as " + path.Join(account, "REGION", fileOfVPCs),
		}}
		s.targets = append(s.targets, t)
		return
	}
	wanted := slices.DeleteFunc(slices.Clone(folders), func(name string) bool {
		return len(regions) > 0 && !matchesAny(regions, name)
	})
	for _, r := range regions {
		if !isGlob(r) {
			wanted = append(wanted, r)
		}
	}
	slices.Sort(wanted)
	for _, region := range slices.Compact(wanted) {
		s.targets = append(s.targets, target(account, region))
	}
}

func target(account, region string) inventory.Target {
	return inventory.Target{Scope: inventory.Scope{Partition: partition(region), Account: account, Region: region}}
}

// list returns the answers and the folders in a folder, by name. A link is what it leads to;
// one that leads nowhere, or out of the source's folder, is an error.
func (s *Source) list(dir string) (answers, folders []string, err error) {
	entries, err := fs.ReadDir(s.root.FS(), dir)
	if err != nil {
		return nil, nil, fmt.Errorf("list the folder: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		info, err := fs.Stat(s.root.FS(), path.Join(dir, e.Name()))
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("look at an entry of the folder: %w", err)
		case info.IsDir():
			folders = append(folders, e.Name())
		case strings.HasPrefix(e.Name(), "describe-") && strings.HasSuffix(e.Name(), ".json"):
			answers = append(answers, e.Name())
		}
	}
	return answers, folders, nil
}

// choose filters names. A filter that none of them matches is an error, since nothing
// would be read for it and nothing would say so.
func choose(what string, names, filters []string) ([]string, error) {
	if len(filters) == 0 {
		return names, nil
	}
	for _, f := range filters {
		if !slices.ContainsFunc(names, func(name string) bool { return matchesAny([]string{f}, name) }) {
			return nil, fmt.Errorf("no folder of %s %q; there are %s", what, f, some(names))
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !matchesAny(filters, name) }), nil
}

func checkGlobs(globs []string) error {
	for _, g := range globs {
		if _, err := path.Match(g, ""); err != nil {
			return fmt.Errorf("pattern %q: %w", g, err)
		}
	}
	return nil
}

// matchesAny ignores malformed globs: checkGlobs has refused them.
func matchesAny(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(g string) bool {
		ok, err := path.Match(g, name)
		return ok && err == nil
	})
}

func isGlob(s string) bool { return strings.ContainsAny(s, `*?[\`) }

// some is a list that stays readable however long it is.
func some(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
