package config

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesInTheEnvironmentThatNoSettingHas(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ []string
		ignored []string
		refused string
	}{
		"settings, the file and other programs": {[]string{"FLOWPROOF_REGION=eu-west-1", "FLOWPROOF_CONFIG=x", "PATH=/bin", "FLOWPROOF=1"}, nil, ""},
		"a setting mistyped":                    {[]string{"FLOWPROOF_REGOIN=eu-west-1"}, nil, "FLOWPROOF_REGION"},
		"a setting in the plural":               {[]string{"FLOWPROOF_TAGS=a=b"}, nil, "FLOWPROOF_TAG"},
		"a mistyped one without a value":        {[]string{"FLOWPROOF_REGOIN="}, nil, ""},
		"names of somebody else's":              {[]string{"FLOWPROOF_IMAGE=x", "FLOWPROOF_BIN=/opt/flowproof"}, []string{"FLOWPROOF_BIN", "FLOWPROOF_IMAGE"}, ""},
		"one that is far from the nearest":      {[]string{"FLOWPROOF_REPO=x"}, []string{"FLOWPROOF_REPO"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ignored, err := CheckEnvironment(test.environ)
			if !slices.Equal(ignored, test.ignored) {
				t.Errorf("ignored %v, want %v", ignored, test.ignored)
			}
			if (err == nil) != (test.refused == "") || err != nil && !strings.HasSuffix(err.Error(), test.refused) {
				t.Errorf("error %v, want one that names %q", err, test.refused)
			}
		})
	}
}
