// Package deps says which of our packages may import which, and what else they may not use, each
// ban with its reason (table.go). It parses the files itself: a test that asks the go command is
// answered from the test cache after an import was added. It refuses to judge size or style.
package deps

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Check returns what the Go files under root do against the tables, one sentence each, and what
// the tables say of packages that do not exist.
func Check(root fs.FS) ([]string, error) {
	files, err := read(root)
	if err != nil {
		return nil, err
	}
	return rules{rows: rows(), bans: bans(), uses: uses(), testsMayNot: testsMayNot()}.check(files), nil
}

type rules struct {
	rows        []row
	bans        []ban
	uses        []use
	testsMayNot []string
}

func (r rules) check(files []file) []string {
	var wrong []string
	for _, f := range files {
		i := slices.IndexFunc(r.rows, func(row row) bool { return matches(row.folder, f.folder()) })
		if i < 0 {
			wrong = append(wrong, fmt.Sprintf("%s: no row says what %s may import: add one to internal/deps/table.go", f.name, f.folder()))
			continue
		}
		wrong = append(wrong, r.ours(f, r.rows[i])...)
		if f.inits {
			wrong = append(wrong, f.name+": declares func init: what runs because of an import cannot be chosen, ordered or tested by its caller")
		}
		if !f.isTest() {
			wrong = append(wrong, r.banned(f)...)
			wrong = append(wrong, r.used(f)...)
		}
	}
	return append(wrong, r.stale(files)...)
}

// ours holds a file to its package's row.
func (r rules) ours(f file, row row) []string {
	var wrong []string
	for imported := range f.imports {
		folder, ours := strings.CutPrefix(imported, module+"/")
		switch {
		case !ours || f.isTest() && folder == f.folder():
		case f.isTest() && matchesAny(r.testsMayNot, folder) && !matchesAny(row.may, folder):
			wrong = append(wrong, fmt.Sprintf("%s: a test may not import %s: it lies above what is tested", f.name, folder))
		case !f.isTest() && !matchesAny(row.may, folder):
			allowed := "nothing of ours"
			if len(row.may) > 0 {
				allowed = strings.Join(row.may, ", ")
			}
			wrong = append(wrong, fmt.Sprintf("%s: imports %s; %s may import %s", f.name, folder, row.folder, allowed))
		}
	}
	slices.Sort(wrong)
	return wrong
}

func (r rules) banned(f file) []string {
	var wrong []string
	for _, b := range r.bans {
		if len(b.within) > 0 && !covers(b.within, f) || covers(b.only, f) {
			continue
		}
		for imported := range f.imports {
			if b.holds(imported) {
				wrong = append(wrong, fmt.Sprintf("%s: imports %s: %s", f.name, imported, b.reason))
			}
		}
	}
	slices.Sort(wrong)
	return wrong
}

func (b ban) holds(imported string) bool {
	base, below := strings.CutSuffix(b.path, "/...")
	return imported == base || below && strings.HasPrefix(imported, base+"/")
}

func (r rules) used(f file) []string {
	var wrong []string
	for _, u := range r.uses {
		if !covers(u.within, f) || covers(u.only, f) {
			continue
		}
		if f.imports[u.path] == "." {
			wrong = append(wrong, fmt.Sprintf("%s: imports the names of %s as its own, so that nobody sees which it uses", f.name, u.path))
		}
		for _, name := range u.names {
			if f.selected[u.path][name] {
				wrong = append(wrong, fmt.Sprintf("%s: uses %s.%s: %s", f.name, u.path, name, u.reason))
			}
		}
	}
	return wrong
}

// stale finds names in the tables that no file stands behind any more: a ban that names nothing
// guards nothing.
func (r rules) stale(files []file) []string {
	names := slices.Clone(r.testsMayNot)
	for _, row := range r.rows {
		names = append(names, row.folder)
		names = append(names, row.may...)
	}
	for _, b := range r.bans {
		names = slices.Concat(names, b.within, b.only)
	}
	for _, u := range r.uses {
		names = slices.Concat(names, u.within, u.only)
	}
	slices.Sort(names)
	var wrong []string
	for _, name := range slices.Compact(names) {
		if !slices.ContainsFunc(files, func(f file) bool { return covers([]string{name}, f) }) {
			wrong = append(wrong, fmt.Sprintf("internal/deps/table.go: %s does not exist", name))
		}
	}
	return wrong
}

// covers tells whether one of the folders and files is the file's own.
func covers(names []string, f file) bool {
	return slices.Contains(names, f.name) || matchesAny(names, f.folder())
}

func matchesAny(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, folder) })
}

// matches ignores malformed patterns: a test holds the tables to have none.
func matches(pattern, folder string) bool {
	ok, err := path.Match(pattern, folder)
	return ok && err == nil
}
