package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Settings are the values of every setting, typed. The tag names the row of the table.
type Settings struct {
	Source      string   `setting:"source"`
	Profile     string   `setting:"profile"`
	EndpointURL string   `setting:"endpoint-url"`
	Region      []string `setting:"region"`
	Account     []string `setting:"account"`

	ExcludeRegion []string `setting:"exclude-region"`

	Checkpoint   string `setting:"checkpoint"`
	SaveSnapshot string `setting:"save-snapshot"`

	Org             bool          `setting:"org"`
	OU              []string      `setting:"ou"`
	AccountsFile    string        `setting:"accounts-file"`
	ExcludeAccount  []string      `setting:"exclude-account"`
	RoleName        string        `setting:"role-name"`
	Destinations    []string      `setting:"destination-account"`
	ExternalID      string        `setting:"external-id"`
	SessionName     string        `setting:"session-name"`
	Trust           []string      `setting:"trust"`
	OrgID           string        `setting:"org-id"`
	SessionDuration time.Duration `setting:"session-duration"`

	Rule          []string      `setting:"rule"`
	Framework     []string      `setting:"framework"`
	SkipRule      []string      `setting:"skip-rule"`
	Ruleset       string        `setting:"ruleset"`
	Window        time.Duration `setting:"window"`
	ReadRecords   bool          `setting:"read-records"`
	Sample        int32         `setting:"sample"`
	FailOn        string        `setting:"fail-on"`
	Baseline      string        `setting:"baseline"`
	AllowGaps     bool          `setting:"allow-gaps"`
	Format        string        `setting:"format"`
	Output        string        `setting:"output"`
	Report        []string      `setting:"report"`
	NoColor       bool          `setting:"no-color"`
	Quiet         bool          `setting:"quiet"`
	Verbose       bool          `setting:"verbose"`
	PolicyTraffic string        `setting:"policy.traffic"`

	PolicyRetentionDays     int32    `setting:"policy.retention-days"`
	PolicyEncryption        bool     `setting:"policy.encryption"`
	PolicyFormat            []string `setting:"policy.format"`
	PolicyDestinationTypes  []string `setting:"policy.destination-types"`
	PolicySubnetCoverage    bool     `setting:"policy.subnet-coverage"`
	PolicySingleDestination bool     `setting:"policy.single-destination"`
	PolicyNATGateways       bool     `setting:"policy.nat-gateways"`

	Out            string   `setting:"out"`
	Export         string   `setting:"export"`
	Resource       []string `setting:"resource"`
	Tag            []string `setting:"tag"`
	ChangeExisting bool     `setting:"change-existing"`
	GBPerVPC       float64  `setting:"gb-per-vpc"`

	Destination         string   `setting:"destination"`
	LogGroup            string   `setting:"log-group"`
	DeliveryRole        string   `setting:"delivery-role"`
	RolePath            string   `setting:"role-path"`
	PermissionsBoundary string   `setting:"permissions-boundary"`
	RetentionDays       float64  `setting:"retention-days"`
	KMSKey              string   `setting:"kms-key"`
	Bucket              string   `setting:"bucket"`
	Prefix              string   `setting:"prefix"`
	FileFormat          string   `setting:"file-format"`
	HivePartitions      bool     `setting:"hive-partitions"`
	PerHour             bool     `setting:"per-hour"`
	Stream              string   `setting:"stream"`
	SourceRole          string   `setting:"source-role"`
	CrossAccountRole    string   `setting:"cross-account-role"`
	Traffic             string   `setting:"traffic"`
	Interval            float64  `setting:"interval"`
	LogFormat           string   `setting:"log-format"`
	WithTag             []string `setting:"with-tag"`
	TagField            []string `setting:"tag-field"`

	Journal     string        `setting:"journal"`
	MaxAge      time.Duration `setting:"max-age"`
	MaxFailures float64       `setting:"max-failures"`
	AtOnce      float64       `setting:"at-once"`

	Suppressions []Suppression `setting:"-"` // of the file alone, and so in no row
}

// Value is one setting as it was resolved, and the layer that decided it.
type Value struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
	Layer string `json:"layer"` // "default", "file ./flowproof.yaml", "environment FLOWPROOF_REGION", "flag --region"
}

// Resolved is the outcome of all layers.
type Resolved struct {
	Settings Settings
	Values   []Value // every setting, in the order of the table
	Found    []Value // those of them that come from a settings file that nobody named
}

// layer is one place that settings come from.
type layer struct {
	name func(Setting) string
	get  func(Setting) ([]string, bool)
}

