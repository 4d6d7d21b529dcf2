package framework

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// The data files are read here, and not by the program: reading YAML took it longer than reading an
// account. What they come to is catalogue.json, which a test holds to them.

// read decodes every data file, checks it and puts the frameworks in order.
func read(files fs.FS) ([]Framework, error) {
	names, err := fs.Glob(files, "data/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list data files: %w", err)
	}
	var frameworks []Framework
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		f, err := decode(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); f.ID != want {
			return nil, fmt.Errorf("%s: id is %q, not the file's name", name, f.ID)
		}
		frameworks = append(frameworks, f)
	}
	slices.SortFunc(frameworks, func(a, b Framework) int { return compareIDs(a.ID, b.ID) })
	return frameworks, nil
}

// decode reads one framework. A key that it does not know, a key given twice and a second
// document are errors: a misspelt word must not lose a row in silence.
func decode(content []byte) (Framework, error) {
	var f Framework
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return f, err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return f, errors.New("more than one document")
	}
	return f, f.check()
}

func (f Framework) check() error {
	if f.ID == "" || f.Name == "" || f.Version == "" {
		return errors.New("a framework needs id, name and version")
	}
	if len(f.Controls) == 0 {
		return errors.New("no controls")
	}
	seen := map[string]bool{}
	for _, c := range f.Controls {
		if c.ID == "" || c.Title == "" {
			return fmt.Errorf("control %q needs an id and a title", c.ID)
		}
		if seen[c.ID] {
			return fmt.Errorf("control %s stands twice", c.ID)
		}
		seen[c.ID] = true
		if err := c.check(); err != nil {
			return fmt.Errorf("control %s: %w", c.ID, err)
		}
	}
	return nil
}

func (c Control) check() error {
	if len(c.Rules) == 0 {
		return errors.New("no rules")
	}
	seen := map[string]bool{}
	for _, row := range c.Rules {
		if seen[row.Rule] {
			return fmt.Errorf("rule %s stands twice", row.Rule)
		}
		seen[row.Rule] = true
		if err := row.check(); err != nil {
			return fmt.Errorf("rule %q: %w", row.Rule, err)
		}
	}
	return nil
}

func (r Row) check() error {
	if !isKebab(r.Rule) {
		return errors.New("not a rule id: lower-case words joined by dashes")
	}
	if !slices.Contains(Strengths(), r.Strength) {
		return fmt.Errorf("unknown strength %q: direct, supporting or derived", r.Strength)
	}
	if strings.TrimSpace(r.Source) == "" {
		return errors.New("no source")
	}
	if r.Date == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, r.Date); err != nil {
		return fmt.Errorf("date %q is not YYYY-MM-DD", r.Date)
	}
	return nil
}

// isKebab reports whether id is lower-case words joined by dashes, at least two of them.
func isKebab(id string) bool { return kebab().MatchString(id) }

// kebab is compiled when the catalogue is read, not when the program starts.
var kebab = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
})
