//go:build ignore

// Writes go-types.json: the facts of Kubernetes' Go types that its OpenAPI documents do not tell. Run with upstream's
// modules in the module cache (it only parses, it compiles nothing of theirs):
//
//	go run go-types.go | gzip -9n > go-types.json.gz
//
// A struct is a list of fields in Go's order: [JSON name, Go type, flags, protobuf number], where flags are the letters
// e (omitempty), z (omitzero), i (inlined); number 0: not in protobuf. A named type that is no struct is its Go type.
// Types of Kubernetes are written with the package's full path, slashes as they are.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

const version = "v0.36.3"

var builtin = map[string]bool{"string": true, "int": true, "int32": true, "int64": true, "uint32": true, "uint64": true, "uint8": true, "int8": true, "bool": true, "float64": true, "float32": true, "byte": true, "error": true, "any": true}

type pkg struct{ path, dir string }

func main() {
	cache := filepath.Join(os.Getenv("HOME"), "go/pkg/mod/k8s.io")
	var pkgs []pkg
	add := func(module, glob string) {
		root := filepath.Join(cache, module+"@"+version)
		dirs, _ := filepath.Glob(filepath.Join(root, glob))
		for _, dir := range dirs {
			pkgs = append(pkgs, pkg{"k8s.io/" + module + strings.TrimPrefix(dir, root), dir})
		}
	}
	add("api", "*/v1")
	add("api", "*/v2")
	for _, p := range []string{"apis/meta/v1", "runtime", "api/resource", "util/intstr", "types", "version"} {
		add("apimachinery", "pkg/"+p)
	}
	add("apiextensions-apiserver", "pkg/apis/apiextensions/v1")
	add("kube-aggregator", "pkg/apis/apiregistration/v1")
	out := map[string]any{}
	for _, p := range pkgs {
		read(p, out)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}

func read(p pkg, out map[string]any) {
	set := token.NewFileSet()
	files, err := parser.ParseDir(set, p.dir, func(info os.FileInfo) bool {
		return !strings.HasSuffix(info.Name(), "_test.go") && !strings.HasPrefix(info.Name(), "zz_") && info.Name() != "generated.pb.go"
	}, 0)
	if err != nil {
		panic(err)
	}
	for _, parsed := range files {
		for _, file := range parsed.Files {
			imports := map[string]string{}
			for _, spec := range file.Imports {
				path, _ := strconv.Unquote(spec.Path.Value)
				name := path[strings.LastIndex(path, "/")+1:]
				if spec.Name != nil {
					name = spec.Name.Name
				}
				imports[name] = path
			}
			for _, decl := range file.Decls {
				gen, ok := decl.(*ast.GenDecl)
				if !ok || gen.Tok != token.TYPE {
					continue
				}
				for _, spec := range gen.Specs {
					ts := spec.(*ast.TypeSpec)
					if !ts.Name.IsExported() || ts.TypeParams != nil {
						continue
					}
					full := p.path + "." + ts.Name.Name
					switch t := ts.Type.(type) {
					case *ast.StructType:
						out[full] = fields(t, p.path, imports)
					case *ast.InterfaceType, *ast.FuncType:
					default:
						out[full] = expr(ts.Type, p.path, imports)
					}
				}
			}
		}
	}
}

func fields(t *ast.StructType, path string, imports map[string]string) []any {
	list := []any{}
	for _, f := range t.Fields.List {
		if f.Tag == nil {
			continue
		}
		raw, _ := strconv.Unquote(f.Tag.Value)
		tag := reflect.StructTag(raw)
		parts := strings.Split(tag.Get("json"), ",")
		if parts[0] == "-" {
			continue
		}
		flags := ""
		for _, option := range parts[1:] {
			switch option {
			case "omitempty":
				flags += "e"
			case "omitzero":
				flags += "z"
			case "inline":
				flags += "i"
			}
		}
		if parts[0] == "" && !strings.Contains(flags, "i") {
			if len(f.Names) == 0 {
				flags += "i"
			} else {
				parts[0] = f.Names[0].Name
			}
		}
		number := 0
		if pb := strings.Split(tag.Get("protobuf"), ","); len(pb) > 1 {
			number, _ = strconv.Atoi(pb[1])
		}
		list = append(list, []any{parts[0], expr(f.Type, path, imports), flags, number})
	}
	return list
}

func expr(e ast.Expr, path string, imports map[string]string) string {
	switch t := e.(type) {
	case *ast.Ident:
		if builtin[t.Name] {
			return t.Name
		}
		return path + "." + t.Name
	case *ast.StarExpr:
		return "*" + expr(t.X, path, imports)
	case *ast.ArrayType:
		return "[]" + expr(t.Elt, path, imports)
	case *ast.MapType:
		return "map[" + expr(t.Key, path, imports) + "]" + expr(t.Value, path, imports)
	case *ast.SelectorExpr:
		name := t.X.(*ast.Ident).Name
		return imports[name] + "." + t.Sel.Name
	case *ast.InterfaceType:
		return "interface {}"
	}
	return fmt.Sprintf("%T", e)
}
