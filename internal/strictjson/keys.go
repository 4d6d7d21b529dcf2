package strictjson

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// field is a key that a struct may have.
type field struct {
	name  string
	of    reflect.Type
	omit  bool // its tag lets it be left out
	index []int
}

// keys are those of one object: of a struct, or of anything.
type keys struct {
	fields *fields // nil for a map, and where the form is not known
	values reflect.Type
	seen   map[string]bool // where fields is nil
	had    []bool          // by the index in fields
}

// fields are those of a struct type.
type fields struct {
	list  []field
	named map[string]int
}

func keysOf(t reflect.Type) *keys {
	switch {
	case t != nil && t.Kind() == reflect.Struct:
		f := fieldsOf(t)
		return &keys{fields: f, had: make([]bool, len(f.list))}
	case t != nil && t.Kind() == reflect.Map:
		return &keys{values: t.Elem()}
	}
	return &keys{}
}

// take notes that a key is there, and returns the type of its value.
func (k *keys) take(key string) (reflect.Type, error) {
	if k.fields == nil {
		if k.seen[key] {
			return nil, fmt.Errorf("the key %q is there twice", key)
		}
		if k.seen == nil {
			k.seen = map[string]bool{} // most of many objects may be empty
		}
		k.seen[key] = true
		return k.values, nil
	}
	i, ok := k.fields.named[key]
	if !ok {
		return nil, fmt.Errorf("the key %q is unknown", key)
	}
	if k.had[i] {
		return nil, fmt.Errorf("the key %q is there twice", key)
	}
	k.had[i] = true
	return k.fields.list[i].of, nil
}

// missing is the first key that has to be there and is not, or empty.
func (k *keys) missing(whole bool) string {
	if k.fields == nil {
		return ""
	}
	for i, f := range k.fields.list {
		optional := f.of.Kind() == reflect.Pointer || f.omit && !whole
		if !k.had[i] && !optional {
			return f.name
		}
	}
	return ""
}

var known sync.Map // of *fields by reflect.Type

func fieldsOf(t reflect.Type) *fields {
	if f, ok := known.Load(t); ok {
		return f.(*fields)
	}
	f := &fields{named: map[string]int{}}
	for _, s := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(s.Tag.Get("json"), ",")
		if s.Anonymous && name == "" || !s.IsExported() || name == "-" && options == "" {
			continue
		}
		if name == "" {
			name = s.Name
		}
		f.named[name] = len(f.list)
		f.list = append(f.list, field{
			name: name, of: s.Type, index: s.Index,
			omit: strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero"),
		})
	}
	known.Store(t, f)
	return f
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	rawMessage      = reflect.TypeFor[json.RawMessage]()
)

// free reports whether a type takes any JSON.
func free(t reflect.Type) bool { return t.Kind() == reflect.Interface || t == rawMessage }

// walked is the type whose keys and items are looked at: what a pointer leads to, and nil for one
// that reads itself.
func walked(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || free(t) || reflect.PointerTo(t).Implements(jsonUnmarshaler) || reflect.PointerTo(t).Implements(textUnmarshaler) {
		return nil
	}
	return t
}
