package deps

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// file is a Go file as far as its imports go.
type file struct {
	name    string // from the root of the tree
	imports map[string]string
	// selected is every name that is taken from an import: time.Now is selected["time"]["Now"].
	selected map[string]map[string]bool
	inits    bool // it declares func init
}

func (f file) folder() string { return path.Dir(f.name) }
func (f file) isTest() bool   { return strings.HasSuffix(f.name, "_test.go") }

// read parses every Go file of the module, whatever system it is built for.
func read(root fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(root, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		source, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parse(name, source)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the Go files: %w", err)
	}
	return files, nil
}

// skip leaves out the folders that the go command leaves out.
func skip(root fs.FS, folder string) error {
	if folder == "." {
		return nil
	}
	base := path.Base(folder)
	if base == "testdata" || base[0] == '.' || base[0] == '_' {
		return fs.SkipDir
	}
	if _, err := fs.Stat(root, folder+"/go.mod"); err == nil { // a module of its own
		return fs.SkipDir
	}
	return nil
}

func parse(name string, source []byte) (file, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	f := file{name: name, imports: map[string]string{}, selected: map[string]map[string]bool{}}
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		local := path.Base(imported)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		f.imports[imported] = local
		f.selected[imported] = map[string]bool{}
	}
	f.inits = slices.ContainsFunc(tree.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Recv == nil && fn.Name.Name == "init"
	})
	ast.Inspect(tree, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		for imported, local := range f.imports {
			if local == from.Name {
				f.selected[imported][selector.Sel.Name] = true
			}
		}
		return true
	})
	return f, nil
}
