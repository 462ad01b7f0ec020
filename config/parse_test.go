package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

func TestParseRelaxedNames(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"Kebab":       "    mini-app:\n      authorize-url: http://x/y\n      app-key: wx1\n      active: true\n",
		"Camel":       "    miniApp:\n      authorizeUrl: http://x/y\n      appKey: wx1\n      Active: on\n",
		"Snake":       "    mini_app:\n      authorize_url: http://x/y\n      app_id: wx1\n      activate: 'yes'\n",
		"Shouting":    "    MINI_APP:\n      AUTHORIZE_URL: http://x/y\n      APP_ID: wx1\n      ACTIVATE: TRUE\n",
		"Dotted":      "    mini-app.authorizeUrl: http://x/y\n    mini-app.app-id: wx1\n    miniApp.active: 1\n",
		"Alias":       "    mini-app: &m {authorizeUrl: http://x/y, appId: &id wx1, active: true}\n    pay: {mchid: *id}\n",
		"Merge":       "    mini-app:\n      <<: {authorize-url: http://other, app-id: wx1}\n      authorizeUrl: http://x/y\n      active: true\n",
		"MergedList":  "    mini-app:\n      <<: [{app-id: wx1}, {appKey: wx2, active: true}]\n      authorizeUrl: http://x/y\n",
		"EmptyValues": "    public-url:\n    pay: ~\n    mini-app: {authorizeUrl: http://x/y, app-id: wx1, active: true, avatar-hosts: , base-url: ''}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := parse(t, body)
			require.NoError(t, err)
			require.Equal(t, "http://x/y", c.MiniApp.AuthorizeURL)
			require.Equal(t, "wx1", c.MiniApp.AppID)
			require.True(t, c.MiniApp.Active)
		})
	}
}

func TestParseFindsTheSection(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"Dotted":       "open-platform.wechat:\n  pay:\n    mchid: 1\n",
		"WhollyDotted": "spring.profiles: x\nopenPlatform.wechat.pay.mchid: 1\n",
		"HalfDotted":   "open_platform:\n  wechat.pay:\n    mchid: 1\n",
		"Documents":    "server: {port: 1}\n---\nopen-platform: {wechat: {pay: {mchid: 1}}}\n---\n# nothing\n",
		"Merged":       "base: &b {wechat: {pay: {mchid: 1}}}\nopen-platform: {<<: *b, other: 2}\n",
		"Foreign":      "x: [1, {y: !odd z}]\nx: again\nopen-platform: {wechat: {pay: {mchid: 1}}, alipay: {key: 1}}\n",
		"ByteOrder":    "\ufeffopen-platform: {wechat: {pay: {mchid: 1}}}\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Parse([]byte(body), isolated(files{})...)
			require.NoError(t, err)
			require.Equal(t, "1", c.Pay.MchID)
		})
	}
}

func TestParseKeepsTextAsWritten(t *testing.T) {
	t.Parallel()
	c, err := parse(t, "    pay: {mchid: 0123}\n    plugins: {enabled: {ab: {version: 1.10}}}\n    database: {url: 'sqlite:a '}\n")
	require.NoError(t, err)
	require.Equal(t, "0123", c.Pay.MchID)
	require.Equal(t, "1.10", c.Plugins.Enabled["ab"].Version)
	require.Equal(t, "sqlite:a ", c.Database.URL.Reveal())
}

func TestParseDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"500ms": 500 * time.Millisecond, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "7d": 168 * time.Hour,
		"20": 0, "7 days": 0, "-1s": 0, "0s": 0, "0d": 0, "999999d": 0, "PT20S": 0, "abc": 0,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			c, err := parse(t, "    session: {absolute: "+text+"}\n")
			if want == 0 {
				require.ErrorContains(t, err, "line 3: session.absolute: must be a duration above 0 with its unit")
				return
			}
			require.NoError(t, err)
			require.Equal(t, want, c.Session.Absolute)
		})
	}
}

