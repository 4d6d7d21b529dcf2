package sandbox

import (
	"net/url"
	"strconv"
	"strings"
)

// form holds the parameters of a query-protocol call by their dotted names, such as
// Filter.1.Value.2. The first of repeated parameters counts.
type form map[string]string

// maxIndex bounds list indexes, so that a made-up Filter.999999999.Name costs
// nothing. No list of a supported call is longer.
const maxIndex = 10_000

// parseForm reads URL-encoded parameters. A part that is not well formed
// is dropped, as AWS cannot see what it was meant to be either.
func parseForm(queries ...string) form {
	f := make(form)
	for _, q := range queries {
		for q != "" {
			var part string
			part, q, _ = strings.Cut(q, "&")
			key, value, _ := strings.Cut(part, "=")
			k, err := url.QueryUnescape(key)
			if err != nil || k == "" {
				continue
			}
			v, err := url.QueryUnescape(value)
			if err != nil {
				continue
			}
			if _, seen := f[k]; !seen {
				f[k] = v
			}
		}
	}
	return f
}

func (f form) get(name string) string { return f[name] }

func (f form) has(name string) bool {
	_, ok := f[name]
	return ok
}

// bool reads a flag; what is not there is false.
func (f form) bool(name string) bool { return strings.EqualFold(f[name], "true") }

// int reads a number. The flag says whether the parameter is there at all.
func (f form) int(name string) (n int, there bool, err error) {
	v, there := f[name]
	if !there || v == "" {
		return 0, false, nil
	}
	n, err = strconv.Atoi(v)
	if err != nil {
		return 0, true, badRequest("InvalidParameterValue", "Value ("+v+") for parameter "+name+" is invalid. Not an integer.")
	}
	return n, true, nil
}

// list reads Name.1, Name.2 and so on, or Name.member.1 as STS and IAM write it,
// up to the first index that is missing.
func (f form) list(name string) []string {
	var out []string
	for _, prefix := range []string{name + ".", name + ".member."} {
		for i := 1; i <= maxIndex; i++ {
			v, ok := f[prefix+strconv.Itoa(i)]
			if !ok {
				break
			}
			out = append(out, v)
		}
	}
	return out
}

// each calls visit with the prefix of every element of a list of structures
// ("Filter.1.", "Filter.2."), for as long as an element has the given field.
func (f form) each(name, field string, visit func(prefix string)) {
	for _, prefix := range []string{name + ".", name + ".member."} {
		for i := 1; i <= maxIndex; i++ {
			p := prefix + strconv.Itoa(i) + "."
			if !f.has(p + field) {
				break
			}
			visit(p)
		}
	}
}
