package archtest

import (
	"fmt"
	"go/ast"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// hiddenWork names functions that run because a package was imported. Registration by init hides who uses what.
func hiddenWork(t *testing.T, tree fs.FS) (problems []string) {
	t.Helper()
	for _, file := range handWritten(t, tree) {
		for _, declaration := range file.syntax.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if ok && function.Recv == nil && function.Name.Name == "init" {
				problems = append(problems, fmt.Sprintf("%s:%d: func init: call it where it is needed",
					file.path, file.line(function)))
			}
		}
	}
	return problems
}

// sleepingTests names calls of time.Sleep in tests: too short on a busy machine, too long on every other. A test waits
// for a signal, or for a condition with a limit. Inside testing/synctest sleeping costs nothing and is exact.
func sleepingTests(t *testing.T, tree fs.FS) (problems []string) {
	t.Helper()
	for _, file := range handWritten(t, tree) {
		if !file.isTest() || imports(file, "testing/synctest") {
			continue
		}
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			call, ok := node.(*ast.SelectorExpr)
			if !ok || call.Sel.Name != "Sleep" {
				return true
			}
			if from, ok := call.X.(*ast.Ident); ok && from.Name == "time" {
				problems = append(problems, fmt.Sprintf("%s:%d: time.Sleep: wait for a signal, or require.Eventually",
					file.path, file.line(call)))
			}
			return true
		})
	}
	return problems
}

func imports(file goFile, pkg string) bool {
	for _, spec := range file.syntax.Imports {
		if spec.Path.Value == `"`+pkg+`"` {
			return true
		}
	}
	return false
}

func TestNothingRunsOnImport(t *testing.T) {
	t.Parallel()
	require.Empty(t, hiddenWork(t, ours()))
}

func TestTestsDoNotSleep(t *testing.T) {
	t.Parallel()
	require.Empty(t, sleepingTests(t, ours()))
}

func TestBadHabitsAreFound(t *testing.T) {
	t.Parallel()
	source := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("package x\n" + text + "\n")} }
	tree := fstest.MapFS{
		"bad.go":       source("func init() {}"),
		"method.go":    source("type T struct{}\nfunc (T) init() {}"),
		"bad_test.go":  source("import \"time\"\nfunc wait() { time.Sleep(1); f := time.Sleep; _ = f }"),
		"wait.go":      source("import \"time\"\nfunc poll() { time.Sleep(1) }"),
		"sync_test.go": source("import (\n\t\"testing/synctest\"\n\t\"time\"\n)\nfunc bubble() { time.Sleep(1) }"),
	}
	require.Equal(t, []string{"bad.go:2: func init: call it where it is needed"}, hiddenWork(t, tree))
	require.Len(t, sleepingTests(t, tree), 2)
}
