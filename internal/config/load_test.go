package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLaterLayersOverrideEarlierOnes(t *testing.T) {
	t.Parallel()
	const file = "fail-on: medium\n"
	env := map[string]string{"FLOWPROOF_FAIL_ON": "high"}
	tests := []struct {
		name        string
		given       given
		value, from string
	}{
		{"nothing given", given{}, "low", "default"},
		{"the file over the default", given{file: file}, "medium", "file "},
		{"the environment over the default", given{env: env}, "high", "environment FLOWPROOF_FAIL_ON"},
		{"the environment over the file", given{file: file, env: env}, "high", "environment FLOWPROOF_FAIL_ON"},
		{"a flag over the file", given{file: file, args: []string{"--fail-on=none"}}, "none", "flag --fail-on"},
		{"a flag over all", given{file: file, env: env, args: []string{"--fail-on", "none"}}, "none", "flag --fail-on"},
		{"of a repeated flag the last", given{args: []string{"--fail-on=none", "--fail-on=critical"}}, "critical", "flag --fail-on"},
		{"a flag set to the default", given{file: file, args: []string{"--fail-on=low"}}, "low", "flag --fail-on"},
		{"an empty name in the environment is none", given{file: file, env: map[string]string{"FLOWPROOF_FAIL_ON": ""}}, "medium", "file "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := tt.given.load(t)
			if err != nil {
				t.Fatal(err)
			}
			got := valueOf(t, r, "fail-on")
			if got.Value != tt.value || !strings.HasPrefix(got.Layer, tt.from) {
				t.Errorf("fail-on is %v from %q, want %v from %q", got.Value, got.Layer, tt.value, tt.from)
			}
			if r.Settings.FailOn != tt.value {
				t.Errorf("the field holds %q, want %q", r.Settings.FailOn, tt.value)
			}
		})
	}
}

func TestAListOfALayerReplacesTheListBelow(t *testing.T) {
	t.Parallel()
	r, err := given{
		file: "region: [eu-west-1, eu-north-1]\naccount: '111111111111'\n",
		env:  map[string]string{"FLOWPROOF_REGION": "us-*, sa-east-1"},
		args: []string{"--account=222222222222,333333333333", "--account", "444444444444"},
	}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"us-*", "sa-east-1"}, r.Settings.Region); diff != "" {
		t.Errorf("Regions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"222222222222", "333333333333", "444444444444"}, r.Settings.Account); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func TestASwitchCanBeTurnedOffAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		given given
		want  bool
	}{
		{"on in the file", given{file: "quiet: true"}, true},
		{"off in the environment", given{file: "quiet: true", env: map[string]string{"FLOWPROOF_QUIET": "false"}}, false},
		{"a bare flag", given{args: []string{"--quiet"}}, true},
		{"off by flag", given{file: "quiet: true", args: []string{"--quiet=false"}}, false},
		{"one in the environment", given{env: map[string]string{"FLOWPROOF_QUIET": "1"}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := tt.given.load(t)
			if err != nil {
				t.Fatal(err)
			}
			if r.Settings.Quiet != tt.want {
				t.Errorf("quiet is %v, want %v", r.Settings.Quiet, tt.want)
			}
		})
	}
}

func TestASettingWithoutAFlagComesFromFileAndEnvironment(t *testing.T) {
	t.Parallel()
	if allFlags().Lookup("policy.traffic") != nil {
		t.Error("policy.traffic has a flag")
	}
	r, err := given{file: "policy: {traffic: all}"}.load(t)
	if err != nil || r.Settings.PolicyTraffic != "all" {
		t.Errorf("of the file: %q, %v, want all", r.Settings.PolicyTraffic, err)
	}
	r, err = given{file: "policy: {traffic: all}", env: map[string]string{"FLOWPROOF_POLICY_TRAFFIC": "reject"}}.load(t)
	if err != nil || r.Settings.PolicyTraffic != "reject" {
		t.Errorf("of the environment: %q, %v, want reject", r.Settings.PolicyTraffic, err)
	}
}