func TestParseProblems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, want string }{
		"UnknownKey":        {"    pay:\n      mch-idd: 1\n", "line 4: pay.mch-idd: is not a known key; did you mean pay.mchid?"},
		"UnknownSection":    {"    payment:\n      mchid: 1\n", "line 3: payment: is not a known key; did you mean pay?"},
		"WrongSection":      {"    pay: {encoding-aes-key: 1}\n", "did you mean official-account.encoding-aes-key?"},
		"FarFromAll":        {"    session: {zzzzzzzzzzzzzz: 1}\n", "is not a known key; the keys of session are absolute, idle, max-per-user"},
		"FarFromAllAbove":   {"    bogus: 1\n", "bogus: is not a known key; the keys of open-platform.wechat are console, database, delivery, mini-app, official-account, pay, plugins, public-url, session"},
		"FarInUnknown":      {"    bogus.bogus: 1\n", "the keys of open-platform.wechat are console, "},
		"ShortAndSwapped":   {"    pya: {mchid: 1}\n", "did you mean pay?"},
		"TooShort":          {"    ab: 1\n", "the keys of open-platform.wechat are console, "},
		"SameBeginning":     {"    pay: {api-v3-key: 1}\n", "did you mean pay.api-v3-secretkey?"},
		"PartOfAName":       {"    mini-app: {secret: 1}\n", "did you mean mini-app.app-secret?"},
		"MoreThanTheName":   {"    pay: {the-mchid: 1}\n", "did you mean pay.mchid?"},
		"SameNameElsewhere": {"    delivery: {notify.mchid: 1}\n", "did you mean pay.mchid?"},
		"UnknownAlias":      {"    pay: {activatee: true}\n", "did you mean pay.activate?"},
		"UnknownInPlugin":   {"    plugins: {enabled: {ab: {versoin: 1}}}\n", "did you mean plugins.enabled.ab.version?"},
		"UnknownLimit":      {"    plugins: {enabled: {ab: {limits: {timout: 1s}}}}\n", "did you mean plugins.enabled.ab.limits.timeout?"},
		"KeyThatIsAValue":   {"    pay: {api-v3-secretkey:hunter2hunter2}\n", "line 3: pay: holds a key that is unknown and looks like a value"},
		"KeyThatIsAList":    {"    pay: {[a, b]: c}\n", "line 3: pay: holds a key that is not a plain word"},
		"Twice":             {"    pay:\n      mchid: 1\n      mch-id: 2\n", "line 5: pay.mchid: is given twice, also in line 4; keep one"},
		"TwiceByAlias":      {"    mini-app: {app-key: a, app-id: b}\n", "(mini-app.app-key and mini-app.app-id are one key)"},
		"ActiveAndActivate": {"    pay: {active: true, activate: true}\n", "pay.active: is given twice"},
		"SectionTwice":      {"    pay: {mchid: 1}\n    Pay: {mchid: 1}\n", "line 4: pay: is already given in line 3"},
		"DottedTwice":       {"    pay: {mchid: 1}\n    pay.mchid: 1\n", "line 4: pay.mchid: is given twice"},
		"RootTwice":         {"    pay: {}\nopen-platform.wechat: {}\n", "open-platform.wechat: is already given in line 2"},
		"SectionIsValue":    {"    pay: true\n", "line 3: pay: must hold further keys"},
		"ValueIsSection":    {"    pay: {mchid: {a: 1}}\n", "pay.mchid: must be one value (text)"},
		"ValueIsList":       {"    session: {idle: [1s]}\n", "session.idle: must be one value (duration)"},
		"ValueHasTag":       {"    pay: {mchid: !!binary YQ==}\n", "pay.mchid: must be one value"},
		"LeafIsDotted":      {"    pay: {mchid.x: 1}\n", "pay.mchid.x: is not a known key"},
		"Bool":              {"    pay: {produce: yes please}\n", `line 3: pay.produce: must be true or false, not "yes please"`},
		"OptionalBool":      {"    mini-app: {encrypted-phone: 2}\n", `must be true or false, not "2"`},
		"Number":            {"    delivery: {workers: many}\n", `delivery.workers: must be a whole number above 0, not "many"`},
		"NumberZero":        {"    delivery: {workers: 0}\n", `must be a whole number above 0, not "0"`},
		"LongValue":         {"    delivery: {workers: " + strings.Repeat("9", 50) + "}\n", strings.Repeat("9", 40) + `…"`},
		"ListOfMaps":        {"    mini-app: {avatar-hosts: [{a: b}]}\n", "mini-app.avatar-hosts: must be a list of plain values"},
		"ListIsMap":         {"    mini-app: {avatar-hosts: {a: b}}\n", "mini-app.avatar-hosts: must be one value (list)"},
		"SecretIsList":      {"    mini-app: {app-secret: [a]}\n", "mini-app.app-secret: must be one value (secret)"},
		"SecretReference":   {"    mini-app: {app-secret: {path: /x}}\n", "a secret is {file: /path} or {env: NAME}"},
		"SecretTwoWays":     {"    mini-app: {app-secret: {file: /x, env: X}}\n", "a secret is {file: /path} or {env: NAME}"},
		"SecretEnvName":     {"    mini-app: {app-secret: {env: 'a b'}}\n", "a secret is {file: /path} or {env: NAME}"},
		"SecretEnvList":     {"    mini-app: {app-secret: {env: [X]}}\n", "a secret is {file: /path} or {env: NAME}"},
		"PluginConfig":      {"    plugins: {enabled: {ab: {config: 1}}}\n", "plugins.enabled.ab.config: must be a mapping"},
		"PluginConfigTwice": {"    plugins: {enabled: {ab: {config: {a: 1, a: 2}}}}\n", "has a key twice"},
		"PluginConfigNaN":   {"    plugins: {enabled: {ab: {config: {a: .nan}}}}\n", "has a number that JSON cannot hold"},
		"PluginConfigTag":   {"    plugins: {enabled: {ab: {config: {a: !x 1}}}}\n", "has a value with a tag of its own"},
		"PluginConfigKey":   {"    plugins: {enabled: {ab: {config: {[a]: 1}}}}\n", "has a key that is not a plain word"},
		"PluginConfigCast":  {"    plugins: {enabled: {ab: {config: {a: !!int x}}}}\n", "has a value that does not fit its tag"},
		"PluginConfigLoop":  {"    plugins: {enabled: {ab: {config: &c {a: *c}}}}\n", "is too large or too deeply nested"},
		"PluginID":          {"    plugins: {enabled: {a.b: {version: 1}}}\n", "plugins.enabled: holds a name with other characters"},
		"PluginTwice":       {"    plugins: {enabled: {ab: {}, ab: {}}}\n", "plugins.enabled.ab: is already given"},
		"SecretName":        {"    plugins: {enabled: {ab: {secrets: {TOKEN:abc}}}}\n", "is a space missing after a colon?"},
		"SecretNameTwice":   {"    plugins: {enabled: {ab: {secrets: {T: a, T: b}}}}\n", "plugins.enabled.ab.secrets.T: is given twice"},
		"Unset":             {"    pay: {mchid: '${NO_SUCH}'}\n", "pay.mchid: needs the environment variable NO_SUCH, which is not set"},
		"Unclosed":          {"    pay: {mchid: 'a${NO'}\n", "pay.mchid: has a ${ without its }"},
		"NotAVariable":      {"    pay: {mchid: '${a.b}'}\n", "does not hold the name of an environment variable"},
		"TooNested":         {"    pay: {mchid: '" + strings.Repeat("${A:", 12) + strings.Repeat("}", 12) + "'}\n", "nested too deeply"},
		"UnsetInList":       {"    mini-app: {avatar-hosts: ['${NO_SUCH}']}\n", "needs the environment variable NO_SUCH"},
		"UnsetInConfig":     {"    plugins: {enabled: {ab: {config: {a: ['${NO_SUCH}']}}}}\n", "needs the environment variable NO_SUCH"},
		"SecretFileMissing": {"    mini-app: {app-secret: file:/run/x}\n", "mini-app.app-secret: names a file that does not exist"},
		"Tab":               {"\tpay: {}\n", "line 3: not valid YAML"},
		"Colon":             {"    pay:\n      mchid: a: b\n", "not valid YAML: mapping values are not allowed in this context"},
		"Anchor":            {"    mini-app: {app-secret: *hunter2}\n", "a value that begins with * must stand in quotes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, tt.body)
			require.ErrorContains(t, err, tt.want)
			require.Len(t, problemsOf(t, err), 1, "%v", err)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestParseMissingSection(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"server: {port: 1}\n":                        "has no section open-platform.wechat; is it the right file?",
		"x: 1\nopen-platfrom: {wechat: {pay: {}}}\n": "line 2: has no section open-platform.wechat; did you mean that with open-platfrom.wechat?",
		"open-platform: {weChatt: {pay: {}}}\n":      "did you mean that with open-platform.weChatt?",
		"just text\n":                                "is it the right file?",
	} {
		_, err := config.Parse([]byte(body), isolated(files{})...)
		require.ErrorContains(t, err, want)
	}
	_, err := config.Parse([]byte(strings.Repeat(" ", 5<<20)), isolated(files{})...)
	require.ErrorContains(t, err, "the file is larger than")
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"${A}":                "alpha",
		"x${A}y${B}z":         "xalphaybetaz",
		"${NO:def}":           "def",
		"${NO:}":              "",
		"${NO:http://h:1/p}":  "http://h:1/p",
		"${NO:${NO2:${B}}}/x": "beta/x",
		"${A:unused}":         "alpha",
		"${EMPTY:unused}":     "",
		"$${A}":               "${A}",
		"${RAW}":              "${A}",
		"a$b{c}":              "a$b{c}",
		"${NO:{json: {}}}":    "{json: {}}",
		"  ${A}  ":            "alpha",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			c, err := parse(t, "    public-url: '"+text+"'\n", "A=wrong", "A=alpha", "B=beta", "RAW=${A}", "EMPTY=")
			require.NoError(t, err)
			require.Equal(t, want, c.PublicURL)
		})
	}
}

