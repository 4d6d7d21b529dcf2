package strictjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"flowproof/internal/strictjson"
)

type place struct {
	Account string `json:"account"`
}

type thing struct {
	place
	At     time.Time         `json:"at"`
	Size   int               `json:"size,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`
	Parts  []part            `json:"parts"`
	Choice *part             `json:"choice"`
	Free   json.RawMessage   `json:"free,omitempty"`
}

type part struct {
	ID  string `json:"id"`
	Own bool   `json:"own,omitempty"`
}

const whole = `{"account":"1","at":"2024-05-01T10:00:00Z","size":0,"tags":{"a":"<>"},"parts":[{"id":"p","own":true}],"choice":{"id":"c","own":false},"free":[null]}`

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	const base = `"account":"1","at":"2024-05-01T10:00:00Z","parts":[]`
	tests := []struct{ name, text, want, wantWhole string }{
		{"every key", whole, "", ""},
		{"what may be left out", `{` + base + `}`, "", `the key "size" is missing`},
		{"a pointer that is null", `{` + base + `,"choice":null}`, "", `"choice" is null`},
		{"spaces", " {\n" + strings.ReplaceAll(base, ",", " ,\t") + "\r\n} ", "", `the key "size" is missing`},
		{"an escaped key", strings.Replace(whole, `"account"`, `"\u0061ccount"`, 1), "", ""},
		{"an unknown key", `{` + base + `,"part":[]}`, `the key "part" is unknown`, "same"},
		{"an unknown key below", `{"account":"1","at":"2024-05-01T10:00:00Z","parts":[{"id":"p"},{"id":"q","oWn":true}]}`, `the key "oWn" is unknown in "parts[1]"`, `the key "own" is missing in "parts[0]"`},
		{"another case", strings.Replace(whole, "account", "Account", 1), `the key "Account" is unknown`, "same"},
		{"a key twice", `{"account":"1",` + base + `}`, `the key "account" is there twice`, "same"},
		{"a key twice, once escaped", `{"\u0061ccount":"1",` + base + `}`, `the key "account" is there twice`, "same"},
		{"a tag twice", `{"tags":{"a":"","a":""},` + base + `}`, `the key "a" is there twice in "tags"`, "same"},
		{"a key twice in what is free", `{"free":{"x":1,"x":1},` + base + `}`, `the key "x" is there twice in "free"`, "same"},
		{"a missing key", `{"account":"1","parts":[]}`, `the key "at" is missing`, "same"},
		{"a null", strings.Replace(whole, `"1"`, `null`, 1), `"account" is null`, "same"},
		{"a null time", strings.Replace(whole, `"2024-05-01T10:00:00Z"`, `null`, 1), `"at" is null`, "same"},
		{"a null list", strings.Replace(whole, `[{"id":"p","own":true}]`, `null`, 1), `"parts" is null`, "same"},
		{"a null item", strings.Replace(whole, `{"id":"p","own":true}`, `null`, 1), `"parts[0]" is null`, "same"},
		{"a null tag", strings.Replace(whole, `"<>"`, `null`, 1), `"tags.a" is null`, "same"},
		{"null alone", `null`, "is null", "same"},
		{"another type", strings.Replace(whole, `"1"`, `1`, 1), "cannot unmarshal number", "same"},
		{"a list for an object", `[]`, "cannot unmarshal array", "same"},
		{"two values", whole + whole, "truncated or not JSON", "same"},
		{"cut off", whole[:40], "truncated or not JSON", "same"},
		{"nothing", ``, "truncated or not JSON", "same"},
		{"not UTF-8", strings.Replace(whole, "<>", "\xff", 1), "not UTF-8", "same"},
		{"deep", strings.Replace(whole, "[null]", strings.Repeat("[", 100)+strings.Repeat("]", 100), 1), "nested deeper than 64", "same"},
		{"too deep for any reader", strings.Repeat("[", 1<<20), "truncated or not JSON", "same"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantWhole := tt.wantWhole
			if wantWhole == "same" {
				wantWhole = tt.want
			}
			checkError(t, strictjson.Unmarshal([]byte(tt.text), new(thing)), tt.want)
			checkError(t, strictjson.UnmarshalWhole([]byte(tt.text), new(thing)), wantWhole)
		})
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
	if errors.Is(err, strictjson.ErrSyntax) != strings.Contains(want, "not JSON") && !strings.Contains(want, "UTF-8") {
		t.Errorf("error %v: ErrSyntax is for text that is no JSON alone", err)
	}
}

func TestCheckFolded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"VpcId":"a","OwnerId":"b"}`:      "",
		`{"VpcId":"a","vpcid":"b"}`:        `the key "vpcid" is there twice`,
		`{"Tags":[{"Key":"a","KEY":"b"}]}`: `the key "key" is there twice in "tags[0]"`,
		`{"VpcId":"a","VpcId":"a"}`:        "is there twice",
		`{"VpcId":"a"`:                     "not JSON",
		`{"VpcId":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`: "nested deeper",
	} {
		checkError(t, strictjson.CheckFolded([]byte(text)), want)
	}
}

func TestMarshalWhole_writes_every_key(t *testing.T) {
	t.Parallel()
	var got thing
	if err := strictjson.UnmarshalWhole([]byte(whole), &got); err != nil {
		t.Fatal(err)
	}
	text, err := strictjson.MarshalWhole(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err = strictjson.MarshalWhole(thing{Free: json.RawMessage("1")})
	const want = `{"account":"","at":"0001-01-01T00:00:00Z","size":0,"tags":{},"parts":[],"free":1}`
	if diff := cmp.Diff(want, string(text)); diff != "" || err != nil {
		t.Errorf("error %v, (-want +got):\n%s", err, diff)
	}
}

// FuzzCheck holds the walk to three things: it ends without a panic, it takes nothing that encoding/json
// refuses, and what it takes comes back the same from what is written of it.
func FuzzCheck(f *testing.F) {
	f.Add(whole)
	f.Add(`{"a":{"a":[1e9,-0.5,"\"\\",true,false,null,{}]}}`)
	f.Add("[ ]")
	f.Add(" 7 ")
	f.Fuzz(func(t *testing.T, text string) {
		if strictjson.Check([]byte(text)) == nil && !json.Valid([]byte(text)) {
			t.Fatal("it takes what is no JSON")
		}
		var first, second thing
		if strictjson.Unmarshal([]byte(text), &first) != nil {
			return
		}
		written, err := strictjson.MarshalWhole(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := strictjson.UnmarshalWhole(written, &second); err != nil {
			t.Fatalf("%v in %s", err, written)
		}
		same := cmp.Comparer(func(a, b json.RawMessage) bool { return compact(t, a) == compact(t, b) })
		if diff := cmp.Diff(first, second, cmpopts.EquateEmpty(), same, cmp.AllowUnexported(thing{})); diff != "" {
			t.Fatalf("(-first +second):\n%s", diff)
		}
	})
}

func compact(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	if len(raw) == 0 {
		return "null"
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