func TestWhichFileIsRead(t *testing.T) {
	t.Parallel()
	high := write(t, "high.yaml", "fail-on: high\n")
	none := write(t, "none.yaml", "fail-on: none\n")
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	tests := []struct {
		name        string
		args        []string
		env         string
		value, from string
		problem     string
	}{
		{name: "named by the environment", env: high, value: "high", from: "file " + high},
		{name: "named by the flag", args: []string{"--config", none}, value: "none", from: "file " + none},
		{name: "the flag before the environment", args: []string{"--config", none}, env: high, value: "none", from: "file " + none},
		{name: "the flag before a missing one", args: []string{"--config", none}, env: missing, value: "none", from: "file " + none},
		{name: "no file at all", value: "low", from: "default"},
		{name: "missing where the flag says", args: []string{"--config", missing}, problem: missing},
		{name: "missing where the environment says", env: missing, problem: missing},
		{name: "a folder", env: t.TempDir(), problem: "read the settings file"},
		{name: "an empty name after the flag", args: []string{"--config="}, env: high, problem: "--config"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := Load(parsed(t, tt.args...), func(name string) string {
				return map[string]string{fileEnv: tt.env}[name]
			})
			if tt.problem != "" {
				wantError(t, err, tt.problem)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := Value{Key: "fail-on", Value: tt.value, Layer: tt.from}
			if diff := cmp.Diff(want, valueOf(t, r, "fail-on")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Changes the working folder, so it cannot run beside other tests.
func TestTheImplicitFileIsReadWhereItStands(t *testing.T) {
	t.Chdir(filepath.Dir(write(t, "flowproof.yaml", "fail-on: high\n")))
	r, err := Load(parsed(t), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	want := Value{Key: "fail-on", Value: "high", Layer: "file ./flowproof.yaml"}
	if diff := cmp.Diff(want, valueOf(t, r, "fail-on")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBadValuesNameSettingLayerAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	env := func(name, text string) given { return given{env: map[string]string{name: text}} }
	flag := func(args ...string) given { return given{args: args} }
	tests := []struct {
		name  string
		given given
		says  []string
	}{
		{"none of the values, in the file", given{file: "fail-on: lowest"}, []string{"fail-on", "(file ", `"lowest"`, "low, medium, high, critical, none"}},
		{"none of the values, in the environment", env("FLOWPROOF_FAIL_ON", "lowest"), []string{"fail-on", "(environment FLOWPROOF_FAIL_ON)", `"lowest"`, "low, medium"}},
		{"none of the values, by flag", flag("--fail-on=lowest"), []string{"fail-on", "(flag --fail-on)", `"lowest"`, "low, medium"}},
		{"in a section of the file", given{file: "policy: {traffic: none}"}, []string{"policy.traffic", "(file ", "reject, all"}},
		{"part of a day", env("FLOWPROOF_POLICY_RETENTION_DAYS", "1.5"), []string{"policy.retention-days", "whole number"}},
		{"fewer days than none", env("FLOWPROOF_POLICY_RETENTION_DAYS", "-1"), []string{"policy.retention-days", "from 0"}},
		{"a destination type of AWS's", given{file: "policy: {destination-types: cloud-watch-logs}"}, []string{"policy.destination-types", "cloudwatch-logs, s3 or firehose"}},
		{"a field with its braces", given{file: "policy: {format: ['${flow-direction}']}"}, []string{"policy.format", "such as flow-direction"}},
		{"an account id that is short, in the file", given{file: "account: ['123']"}, []string{"account", "(file ", `"123"`, "twelve digits"}},
		{"an account id that is short, in the environment", env("FLOWPROOF_ACCOUNT", "123456789012,123"), []string{"FLOWPROOF_ACCOUNT", "twelve digits"}},
		{"an account id that is short, by flag", flag("--account=123"), []string{"--account", "twelve digits"}},
		{"an account id with a line after it", flag("--account=123456789012\n1"), []string{"--account", "twelve digits"}},
		{"no duration, in the file", given{file: "window: a day"}, []string{"window", "(file ", "90m or 24h"}},
		{"a duration of nothing, in the environment", env("FLOWPROOF_WINDOW", "0s"), []string{"FLOWPROOF_WINDOW", "above zero"}},
		{"a duration without a unit, by flag", flag("--window=24"), []string{"--window", "90m or 24h"}},
		{"no switch, in the environment", env("FLOWPROOF_QUIET", "yes"), []string{"FLOWPROOF_QUIET", `"yes"`, "neither true nor false"}},
		{"no switch, by flag", flag("--quiet=yes"), []string{"--quiet", "neither true nor false"}},
		{"an unknown source", flag("--source=gcp"), []string{"--source", "awscli:DIR", "snapshot:FILE"}},
		{"an empty source", flag("--source="), []string{"--source", "snapshot:FILE"}},
		{"an address without a scheme", flag("--endpoint-url=localhost"), []string{"--endpoint-url", "https://"}},
		{"a report of no format", flag("--report=html=x"), []string{"--report", "FORMAT=FILE"}},
		{"an empty item", env("FLOWPROOF_REGION", "eu-west-1,,us-east-1"), []string{"FLOWPROOF_REGION", "empty item"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.given.load(t)
			wantError(t, err, tt.says...)
		})
	}
}

func TestAnAddressThatMayHoldAPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://user:SECRET@host", "https://SECRET@host", "http://user:SECRET@host:1/@", "ftp://user:SECRET@host", "SECRET@host", "http://host?SECRET", "http://SECRET @host"} {
		for name, g := range map[string]given{
			"flag": {args: []string{"--endpoint-url=" + address}}, "environment": {env: map[string]string{"FLOWPROOF_ENDPOINT_URL": address}}, "file": {file: "endpoint-url: '" + address + "'"},
		} {
			_, err := g.load(t)
			wantError(t, err, "endpoint-url", "no user name or password")
			if err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%s %s is shown: %v", name, address, err)
			}
		}
	}
}

func TestDefaultsAreThoseOfTheTable(t *testing.T) {
	t.Parallel()
	got, err := Defaults()
	if err != nil {
		t.Fatal(err)
	}
	none := []string{}
	want := Settings{
		Source: "aws", Region: none, ExcludeRegion: none, Account: none, Rule: none, Framework: none, SkipRule: none, Ruleset: "default",
		Window: 24 * time.Hour, FailOn: "low", Format: "text", Report: none, PolicyTraffic: "reject",
		Resource: none, Tag: none, Destination: "cloudwatch-logs", LogGroup: "MyFlowLogs", DeliveryRole: "flowproof-delivery",
		RetentionDays: 365, FileFormat: "plain-text", Traffic: "ALL", Interval: 600, LogFormat: "default", WithTag: none, TagField: none,
		MaxAge: 24 * time.Hour, MaxFailures: 10, AtOnce: 8,
		PolicyRetentionDays: 365, PolicyFormat: none, PolicyDestinationTypes: none,
		OU: none, ExcludeAccount: none, Destinations: none, Trust: none, RoleName: "flowproof-read", SessionName: "flowproof", SessionDuration: time.Hour,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestADurationIsShownAsItCanBeGiven(t *testing.T) {
	t.Parallel()
	tests := []struct{ given, want string }{
		{"24h", "24h"}, {"90m", "1h30m"}, {"30m", "30m"}, {"10m", "10m"}, {"20h", "20h"}, {"90s", "1m30s"}, {"10s", "10s"}, {"1h10s", "1h0m10s"}, {"1ms", "1ms"},
	}
	for _, tt := range tests {
		r, err := given{args: []string{"--window", tt.given}}.load(t)
		if err != nil {
			t.Fatal(err)
		}
		if got := valueOf(t, r, "window").Value; got != tt.want {
			t.Errorf("%s is shown as %v, want %s", tt.given, got, tt.want)
		}
	}
}
