package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

func TestEnvironmentOverridesEveryKey(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"true/false": "yes", "number": "7", "duration": "7s", "list": "a, b,", "text": "t", "secret": "s"}
	environ := []string{"OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_MY_PLUGIN_SECRETS_ERP_TOKEN=s"}
	for _, k := range config.Keys() {
		if k.Env != "" && k.Name[:8] != "plugins." {
			environ = append(environ, k.Env+"="+texts[k.Type])
		}
	}
	environ = append(environ,
		"OPEN_PLATFORM_WECHAT_PLUGINS_DIR=t", "OPEN_PLATFORM_WECHAT_PLUGINS_RUN_DIR=t",
		"OPEN_PLATFORM_WECHAT_PLUGINS_MODE=t", "OPEN_PLATFORM_WECHAT_PLUGINS_LOCK=t",
		"OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_MY_PLUGIN_GRANT=a, b,", "OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_MY_PLUGIN_REQUIRED=yes",
		"OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_MY_PLUGIN_VERSION=t",
		"OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_MY_PLUGIN_LIMITS_TIMEOUT=7s",
		"OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_MY_PLUGIN_LIMITS_CONCURRENCY=7",
	)
	c, err := parse(t, `
    pay: {active: not even a boolean, mchid: '${NO_SUCH}'}
    mini-app: {app-secret: file:/no/such}
    plugins: {enabled: {my-plugin: {version: 1, secrets: {ERP_TOKEN: }}}}
`, environ...)
	require.NoError(t, err, "what is overridden cannot be wrong")

	require.Equal(t, "t", c.PublicURL)
	yes := true
	require.Equal(t, config.Pay{
		Active: true, Produce: true, MchID: "t", CertificatePath: "t", CertificateName: "t", KeyFilePath: "t",
		APIv3SecretKey: "s", PreviousAPIv3SecretKey: "s", PublicKeyID: "t", PublicKeyPath: "t", BaseURL: "t",
		UnknownOrders: "t",
	}, c.Pay)
	require.Equal(t, config.MiniApp{
		Active: true, AuthorizeURL: "t", GrantType: "t", AppID: "t", AppSecret: "s", BaseURL: "t",
		AvatarHosts: []string{"a", "b"}, EncryptedPhone: &yes,
	}, c.MiniApp)
	require.Equal(t, config.OfficialAccount{
		Active: true,
		Authorize: config.Authorize{
			AuthorizeURL: "t", AccessTokenURL: "t", AccessTokenRefreshURL: "t", UserinfoURL: "t", ResponseType: "t",
			Scope: "t", State: "t", GrantType: "t",
		},
		AccessTokenURL: "t", AppID: "t", AppSecret: "s", GrantType: "t", ConfigToken: "s", EncodingAESKey: "s",
		AllowedRedirects: []string{"a", "b"},
	}, c.OfficialAccount)
	require.Equal(t, "s", c.Database.URL.Reveal())
	require.True(t, c.Database.Unsafe)
	require.Equal(t, config.Session{Idle: 7 * time.Second, Absolute: 7 * time.Second, MaxPerUser: 7}, c.Session)
	require.Equal(t, config.Delivery{Lease: 7 * time.Second, Poll: 7 * time.Second, Workers: 7, KeepDone: 7 * time.Second, KeepEvents: 7 * time.Second}, c.Delivery)
	require.Equal(t, config.Plugins{Dir: "t", RunDir: "t", Mode: "t", Lock: "t", Enabled: map[string]config.Plugin{"my-plugin": {
		Version: "t", Secrets: map[string]config.Secret{"ERP_TOKEN": "s"}, Grant: []string{"a", "b"}, Required: true,
		Limits: config.Limits{Timeout: 7 * time.Second, Concurrency: 7},
	}}}, c.Plugins)
}

