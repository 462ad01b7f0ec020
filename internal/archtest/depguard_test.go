package archtest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// rule is one depguard rule of .golangci.yml, in the part of depguard's language that we use: list-mode lax, file
// patterns with ${base-path}, * and **, and package prefixes that a $ makes exact.
type rule struct {
	ListMode string   `yaml:"list-mode"`
	Files    []string `yaml:"files"`
	Allow    []string `yaml:"allow"`
	Deny     []struct {
		Pkg  string `yaml:"pkg"`
		Desc string `yaml:"desc"`
	} `yaml:"deny"`
}

// rules reads them.
func rules(t *testing.T) map[string]rule {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".golangci.yml"))
	require.NoError(t, err)
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]rule `yaml:"rules"`
				} `yaml:"depguard"`
			} `yaml:"settings"`
		} `yaml:"linters"`
	}
	require.NoError(t, yaml.Unmarshal(text, &config))
	found := config.Linters.Settings.Depguard.Rules
	require.NotEmpty(t, found)
	return found
}

// names are the rules' names in a fixed order.
func names(all map[string]rule) []string { return slices.Sorted(maps.Keys(all)) }

// covers tells whether the rule is about this file.
func (r rule) covers(file string) bool {
	in, out := false, false
	for _, pattern := range r.Files {
		without, negative := strings.CutPrefix(pattern, "!")
		if glob(without).MatchString(file) {
			in, out = in || !negative, out || negative
		}
	}
	return in && !out
}

// refuses returns the reason why a file the rule covers must not import this package, "" if it may.
func (r rule) refuses(imported string) (reason string) {
	allowed, denied := 0, 0
	for _, prefix := range r.Allow {
		if matches(prefix, imported) {
			allowed = max(allowed, len(prefix))
		}
	}
	for _, deny := range r.Deny {
		if matches(deny.Pkg, imported) && len(deny.Pkg) > denied {
			denied, reason = len(deny.Pkg), deny.Desc
		}
	}
	if allowed > denied { // the longer one is meant
		return ""
	}
	return reason
}

// matches tells whether a package is meant by a prefix, or by an exact name with $ at its end. A prefix without a dot
// is one of the standard library and does not reach example.com/….
func matches(prefix, imported string) bool {
	if exact, ok := strings.CutSuffix(prefix, "$"); ok {
		return imported == exact
	}
	if !strings.ContainsAny(prefix, "./") && strings.Contains(imported, ".") {
		return false
	}
	return strings.HasPrefix(imported, prefix)
}

// glob turns a file pattern into a regular expression over paths from the root.
func glob(pattern string) *regexp.Regexp {
	pattern = strings.NewReplacer("$all", "**", "$test", "**_test.go", "${base-path}/", "").Replace(pattern)
	expression := regexp.QuoteMeta(pattern)
	expression = strings.ReplaceAll(expression, `\*\*`, `.*`)
	expression = strings.ReplaceAll(expression, `\*`, `[^/]*`)
	return regexp.MustCompile(`^` + expression + `$`)
}
