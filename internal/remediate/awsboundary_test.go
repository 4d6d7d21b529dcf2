package remediate

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// operationsOf is every operation of the AWS services that this package talks to.
func operationsOf() map[string]bool {
	all := map[string]bool{}
	for _, client := range []reflect.Type{
		reflect.TypeFor[*ec2.Client](), reflect.TypeFor[*iam.Client](), reflect.TypeFor[*cloudwatchlogs.Client](),
		reflect.TypeFor[*s3.Client](), reflect.TypeFor[*firehose.Client](), reflect.TypeFor[*sts.Client](),
	} {
		for m := range client.NumMethod() {
			all[client.Method(m).Name] = true
		}
	}
	delete(all, "Options")
	return all
}

// operationsIn gives the operations that a file calls, and whether it uses a service's package.
func operationsIn(t *testing.T, name string, all map[string]bool) (called []string, uses bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file.Imports {
		uses = uses || strings.Contains(i.Path.Value, "aws-sdk-go-v2/service/") && !strings.HasSuffix(i.Path.Value, `/types"`)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && all[s.Sel.Name] {
			called = append(called, s.Sel.Name)
		}
		return true
	})
	return called, uses
}

// TestOnlyOneFileCanWrite looks at every call of an AWS operation in the package: those that change
// something are in awswrite.go, and those of the reader only read.
func TestOnlyOneFileCanWrite(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := operationsOf()
	reading := regexp.MustCompile(`^(Describe|Get|List|Head)`)
	seen := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		called, uses := operationsIn(t, name, all)
		switch {
		case name == "awswrite.go":
			seen += len(called)
		case strings.HasPrefix(name, "awsread"):
			for _, c := range called {
				if !reading.MatchString(c) {
					t.Errorf("%s calls %s, which is no read", name, c)
				}
			}
			seen += len(called)
		case uses:
			t.Errorf("%s uses an AWS client; only awswrite.go and awsread*.go do", name)
		}
	}
	if seen < len(writes) {
		t.Errorf("%d calls were seen: the test does not see them", seen)
	}
}

// TestWriterSendsExactlyWhatActionsSay holds the table of requests to that of actions.
func TestWriterSendsExactlyWhatActionsSay(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, o := range operations {
		want[o[0]+":"+o[1]] = true
	}
	if got := slices.Sorted(maps.Keys(want)); !slices.Equal(got, Writes()) {
		t.Errorf("the writer sends\n%v\nand actions are\n%v", Writes(), got)
	}
}

func TestWriterRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	w := NewWriter(s.config())
	for _, a := range []API{
		{"ec2", "DeleteVpc", []byte(`{"VpcId":"vpc-0aaa"}`)},
		{"ec2", "CreateFlowLogs", []byte(`{"ResourceIds":["vpc-0aaa"],"Sudo":true}`)},
		{"logs", "CreateLogGroup", []byte(`["x"]`)},
	} {
		if _, err := w.Write(t.Context(), "eu-west-1", a); err == nil || len(s.writesSent()) > 0 {
			t.Errorf("%s:%s %s: %v, sent %v", a.Service, a.Operation, a.Input, err, s.writesSent())
		}
	}
}
