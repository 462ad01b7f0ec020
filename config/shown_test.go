package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wgink.ink/wechat/config"
)

// withKey is a file in which every part is active and one key has a value. Names that hold no dot stay as they are.
func withKey(t *testing.T, produce bool, name string, value any) string {
	t.Helper()
	root := map[string]any{}
	set := func(name string, value any) {
		at, steps := root, strings.Split(name, ".")
		for _, step := range steps[:len(steps)-1] {
			inner, ok := at[step].(map[string]any)
			if !ok {
				inner = map[string]any{}
				at[step] = inner
			}
			at = inner
		}
		at[steps[len(steps)-1]] = value
	}
	for _, part := range []string{"pay", "mini-app", "official-account"} {
		set(part+".active", true)
	}
	set("pay.produce", produce)
	set("pay.public-key-id", "PUB_KEY_ID_0119000001092024000000000000")
	set("pay.public-key-path", "/no/such/file")
	set("pay.certificate-path", "/no/such/folder")
	set("pay.key-file-path", "/no/such/key")
	set("plugins.enabled.ab.version", "1.0.0")
	set("plugins.enabled.ab.canary.version", "1.0.0")
	set("plugins.enabled.ab.secrets.TOKEN", "abc")
	set(name, value)
	text, err := yaml.Marshal(map[string]any{config.Root: root})
	require.NoError(t, err)
	return string(text)
}

// What a variable holds never stands in an error, in whichever key it ends up: a private key in the place of its path is
// one slip away.
func TestErrorsNeverHoldWhatAVariableHolds(t *testing.T) {
	t.Parallel()
	for form, secret := range map[string]string{
		"Text": canary, "Long": canary + strings.Repeat("x", 200), "Pair": "token=" + canary + ", b" + canary,
		"URL": "https://u:" + canary + "@" + canary + ".example/?" + canary + "#" + canary,
		"PEM": "-----BEGIN PRIVATE KEY-----\nMIIE" + canary + "\n-----END PRIVATE KEY-----\n", "Control": "/a/" + canary + "\x1b[2J",
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			load := func(text string, environ ...string) {
				_, err := config.Load("x.yml", isolated(files{"x.yml": text}, environ...)...)
				require.Error(t, err) // of all that the parts need, most is missing
				requireHidden(t, err.Error())
			}
			for _, k := range config.Keys() {
				name := strings.NewReplacer("<id>", "ab", "<name>", "TOKEN").Replace(k.Name)
				env := strings.NewReplacer("<ID>", "AB", "<NAME>", "TOKEN").Replace(k.Env)
				load(withKey(t, true, name, "${SECRET}"), "SECRET="+secret)
				if env != "" {
					load(withKey(t, false, "public-url", "https://shop.example.com"), env+"="+secret)
				}
				if form != "Text" {
					continue
				}
				for _, value := range []any{
					"${SECRET}", "${NONE:${SECRET}}", "a${SECRET}", []any{"${SECRET}", "x"}, map[string]any{"x": "${SECRET}"},
					map[string]any{"env": "SECRET"},
				} {
					load(withKey(t, false, name, value), "SECRET="+secret)
				}
				load(withKey(t, false, "public-url", "https://shop.example.com"), env+"X="+secret)
			}
		})
	}
}

func TestPathsInErrors(t *testing.T) {
	t.Parallel()
	const isPEM = "must be a path, but holds the PEM text itself"
	pem := "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
	const variable = "OPEN_PLATFORM_WECHAT_PAY_KEY_FILE_PATH"
	for name, c := range map[string]struct {
		key     string
		value   any
		environ string
		want    string
	}{
		"Literal":      {"pay.key-file-path", "/etc/key.pem", "", "pay.key-file-path: names /etc/key.pem, which does not exist"},
		"Variable":     {"pay.key-file-path", "${KEY}/key.pem", "KEY=/etc", "pay.key-file-path: names ${KEY}/key.pem, which does not exist"},
		"Environment":  {"public-url", "x", variable + "=/etc/key.pem", "pay.key-file-path (from " + variable + "): names a file that does not exist"},
		"Long":         {"pay.key-file-path", strings.Repeat("k", 129), "", "pay.key-file-path: names a file that does not exist"},
		"Folder":       {"pay.certificate-path", "${DIR}", "DIR=/etc", "pay.certificate-path: names ${DIR}/apiclient_cert.pem, which does not exist"},
		"Name":         {"pay.certificate-name", "${NAME}", "NAME=a.pem", "pay.certificate-path: names /no/such/folder/${NAME}, which does not exist"},
		"PEM":          {"pay.key-file-path", "${KEY}", "KEY=" + pem, "pay.key-file-path: " + isPEM},
		"PEMInFile":    {"pay.public-key-path", pem, "", "pay.public-key-path: " + isPEM},
		"PEMAsFolder":  {"pay.certificate-path", pem, "", "pay.certificate-path: " + isPEM},
		"PEMAsName":    {"pay.certificate-name", "-----BEGIN CERTIFICATE-----", "", "pay.certificate-name: " + isPEM},
		"PEMFromOther": {"public-url", "x", variable + "=" + pem, "pay.key-file-path (from " + variable + "): " + isPEM},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load("x.yml", isolated(files{"x.yml": withKey(t, true, c.key, c.value)}, c.environ)...)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "MIIE")
		})
	}

	t.Run("WithoutAFile", func(t *testing.T) {
		t.Parallel()
		c := complete()
		c.Pay.KeyFilePath = pem
		err := c.Validate(isolated(completeDisk(t))...)
		require.ErrorContains(t, err, isPEM)
		require.NotContains(t, err.Error(), "MIIE")
	})
}
