package wechattest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sources are the files of this package without its tests.
func sources(t *testing.T) (files []*ast.File) {
	t.Helper()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// answerable are the codes that the source spells out, with the status where it has one: "404 ORDER_NOT_EXIST", "40029".
func answerable(t *testing.T) (codes []string) {
	t.Helper()
	for _, file := range sources(t) {
		ast.Inspect(file, func(node ast.Node) bool {
			literal, ok := node.(*ast.CompositeLit)
			if !ok || len(literal.Elts) == 0 {
				return true
			}
			name, ok := literal.Type.(*ast.Ident)
			if !ok {
				return true
			}
			switch name.Name {
			case "refusal", "OAuthRefusedError":
				if code, ok := literal.Elts[0].(*ast.BasicLit); ok {
					codes = append(codes, "200 "+code.Value)
				}
			case "payError":
				code, spelled := literal.Elts[2].(*ast.BasicLit)
				status, named := literal.Elts[0].(*ast.SelectorExpr)
				if spelled && named {
					text, err := strconv.Unquote(code.Value)
					require.NoError(t, err)
					codes = append(codes, strconv.Itoa(statusCode(t, status.Sel.Name))+" "+text)
				}
			}
			return true
		})
	}
	return codes
}

// statusCode is the number of one of net/http's names.
func statusCode(t *testing.T, name string) int {
	t.Helper()
	code, known := map[string]int{
		"StatusBadRequest": 400, "StatusUnauthorized": 401, "StatusForbidden": 403, "StatusNotFound": 404,
		"StatusTooManyRequests": 429, "StatusInternalServerError": 500,
	}[name]
	require.True(t, known, name)
	return code
}

// TestEveryCodeHasARow keeps the error tables complete: a code that the source can answer is asked for at least once.
func TestEveryCodeHasARow(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for table, rows := range errorTables() {
		if strings.HasSuffix(table, "Script") {
			continue // a script answers what it is told
		}
		for _, row := range rows {
			asked[strconv.Itoa(row.status)+" "+row.code] = true
		}
	}
	codes := answerable(t)
	require.Greater(t, len(codes), 60, "the source is still written as this test reads it")
	for _, code := range codes {
		require.True(t, asked[code], code)
	}
}

// TestEveryEndpointHasARow does the same for the routes.
func TestEveryEndpointHasARow(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, rows := range errorTables() {
		for _, row := range rows {
			asked[row.at] = true
		}
	}
	var routes []string
	for _, file := range sources(t) {
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			if called, ok := call.Fun.(*ast.SelectorExpr); ok && called.Sel.Name == "HandleFunc" {
				route, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				routes = append(routes, route)
			}
			return true
		})
	}
	require.Greater(t, len(routes), 30)
	for _, route := range routes {
		require.True(t, asked[route], route)
	}
}
