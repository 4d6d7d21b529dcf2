package strictjson

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// MarshalWhole writes a value with every key, whatever the tags say: an empty list as [], an empty
// map as {}. Only a pointer that is nil is left out. Keys of maps are sorted.
func MarshalWhole(v any) ([]byte, error) {
	var e encoder
	e.leaf = json.NewEncoder(&e.out)
	e.leaf.SetEscapeHTML(false)
	err := e.value(reflect.ValueOf(v))
	return e.out.Bytes(), err
}

type encoder struct {
	out  bytes.Buffer
	leaf *json.Encoder // of values that hold no others, into out
}

func (e *encoder) value(v reflect.Value) error {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Pointer || walked(v.Type()) == nil {
		return e.write(v)
	}
	switch v.Kind() {
	case reflect.Struct:
		return e.object(v)
	case reflect.Map:
		return e.entries(v)
	case reflect.Slice:
		return e.items(v)
	default:
		return e.write(v)
	}
}

func (e *encoder) write(v reflect.Value) error {
	if err := e.leaf.Encode(v.Interface()); err != nil {
		return err
	}
	e.out.Truncate(e.out.Len() - 1) // the newline
	return nil
}

func (e *encoder) object(v reflect.Value) error {
	e.out.WriteByte('{')
	first := true
	for _, f := range fieldsOf(v.Type()).list {
		of := v.FieldByIndex(f.index)
		if of.Kind() == reflect.Pointer && of.IsNil() {
			continue
		}
		if err := e.entry(first, f.name, of); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		first = false
	}
	e.out.WriteByte('}')
	return nil
}

func (e *encoder) entries(v reflect.Value) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	e.out.WriteByte('{')
	for i, key := range keys {
		if err := e.entry(i == 0, key.String(), v.MapIndex(key)); err != nil {
			return err
		}
	}
	e.out.WriteByte('}')
	return nil
}

func (e *encoder) entry(first bool, key string, v reflect.Value) error {
	if !first {
		e.out.WriteByte(',')
	}
	if err := e.write(reflect.ValueOf(key)); err != nil {
		return err
	}
	e.out.WriteByte(':')
	return e.value(v)
}

func (e *encoder) items(v reflect.Value) error {
	e.out.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			e.out.WriteByte(',')
		}
		if err := e.value(v.Index(i)); err != nil {
			return err
		}
	}
	e.out.WriteByte(']')
	return nil
}
