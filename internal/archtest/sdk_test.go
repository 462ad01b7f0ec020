package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listed is what `go list` says about a package.
type listed struct {
	ImportPath string `json:"ImportPath"`
	Standard   bool   `json:"Standard"`
	Module     *struct {
		Path string `json:"Path"`
	} `json:"Module"`
}

// dependencies lists everything outside the standard library that a program importing this package links: modules by
// their path, our own packages by theirs.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Module", pkg)
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err, "go list -deps %s", pkg)
	var found []string
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch {
		case p.Standard || p.Module == nil:
		case p.Module.Path == modulePath:
			found = append(found, p.ImportPath)
		default:
			found = append(found, p.Module.Path)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// A plugin author downloads and links what plugins/sdk needs. The list is short and every addition is a decision:
// change testdata/sdk-dependencies.txt when one has been made.
func TestPluginAuthorsLinkOnlyTheContract(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "sdk-dependencies.txt"))
	require.NoError(t, err)
	require.Equal(t, strings.Fields(string(golden)), dependencies(t, modulePath+"/plugins/sdk"))
}

// What holds for every file by the import rules must hold for whole programs as well.
func TestNobodyLinksWhatIsNotTheirBusiness(t *testing.T) {
	t.Parallel()
	for pkg, unwanted := range map[string][]string{
		"/plugins/sdk":    {"github.com/gofiber/fiber/v2", "github.com/uptrace/bun", "github.com/wechatpay-apiv3/wechatpay-go", "modernc.org/sqlite"},
		"/config":         {"github.com/gofiber/fiber/v2", "github.com/uptrace/bun"},
		"/internal/wxpay": {"github.com/gofiber/fiber/v2", "github.com/uptrace/bun"},
	} {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(pkg))); os.IsNotExist(err) {
			continue
		}
		for _, dependency := range dependencies(t, modulePath+pkg) {
			require.NotContains(t, unwanted, dependency, "%s links it", pkg)
		}
	}
}

// The negative control: a package known to use the database is seen to.
func TestDependenciesAreSeen(t *testing.T) {
	t.Parallel()
	require.Contains(t, dependencies(t, modulePath+"/internal/dbtest"), "github.com/uptrace/bun/driver/pgdriver")
}