func TestEnvironmentSpellings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"OPEN_PLATFORM_WECHAT_PAY_API_V3_SECRETKEY",
		"OPEN_PLATFORM_WECHAT_PAY_APIV3SECRETKEY",
		"OPEN_PLATFORM_WECHAT_PAY_API_V3_SECRET_KEY",
		"OPENPLATFORM_WECHAT_PAY_APIV3SECRETKEY",
		"open_platform_wechat_pay_api_v3_secretkey",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Parse(nil, isolated(files{"/run/key": "secret\n"}, name+"=file:/run/key")...)
			require.NoError(t, err)
			require.Equal(t, "secret", c.Pay.APIv3SecretKey.Reveal())
		})
	}

	t.Run("OtherNamesOfAKey", func(t *testing.T) {
		t.Parallel()
		c, err := config.Parse(nil, isolated(files{}, "OPEN_PLATFORM_WECHAT_MINI_APP_APP_ID=wx1",
			"OPEN_PLATFORM_WECHAT_MINIAPP_ACTIVATE=1", "MCH=42", "OPEN_PLATFORM_WECHAT_PAY_MCHID=${MCH}")...)
		require.NoError(t, err)
		require.Equal(t, "wx1", c.MiniApp.AppID)
		require.True(t, c.MiniApp.Active)
		require.Equal(t, "42", c.Pay.MchID)
	})

	t.Run("EmptyIsNotSet", func(t *testing.T) {
		t.Parallel()
		c, err := parse(t, "    pay: {mchid: 1}\n", "OPEN_PLATFORM_WECHAT_PAY_MCHID=")
		require.NoError(t, err)
		require.Equal(t, "1", c.Pay.MchID)
	})

	t.Run("ForeignVariables", func(t *testing.T) {
		t.Parallel()
		_, err := config.Parse(nil, isolated(files{}, "OPEN_PLATFORM_WECHATTY=1", "PATH=/bin", "odd",
			"OPEN_PLATFORM_WECHAT_SERVICE_HOST=10.0.0.1", "OPEN_PLATFORM_WECHAT_SERVICE_PORT=80",
			"OPEN_PLATFORM_WECHAT_SERVICE_PORT_HTTP=80", "OPEN_PLATFORM_WECHAT_PORT=tcp://10.0.0.1:80",
			"OPEN_PLATFORM_WECHAT_PORT_80_TCP=tcp://10.0.0.1:80", "OPEN_PLATFORM_WECHAT_PORT_80_TCP_ADDR=10.0.0.1")...)
		require.NoError(t, err)
	})

	t.Run("AFileWithoutOurSectionIsEnough", func(t *testing.T) {
		t.Parallel()
		_, err := config.Parse([]byte("server: {port: 1}"), isolated(files{}, "OPEN_PLATFORM_WECHAT_PAY_MCHID=1")...)
		require.NoError(t, err)
	})
}

func TestEnvironmentProblems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		want    config.Problem
	}{
		"Unknown": {
			[]string{"OPEN_PLATFORM_WECHAT_PAY_MCHIDD=1"},
			config.Problem{Env: "OPEN_PLATFORM_WECHAT_PAY_MCHIDD", Message: "fits no key; did you mean OPEN_PLATFORM_WECHAT_PAY_MCHID?"},
		},
		"SameBeginning": {
			[]string{"OPEN_PLATFORM_WECHAT_PAY_API_V3_KEY=1"},
			config.Problem{Env: "OPEN_PLATFORM_WECHAT_PAY_API_V3_KEY",
				Message: "fits no key; did you mean OPEN_PLATFORM_WECHAT_PAY_API_V3_SECRETKEY?"},
		},
		"Twice": {
			[]string{"OPEN_PLATFORM_WECHAT_PAY_MCHID=1", "OPEN_PLATFORM_WECHAT_PAY_MCH_ID=1"},
			config.Problem{Key: "pay.mchid", Env: "OPEN_PLATFORM_WECHAT_PAY_MCH_ID",
				Message: "OPEN_PLATFORM_WECHAT_PAY_MCHID sets the same key; keep one"},
		},
		"Bool": {
			[]string{"OPEN_PLATFORM_WECHAT_PAY_ACTIVE=perhaps"},
			config.Problem{Key: "pay.active", Env: "OPEN_PLATFORM_WECHAT_PAY_ACTIVE",
				Message: "must be true or false"},
		},
		"Map": {
			[]string{"OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_A_B_CONFIG={}"},
			config.Problem{Key: "plugins.enabled.a-b.config", Env: "OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_A_B_CONFIG",
				Message: "a map cannot come from one variable; write ${NAME} inside it in the file"},
		},
		"AmbiguousPlugin": {
			[]string{"OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_CD_VERSION=1"},
			config.Problem{Env: "OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_CD_VERSION",
				Message: "fits both plugins.enabled.c-d.version and plugins.enabled.cd.version; set the value in the file"},
		},
		"UnknownPlugin": {
			[]string{"OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_OTHER_VERSION=1"},
			config.Problem{Env: "OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_OTHER_VERSION",
				Message: "fits no key; did you mean OPEN_PLATFORM_WECHAT_PLUGINS_ENABLED_A_B_VERSION? " +
					"A plugin and the names of its secrets must be in the file; variables only change their values."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, "    plugins: {enabled: {a-b: , c-d: , cd: }}\n", tt.environ...)
			require.Equal(t, []config.Problem{tt.want}, problemsOf(t, err))
		})
	}

	t.Run("ContentsNameTheVariable", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load("x.yml", isolated(files{"x.yml": ""}, "OPEN_PLATFORM_WECHAT_SESSION_IDLE=1ms")...)
		require.EqualError(t, err, "configuration x.yml: 1 problem (keys are below open-platform.wechat)\n"+
			"  session.idle (from OPEN_PLATFORM_WECHAT_SESSION_IDLE): must be 1s or more")
	})
}
