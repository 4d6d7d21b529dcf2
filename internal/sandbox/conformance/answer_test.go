package conformance

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// An answer is compared as a tree of map[string]any, []any and string, whatever
// client it came through. Member names begin with a capital letter.

// noCode stands for the code of an error answer that has none, such as an HTML page.
const noCode = "(no code)"

// errorAnswer turns an error that AWS answered into an answer. Any other error, such as
// a refused connection or a request that the SDK did not send, is returned.
func errorAnswer(err error) (any, error) {
	var http *smithyhttp.ResponseError
	if !errors.As(err, &http) || http.HTTPStatusCode() < 300 { // or a body that broke off
		return nil, err
	}
	answer := map[string]any{"Code": noCode, "Status": strconv.Itoa(http.HTTPStatusCode())}
	var api smithy.APIError
	if errors.As(err, &api) {
		answer["Code"], answer["Message"] = api.ErrorCode(), api.ErrorMessage()
	}
	return map[string]any{"Error": answer}, nil
}

// treeOf turns an SDK output or decoded JSON into a tree. What is empty is left
// out: whether a list is missing or empty is no difference that a client can rely on.
func treeOf(answer any) any {
	if t, ok := answer.(time.Time); ok {
		return t.UTC().Format(time.RFC3339)
	}
	switch v := reflect.ValueOf(answer); v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return treeOf(v.Elem().Interface())
	case reflect.Struct:
		tree := make(map[string]any)
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "ResultMetadata" {
				put(tree, f.Name, v.Field(i).Interface())
			}
		}
		return tree
	case reflect.Map:
		tree := make(map[string]any)
		for _, k := range v.MapKeys() {
			put(tree, k.String(), v.MapIndex(k).Interface())
		}
		return tree
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range v.Len() {
			list[i] = treeOf(v.Index(i).Interface())
		}
		return list
	case reflect.Float64: // a number in JSON
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	default:
		return fmt.Sprint(answer)
	}
}

