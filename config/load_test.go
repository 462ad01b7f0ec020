package config_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

func original() config.Config {
	yes := true
	return config.Config{
		Pay: config.Pay{
			Active: true, Produce: true, MchID: "123123123123",
			CertificatePath: "/path/to/cert-folder", CertificateName: "apiclient_cert.pem",
			KeyFilePath: "/path/to/apiclient_key.pem", APIv3SecretKey: "32 bytes", UnknownOrders: "quarantine",
		},
		MiniApp: config.MiniApp{
			Active: true, AuthorizeURL: "https://api.weixin.qq.com/sns/jscode2session", GrantType: "authorization_code",
			AppID: "wx…", AppSecret: "…", EncryptedPhone: &yes,
			AvatarHosts: []string{"thirdwx.qlogo.cn", "wx.qlogo.cn", "mmbiz.qpic.cn"},
		},
		OfficialAccount: config.OfficialAccount{
			Authorize: config.Authorize{
				AuthorizeURL:          "https://open.weixin.qq.com/connect/oauth2/authorize",
				AccessTokenURL:        "https://api.weixin.qq.com/sns/oauth2/access_token",
				AccessTokenRefreshURL: "https://api.weixin.qq.com/sns/oauth2/refresh_token",
				UserinfoURL:           "https://api.weixin.qq.com/sns/userinfo",
				ResponseType:          "code", Scope: "snsapi_userinfo", State: "wechatRedirectUrl",
				GrantType: "authorization_code",
			},
			AccessTokenURL: "https://api.weixin.qq.com/cgi-bin/token", AppID: "wx…", AppSecret: "…",
			GrantType: "client_credential", ConfigToken: "WenG",
		},
		Database: config.Database{URL: "sqlite:wechat.db"},
		Session:  config.Session{Idle: 2 * time.Hour, Absolute: 168 * time.Hour, MaxPerUser: 10},
		Plugins:  config.Plugins{Mode: config.PluginsLocked},
		Delivery: config.Delivery{Lease: 20 * time.Second, Poll: 500 * time.Millisecond, Workers: 100, KeepDone: 720 * time.Hour, KeepEvents: 9600 * time.Hour},
	}
}

func complete() config.Config {
	no := false
	c := original()
	c.PublicURL = "https://shop.example.com/api"
	c.Pay = config.Pay{
		Active: true, Produce: true, MchID: "1900000109", CertificatePath: "/etc/wechat/cert",
		CertificateName: "merchant.pem", KeyFilePath: "/etc/wechat/cert/merchant_key.pem",
		APIv3SecretKey: "0123456789abcdef0123456789abcdef", PreviousAPIv3SecretKey: "fedcba9876543210fedcba9876543210",
		PublicKeyID:   "PUB_KEY_ID_0119000001092024000000000000",
		PublicKeyPath: "/etc/wechat/cert/pub_key.pem", UnknownOrders: "deliver",
	}
	c.MiniApp.AuthorizeURL = "https://api2.weixin.qq.com/sns/jscode2session"
	c.MiniApp.AppID, c.MiniApp.AppSecret = "wx0123456789abcdef", "mini-secret-of-16+"
	c.MiniApp.AvatarHosts = []string{"thirdwx.qlogo.cn", "cdn.example.com"}
	c.MiniApp.EncryptedPhone = &no
	c.OfficialAccount.Active = true
	c.OfficialAccount.Authorize.Scope = "snsapi_base"
	c.OfficialAccount.Authorize.State = ""
	c.OfficialAccount.AppID, c.OfficialAccount.AppSecret = "wxfedcba9876543210", "account-secret-16"
	c.OfficialAccount.ConfigToken = "WenG2024"
	c.OfficialAccount.EncodingAESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	c.OfficialAccount.AllowedRedirects = []string{"/orders", "https://www.example.com"}
	c.Database.URL = "postgres://wechat:db-pass@db.example.com:5432/wechat?sslmode=verify-full"
	c.Session = config.Session{Idle: 30 * time.Minute, Absolute: 168 * time.Hour, MaxPerUser: 3}
	c.Plugins = config.Plugins{Dir: "/opt/wechat/plugins", RunDir: "/run/wechat/plugins", Mode: config.PluginsLocked, Lock: "/etc/wechat/plugins.lock", Enabled: map[string]config.Plugin{
		"fulfil": {
			Version: "1.4.0",
			Config: config.Settings{
				"erp_url": "https://erp.internal/v1", "Retry-Count": 3, "regions": []any{"cn-north", "cn-south"},
				"limits": map[string]any{"perSecond": 2.5, "strict": true, "none": nil},
			},
			Secrets: map[string]config.Secret{"ERP_TOKEN": "erp-token", "erp_user": "shop"},
			Grant:   []string{"orders.read", "orders.close"}, Required: true,
			Limits: config.Limits{Timeout: 5 * time.Second, Concurrency: 4, Memory: "96MiB", User: "nobody"},
		},
		"user-sync": {Version: "2.0.0-rc.1"},
	}}
	c.Delivery = config.Delivery{Lease: 30 * time.Second, Poll: 250 * time.Millisecond, Workers: 50, KeepDone: 240 * time.Hour, KeepEvents: 9000 * time.Hour}
	return c
}

