package config_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wgink.ink/wechat/config"
)

// canary is planted in every secret and must never be seen.
const canary = "CANARY-hunter2"

// planted is a configuration in which every Secret field holds the canary.
func planted(t *testing.T) config.Config {
	t.Helper()
	c := complete()
	count := 0
	var plant func(reflect.Value)
	plant = func(v reflect.Value) {
		for _, field := range v.Fields() {
			switch f := field; {
			case f.Type() == reflect.TypeFor[config.Secret]():
				f.SetString(canary)
				count++
			case f.Kind() == reflect.Struct:
				plant(f)
			}
		}
	}
	plant(reflect.ValueOf(&c).Elem())
	require.Equal(t, 7, count, "every Secret field; a new one raises the number")
	c.Plugins.Enabled = map[string]config.Plugin{"ab": {
		Secrets: map[string]config.Secret{"TOKEN": canary},
		Config:  config.Settings{"dsn": canary, "inner": map[string]any{"list": []any{canary}}},
	}}
	return c
}

// requireHidden looks for the canary as text, hexadecimal and quoted.
func requireHidden(t *testing.T, out string) {
	t.Helper()
	lower := strings.ToLower(out)
	require.NotContains(t, lower, strings.ToLower(canary))
	require.NotContains(t, lower, fmt.Sprintf("%x", []byte(canary)))
	require.NotContains(t, lower, fmt.Sprintf("% x", []byte(canary)))
	require.NotContains(t, out, fmt.Sprint([]byte(canary)))
}

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	c := planted(t)
	shapes := map[string]any{
		"Secret":   config.Secret(canary),
		"Pointer":  &c.Pay.APIv3SecretKey,
		"Settings": c.Plugins.Enabled["ab"].Config,
		"Config":   c,
		"Deep":     &struct{ Inner []map[string]config.Config }{[]map[string]config.Config{{"x": c}}},
		"InError":  fmt.Errorf("open: %w", fmt.Errorf("with %v", c)),
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%10.3s", "%-20v", "%T"} {
				requireHidden(t, fmt.Sprintf(verb, shape))
			}
			requireHidden(t, fmt.Sprint(shape)+fmt.Sprintln(shape))

			asJSON, err := json.Marshal(shape)
			require.NoError(t, err)
			requireHidden(t, string(asJSON))
			asYAML, err := yaml.Marshal(shape)
			require.NoError(t, err)
			requireHidden(t, string(asYAML))

			var logs bytes.Buffer
			level := &slog.HandlerOptions{Level: slog.LevelDebug}
			for _, handler := range []slog.Handler{slog.NewTextHandler(&logs, level), slog.NewJSONHandler(&logs, level)} {
				slog.New(handler).Debug("loaded", "config", shape, slog.Group("g", slog.Any("config", shape)))
			}
			require.NotEmpty(t, logs.String())
			requireHidden(t, logs.String())
		})
	}

	t.Run("OtherEncoders", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		type holder struct {
			S config.Secret
			M config.Settings
		}
		planted := holder{canary, config.Settings{"dsn": canary}}
		require.NoError(t, gob.NewEncoder(&out).Encode(planted))
		asXML, err := xml.Marshal(planted)
		require.NoError(t, err)
		requireHidden(t, out.String()+string(asXML))
	})

	t.Run("ShowsWhetherItIsSet", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, `***||"***"|""|config.Secret("***")`, fmt.Sprintf("%v|%v|%q|%q|%#v",
			config.Secret("x"), config.Secret(""), config.Secret("x"), config.Secret(""), config.Secret("x")))
		require.Equal(t, "x", config.Secret("x").Reveal())
		require.Equal(t, `***||"***"|""|config.Settings("***")`, fmt.Sprintf("%v|%v|%q|%q|%#v", config.Settings{"a": 1},
			config.Settings{}, config.Settings{"a": 1}, config.Settings(nil), config.Settings{"a": 1}))
		require.Equal(t, map[string]any{"a": 1}, config.Settings{"a": 1}.Reveal())
	})
}

