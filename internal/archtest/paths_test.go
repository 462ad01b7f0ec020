package archtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// home matches paths into somebody's home folder. Written in pieces, so as not to find itself.
var home = regexp.MustCompile(`(^|[^\w./-])/(` + `root|home/[a-z]\w*|Users/[A-Za-z]\w*)/`)

// machinePaths names lines that mention where a file happens to lie on the machine of whoever wrote it: the checkout,
// or a home folder. They work for one person only and tell strangers about that person's machine.
func machinePaths(t *testing.T, tree fs.FS, checkout string) (problems []string) {
	t.Helper()
	walk(t, tree, func(name string) {
		content, err := fs.ReadFile(tree, name)
		require.NoError(t, err)
		if bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0 {
			return // not text
		}
		for number, line := range strings.Split(string(content), "\n") {
			if home.MatchString(line) || checkout != "" && strings.Contains(line, checkout) {
				problems = append(problems, fmt.Sprintf("%s:%d: a path of one machine: %s", name, number+1, strings.TrimSpace(line)))
			}
		}
	})
	return problems
}

// checkout is where the module lies, or "" if that is too short to be told from other paths, such as /app.
func checkout(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(root)
	require.NoError(t, err)
	if strings.Count(filepath.ToSlash(dir), "/") < 2 {
		return ""
	}
	return dir
}

func TestNoMachinePaths(t *testing.T) {
	t.Parallel()
	require.Empty(t, machinePaths(t, ours(), checkout(t)))
}

func TestMachinePathsAreFound(t *testing.T) {
	t.Parallel()
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	require.Len(t, machinePaths(t, fstest.MapFS{
		"a.go":     text("// see /ro" + "ot/notes/x\n"),
		"b.md":     text("first\n\n`/ho" + "me/someone/x`\n"),
		"c.yml":    text("path: /Use" + "rs/Someone/x\n"),
		"d/e.sh":   text("cd /srv/checkout/sub\n"),
		"ok.md":    text("https://example.com/ro" + "ot/x and ./ho" + "me/x and /etc/wechat/config.yaml\n"),
		"data.bin": text("\x00 /srv/checkout"),
	}, "/srv/checkout"), 4)
}
