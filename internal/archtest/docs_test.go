package archtest

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/identity"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/plugins/host"
)

// languages are the folders of the documents, and the README of each.
func languages() map[string]string {
	return map[string]string{"docs": "README.md", "docs/zh-CN": "README.zh-CN.md"}
}

// document reads a file of the tree.
func document(t *testing.T, tree fs.FS, name string) string {
	t.Helper()
	content, err := fs.ReadFile(tree, name)
	require.NoError(t, err)
	return string(content)
}

// documents are the READMEs and everything in docs, by name.
func documents(t *testing.T, tree fs.FS) map[string]string {
	t.Helper()
	found := map[string]string{}
	walk(t, tree, func(name string) {
		if path.Ext(name) == ".md" && (strings.HasPrefix(name, "docs/") || strings.HasPrefix(name, "README")) {
			found[name] = document(t, tree, name)
		}
	})
	require.NotEmpty(t, found)
	return found
}

func TestEveryRouteIsDocumented(t *testing.T) {
	t.Parallel()
	routes := regexp.MustCompile(`r\.(Get|Post|Put|Patch|Delete|All)\((?:"([^"]+)"|(NoticePath))`).
		FindAllStringSubmatch(document(t, ours(), "routes/routes.go"), -1)
	require.NotEmpty(t, routes)
	for folder, readme := range languages() {
		for _, name := range []string{readme, folder + "/http-api.md"} {
			text := document(t, ours(), name)
			for _, route := range routes {
				address := route[2]
				if route[3] != "" {
					address = "/wechat/pay/notice"
				}
				require.Contains(t, text, "`"+strings.ToUpper(route[1])+" "+address+"`", name)
			}
		}
	}
}

func TestEveryErrorIsDocumented(t *testing.T) {
	t.Parallel()
	for folder := range languages() {
		text := document(t, ours(), folder+"/http-api.md")
		for _, code := range fault.Codes() {
			require.Contains(t, text, fmt.Sprintf("| `%s` | %d | %s | ", code, code.Status(), code.Message()), folder)
		}
	}
}

func TestEveryVerbIsDocumented(t *testing.T) {
	t.Parallel()
	service := reflect.TypeFor[*payment.Service]()
	for folder, readme := range languages() {
		text := document(t, ours(), folder+"/business-verbs.md")
		for method := range service.Methods() {
			verb := method.Name
			if verb == "Wait" { // part of the module's own stop
				continue
			}
			require.Regexp(t, `(?m)^## .*\b`+verb+`\b`, text, folder)
			if verb != "ReceiveNotice" { // the route calls it
				require.Contains(t, document(t, ours(), readme), "`"+verb+"`", readme)
			}
		}
	}
}

func TestEveryQuarantineReasonIsDocumented(t *testing.T) {
	t.Parallel()
	var reasons []string
	for _, file := range goFiles(t, ours()) {
		if !strings.HasPrefix(file.path, "payment/") && !strings.HasPrefix(file.path, "internal/store/") {
			continue
		}
		for _, constant := range regexp.MustCompile(`(?i)\bverdict\w*\s*=\s*"([a-z-]+)"`).FindAllStringSubmatch(string(file.source), -1) {
			reasons = append(reasons, constant[1])
		}
	}
	require.Greater(t, len(reasons), 5, "the constants have another form now")
	for folder := range languages() {
		text := document(t, ours(), folder+"/notice-road.md")
		for _, reason := range reasons {
			if reason != "ok" {
				require.Contains(t, text, "| `"+reason+"` | ", folder)
			}
		}
	}
}

func TestEveryAlarmIsDocumented(t *testing.T) {
	t.Parallel()
	alarms := map[string]bool{}
	for _, file := range goFiles(t, ours()) {
		if file.isTest() {
			continue
		}
		for _, record := range regexp.MustCompile(`"(ALARM: [^"]+)"`).FindAllStringSubmatch(string(file.source), -1) {
			alarms[record[1]] = true
		}
	}
	require.NotEmpty(t, alarms)
	for folder := range languages() {
		text := document(t, ours(), folder+"/operations.md")
		for alarm := range alarms {
			require.Contains(t, text, "| `"+alarm+"` | ", folder)
		}
	}
}

func TestEveryUserEventIsDocumented(t *testing.T) {
	t.Parallel()
	for folder := range languages() {
		text := document(t, ours(), folder+"/plugins.md")
		for _, kind := range []string{identity.UserCreated, identity.UserPhoneBound, identity.UserProfileUpdated, identity.UserMerged} {
			require.Contains(t, text, "| `"+kind+"` | ", folder)
		}
	}
}

// deadLinks names relative links of documents that lead nowhere: to no file, or to no heading of a document.
func deadLinks(t *testing.T, tree fs.FS) (problems []string) {
	t.Helper()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	texts := documents(t, tree)
	for name, text := range texts {
		for _, found := range link.FindAllStringSubmatch(withoutBlocks(text), -1) {
			target, heading, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			to := name
			if target != "" {
				to = path.Join(path.Dir(name), target)
			}
			if _, err := fs.Stat(tree, to); err != nil {
				problems = append(problems, name+": "+found[1]+": no such file")
			} else if heading != "" && !hasHeading(texts[to], heading) {
				problems = append(problems, name+": "+found[1]+": no such heading")
			}
		}
	}
	return problems
}

func withoutBlocks(text string) string {
	return regexp.MustCompile("(?ms)^```.*?^```").ReplaceAllString(text, "")
}

// hasHeading knows headings by the names that hosts of repositories give them: lower case, blanks as dashes, letters of
// any language.
func hasHeading(text, want string) bool {
	for line := range strings.SplitSeq(withoutBlocks(text), "\n") {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		name := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(title), "")
		if strings.ReplaceAll(name, " ", "-") == want {
			return true
		}
	}
	return false
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	require.Empty(t, deadLinks(t, ours()))
}

