// Package conformance holds the sandbox to the AWS that it stands for: the same calls
// go to the sandbox and to a moto server, through the AWS SDK, the official AWS CLI and bare
// HTTP, and the answers are compared field by field. Where the two differ,
// documented behaviour decides, and the difference is a row of the list in
// differences_test.go; a row that describes nothing any more fails the test.
//
// It does not call the real AWS, and moto agreeing is no proof that AWS
// would: it proves that two readings of the documentation agree.
//
// To cover another service: one small function like ec2Call, and flows.
package conformance

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/mototest"
)

// flow is a story told to both worlds, each in an account where nothing happened
// before.
type flow struct {
	name    string
	buckets []string // S3 buckets that are there from the start
	steps   []step
}

// step is one call of a flow. Texts in it may hold {{name}} for a value that an earlier
// step kept, and {{account}}.
type step struct {
	name string
	call caller
	// keep gives names to values of the answer, by their path: "Vpc.VpcId",
	// "Vpcs.0.VpcId". What one world does not have is kept as "".
	keep map[string]string
	// keyed names the lists whose order AWS leaves open, each with the field that tells
	// its elements apart ("" for a list of texts).
	keyed map[string]string
	// only are the fields to compare, all unless set.
	only []string
	// region is where the call goes, mototest.Region unless set.
	region string
}

// caller makes one call in one world. What it returns is turned into a tree by
// treeOf; an error is an answer like any other.
type caller struct {
	operation string // as AWS names it: DescribeVpcs
	do        func(ctx context.Context, w *world) (any, error)
}

// world is one of the two implementations, as one flow sees it.
type world struct {
	name   string
	cli    string   // path of the AWS CLI
	env    []string // for it
	config aws.Config
	kept   map[string]string
	ids    renamer
}

// server makes the implementation of ours that a flow is told to. It holds one account as
// AWS hands it out, and the flow's buckets.
type server func(t *testing.T, account string, buckets []string) *sandbox.Server

// stored is the sandbox as it is served without a fleet.
func stored(t *testing.T, account string, buckets []string) *sandbox.Server {
	t.Helper()
	scenario := sandbox.DefaultScenario()
	scenario.Accounts = []sandbox.AccountSeed{{ID: account}}
	for _, b := range buckets {
		scenario.Accounts[0].Buckets = append(scenario.Accounts[0].Buckets, sandbox.BucketSeed{Name: b})
	}
	s, err := sandbox.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// worlds makes the two for one flow, which hold the same.
func worlds(t *testing.T, open server, account string, buckets []string) (ours, theirs *world) {
	t.Helper()
	s := open(t, account, buckets)
	t.Cleanup(s.Close)
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	ours = newWorld(t, "sandbox", account, mototest.Env(listener.URL))
	theirs = newWorld(t, "moto", account, mototest.AccountEnv(t, mototest.Start(t), account))
	for _, b := range buckets {
		if _, err := theirs.send(t.Context(), "s3", http.MethodPut, "/"+b, nil, ""); err != nil {
			t.Fatalf("make bucket %s in moto: %v", b, err)
		}
	}
	return ours, theirs
}

func newWorld(t *testing.T, name, account string, env []string) *world {
	t.Helper()
	vars := make(map[string]string)
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		vars[k] = v
	}
	return &world{
		name: name,
		cli:  mototest.CLI(t),
		env:  env,
		config: aws.Config{
			Region:       mototest.Region,
			BaseEndpoint: aws.String(vars["AWS_ENDPOINT_URL"]),
			Credentials:  credentials.NewStaticCredentialsProvider(vars["AWS_ACCESS_KEY_ID"], vars["AWS_SECRET_ACCESS_KEY"], ""),
			HTTPClient:   wholeBody{},
			Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
		},
		kept: map[string]string{"account": account},
		ids:  renamer{account: account, names: make(map[string]string)},
	}
}

// in is the world seen from a Region.
func (w *world) in(region string) *world {
	if region == "" {
		region = mototest.Region
	}
	there := *w
	there.config.Region = region
	return &there
}

// run makes the step's call and gives the answer ready to compare.
func (s step) run(t *testing.T, w *world) map[string]string {
	t.Helper()
	answer, err := s.call.do(t.Context(), w.in(s.region))
	if err != nil {
		if answer, err = errorAnswer(err); err != nil {
			t.Fatalf("%s: %s: no answer: %v", w.name, s.name, err)
		}
	}
	tree := treeOf(answer)
	for name, path := range s.keep {
		w.kept[name] = find(tree, path)
	}
	for list, by := range s.keyed {
		tree = keyed(tree, list, by)
	}
	flat := flatten(w.ids.rename(tree))
	if s.only != nil {
		maps.DeleteFunc(flat, func(path, _ string) bool { return !slices.Contains(s.only, path) })
	}
	return flat
}

// placeholder is {{name}}; record formats have ${name}, policies {"Name".
var placeholder = regexp.MustCompile(`\{\{([a-z0-9-]+)\}\}`)

func (w *world) fillText(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(p string) string {
		v, ok := w.kept[p[2:len(p)-2]]
		if !ok {
			return p // goes over the wire as it is, and the step shows it
		}
		return v
	})
}

func (w *world) fillAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = w.fillText(s)
	}
	return out
}

// fill copies an input with its placeholders filled in.
func (w *world) fill(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(w.fillText(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(w.fill(v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(w.fill(v.Index(i)))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(w.fill(v.Field(i)))
			}
		}
	}
	return out
}
