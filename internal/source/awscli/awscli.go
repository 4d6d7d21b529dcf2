// Package awscli reads what a person saved with the AWS CLI: one folder for each account,
// in it one folder for each Region, in it the answers under the names of their commands,
// such as describe-vpcs.json. One account and Region may lie flat in the folder, if they are
// named. It is lenient about what an answer may leave out, and strict about whatever
// would make a list look shorter than it is: that is a gap, never an empty list. It
// calls no API, follows no path out of the folder, and writes nothing.
package awscli

import (
	"context"
	"fmt"
	"os"

	"flowproof/internal/inventory"
)

// Source is a folder of saved answers.
type Source struct {
	root    *os.Root
	flat    bool // the answers lie in the folder itself
	targets []inventory.Target
}

// New looks through the folders in dir and returns a source of those that the filters choose.
// Accounts and regions are plain names or globs; none means all. A plain Region is expected of
// every chosen account, so that a folder which is missing becomes gaps. The error names
// whatever in dir cannot be placed: nothing there is passed over but hidden entries, and
// files that are no answers.
func New(dir string, accounts, regions []string) (*Source, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of saved AWS CLI output: %w", err)
	}
	s := &Source{root: root}
	if err := s.lookThrough(accounts, regions); err != nil {
		_ = root.Close() // nothing was written; the first error is the one to tell
		return nil, fmt.Errorf("saved AWS CLI output in %s: %w", dir, err)
	}
	return s, nil
}

// Discover tells of every scope that [New] found. It knows them all beforehand, so a cancelled
// context takes none away: reading turns them into gaps.
func (s *Source) Discover(_ context.Context, found func(inventory.Target) error) error {
	for _, t := range s.targets {
		if err := found(t); err != nil {
			return err
		}
	}
	return nil
}

// Calls is 0: nothing is asked of AWS.
func (s *Source) Calls() int64 { return 0 }

// Throttles implements scan.Source.
func (s *Source) Throttles() int64 { return 0 }

// Accounts implements scan.Source: nobody counts.
func (s *Source) Accounts() int { return 0 }

// Close lets go of the folder.
func (s *Source) Close() error { return s.root.Close() }