func TestDeadLinksAreFound(t *testing.T) {
	t.Parallel()
	require.Len(t, deadLinks(t, fstest.MapFS{
		"README.md":        {Data: []byte("[a](docs/a.md) [b](docs/b.md) [c](docs/a.md#here-it-is) [d](docs/a.md#nowhere) [e](https://example.com/x)")},
		"docs/a.md":        {Data: []byte("# A\n\n## Here it is!\n\n[up](../README.md) [中](zh-CN/a.md#标题) [no](../x.go)\n")},
		"docs/zh-CN/a.md":  {Data: []byte("# 标题\n```\n[not a link](nowhere.md)\n```\n")},
		"internal/note.md": {Data: []byte("[not ours](nowhere.md)")},
	}), 3)
}

// invented names Go blocks of documents that stand in no example: what readers copy must be what was compiled and run.
func invented(t *testing.T, tree fs.FS) (problems []string) {
	t.Helper()
	var compiled strings.Builder
	walk(t, tree, func(name string) {
		if base := path.Base(name); strings.HasPrefix(base, "example_") && strings.HasSuffix(base, "_test.go") {
			compiled.WriteString(flat(document(t, tree, name)))
		}
	})
	for name, text := range documents(t, tree) {
		switch path.Base(name) {
		case "configuration.md", "local-wechat.md": // package config and wechattest have tests of their own for them
			continue
		}
		for _, block := range blocks(text, "go") {
			if !strings.Contains(compiled.String(), flat(block)) {
				first, _, _ := strings.Cut(block, "\n")
				problems = append(problems, name+": "+first)
			}
		}
	}
	return problems
}

// flat leaves out indentation, which differs between a whole function and a part of it.
func flat(source string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(source), "\n") {
		out.WriteString(strings.TrimSpace(line) + "\n")
	}
	return out.String()
}

// blocks are the contents of fenced blocks of one language.
func blocks(text, language string) (found []string) {
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		found = append(found, block[1])
	}
	return found
}

func TestDocumentsShowCompiledCode(t *testing.T) {
	t.Parallel()
	require.Empty(t, invented(t, ours()))
	for _, readme := range languages() {
		require.Len(t, blocks(document(t, ours(), readme), "go"), 3, "%s shows a host, a route and a plugin", readme)
	}
}

func TestInventedCodeIsFound(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"docs/a.md: run(2)"}, invented(t, fstest.MapFS{
		"example_a_test.go": {Data: []byte("package a\n\nfunc Example() {\n\trun(1)\n\tstop()\n}\n")},
		"README.md":         {Data: []byte("```go\nrun(1)\nstop()\n```\n")},
		"docs/a.md":         {Data: []byte("```sh\nrun\n```\n\n```go\nrun(2)\n```\n")},
	}))
}

// The plugin.yaml and the configuration in plugins.md are read by those who read them in earnest.
func TestDocumentedPluginFilesAreValid(t *testing.T) {
	t.Parallel()
	for folder := range languages() {
		yaml := blocks(document(t, ours(), folder+"/plugins.md"), "yaml")
		require.Len(t, yaml, 3, folder)
		manifest, err := host.ParseManifest([]byte(yaml[0]))
		require.NoError(t, err, folder)
		cfg, err := config.Parse([]byte(yaml[1]), config.WithEnviron([]string{"ERP_PASSWORD=x"}))
		require.NoError(t, err, folder)
		enabled := cfg.Plugins.Enabled[manifest.ID]
		require.Equal(t, manifest.Version, enabled.Version)
		for _, secret := range manifest.Secrets {
			require.NotEmpty(t, enabled.Secrets[secret])
		}
		require.Less(t, enabled.Limits.Timeout, manifest.Limits.Timeout)
		cfg, err = config.Parse([]byte(yaml[2]))
		require.NoError(t, err, folder)
		require.NotZero(t, cfg.Plugins.Enabled[manifest.ID].Canary.Shadow)
		require.Equal(t, config.CanaryMinEvents, cfg.Plugins.Enabled[manifest.ID].Canary.MinEvents, "as it is by default")
		require.Equal(t, config.CanaryMaxErrors, cfg.Plugins.Enabled[manifest.ID].Canary.MaxErrors, "as it is by default")
	}
}

// Both languages have the same documents, sections and numbers of rows.
func TestLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	texts := documents(t, ours())
	for name, english := range texts {
		other := "docs/zh-CN/" + path.Base(name)
		switch path.Dir(name) {
		case "docs":
		case ".":
			if name != "README.md" {
				continue
			}
			other = "README.zh-CN.md"
		default:
			continue
		}
		require.Contains(t, texts, other)
		require.Equal(t, shape(english), shape(texts[other]), "%s and %s", name, other)
	}
}

// shape is what two translations of one text have in common: levels of headings, rows of tables, languages of blocks.
func shape(text string) (marks []string) {
	rows := 0
	for line := range strings.SplitSeq(text, "\n") {
		level := len(line) - len(strings.TrimLeft(line, "#"))
		switch {
		case strings.HasPrefix(line, "|"):
			rows++
			continue
		case strings.HasPrefix(line, "```"), level > 0 && strings.HasPrefix(line[level:], " "):
		default:
			continue
		}
		if rows > 0 {
			marks, rows = append(marks, strconv.Itoa(rows)+" rows"), 0
		}
		if level > 0 {
			line = line[:level]
		}
		marks = append(marks, line)
	}
	return append(marks, strconv.Itoa(rows)+" rows")
}
