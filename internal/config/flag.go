package config

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// fileFlag names the file, and so is no setting itself.
const fileFlag = "config"

// Flags adds the flags of the settings with these keys to a command's flags.
// Values are checked by Load, which checks them the same way in every layer. A
// key that the table does not have is a mistake in the program, and panics.
func Flags(flags *pflag.FlagSet, keys ...string) {
	for _, key := range keys {
		setting, ok := Find(key)
		if !ok || setting.NoFlag {
			panic(fmt.Sprintf("no flag for the setting %q", key))
		}
		added := flags.VarPF(newFlagValue(setting), setting.Flag(), "", setting.Doc)
		if setting.Kind == Switch {
			added.NoOptDefVal = "true"
		}
	}
}

// FileFlag adds the flag --config, which names the file that Load reads.
func FileFlag(flags *pflag.FlagSet) {
	flags.String(fileFlag, "", "settings `FILE`; else $"+fileEnv+", else "+implicitFile+" if there is one")
}

// Given returns the arguments that give flags as they were given, --config among them: for a command
// line that is to follow this one. What other layers say they say again by themselves.
func Given(flags *pflag.FlagSet, keys ...string) []string {
	var args []string
	for _, key := range keys {
		flag := flags.Lookup(key)
		if flag == nil || !flag.Changed {
			continue
		}
		if v, ok := flag.Value.(interface{ given() (Setting, []string) }); ok {
			setting, texts := v.given()
			for _, text := range texts {
				if setting.Kind == Switch {
					args = append(args, "--"+key+"="+text) // a word that follows would be another argument
				} else {
					args = append(args, "--"+key, text)
				}
			}
		}
	}
	if file := flags.Lookup(fileFlag); file != nil && file.Changed {
		args = append(args, "--"+fileFlag, file.Value.String())
	}
	return args
}

// flagValue keeps what was typed after a flag until Load reads it.
type flagValue struct {
	setting Setting
	texts   []string
}

func newFlagValue(s Setting) pflag.Value {
	if s.Kind == List {
		return &listFlagValue{flagValue{setting: s}}
	}
	return &flagValue{setting: s}
}

// Set keeps one more text.
func (v *flagValue) Set(text string) error {
	v.texts = append(v.texts, text)
	return nil
}

// String is what was typed, or the default.
func (v *flagValue) String() string {
	if len(v.texts) == 0 {
		return v.setting.Default
	}
	return strings.Join(v.texts, ",")
}

// Type is what the help shows for the value.
func (v *flagValue) Type() string {
	switch {
	case v.setting.Kind == Switch:
		return "bool"
	case len(v.setting.Allowed) > 0:
		return strings.Join(v.setting.Allowed, "|")
	default:
		return v.setting.Placeholder
	}
}

func (v *flagValue) given() (Setting, []string) { return v.setting, v.texts }

// listFlagValue is a flagValue that shell completion may offer again after it
// was given once: cobra knows such flags by this method.
type listFlagValue struct{ flagValue }

// GetSlice returns what was typed.
func (v *listFlagValue) GetSlice() []string { return v.texts }
