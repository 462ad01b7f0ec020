package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

const goodManifest = "id: fulfil\nversion: 1.4.0\nprotocol: 1\nhandles: [payment.succeeded]\n"

func TestNewReportsEveryProblem(t *testing.T) {
	t.Parallel()
	executables := "executables: {" + platform() + ": bin/plugin}\n"
	for name, tc := range map[string]struct {
		change func(t *testing.T, s *scene)
		want   []string
	}{
		"NoFolder":      {func(_ *testing.T, s *scene) { s.cfg.Dir = "" }, []string{"plugins.dir is required"}},
		"FolderMissing": {func(_ *testing.T, s *scene) { s.cfg.Dir += "x" }, []string{"plugins.dir: ", "no such file"}},
		"RunDirTooLong": {func(_ *testing.T, s *scene) { s.cfg.RunDir = "/" + strings.Repeat("x", 80) }, []string{
			"plugins.run-dir: /xxx", "at most 63 fit",
		}},
		"PluginMissing": {func(_ *testing.T, s *scene) {
			s.cfg.Enabled["other"] = config.Plugin{Version: "1.0.0"}
			s.cfg.Enabled["../evil"] = config.Plugin{Version: "1.0.0"}
			s.set("fulfil", func(p *config.Plugin) { p.Version = "latest" })
		}, []string{
			"plugin other: ", "other/1.0.0/plugin.yaml: no such file", `"../evil" is no plugin id`,
			`plugins.enabled.fulfil.version: "latest" is no version`,
		}},
		"UnknownKey": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", goodManifest+executables+"permission: [x]\n")
		}, []string{"plugin fulfil: ", "plugin.yaml: cannot be read", "field permission not found"}},
		"Empty": {func(t *testing.T, s *scene) { s.manifest(t, "fulfil", "") }, []string{"plugin.yaml: is empty"}},
		"WrongValues": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", "id: Fulfil\nversion: v1\nprotocol: 2\nhandles: ['pay ment', '*.x']\n"+
				"executables: {linux: a}\npermissions: [orders]\nlimits: {timeout: 1h, concurrency: -1}\n")
		}, []string{
			`id "Fulfil": want`, `version "v1": want`, "protocol 2: this host speaks protocol 1", `handles: "pay ment" is no`,
			`handles: "*.x" is no`, `executables: "linux" is no GOOS-GOARCH`, `permissions: "orders" is unknown; there are orders.read, `,
			"limits.timeout 1h0m0s", "limits.concurrency -1",
		}},
		"NothingSaid": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", "id: fulfil\nversion: 1.4.0\nprotocol: 1\n")
		}, []string{"handles: is empty", "executables: is empty; name a file for " + platform()}},
		"OtherFolder": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", "id: other\nversion: 1.5.0\nprotocol: 1\nhandles: ['*']\n"+executables)
		}, []string{`id "other" is not the folder's "fulfil"`, `version "1.5.0" is not the folder's "1.4.0"`}},
		"OtherPlatform": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", goodManifest+"executables: {plan9-mips: bin/x}\n")
		}, []string{"executables: none for " + platform() + ", only for plan9-mips"}},
		"LeavesTheFolder": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", goodManifest+"executables: {"+platform()+": ../1.3.0/bin/x}\n")
		}, []string{"leaves the plugin's folder"}},
		"LinkLeavesTheFolder": {func(t *testing.T, s *scene) {
			file := filepath.Join(s.folder("fulfil"), "bin", "plugin")
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.Symlink(testBinary, file))
		}, []string{"bin/plugin: is a symbolic link"}},
		"NoFile": {func(t *testing.T, s *scene) {
			require.NoError(t, os.Remove(filepath.Join(s.folder("fulfil"), "bin", "plugin")))
		}, []string{"bin/plugin: no such file"}},
		"Directory": {func(t *testing.T, s *scene) {
			file := filepath.Join(s.folder("fulfil"), "bin", "plugin")
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.Mkdir(file, 0o755))
		}, []string{"bin/plugin: is no regular file"}},
		"Modes": {func(t *testing.T, s *scene) {
			file := filepath.Join(s.folder("fulfil"), "bin", "plugin")
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.WriteFile(file, []byte("x"), 0o644))
			require.NoError(t, os.Chmod(file, 0o664))
			require.NoError(t, os.Chmod(s.folder("fulfil"), 0o777))
			require.NoError(t, os.Chmod(s.cfg.Dir, 0o757))
		}, []string{
			"plugin fulfil: ", "fulfil/1.4.0/bin/plugin: may be written by others", "fulfil/1.4.0: may be written by others",
			"/plugins: may be written by others than its owner; chmod go-w it",
		}},

		"RaisedLimits": {func(_ *testing.T, s *scene) {
			s.set("fulfil", func(p *config.Plugin) { p.Limits = config.Limits{Timeout: time.Hour, Concurrency: 100} })
		}, []string{
			"plugins.enabled.fulfil.limits.timeout: 1h0m0s: may only lower the manifest's 5s",
			"plugins.enabled.fulfil.limits.concurrency: 100: may only lower the manifest's 4",
		}},
		"MissingSecret": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", goodManifest+executables+"secrets: [TOKEN, ERP]\n")
		}, []string{"plugins.enabled.fulfil.secrets.ERP: the plugin's manifest asks for it"}},
		"GrantsTooMuch": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", goodManifest+executables+"permissions: [orders.read]\n")
			s.set("fulfil", func(p *config.Plugin) { p.Grant = []string{"orders.read", "orders.close", "all"} })
		}, []string{
			`plugins.enabled.fulfil.grant: "orders.close": the plugin's manifest does not ask for it`,
			`plugins.enabled.fulfil.grant: "all": the plugin's manifest does not ask for it; there are orders.read`,
		}},
		"ConfigBreaksTheSchema": {func(t *testing.T, s *scene) {
			s.schema(t, `{"type": "object", "required": ["url"], "additionalProperties": false, "properties": {"url": {},
				"shops": {"items": {"properties": {"port": {"type": "integer"}, "pin": {"pattern": "^[0-9]+$"}}}}}}`)
			s.set("fulfil", func(p *config.Plugin) {
				p.Config = map[string]any{"erp": 1, "shops": []any{map[string]any{"port": "c4n4ry", "pin": "c4n4ry"}}}
			})
		}, []string{
			"plugins.enabled.fulfil.config: the plugin's schema requires url",
			"plugins.enabled.fulfil.config: the plugin's schema does not know erp",
			"plugins.enabled.fulfil.config.shops.0.port: is of type string, the plugin's schema wants integer",
			`plugins.enabled.fulfil.config.shops.0.pin: breaks the rule "pattern" of the plugin's schema`,
		}},
		"SchemaMissing": {func(t *testing.T, s *scene) {
			s.schema(t, "")
			require.NoError(t, os.Remove(filepath.Join(s.folder("fulfil"), "config.schema.json")))
		}, []string{"config.schema.json: no such file"}},
		"SchemaIsNone":   {func(t *testing.T, s *scene) { s.schema(t, `{"type": "thing"}`) }, []string{"config.schema.json: is no JSON Schema"}},
		"SchemaIsNoJSON": {func(t *testing.T, s *scene) { s.schema(t, "type: object") }, []string{"config.schema.json: is no JSON: "}},
		"SchemaReadsElsewhere": {func(t *testing.T, s *scene) {
			s.schema(t, `{"$ref": "file:///etc/passwd"}`)
		}, []string{"a schema may refer to nothing outside its own file"}},
		"SchemaElsewhere": {func(t *testing.T, s *scene) {
			s.manifest(t, "fulfil", goodManifest+executables+"config_schema: ../../x.json\n")
		}, []string{"config_schema leaves the plugin's folder"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			tc.change(t, s)
			_, err := New(s.cfg, Options{})
			require.Error(t, err)
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "c4n4ry")
			require.NoDirExists(t, s.cfg.RunDir)
		})
	}
}