func TestErrorsNeverHoldSecrets(t *testing.T) {
	t.Parallel()

	t.Run("Validate", func(t *testing.T) {
		t.Parallel()
		c := planted(t)
		c.Database.URL = "mysql://u:" + canary + "@h"
		c.Pay.KeyFilePath, c.Pay.PublicKeyPath = "/run/"+canary, canary // a path is quoted, a secret in it is not
		err := c.Validate(isolated(files{})...)
		require.Error(t, err)
		requireHidden(t, err.Error())
		requireHidden(t, fmt.Sprintf("%+v", problemsOf(t, err)))
	})

	t.Run("EverySecretKeyEveryMistake", func(t *testing.T) {
		t.Parallel()
		for _, k := range config.Keys() {
			if k.Type != "secret" {
				continue
			}
			name := strings.NewReplacer("<id>", "ab", "<name>", "TOKEN").Replace(k.Name)
			section, last := name[:strings.LastIndexByte(name, '.')], name[strings.LastIndexByte(name, '.')+1:]
			for _, value := range []string{
				"[" + canary + "]", "{file: [" + canary + "]}", "{env: " + canary + "}", "{env: 'x " + canary + "'}",
				"{" + canary + ": x}", "!!int " + canary, "!odd " + canary, "'${" + canary + "'", "\"\\" + canary + "\"",
				"*" + canary, "'" + canary, "{a: " + canary, "${NO:" + canary + "}${", "'${" + canary + "}'", canary + ": x",
				"file:${SECRET}", "!<" + canary, "%" + canary, "@" + canary, "`" + canary, "|x" + canary, "&" + canary + " &x y",
			} {
				body := "open-platform.wechat:\n  " + openTo(section) + "{" + last + ": " + value + "}" +
					strings.Repeat("}", strings.Count(section, ".")) + "\n"
				_, err := config.Load("x", isolated(files{"x": body}, "SECRET="+canary)...)
				if err != nil {
					requireHidden(t, strings.ReplaceAll(err.Error(), "variable "+canary, "")) // a name, not a value
				}
			}
		}
	})

	t.Run("SlipsOfThePen", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{
			"app-secret:" + canary, "app-secret:" + canary + ": x", "app-secret=" + canary + ": x", "app-secret " + canary + ": x",
			"app-secret: " + canary + "\n\tapp-key: x", "? " + canary + "=",
			"app-secret: \"" + canary + "\napp-key: x", "[" + canary + "]: x", "{" + canary + ": x}: y", "app-secret: a: " + canary,
		} {
			text := "open-platform.wechat:\n  mini-app:\n    " + strings.ReplaceAll(body, "\n", "\n    ") + "\n"
			_, err := config.Load("x", isolated(files{"x": text})...)
			require.Error(t, err, body)
			requireHidden(t, err.Error())
		}
	})

	t.Run("MissingFileKeepsItsCause", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load("nowhere.yml", isolated(files{})...)
		require.ErrorIs(t, err, os.ErrNotExist)
	})
}

// openTo writes the flow mappings that lead to a section: plugins: {enabled: {ab: ….
func openTo(section string) string {
	return strings.ReplaceAll(section, ".", ": {") + ": "
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/original.yml", "testdata/complete.yml"} {
		content, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(content)
	}
	f.Add([]byte("open-platform.wechat: {pay: {mchid: '${A:${B}}', active: '${SECRET}'}, plugins: {enabled: {ab: {config: &x {a: *x}}}}}"))
	f.Add([]byte("open-platform.wechat:\n  <<: &a {<<: *a}\n  mini-app: {app-secret: {env: SECRET}, app-key: file:x}\n"))
	f.Add([]byte("---\n{a: b}\n---\nopen-platform: [wechat]\n? [x]\n: y\n"))

	environ := []string{"SECRET=" + canary}
	for _, k := range config.Keys() {
		if k.Type == "secret" && !strings.Contains(k.Name, "<") {
			environ = append(environ, k.Env+"="+canary)
		}
	}
	opts := []config.Option{
		config.WithEnviron(environ), config.WithNow(today),
		config.WithReadFile(func(string) ([]byte, error) { return []byte(canary), nil }),
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(bytes.ToLower(data), []byte("canary")) {
			t.Skip("the file holds the canary itself")
		}
		c, err := config.Parse(data, opts...)
		if err != nil {
			requireHidden(t, err.Error())
		}
		if err := c.Validate(opts...); err != nil {
			requireHidden(t, err.Error())
		}
	})
}