// Load resolves every setting from the flags that were given, the environment, the settings
// file and the defaults, the first that has it deciding.
func Load(flags *pflag.FlagSet, getenv func(string) string) (Resolved, error) {
	path, named, file, err := readFile(flags, getenv)
	if err != nil {
		return Resolved{}, err
	}
	r, err := resolve([]layer{flagLayer(flags), envLayer(getenv), fileLayer(path, file.values)})
	if err != nil {
		return Resolved{}, err
	}
	for _, v := range r.Values {
		if !named && v.Layer == "file "+path {
			r.Found = append(r.Found, v)
		}
	}
	shown := Value{Key: suppressionsKey, Value: append([]Suppression{}, file.suppressions...), Layer: "default"}
	if file.suppressions != nil {
		shown.Layer = "file " + path
	}
	r.Settings.Suppressions = file.suppressions
	r.Values = append(r.Values, shown)
	return r, nil
}

// Defaults are the settings when no layer gives any.
func Defaults() (Settings, error) {
	r, err := resolve(nil)
	return r.Settings, err
}

func resolve(layers []layer) (Resolved, error) {
	var r Resolved
	fields := fieldsByKey(&r.Settings)
	for _, s := range Table() {
		value, from, err := decide(s, layers)
		if err != nil {
			return Resolved{}, err
		}
		fields[s.Key].Set(reflect.ValueOf(value))
		r.Values = append(r.Values, Value{Key: s.Key, Value: show(value), Layer: from})
	}
	return r, nil
}

// decide takes a setting from the first layer that has it.
func decide(s Setting, layers []layer) (value any, from string, err error) {
	for _, l := range layers {
		texts, ok := l.get(s)
		if !ok {
			continue
		}
		value, err := s.parse(texts)
		if err != nil && s.Unshown {
			return nil, "", fmt.Errorf("%s (%s) %w", s.Key, l.name(s), err)
		}
		if err != nil {
			return nil, "", fmt.Errorf("%s (%s): %q %w", s.Key, l.name(s), texts, err)
		}
		return value, l.name(s), nil
	}
	value, err = s.zero()
	return value, "default", err
}

// Shown is the value of a setting as people write it, for comparing; lists have commas.
func (s Settings) Shown(key string) string {
	value := show(fieldsByKey(&s)[key].Interface())
	if list, ok := value.([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(value)
}

// fieldsByKey finds the field of each setting by its tag.
func fieldsByKey(s *Settings) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("setting"); key != "-" {
			fields[key] = v.Field(i)
		}
	}
	return fields
}

func flagLayer(flags *pflag.FlagSet) layer {
	return layer{
		name: func(s Setting) string { return "flag --" + s.Flag() },
		get: func(s Setting) ([]string, bool) {
			f := flags.Lookup(s.Flag())
			if f == nil || !f.Changed {
				return nil, false
			}
			given, ok := f.Value.(interface{ given() (Setting, []string) })
			if !ok {
				return nil, false
			}
			_, texts := given.given()
			return texts, true
		},
	}
}

func envLayer(getenv func(string) string) layer {
	return layer{
		name: func(s Setting) string { return "environment " + s.Env() },
		get: func(s Setting) ([]string, bool) {
			text := getenv(s.Env())
			return []string{text}, text != ""
		},
	}
}

// readFile reads the settings file: one that was named has to be there, the implicit one not.
func readFile(flags *pflag.FlagSet, getenv func(string) string) (path string, named bool, c contents, err error) {
	path, named = getenv(fileEnv), true
	if f := flags.Lookup(fileFlag); f != nil && f.Changed {
		if path = f.Value.String(); path == "" {
			return "", named, c, errors.New("--config is empty: name a file, or leave the flag out")
		}
	}
	if path == "" {
		path, named = implicitFile, false
	}
	raw, err := os.ReadFile(path) //nolint:gosec // the user names their own file
	if errors.Is(err, fs.ErrNotExist) && !named {
		return path, named, c, nil
	}
	if err != nil {
		return "", named, c, fmt.Errorf("read the settings file: %w", err)
	}
	if c, err = parseFile(raw); err != nil {
		return "", named, c, fmt.Errorf("settings file %s: %w", path, err)
	}
	return path, named, c, nil
}

func fileLayer(path string, values map[string][]string) layer {
	return layer{
		name: func(Setting) string { return "file " + path },
		get: func(s Setting) ([]string, bool) {
			texts, ok := values[s.Key]
			return texts, ok
		},
	}
}