func completeDisk(t *testing.T) files {
	t.Helper()
	m, platform := newMerchant(t, 2048), newMerchant(t, 2048)
	content, err := os.ReadFile("testdata/complete.yml")
	require.NoError(t, err)
	return files{
		"complete.yml":                      string(content),
		"/etc/wechat/cert/merchant.pem":     m.certificate,
		"/etc/wechat/cert/merchant_key.pem": m.keyFile,
		"/etc/wechat/cert/pub_key.pem":      platform.publicKey,
		"/run/secrets/previous_key":         "fedcba9876543210fedcba9876543210\n",
		"/run/secrets/account_secret":       "account-secret-16\r\n",
		"/run/secrets/erp_token":            "erp-token",
	}
}

func completeEnviron() []string {
	return []string{
		"APIV3_KEY=0123456789abcdef0123456789abcdef", "MINI_SECRET=mini-secret-of-16+", "DB_PASSWORD=db-pass",
		"ERP_HOST=erp.internal",
	}
}

func TestOriginalFile(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/original.yml")
	require.NoError(t, err)

	t.Run("EveryKeyBinds", func(t *testing.T) {
		t.Parallel()
		c, err := config.Parse(content, isolated(files{})...)
		require.NoError(t, err)
		require.Equal(t, original(), c)
	})

	t.Run("ValidateTellsWhatToFillIn", func(t *testing.T) {
		t.Parallel()
		c, err := config.Load("application.yml", isolated(files{"application.yml": string(content)})...)
		require.Equal(t, original(), c)
		require.ElementsMatch(t, []string{
			"public-url", "pay.certificate-path", "pay.key-file-path", "pay.api-v3-secretkey", "mini-app.app-key",
			"mini-app.app-secret",
		}, keysOf(t, err))
		require.Contains(t, err.Error(), "configuration application.yml: 6 problems")
		require.Contains(t, err.Error(), "line 10: pay.api-v3-secretkey: must be exactly 32 bytes, but has 8")
		require.Contains(t, err.Error(), "line 2: public-url: is required")
		require.ElementsMatch(t, keysOf(t, err), keysOf(t, c.Validate(isolated(files{})...)), "both find the same")
	})
}

func TestCompleteFile(t *testing.T) {
	t.Parallel()
	disk := completeDisk(t)

	t.Run("Load", func(t *testing.T) {
		t.Parallel()
		c, err := config.Load("complete.yml", isolated(disk, completeEnviron()...)...)
		require.NoError(t, err)
		require.Equal(t, complete(), c)
		require.NoError(t, c.Validate(isolated(disk)...))
		require.Equal(t, c, c.WithDefaults(), "defaults are there already")
	})

	t.Run("RealFilesAndEnvironment", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		path := dir + "/application.yml"
		require.NoError(t, os.WriteFile(path, []byte("open-platform.wechat:\n  database.url: file:"+dir+"/url\n"), 0o600))
		require.NoError(t, os.WriteFile(dir+"/url", []byte("sqlite:shop.db\n"), 0o600))
		c, err := config.Load(path)
		require.NoError(t, err)
		require.Equal(t, "sqlite:shop.db", c.Database.URL.Reveal())
	})
}

func TestLoadReportsAMissingFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load("application.yml", isolated(files{})...)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestLoadReportsReadingAndContentsTogether(t *testing.T) {
	t.Parallel()
	disk := files{"application.yml": `
open-platform:
  wechat:
    pay:
      active: true
      mchid: abc
      produce: maybe
      key-file-pth: /x
`}
	_, err := config.Load("application.yml", isolated(disk)...)
	require.ElementsMatch(t, []string{
		"public-url", "pay.mchid", "pay.produce", "pay.key-file-pth", "pay.key-file-path", "pay.certificate-path",
		"pay.api-v3-secretkey", "mini-app.app-key",
	}, keysOf(t, err))
	require.Equal(t, config.Problem{Key: "pay.mchid", Line: 6,
		Message: "must be digits, as pay.weixin.qq.com shows the merchant number (商户号)"}, problemsOf(t, err)[5])
}

func TestNothingGivenIsTheDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Parse(nil, isolated(files{})...)
	require.NoError(t, err)
	require.NoError(t, c.Validate(isolated(files{})...))
	require.Equal(t, config.Config{}.WithDefaults(), c)
	require.False(t, c.Pay.Active)
	require.Equal(t, "sqlite:wechat.db", c.Database.URL.Reveal())
}
