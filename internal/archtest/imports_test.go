package archtest

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// forbiddenImports returns what breaks a rule, as "file:line: imports package: reason", by the rule's name.
func forbiddenImports(t *testing.T, tree fs.FS) map[string][]string {
	t.Helper()
	all, files := rules(t), goFiles(t, tree)
	found := map[string][]string{}
	for name, rule := range all {
		for _, file := range files {
			if !rule.covers(file.path) {
				continue
			}
			for _, spec := range file.syntax.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if reason := rule.refuses(imported); reason != "" {
					found[name] = append(found[name],
						fmt.Sprintf("%s:%d: imports %s: %s", file.path, file.line(spec), imported, reason))
				}
			}
		}
	}
	return found
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for name, problems := range forbiddenImports(t, ours()) {
		t.Errorf("%s (.golangci.yml):\n\t%s", name, strings.Join(problems, "\n\t"))
	}
}

// Each rule must find the import in the bad tree that it was written against, so that a misspelt folder or package in
// .golangci.yml does not switch a rule off unseen.
func TestEveryImportRuleBites(t *testing.T) {
	t.Parallel()
	found := forbiddenImports(t, badTree())
	for _, name := range names(rules(t)) {
		for _, deny := range rules(t)[name].Deny {
			require.Condition(t, func() bool { return mentions(found[name], deny.Pkg) },
				"rule %s did not refuse %s in testdata/badtree; found: %q", name, deny.Pkg, found[name])
		}
	}
}

func mentions(problems []string, pkg string) bool {
	for _, problem := range problems {
		if strings.Contains(problem, "imports "+strings.TrimRight(pkg, "$/")) {
			return true
		}
	}
	return false
}

func TestEveryImportRuleHasAReason(t *testing.T) {
	t.Parallel()
	for name, rule := range rules(t) {
		require.Equal(t, "lax", rule.ListMode, "%s: the other modes are not understood here", name)
		require.NotEmpty(t, rule.Files, name)
		for _, deny := range rule.Deny {
			require.NotEmpty(t, deny.Desc, "%s: %s", name, deny.Pkg)
		}
	}
}

func TestRuleLanguage(t *testing.T) {
	t.Parallel()
	require.Regexp(t, glob("${base-path}/payment/**"), "payment/deep/order.go")
	require.NotRegexp(t, glob("${base-path}/payment/**"), "wechattest/payment/order.go")
	require.NotRegexp(t, glob("${base-path}/*.go"), "payment/order.go")
	require.Regexp(t, glob("$all"), "module.go")
	require.Regexp(t, glob("$test"), "payment/order_test.go")
	require.True(t, matches("testing", "testing/fstest"))
	require.False(t, matches("log$", "log/slog"))
	require.False(t, matches("testing", "testing.example.com/x"))
}
