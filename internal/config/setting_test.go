package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestEveryRowHasAFieldOfItsTypeAndEveryFieldARow(t *testing.T) {
	t.Parallel()
	types := map[Kind]reflect.Type{
		Text: reflect.TypeFor[string](), Switch: reflect.TypeFor[bool](),
		Duration: reflect.TypeFor[time.Duration](), List: reflect.TypeFor[[]string](),
		Number: reflect.TypeFor[float64](), Count: reflect.TypeFor[int32](),
	}
	fields := fieldsByKey(new(Settings))
	if want := reflect.TypeFor[Settings]().NumField() - 1; len(fields) != want {
		t.Errorf("%d fields have a tag of their own, want all %d but the suppressions", len(fields), want)
	}
	for _, s := range Table() {
		field, ok := fields[s.Key]
		if !ok {
			t.Errorf("%s has no field, or stands twice in the table", s.Key)
			continue
		}
		delete(fields, s.Key)
		if field.Type() != types[s.Kind] {
			t.Errorf("%s is a %s in the table and a %s in Settings", s.Key, s.Kind, field.Type())
		}
	}
	for key := range fields {
		t.Errorf("the field tagged %q has no row", key)
	}
}

func TestEveryRowIsWhole(t *testing.T) {
	t.Parallel()
	for _, s := range Table() {
		t.Run(s.Key, func(t *testing.T) {
			t.Parallel()
			if s.Doc == "" {
				t.Error("does not say what it means")
			}
			if _, err := s.zero(); err != nil {
				t.Errorf("the default does not pass: %v", err)
			}
			if len(s.Allowed) > 0 && s.Default == "" {
				t.Error("has a list of values and no default among them")
			}
			if len(s.Allowed) > 0 && (s.Kind != Text || s.Pattern != "") {
				t.Error("a list of values is for texts without a pattern")
			}
			if (s.Pattern == "") != (s.Form == "") {
				t.Error("has a pattern or its form in words, want both or neither")
			}
			if s.Kind != Switch && len(s.Allowed) == 0 && s.Placeholder == "" {
				t.Error("has nothing that stands for its value in the help")
			}
			if strings.Count(s.Key, ".") > 1 {
				t.Error("stands deeper than one section")
			}
		})
	}
}

func TestNamesInTheEnvironmentAreDistinct(t *testing.T) {
	t.Parallel()
	keys := map[string]string{fileEnv: "the settings file"}
	for _, s := range Table() {
		if other, taken := keys[s.Env()]; taken {
			t.Errorf("%s and %s are both %s", other, s.Key, s.Env())
		}
		keys[s.Env()] = s.Key
	}
}

func TestHelpOfTheFlags(t *testing.T) {
	t.Parallel()
	golden(t, filepath.Join("testdata", "flags.txt"), allFlags().FlagUsages())
}

func TestAFlagThatNoSettingHasPanics(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"no-such-setting", "policy.traffic"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s got a flag", key)
				}
			}()
			Flags(parsed(t), key)
		}()
	}
}