func TestPlanDefaults(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.manifest(t, "fulfil", goodManifest+"owner: team@example.com\nexecutables: {"+platform()+": bin/plugin}\n")
	s.set("fulfil", func(p *config.Plugin) { p.Config = nil })
	plans, err := readPlans(s.cfg, trust{})
	require.NoError(t, err)
	require.Equal(t, timeoutDefault, plans[0].timeout)
	require.Equal(t, concurrencyDefault, plans[0].concurrency)
	require.JSONEq(t, "{}", string(plans[0].config))
	require.Equal(t, canary, plans[0].secrets["TOKEN"])

	// A folder that nobody enabled is not looked at.
	require.NoError(t, os.MkdirAll(filepath.Join(s.cfg.Dir, "stray", "1.0.0"), 0o755))
	_, err = New(s.cfg, Options{})
	require.NoError(t, err)
}

func TestGrants(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.schema(t, `{"properties": {"url": {"type": "string"}}}`)
	s.manifest(t, "fulfil", goodManifest+"permissions: [users.read, orders.read, orders.close, orders.read]\n"+
		"executables: {"+platform()+": bin/plugin}\nconfig_schema: config.schema.json\n")
	s.set("fulfil", func(p *config.Plugin) {
		p.Config, p.Grant = map[string]any{"url": "https://erp.internal"}, []string{"orders.read", "orders.close", "orders.read"}
	})
	h, err := New(s.cfg, Options{})
	require.NoError(t, err)
	i := h.List()[0]
	require.Equal(t, []string{"orders.close", "orders.read"}, i.Granted)
	require.Equal(t, []string{"users.read"}, i.Withheld)
}
