package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds of EC2 lists (API reference; the cap on filter values is observed).
const (
	minPage         = 5
	maxPage         = 1000
	maxFilterValues = 200
)

// filter is one Filter.N of a call: a row passes when one of the values matches, with
// the wildcards * and ?.
type filter struct {
	name   string
	values []string
}

// filters reads the filters of a call.
func filters(c *call) ([]filter, error) {
	var out []filter
	count := 0
	c.form.each("Filter", "Name", func(prefix string) {
		f := filter{name: c.form.get(prefix + "Name"), values: c.form.list(prefix + "Value")}
		count += len(f.values)
		out = append(out, f)
	})
	if count > maxFilterValues {
		return nil, badRequest("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
	}
	for _, f := range out {
		if len(f.values) == 0 {
			return nil, badRequest("InvalidParameterValue", "The filter '"+f.name+"' has no values")
		}
	}
	return out, nil
}

func (f filter) match(value string) bool {
	return slices.ContainsFunc(f.values, func(v string) bool { return wildcard(v, value) })
}

// matchTags judges a filter on tags; mine is false when the filter is about
// something else.
func (f filter) matchTags(tags []tag) (ok, mine bool) {
	key, onKey := strings.CutPrefix(f.name, "tag:")
	if !onKey && f.name != "tag-key" {
		return false, false
	}
	for _, t := range tags {
		if onKey && t.Key == key && f.match(t.Value) || !onKey && f.match(t.Key) {
			return true, true
		}
	}
	return false, true
}

// kind describes one kind of EC2 resource to list it.
type kind[T any] struct {
	prefix  string // of ids: "vpc"
	idParam string // "VpcId"
	code    string // of errors: "InvalidVpcID"
	noun    string // in messages: "vpc ID"
	tags    func(T) []tag
	fields  map[string]func(T) string // filter name -> value
}

// listing is one page of a list.
type listing[T any] struct {
	rows []row[T]
	next string
}

// list answers the common part of every EC2 list: ids, filters, and pages.
func list[T any](c *call, t *table[T], k *kind[T]) (listing[T], error) {
	var none listing[T]
	want, err := filters(c)
	if err != nil {
		return none, err
	}
	for _, f := range want {
		if _, ok := k.fields[f.name]; !ok && f.name != "tag-key" && !strings.HasPrefix(f.name, "tag:") {
			return none, badRequest("InvalidParameterValue", "The filter '"+f.name+"' is invalid")
		}
	}
	size, after, err := paging(c)
	if err != nil {
		return none, err
	}
	ids := c.form.list(k.idParam)
	for _, id := range ids {
		if err := k.mustExist(t, id); err != nil {
			return none, err
		}
	}
	if err := dryRun(c); err != nil {
		return none, err
	}
	rows := t.after(after)
	if len(ids) > 0 || len(want) > 0 {
		rows = k.choose(rows, ids, want)
	}
	page, next := pageFrom(c, rows, size)
	return listing[T]{page, next}, nil
}

// choose keeps the rows that are asked for by id and that pass every filter.
func (k *kind[T]) choose(rows []row[T], ids []string, want []filter) []row[T] {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	var out []row[T]
	for _, r := range rows {
		if len(ids) > 0 && !wanted[r.id] {
			continue
		}
		if k.passes(r.value, want) {
			out = append(out, r)
		}
	}
	return out
}

func (k *kind[T]) passes(v T, want []filter) bool {
	for _, f := range want {
		ok, mine := f.matchTags(k.tags(v))
		if !mine {
			ok = f.match(k.fields[f.name](v))
		}
		if !ok {
			return false
		}
	}
	return true
}

var hexID = regexp.MustCompile(`^[0-9a-z]{1,32}$`)

// mustExist gives the error for an id that is malformed or unknown.
func (k *kind[T]) mustExist(t *table[T], id string) error {
	if _, ok := t.get(id); ok {
		return nil
	}
	if tail, ok := strings.CutPrefix(id, k.prefix+"-"); !ok || !hexID.MatchString(tail) {
		return badRequest(k.code+".Malformed", fmt.Sprintf("Invalid id: %q (expecting \"%s-...\")", id, k.prefix))
	}
	return badRequest(k.code+".NotFound", "The "+k.noun+" '"+id+"' does not exist")
}

// paging reads MaxResults and NextToken.
func paging(c *call) (size, after int, err error) {
	size, there, err := c.form.int("MaxResults")
	if err != nil {
		return 0, 0, err
	}
	switch {
	case !there:
		size = maxPage
	case size < minPage:
		return 0, 0, badRequest("InvalidParameterValue", "Value ( "+strconv.Itoa(size)+" ) for parameter maxResults is invalid. Expecting a value greater than 5.")
	case size > maxPage:
		return 0, 0, badRequest("InvalidParameterValue", "Value ( "+strconv.Itoa(size)+" ) for parameter maxResults is invalid. Expecting a value less than or equal to 1000.")
	}
	if token := c.form.get("NextToken"); token != "" {
		t, ok := readToken(c.operation, token)
		if !ok {
			return 0, 0, badToken(c)
		}
		after = t.After
	}
	return size, after, nil
}

// dryRun ends a call that would have succeeded but asked only whether it would.
func dryRun(c *call) error {
	if c.form.bool("DryRun") {
		return &apiError{http.StatusPreconditionFailed, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."}
	}
	return nil
}

// missing is the error for a parameter that has to be there.
func missing(name string) *apiError {
	return badRequest("MissingParameter", "The request must contain the parameter "+name)
}

// newTags reads the TagSpecifications of a creation. Another resource type than the
// one that is created is refused, as EC2 does.
func newTags(c *call, resourceType string) ([]tag, error) {
	var tags []tag
	var err error
	c.form.each("TagSpecification", "ResourceType", func(prefix string) {
		if t := c.form.get(prefix + "ResourceType"); t != resourceType {
			err = badRequest("InvalidParameterValue", "'"+t+"' is not a valid taggable resource type for this operation.")
		}
		tags = append(tags, readTags(c, prefix+"Tag")...)
	})
	return tags, err
}

func readTags(c *call, name string) []tag {
	var tags []tag
	c.form.each(name, "Key", func(prefix string) {
		tags = append(tags, tag{c.form.get(prefix + "Key"), c.form.get(prefix + "Value")})
	})
	return tags
}

func (w *xmlWriter) tagSet(tags []tag) {
	if len(tags) == 0 {
		return
	}
	w.open("tagSet")
	for _, t := range tags {
		w.open("item")
		w.text("key", t.Key)
		w.text("value", t.Value)
		w.close("item")
	}
	w.close("tagSet")
}

// done answers a call that returns nothing but its success.
func done(c *call) error {
	c.xml.bool("return", true)
	return nil
}

func boolText(b bool) string { return strconv.FormatBool(b) }