func TestSecretSources(t *testing.T) {
	t.Parallel()
	disk := files{"/run/s": "from file\n", "/run/two": "line\n\n", "/run/empty": "\n", "big": strings.Repeat("x", 70_000)}
	for text, want := range map[string]string{
		"plain":              "plain",
		"${S}":               "from env",
		"file:/run/s":        "from file",
		"file:///run/s":      "from file",
		"file:${DIR}/s":      "from file",
		"${INDIRECT}":        "from file",
		"{file: /run/s}":     "from file",
		"{file: '${DIR}/s'}": "from file",
		"{env: S}":           "from env",
		"file:/run/two":      "line\n",
		"sqlite:file:/run/s": "sqlite:file:/run/s",
		"file:/run/empty":    "",
		"file:big":           "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if !strings.HasPrefix(text, "{") {
				text = `"` + text + `"`
			}
			c, err := config.Parse([]byte("open-platform.wechat: {official-account: {config-token: "+text+"}}"),
				isolated(disk, "S=from env", "DIR=/run", "INDIRECT=file:/run/s")...)
			require.Equal(t, want == "", err != nil, "%v", err)
			require.Equal(t, want, c.OfficialAccount.ConfigToken.Reveal())
		})
	}
}

func TestSecretFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	_, err := config.Parse([]byte("open-platform.wechat: {mini-app: {app-secret: file:/x}}"),
		config.WithEnviron(nil), config.WithReadFile(func(string) ([]byte, error) { return nil, errDisk }))
	require.ErrorContains(t, err, "names a file that cannot be read")
}
