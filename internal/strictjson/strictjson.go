// Package strictjson reads JSON that flowproof itself wrote, and writes it. encoding/json is lenient
// in ways that lose facts without a word: of a key that is there twice it takes the last, it
// takes a key in another case, passes over one that it does not know, and a null leaves a value
// as it was. Here each of these is an error that names the place. It knows no format of ours and
// repairs nothing.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep values may be nested. Nothing that flowproof writes comes near it.
const MaxDepth = 64

// ErrSyntax means that the text is no JSON at all, such as one that is cut off. Every other error
// is about JSON that does not have the form that was asked for.
var ErrSyntax = errors.New("it is truncated or not JSON")

// Check refuses what is not one JSON value in UTF-8, an object with a key twice, and values nested
// deeper than [MaxDepth]. It takes little memory whatever the text holds.
func Check(raw []byte) error { return check(raw, nil, false) }

// CheckFolded is [Check] of JSON that others wrote and encoding/json will read into structs. It takes
// keys for the same that differ in case alone, as encoding/json does.
func CheckFolded(raw []byte) error {
	if err := checkSyntax(raw); err != nil {
		return err
	}
	w := walker{raw: raw, fold: true}
	return w.value(nil, 0)
}

// Unmarshal reads one value as [json.Unmarshal] does, after [Check], and refuses keys that no field
// is named by exactly, nulls, and keys that are missing. Only a field that is a pointer, or has
// omitempty or omitzero in its tag, may be left out, and only a pointer may be null.
func Unmarshal(raw []byte, into any) error { return unmarshal(raw, into, false) }

// UnmarshalWhole is [Unmarshal] of what [MarshalWhole] writes: a pointer alone may be left out,
// whatever the tags say, and nothing may be null. So a key that was lost is always noticed. A list
// or map that is empty comes back as nil, as if it had never been written.
func UnmarshalWhole(raw []byte, into any) error {
	if err := unmarshal(raw, into, true); err != nil {
		return err
	}
	dropEmpty(reflect.ValueOf(into).Elem())
	return nil
}

func dropEmpty(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			dropEmpty(v.Elem())
		}
	case reflect.Struct:
		if walked(v.Type()) == nil {
			return
		}
		for _, f := range fieldsOf(v.Type()).list {
			dropEmpty(v.FieldByIndex(f.index))
		}
	case reflect.Map:
		if v.Len() == 0 {
			v.SetZero()
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.SetZero()
		}
		for i := range v.Len() {
			dropEmpty(v.Index(i))
		}
	}
}

func unmarshal(raw []byte, into any, whole bool) error {
	if err := check(raw, reflect.TypeOf(into).Elem(), whole); err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

func check(raw []byte, t reflect.Type, whole bool) error {
	if err := checkSyntax(raw); err != nil {
		return err
	}
	w := walker{raw: raw, whole: whole}
	return w.value(t, 0)
}

func checkSyntax(raw []byte) error {
	if !utf8.Valid(raw) {
		return fmt.Errorf("%w: it is not UTF-8", ErrSyntax)
	}
	if !json.Valid(raw) {
		// The scanner that says why comes before any value is made.
		return fmt.Errorf("%w: %w", ErrSyntax, json.Unmarshal(raw, new(any)))
	}
	return nil
}

// walker goes through text that is known to be JSON.
type walker struct {
	raw   []byte
	at    int
	whole bool
	fold  bool   // keys that differ in case alone are the same
	path  []byte // of the value: "vpcs[3].owner_id"
}

// value walks over one value, which has the type t; nil is any.
func (w *walker) value(t reflect.Type, depth int) error {
	if depth > MaxDepth {
		return fmt.Errorf("values are nested deeper than %d", MaxDepth)
	}
	w.space()
	if want := opening(walked(t)); want != 0 && w.raw[w.at] != want && w.raw[w.at] != 'n' {
		return fmt.Errorf("cannot unmarshal %s into %s, which begins with %q", kindOf(w.raw[w.at]), w.place(), want) // a list of these would take memory for each
	}
	switch w.raw[w.at] {
	case '{':
		return w.object(walked(t), depth)
	case '[':
		return w.array(walked(t), depth)
	case '"':
		w.text()
	case 'n':
		if !w.mayBeNull(t) {
			return fmt.Errorf("%s is null", w.place())
		}
		w.scalar()
	default:
		w.scalar()
	}
	return nil
}

// opening is the character that a value of a type begins with; 0 where there is no such one.
func opening(t reflect.Type) byte {
	switch {
	case t == nil:
		return 0
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		return '{'
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		return '['
	}
	return 0
}

// kindOf says what a value is that begins with a character.
func kindOf(begin byte) string {
	switch begin {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "bool"
	}
	return "number"
}

func (w *walker) mayBeNull(t reflect.Type) bool {
	return t == nil || free(t) || t.Kind() == reflect.Pointer && !w.whole
}

func (w *walker) object(t reflect.Type, depth int) error {
	keys := keysOf(t)
	w.at++
	for w.space(); w.raw[w.at] != '}'; w.space() {
		if w.raw[w.at] == ',' {
			w.at++
			w.space()
		}
		key, err := w.key()
		if err != nil {
			return err
		}
		if w.fold {
			key = strings.ToLower(key)
		}
		of, err := keys.take(key)
		if err != nil {
			return fmt.Errorf("%w in %s", err, w.place())
		}
		w.space()
		w.at++ // the colon
		end := len(w.path)
		if end > 0 {
			w.path = append(w.path, '.')
		}
		w.path = append(w.path, key...)
		if err := w.value(of, depth+1); err != nil {
			return err
		}
		w.path = w.path[:end]
	}
	w.at++
	if missing := keys.missing(w.whole); missing != "" {
		return fmt.Errorf("the key %q is missing in %s", missing, w.place())
	}
	return nil
}

func (w *walker) array(t reflect.Type, depth int) error {
	var of reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		of = t.Elem()
	}
	w.at++
	end := len(w.path)
	for i := 0; ; i++ {
		w.space()
		if w.raw[w.at] == ']' {
			w.at++
			return nil
		}
		if w.raw[w.at] == ',' {
			w.at++
		}
		w.path = fmt.Appendf(w.path, "[%d]", i)
		if err := w.value(of, depth+1); err != nil {
			return err
		}
		w.path = w.path[:end]
	}
}

// key is the key that begins here, unescaped.
func (w *walker) key() (string, error) {
	quoted := w.text()
	if !bytes.ContainsRune(quoted, '\\') {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	var key string
	err := json.Unmarshal(quoted, &key)
	return key, err
}

// text walks over a string and returns it with its quotes.
func (w *walker) text() []byte {
	from := w.at
	for w.at++; w.raw[w.at] != '"'; w.at++ {
		if w.raw[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	return w.raw[from:w.at]
}

// scalar walks over a number, true, false or null.
func (w *walker) scalar() {
	for w.at < len(w.raw) && !slices.Contains([]byte(" \t\r\n,]}"), w.raw[w.at]) {
		w.at++
	}
}

func (w *walker) space() {
	for w.at < len(w.raw) && slices.Contains([]byte(" \t\r\n"), w.raw[w.at]) {
		w.at++
	}
}

// place names the value for a message, hostile keys quoted.
func (w *walker) place() string {
	if len(w.path) == 0 {
		return "the outermost object"
	}
	const most = 200
	if len(w.path) > most {
		return fmt.Sprintf("%.*q...", most, w.path[:most])
	}
	return fmt.Sprintf("%q", w.path)
}
