package awslive

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flowproof/internal/inventory"
)

// interfaces is every interface through which this package talks to AWS.
var interfaces = map[string]reflect.Type{
	"ec2": reflect.TypeFor[regionReader](),
	"sts": reflect.TypeFor[identityReader](),

	"logs":     reflect.TypeFor[logGroupReader](),
	"iam":      reflect.TypeFor[roleReader](),
	"s3":       reflect.TypeFor[bucketReader](),
	"firehose": reflect.TypeFor[streamReader](),

	"cloudwatch": reflect.TypeFor[metricReader](),

	"organizations": reflect.TypeFor[organizationReader](),
	"account":       reflect.TypeFor[accountReader](),
}

func readInterfaces() []string {
	var names []string
	for _, i := range interfaces {
		names = append(names, i.Name())
	}
	return names
}

func calls() []string {
	var calls []string
	for service, i := range interfaces {
		for m := range i.NumMethod() {
			calls = append(calls, service+":"+i.Method(m).Name)
		}
	}
	slices.Sort(calls)
	return calls
}

func TestInterfacesOnlyRead(t *testing.T) {
	t.Parallel()
	reading := regexp.MustCompile(`^[a-z0-9]+:(Describe|Get|List|Head|AssumeRole$)`)
	for _, call := range calls() {
		if !reading.MatchString(call) {
			t.Errorf("%s is not a read", call)
		}
	}
}

// TestClientsAreOnlyUsedThroughTheInterfaces finds every SDK client that the package makes and
// wants it to be handed straight to one of the interfaces, so that no other method can be called.
func TestClientsAreOnlyUsedThroughTheInterfaces(t *testing.T) {
	t.Parallel()
	made := 0
	for _, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if len(n.Rhs) == 1 && isNewClient(n.Rhs[0]) {
					made++
					if got := exprString(n.Lhs[0]); !slices.Contains([]string{"s.identity", "n.roles", "n.directory", "org.directory", "org.accounts"}, got) {
						t.Errorf("an SDK client is kept in %s, which is no read interface", got)
					}
				}
			case *ast.FuncLit:
				for _, s := range n.Body.List {
					if r, ok := s.(*ast.ReturnStmt); ok && len(r.Results) == 1 && isNewClient(r.Results[0]) {
						made++
						if got := exprString(n.Type.Results.List[0].Type); !slices.Contains(readInterfaces(), got) {
							t.Errorf("an SDK client is returned as %s, which is no read interface", got)
						}
					}
				}
			case *ast.CallExpr:
				if isNewClient(n) {
					made--
				}
			}
			return true
		})
	}
	if made != 0 {
		t.Errorf("%d SDK clients are made in a way that this test does not know", -made)
	}
}

func isNewClient(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	return ok && strings.HasSuffix(exprString(call.Fun), ".NewFromConfig") && exprString(call.Fun) != "imds.NewFromConfig" // no client of a service
}

func exprString(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return exprString(e.X) + "." + e.Sel.Name
	}
	return ""
}

func sources(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func TestEveryCallHasItsPermissionsAndNoOthersAreListed(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, p := range Permissions() {
		listed = append(listed, p.Call)
		if p.Source == "" {
			t.Errorf("%s: no source", p.Call)
		}
	}
	slices.Sort(listed)
	if !slices.Equal(listed, calls()) {
		t.Errorf("permissions are listed for\n%v\nbut the interfaces hold\n%v", listed, calls())
	}
}

func TestEveryReaderHasItsPermissions(t *testing.T) {
	t.Parallel()
	for _, r := range slices.Concat(readers, new(named).readers(inventory.Scope{})) {
		i := slices.IndexFunc(Permissions(), func(p Permission) bool { return p.Call == r.api })
		if i < 0 || !slices.Contains(Permissions()[i].Kinds, r.kind) {
			t.Errorf("%s reads %s, which its row of permissions does not say", r.api, r.kind)
		}
	}
}

func TestReadPolicyAsksForWhatTheKindsNeed(t *testing.T) {
	t.Parallel()
	got := ReadPolicy([]inventory.Kind{inventory.FlowLogs}).Statement[0].Action
	if want := []string{"ec2:DescribeFlowLogs", "ec2:DescribeRegions"}; !slices.Equal(got, want) {
		t.Errorf("actions = %v, want %v", got, want)
	}
}
