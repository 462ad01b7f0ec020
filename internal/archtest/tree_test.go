package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// modulePath is the prefix of every package of ours.
const modulePath = "wgink.ink/wechat"

// root is the folder of the module, seen from this package.
var root = filepath.Join("..", "..")

// ours is the tree the rules are for.
func ours() fs.FS { return os.DirFS(root) }

// badTree breaks every rule once.
func badTree() fs.FS { return os.DirFS(filepath.Join("testdata", "badtree")) }

// goFile is a parsed Go file and where it is.
type goFile struct {
	path      string // with slashes, from the root
	source    []byte
	tokens    *token.FileSet
	syntax    *ast.File
	generated bool
}

func (f goFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f goFile) line(node ast.Node) int { return f.tokens.Position(node.Pos()).Line }

// lines counts the lines of the file.
func (f goFile) lines() int { return strings.Count(string(f.source), "\n") }

// goFiles parses all Go files that the go command would build for some system, generated ones included. A file marked
// `//go:build ignore` is a small program that makes others, and belongs to no package.
func goFiles(t *testing.T, tree fs.FS) []goFile {
	t.Helper()
	var files []goFile
	walk(t, tree, func(name string) {
		if path.Ext(name) != ".go" || strings.Contains("/"+name, "/testdata/") {
			return
		}
		source, err := fs.ReadFile(tree, name)
		require.NoError(t, err)
		if bytes.Contains(source, []byte("//go:build ignore\n")) {
			return
		}
		tokens := token.NewFileSet()
		syntax, err := parser.ParseFile(tokens, name, source, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, goFile{name, source, tokens, syntax, ast.IsGenerated(syntax)})
	})
	require.NotEmpty(t, files, "a check of no files would always pass")
	return files
}

// handWritten are the files somebody has to read.
func handWritten(t *testing.T, tree fs.FS) []goFile {
	t.Helper()
	var files []goFile
	for _, file := range goFiles(t, tree) {
		if !file.generated {
			files = append(files, file)
		}
	}
	return files
}

// walk visits all files but those that belong to git, to the system's file browser, or to what .gitignore names.
func walk(t *testing.T, tree fs.FS, visit func(name string)) {
	t.Helper()
	require.NoError(t, fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch name {
			case ".git", "bin", "hostdemo-data":
				return fs.SkipDir
			}
			return nil
		}
		visit(name)
		return nil
	}))
}