func put(tree map[string]any, name string, value any) {
	switch v := treeOf(value).(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
		tree[capital(name)] = v
	default:
		tree[capital(name)] = v
	}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// find gives the text at a path such as Vpcs.0.VpcId, "" if there is none.
func find(tree any, path string) string {
	if path == "" {
		s, _ := tree.(string)
		return s
	}
	for part := range strings.SplitSeq(path, ".") {
		switch t := tree.(type) {
		case map[string]any:
			tree = t[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(t) {
				return ""
			}
			tree = t[i]
		}
	}
	s, _ := tree.(string)
	return s
}

// keyed turns the lists of a tree whose order AWS leaves open into maps, so that
// their elements are compared by name and not by place. The path of a list may lead
// through others by "*"; by is the field to tell elements by, or "" for a list of texts.
func keyed(tree any, path, by string) any {
	part, rest, deeper := strings.Cut(path, ".")
	switch t := tree.(type) {
	case []any:
		for i, e := range t {
			t[i] = keyed(e, rest, by)
		}
	case map[string]any:
		switch {
		case part == "*":
			for k, e := range t {
				t[k] = keyed(e, rest, by)
			}
		case deeper:
			t[part] = keyed(t[part], rest, by)
		default:
			t[part] = byKey(t[part], by)
		}
	}
	return tree
}

func byKey(tree any, by string) any {
	list, ok := tree.([]any)
	if !ok {
		return tree
	}
	out := make(map[string]any, len(list))
	for i, e := range list {
		key := find(e, by)
		if key == "" {
			key = strconv.Itoa(i)
		}
		out[strings.NewReplacer(".", "_", "/", "_").Replace(key)] = e
	}
	return out
}

// flatten gives the texts of a tree by their paths. A map or list that holds nothing
// does not appear.
func flatten(tree any) map[string]string {
	flat := make(map[string]string)
	var walk func(path string, t any)
	walk = func(path string, t any) {
		switch t := t.(type) {
		case map[string]any:
			for k, v := range t {
				walk(join(path, k), v)
			}
		case []any:
			for i, v := range t {
				walk(join(path, strconv.Itoa(i)), v)
			}
		case string:
			flat[path] = t
		}
	}
	walk("", tree)
	return flat
}

func join(path, part string) string {
	if path == "" {
		return part
	}
	return path + "." + part
}

// renamer replaces what each world makes up for itself: ids by their kind and the
// order in which they turn up, times and tokens by their mere presence. One renamer serves
// a whole flow, so that an id is the same in all its steps.
type renamer struct {
	account string
	names   map[string]string // made-up id -> stable name
}

// Fields by what they hold. The names are those of AWS's models.
var (
	timeField  = regexp.MustCompile(`^(.*(Time|Date|Timestamp))$`)
	tokenField = regexp.MustCompile(`^(NextToken|Marker|Next(Forward|Backward)Token|UploadSequenceToken|RequestI[dD])$`)
	idField    = regexp.MustCompile(`^(RoleId|PolicyId|UserId|RequesterId)$`)
	dateText   = regexp.MustCompile(`^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
	zoneID     = regexp.MustCompile(`^[a-z]+\d-az\d$`) // which zone has which id differs between accounts
	uuidText   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	macText    = regexp.MustCompile(`^02(:[0-9a-f]{2}){5}$`)
	millisText = regexp.MustCompile(`^[12]\d{12}$`)
)

// rename gives a copy of the tree with stable names in it.
func (r renamer) rename(tree any) any { return r.renameField("", tree) }

func (r renamer) renameField(name string, tree any) any {
	switch t := tree.(type) {
	case map[string]any:
		out := make(map[string]any, len(t))
		for _, k := range sortedKeys(t) {
			out[k] = r.renameField(k, t[k])
		}
		return out
	case []any:
		out := make([]any, len(t))
		for i, e := range t {
			out[i] = r.renameField(name, e)
		}
		return out
	case string:
		return r.text(name, t)
	default:
		return nil
	}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// text gives the stable form of one value. A time, token or id that does not look like
// one stays as it is, and so shows up as a difference.
func (r renamer) text(field, v string) string {
	switch {
	case timeField.MatchString(field) && (dateText.MatchString(v) || millisText.MatchString(v)):
		return "(time)"
	case field == "AvailabilityZoneId" && zoneID.MatchString(v):
		return "(id)"
	case field == "ClientToken" && uuidText.MatchString(v):
		return "(token)"
	case tokenField.MatchString(field):
		return "(token)"
	case field == "MacAddress" && macText.MatchString(v):
		return "(address)"
	case idField.MatchString(field) && iamID.MatchString(v):
		return "(id)"
	}
	if strings.Contains(v, "%7B") { // a policy document; which characters beside need encoding is no matter
		if plain, err := url.PathUnescape(v); err == nil {
			v = "(encoded) " + plain
		}
	}
	v = strings.ReplaceAll(v, r.account, "(account)")
	v = callerARN.ReplaceAllString(v, ":user/(caller)")
	return madeUp.ReplaceAllStringFunc(v, r.name)
}

var (
	// iamID is an id of IAM (IAM user guide, "IAM identifiers").
	iamID = regexp.MustCompile(`^A[A-Z0-9]{15,}$`)
	// callerARN is who makes the calls, which each world decides for itself.
	callerARN = regexp.MustCompile(`:user/(sandbox|mototest)\b`)
	// madeUp are ids of EC2 resources, in their long and their short form.
	madeUp = regexp.MustCompile(`\b(tgw-attach|tgw|nat|vpc|subnet|eni|fl|dopt|vpc-cidr-assoc|sg|acl|rtb|igw|r)-([0-9a-f]{17}|[0-9a-f]{8})\b`)
)

func (r renamer) name(id string) string {
	if n, ok := r.names[id]; ok {
		return n
	}
	kind := id[:strings.LastIndexByte(id, '-')]
	n := 1
	for _, other := range r.names {
		if strings.HasPrefix(other, kind+"-(") {
			n++
		}
	}
	r.names[id] = fmt.Sprintf("%s-(%d)", kind, n)
	return r.names[id]
}

// field is one field in which two answers differ. An absent one has the value "".
type field struct{ path, ours, theirs string }

func (f field) String() string {
	return fmt.Sprintf("%s\n  sandbox %q\n  moto    %q", f.path, f.ours, f.theirs)
}

// outcome says in short how an answer came out.
func outcome(flat map[string]string) string {
	if code, failed := flat["Error.Code"]; failed {
		return strings.TrimSpace(flat["Error.Status"] + " " + code)
	}
	return "success"
}

// compare gives the fields in which two flattened answers differ, sorted by path. Where
// one is an error, or both are different ones, that is the only field.
func compare(ours, theirs map[string]string) []field {
	if a, b := outcome(ours), outcome(theirs); a != b {
		return []field{{"Outcome", a, b}}
	}
	var out []field
	for path, v := range ours {
		if theirs[path] != v {
			out = append(out, field{path, v, theirs[path]})
		}
	}
	for path, v := range theirs {
		if _, both := ours[path]; !both {
			out = append(out, field{path, "", v})
		}
	}
	slices.SortFunc(out, func(a, b field) int { return strings.Compare(a.path, b.path) })
	return out
}
