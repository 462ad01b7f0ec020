package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryKeyIsDocumented(t *testing.T) {
	t.Parallel()
	for file, english := range map[string]bool{
		"../docs/configuration.md": true, "../docs/zh-CN/configuration.md": false,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			documented := map[string]string{}
			for line := range strings.SplitSeq(string(content), "\n") {
				if rest, ok := strings.CutPrefix(line, "| `"); ok {
					name, _, _ := strings.Cut(rest, "`")
					require.NotContains(t, documented, name, "documented twice")
					documented[name] = line
				}
			}
			for _, k := range Keys() {
				row := documented[k.Name]
				require.NotEmpty(t, row, "%s is undocumented in %s", k.Name, file)
				for _, alias := range k.Aliases {
					require.Contains(t, row, "`"+alias+"`")
				}
				cells := strings.Split(row, "|")
				require.Len(t, cells, 7, row)
				require.Equal(t, k.Default != "", strings.TrimSpace(cells[3]) != "", "default in %s", row)
				require.Equal(t, k.Required != "", strings.TrimSpace(cells[4]) != "", "required in %s", row)
				require.NotEmpty(t, strings.TrimSpace(cells[5]), "meaning in %s", row)
				if english {
					require.Contains(t, row, k.Default)
					require.Contains(t, row, k.Required)
				}
				delete(documented, k.Name)
			}
			require.Empty(t, documented, "documented but unknown")
		})
	}
}

func TestDocumentedFilesParse(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"../docs/configuration.md", "../docs/zh-CN/configuration.md"} {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(content, -1)
		require.NotEmpty(t, blocks)
		for _, block := range blocks {
			_, err := Parse(block[1],
				WithEnviron([]string{"WECHAT_APIV3_KEY=x", "DB_PASSWORD=x"}),
				WithReadFile(func(string) ([]byte, error) { return []byte("x"), nil }))
			require.NoError(t, err, file)
		}
	}
}

func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	var c Config
	for _, k := range c.keys() {
		if k.def != "" {
			require.NoError(t, k.set(k.def), k.path)
		}
		require.False(t, k.def != "" && k.auto != "", k.path)
	}
	require.Empty(t, c.WithDefaults().problems(options{}, nil))
}

func TestKeysAreDistinct(t *testing.T) {
	t.Parallel()
	paths, variables := map[string]bool{}, map[string]bool{}
	for _, k := range Keys() {
		for _, name := range append(k.Aliases, k.Name) {
			require.False(t, paths[relax(name)] || variables[squeeze(name)], name)
			paths[relax(name)], variables[squeeze(name)] = true, true
			last := name[strings.LastIndexByte(name, '.')+1:]
			require.True(t, strings.HasPrefix(last, "<") || printable.MatchString(last), "%s could not be shown when mistyped", name)
		}
		require.NotEmpty(t, k.Doc)
	}
}

// TestCommentsNameTheKeys compares the "Key:" of each field's comment with the key its value is read from.
func TestCommentsNameTheKeys(t *testing.T) {
	t.Parallel()
	comments := fieldComments(t)
	var (
		c Config
		p Plugin
	)
	secrets := key{path: "plugins.enabled.<id>.secrets", to: &p.Secrets}
	checkFields(t, reflect.ValueOf(&c).Elem(), "", c.keys(), comments)
	checkFields(t, reflect.ValueOf(&p).Elem(), "plugins.enabled.<id>.", append(p.keys("<id>"), secrets), comments)
}

var commentKeys = regexp.MustCompile(`Keys?: ([^.:]+)\.`)

func checkFields(t *testing.T, v reflect.Value, section string, keys []key, comments map[string]string) {
	t.Helper()
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name
		comment := strings.ReplaceAll(comments[name], "\n", " ")
		named := commentKeys.FindStringSubmatch(strings.TrimSpace(comment) + ".")
		require.NotNil(t, named, "the comment of %s names no key", name)
		var spellings []string
		for s := range strings.SplitSeq(named[1], ", ") {
			s, _, _ = strings.Cut(s, " (")
			spellings = append(spellings, relax(s))
		}
		if field.Kind() == reflect.Struct {
			checkFields(t, field, section+named[1]+".", keys, comments)
			continue
		}
		if name == "Plugins.Enabled" {
			continue // its values are checked as Plugin
		}
		at := slices.IndexFunc(keys, func(k key) bool { return k.to == field.Addr().Interface() })
		require.GreaterOrEqual(t, at, 0, "nothing reads %s", name)
		k := keys[at]
		require.Contains(t, spellings, relax(strings.TrimPrefix(k.path, section)), name)
		if k.also != "" {
			require.Contains(t, spellings, relax(k.also), name)
		}
		if k.def != "" && k.def != "https://api.weixin.qq.com/sns/oauth2/refresh_token" { // shortened in the comment
			require.Contains(t, comment, "Default: "+k.def, name)
		}
		require.Equal(t, k.def+k.auto != "", strings.Contains(comment, "Default: "), name)
	}
}

// fieldComments reads the comments of the package's structs: Type.Field → text.
func fieldComments(t *testing.T) map[string]string {
	t.Helper()
	comments := map[string]string{}
	names, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, entry := range names {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ParseComments)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			structure, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, f := range structure.Fields.List {
				for _, name := range f.Names {
					comments[spec.Name.Name+"."+name.Name] = f.Doc.Text() + f.Comment.Text()
				}
			}
			return true
		})
	}
	return comments
}
