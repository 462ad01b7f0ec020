package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// local is a configuration for the local WeChat in which every part is active.
func local() config.Config {
	c := complete()
	c.Pay.Produce = false
	c.PublicURL = "http://127.0.0.1:8080"
	c.Pay.BaseURL, c.MiniApp.BaseURL = "http://127.0.0.1:9000", "http://127.0.0.1:9000/x"
	return c
}

func TestValidateRules(t *testing.T) {
	t.Parallel()
	disk := completeDisk(t)
	long := strings.Repeat("a", 200)
	type change = func(*config.Config)
	tests := map[string]struct {
		base   func() config.Config
		change change
		want   []string // the keys complained about; none: it is fine
	}{
		"Complete":  {complete, func(*config.Config) {}, nil},
		"LocalPlay": {local, func(*config.Config) {}, nil},
		"InactiveNeedsNothing": {config.Config{}.WithDefaults, func(c *config.Config) {
			c.Pay = config.Pay{MchID: "abc", KeyFilePath: "/no/such", BaseURL: "x"}
			c.MiniApp.AppID, c.OfficialAccount.AppID = "x", "y"
		}, nil},
		"ActiveNeedsItsKeys": {func() config.Config {
			c := config.Config{}
			c.Pay.Active, c.MiniApp.Active, c.OfficialAccount.Active = true, true, true
			c.Plugins.Enabled = map[string]config.Plugin{"ab": {}}
			return c.WithDefaults()
		}, func(*config.Config) {}, []string{
			"public-url", "pay.mchid", "pay.certificate-path", "pay.key-file-path", "pay.api-v3-secretkey",
			"mini-app.app-key", "mini-app.app-secret",
			"official-account.app-id", "official-account.app-secret", "official-account.config-token",
			"plugins.dir", "plugins.enabled.ab.version",
		}},

		"MchIDLetters":      {complete, func(c *config.Config) { c.Pay.MchID = "19000001o9" }, []string{"pay.mchid"}},
		"KeyTooShort":       {complete, func(c *config.Config) { c.Pay.APIv3SecretKey = "short" }, []string{"pay.api-v3-secretkey"}},
		"KeyOf32Runes":      {complete, func(c *config.Config) { c.Pay.APIv3SecretKey = config.Secret(strings.Repeat("钥", 32)) }, []string{"pay.api-v3-secretkey"}},
		"PreviousKeyLength": {complete, func(c *config.Config) { c.Pay.PreviousAPIv3SecretKey = "short" }, []string{"pay.previous-api-v3-secretkey"}},
		"UnknownOrders":     {complete, func(c *config.Config) { c.Pay.UnknownOrders = "drop" }, []string{"pay.unknown-orders"}},
		"PublicKeyAlone":    {complete, func(c *config.Config) { c.Pay.PublicKeyID = "" }, []string{"pay.public-key-id"}},
		"PublicKeyIDAlone":  {complete, func(c *config.Config) { c.Pay.PublicKeyPath = "" }, []string{"pay.public-key-path"}},
		"PublicKeyIDForm":   {complete, func(c *config.Config) { c.Pay.PublicKeyID = "0119" }, []string{"pay.public-key-id"}},
		"PublicKeyIDEmpty":  {complete, func(c *config.Config) { c.Pay.PublicKeyID = "PUB_KEY_ID_" }, []string{"pay.public-key-id"}},
		"NoPublicKey":       {complete, func(c *config.Config) { c.Pay.PublicKeyID, c.Pay.PublicKeyPath = "", "" }, nil},

		"BaseURLInProduction": {complete, func(c *config.Config) {
			c.Pay.BaseURL, c.MiniApp.BaseURL = "https://api.mch.weixin.qq.com", "https://x.cn"
		},
			[]string{"pay.base-url", "mini-app.base-url"}},
		"BaseURLForm":          {local, func(c *config.Config) { c.Pay.BaseURL, c.MiniApp.BaseURL = "ftp://x", "http://x/?a=b" }, []string{"pay.base-url", "mini-app.base-url"}},
		"EndpointInProduction": {complete, func(c *config.Config) { c.MiniApp.AuthorizeURL = "https://evil.example.com/sns/jscode2session" }, []string{"mini-app.authorize-url"}},
		"EndpointHTTP":         {complete, func(c *config.Config) { c.OfficialAccount.AccessTokenURL = "http://api.weixin.qq.com/cgi-bin/token" }, []string{"official-account.access-token-url"}},
		"EndpointPort":         {complete, func(c *config.Config) { c.OfficialAccount.AccessTokenURL = "https://api.weixin.qq.com:444/x" }, []string{"official-account.access-token-url"}},
		"EndpointUser": {complete, func(c *config.Config) {
			c.OfficialAccount.AccessTokenURL = "https://api.weixin.qq.com@evil.example.com/"
		}, []string{"official-account.access-token-url"}},
		"AuthorizeHTTP":             {local, func(c *config.Config) { c.MiniApp.AuthorizeURL = "http://127.0.0.1:9000/sns/jscode2session" }, []string{"mini-app.authorize-url"}},
		"AuthorizeHTTPInProduction": {complete, func(c *config.Config) { c.MiniApp.AuthorizeURL = "http://api.weixin.qq.com/sns/jscode2session" }, []string{"mini-app.authorize-url"}},
		"AuthorizeQuery":            {local, func(c *config.Config) { c.MiniApp.AuthorizeURL = "https://api.weixin.qq.com/x?a=b" }, []string{"mini-app.authorize-url"}},
		"EndpointElsewhere":         {local, func(c *config.Config) { c.OfficialAccount.AccessTokenURL = "http://127.0.0.1:9000/token" }, nil},
		"EndpointRelative":          {local, func(c *config.Config) { c.OfficialAccount.Authorize.UserinfoURL = "/sns/userinfo" }, []string{"official-account.authorize.userinfo-url"}},
		"EndpointQuery":             {local, func(c *config.Config) { c.OfficialAccount.Authorize.AuthorizeURL = "https://open.weixin.qq.com/x?a" }, []string{"official-account.authorize.authorize-url"}},
		"AuthorizeValues": {complete, func(c *config.Config) {
			a := &c.OfficialAccount.Authorize
			a.Scope, a.ResponseType, a.GrantType, a.AccessTokenURL, a.AccessTokenRefreshURL = "all", "token", "x", "x", "y"
		}, []string{
			"official-account.authorize.access-token-url", "official-account.authorize.access-token-refresh-url",
			"official-account.authorize.response-type", "official-account.authorize.grant-type", "official-account.authorize.scope",
		}},

		"AppIDs":          {complete, func(c *config.Config) { c.MiniApp.AppID, c.OfficialAccount.AppID = "wx123", "gh0123456789abcdef" }, []string{"mini-app.app-key", "official-account.app-id"}},
		"PayNeedsAnAppID": {complete, func(c *config.Config) { c.MiniApp, c.OfficialAccount = config.MiniApp{}, config.OfficialAccount{} }, []string{"mini-app.app-key"}},
		"PayWithMiniAppID": {complete, func(c *config.Config) {
			c.MiniApp, c.OfficialAccount = config.MiniApp{AppID: c.MiniApp.AppID}, config.OfficialAccount{AppID: "x"}
		}, nil},
		"PayWithAccountID": {complete, func(c *config.Config) {
			c.MiniApp, c.OfficialAccount = config.MiniApp{}, config.OfficialAccount{AppID: c.OfficialAccount.AppID}
		}, nil},
		"PayWithWrongMiniAppID": {complete, func(c *config.Config) { c.MiniApp = config.MiniApp{AppID: "x"} }, []string{"mini-app.app-key"}},
		"PayWithWrongAccountID": {complete, func(c *config.Config) {
			c.MiniApp, c.OfficialAccount = config.MiniApp{}, config.OfficialAccount{AppID: "x"}
		}, []string{"official-account.app-id"}},
		"AppSecretsShort": {complete, func(c *config.Config) {
			c.MiniApp.AppSecret, c.OfficialAccount.AppSecret = "0123456789abcde", "0123456789abcde"
		}, []string{"mini-app.app-secret", "official-account.app-secret"}},
		"AppSecret":  {complete, func(c *config.Config) { c.MiniApp.AppSecret = "two words" }, []string{"mini-app.app-secret"}},
		"GrantTypes": {complete, func(c *config.Config) { c.MiniApp.GrantType, c.OfficialAccount.GrantType = "x", "y" }, []string{"mini-app.grant-type", "official-account.grant-type"}},
		"AvatarHosts": {complete, func(c *config.Config) {
			c.MiniApp.AvatarHosts = []string{"a.cn", "localhost:80", "::1", "https://a.cn", "a.cn/x", ""}
		}, []string{"mini-app.avatar-hosts", "mini-app.avatar-hosts", "mini-app.avatar-hosts"}},
		"ConfigToken": {complete, func(c *config.Config) { c.OfficialAccount.ConfigToken = "ab" }, []string{"official-account.config-token"}},
		"AESKey":      {complete, func(c *config.Config) { c.OfficialAccount.EncodingAESKey = "short" }, []string{"official-account.encoding-aes-key"}},
		"AESKeyChars": {complete, func(c *config.Config) { c.OfficialAccount.EncodingAESKey = config.Secret(strings.Repeat("!", 43)) }, []string{"official-account.encoding-aes-key"}},
		"Redirects": {complete, func(c *config.Config) {
			c.OfficialAccount.AllowedRedirects = []string{
				"/a", "https://a.cn", "https://a.cn/", "//evil.cn", `/\evil.cn`, "https://a.cn/path", "http://a.cn", "javascript:alert(1)",
			}
		}, []string{
			"official-account.allowed-redirects", "official-account.allowed-redirects", "official-account.allowed-redirects",
			"official-account.allowed-redirects", "official-account.allowed-redirects",
		}},
		"RedirectsInLocalPlay": {local, func(c *config.Config) { c.OfficialAccount.AllowedRedirects = []string{"http://127.0.0.1:8080"} }, nil},

		"SessionBounds": {complete, func(c *config.Config) { c.Session = config.Session{Idle: 1, Absolute: 0, MaxPerUser: 1001} },
			[]string{"session.idle", "session.absolute", "session.max-per-user"}},
		"SessionIdleAboveAbsolute": {complete, func(c *config.Config) { c.Session.Absolute = c.Session.Idle - 1 }, []string{"session.absolute"}},
		"DeliveryLow": {complete, func(c *config.Config) {
			c.Delivery = config.Delivery{Lease: 999 * time.Millisecond, Poll: 1, Workers: -1, KeepDone: 1, KeepEvents: 720 * time.Hour}
		}, []string{"delivery.lease", "delivery.poll", "delivery.workers", "delivery.keep-done", "delivery.keep-events"}},
		"DeliveryHigh": {complete, func(c *config.Config) {
			c.Delivery.Lease, c.Delivery.Poll, c.Delivery.Workers = 2*time.Hour, time.Hour, 1001
		}, []string{"delivery.lease", "delivery.poll", "delivery.workers"}},
		"DeliveryForTests": {complete, func(c *config.Config) {
			c.Delivery.Lease, c.Delivery.Poll, c.Delivery.Workers = time.Second, 10*time.Millisecond, 1
		}, nil},

		"PluginIDs": {complete, func(c *config.Config) {
			c.Plugins.Enabled = map[string]config.Plugin{"A": {Version: "1.0.0"}, "-x": {Version: "1.0.0"}, "a": {Version: "1.0.0"}, "ok-2": {Version: "1.0.0-rc.1+b"}, "a" + long: {Version: "1.0.0"}}
		}, []string{"plugins.enabled.-x", "plugins.enabled.A", "plugins.enabled.a" + long}},
		"PluginVersions": {complete, func(c *config.Config) {
			c.Plugins.Enabled = map[string]config.Plugin{"ab": {Version: "v1.4.0"}, "cd": {Version: "1.4"}, "ef": {Version: "1.4.0/.."}}
		}, []string{"plugins.enabled.ab.version", "plugins.enabled.cd.version", "plugins.enabled.ef.version"}},
		"PluginValues": {complete, func(c *config.Config) {
			c.Plugins.Enabled = map[string]config.Plugin{"ab": {
				Version: "../etc", Secrets: map[string]config.Secret{"T": ""}, Limits: config.Limits{Timeout: time.Hour, Concurrency: -1},
			}}
		}, []string{"plugins.enabled.ab.version", "plugins.enabled.ab.secrets.T", "plugins.enabled.ab.limits.timeout", "plugins.enabled.ab.limits.concurrency"}},
		"PluginsMode":          {complete, func(c *config.Config) { c.Plugins.Mode = "open" }, []string{"plugins.mode"}},
		"PluginsDevProduction": {complete, func(c *config.Config) { c.Plugins.Mode = config.PluginsDev }, []string{"plugins.mode"}},
		"PluginsDev":           {local, func(c *config.Config) { c.Plugins.Mode = config.PluginsDev }, nil},
		"PluginsDir":           {complete, func(c *config.Config) { c.Plugins.Dir = "" }, []string{"plugins.dir"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tt.base()
			tt.change(&c)
			err := c.Validate(isolated(disk)...)
			require.ElementsMatch(t, tt.want, keysOf(t, err), "%v", err)
		})
	}
}

func TestValidatePublicURL(t *testing.T) {
	t.Parallel()
	disk := completeDisk(t)
	for text, ok := range map[string]struct{ production, local bool }{
		"https://shop.example.com":                   {true, true},
		"https://shop.example.com:8443/api":          {true, true},
		"https://8.8.8.8/api":                        {true, true},
		"http://shop.example.com":                    {false, true},
		"https://localhost/api":                      {false, true},
		"https://shop.localhost.":                    {false, true},
		"https://printer.local":                      {false, true},
		"https://shop":                               {false, true},
		"https://127.0.0.1":                          {false, true},
		"https://127.1":                              {false, true},
		"https://2130706433":                         {false, true},
		"https://10.0.0.1":                           {false, true},
		"https://192.168.1.1":                        {false, true},
		"https://172.16.0.1":                         {false, true},
		"https://100.64.0.1":                         {false, true},
		"https://169.254.1.1":                        {false, true},
		"https://0.0.0.0":                            {false, true},
		"https://[::1]":                              {false, true},
		"https://[fd00::1]":                          {false, true},
		"https://[::ffff:10.0.0.1]":                  {false, true},
		"https://shop.example.com?a=b":               {false, false},
		"https://shop.example.com?":                  {false, false},
		"https://shop.example.com#x":                 {false, false},
		"https://user@shop.example.com":              {false, false},
		"shop.example.com":                           {false, false},
		"/api":                                       {false, false},
		"ftp://shop.example.com":                     {false, false},
		"https://":                                   {false, false},
		"https:shop.example.com":                     {false, false},
		"https://shop.example.com/%zz":               {false, false},
		"https://" + strings.Repeat("a.", 99) + "cn": {false, false},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			c := complete()
			c.PublicURL = text
			require.Equal(t, ok.production, c.Validate(isolated(disk)...) == nil, "production: %v", c.Validate(isolated(disk)...))
			c = local()
			c.PublicURL = text
			require.Equal(t, ok.local, c.Validate(isolated(disk)...) == nil, "local: %v", c.Validate(isolated(disk)...))
		})
	}
}

func TestValidateDatabaseURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"postgres://u:p@h/db":                    "",
		"postgresql://u:p@h:5432/db?sslmode=x":   "",
		"postgres:///db?host=/var/run/postgres":  "",
		"sqlite:wechat.db":                       "",
		"sqlite:/var/lib/wechat.db":              "",
		"sqlite::memory:":                        "must be a file or PostgreSQL",
		"sqlite:file:x?mode=memory&cache=shared": "must be a file or PostgreSQL",
		"sqlite:":                                "must name a file",
		"sqlite://":                              "must name a file",
		"postgres:u:hunter2@h":                   "must have the form",
		"postgres://u:hunter2#x@h:port/db":       "must have the form",
		"mysql://u:hunter2@h/db":                 "must begin with postgres:// or sqlite:",
		"hunter2":                                "must begin with postgres:// or sqlite:",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			c := config.Config{Database: config.Database{URL: config.Secret(text)}}.WithDefaults()
			c.Pay.Active, c.Pay.Produce = true, true
			found := ""
			for _, p := range problemsOf(t, c.Validate(isolated(files{})...)) {
				if p.Key == "database.url" {
					found += p.Message
				}
				require.NotContains(t, p.Message, "hunter2")
			}
			require.True(t, strings.HasPrefix(found, want) && (want == "") == (found == ""), found)
		})
	}
}

func TestValidateMerchantFiles(t *testing.T) {
	t.Parallel()
	good, other, weak, strong := newMerchant(t, 2048), newMerchant(t, 2048), newMerchant(t, 1024), newMerchant(t, 2304)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ecKey, err := x509.MarshalPKCS8PrivateKey(ec)
	require.NoError(t, err)
	ecPublic, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	require.NoError(t, err)
	pkcs1 := pemText("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(good.key))
	pkcs1Public := pemText("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&good.key.PublicKey))

	const certificate, key, public = "/etc/wechat/cert/merchant.pem", "/etc/wechat/cert/merchant_key.pem", "/etc/wechat/cert/pub_key.pem"
	tests := map[string]struct{ name, content, key, want string }{
		"Good":             {"", "", "", ""},
		"PKCS1":            {key, pkcs1, "", ""},
		"PKCS1Public":      {public, pkcs1Public, "pay.public-key-path", "in another form than WeChat Pay gives out"},
		"TextBeforeBlock":  {certificate, "subject=…\n" + good.certificate, "", ""},
		"NoCertificate":    {certificate, "-", "pay.certificate-path", "names /etc/wechat/cert/merchant.pem, which does not exist"},
		"P12":              {certificate, "\x30\x82", "pay.certificate-path", "take the .pem file, not the .p12"},
		"KeyAsCertificate": {certificate, good.keyFile, "pay.certificate-path", "the file holds a private key"},
		"Garbage":          {certificate, pemText("CERTIFICATE", []byte("x")), "pay.certificate-path", "cannot be read; download it again"},
		"Expired": {certificate, good.issue(t, today().AddDate(-6, 0, 0), today().AddDate(0, 0, -1)),
			"pay.certificate-path", "expired on 2026-02-28"},
		"NotYet": {certificate, good.issue(t, today().AddDate(0, 0, 1), today().AddDate(5, 0, 0)),
			"pay.certificate-path", "valid only from 2026-03-02"},
		"WeakCertificate":   {certificate, weak.certificate, "pay.certificate-path", "without an RSA key of 2048 bits"},
		"OtherKey":          {key, other.keyFile, "pay.key-file-path", "does not belong to the certificate"},
		"NoKey":             {key, "-", "pay.key-file-path", "which does not exist"},
		"WeakKey":           {key, weak.keyFile, "pay.key-file-path", "RSA private key of 2048 bits"},
		"ECKey":             {key, pemText("PRIVATE KEY", ecKey), "pay.key-file-path", "must name an RSA private key"},
		"CertificateAsKey":  {key, good.certificate, "pay.key-file-path", "the file holds a certificate"},
		"EncryptedKey":      {key, pemText("ENCRYPTED PRIVATE KEY", []byte("x")), "pay.key-file-path", "remove the password"},
		"GarbageKey":        {key, pemText("PRIVATE KEY", []byte("x")), "pay.key-file-path", "cannot be read"},
		"OddBlock":          {key, pemText("hunter2", []byte("x")), "pay.key-file-path", "the file holds something else"},
		"NoPublicKey":       {public, "-", "pay.public-key-path", "which does not exist"},
		"CertAsPublic":      {public, good.certificate, "pay.public-key-path", "the file holds a certificate"},
		"WeakPublic":        {public, weak.publicKey, "pay.public-key-path", "RSA public key of 2048 bits"},
		"StrongKey":         {key, strong.keyFile, "pay.key-file-path", "RSA private key of 2048 bits"},
		"StrongCertificate": {certificate, strong.certificate, "pay.certificate-path", "without an RSA key of 2048 bits"},
		"StrongPublic":      {public, strong.publicKey, "pay.public-key-path", "RSA public key of 2048 bits"},
		"KeyBehindOther":    {key, good.certificate + good.keyFile, "pay.key-file-path", "the file holds a certificate"},
		"ECPublic":          {public, pemText("PUBLIC KEY", ecPublic), "pay.public-key-path", "must name an RSA public key"},
		"GarbagePublic":     {public, pemText("PUBLIC KEY", []byte("x")), "pay.public-key-path", "cannot be read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := files{certificate: good.certificate, key: good.keyFile, public: other.publicKey}
			switch tt.content {
			case "":
			case "-":
				delete(disk, tt.name)
			default:
				disk[tt.name] = tt.content
			}
			err := complete().Validate(isolated(disk)...)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, []string{tt.key}, keysOf(t, err))
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}

	t.Run("CertificateNameWithFolder", func(t *testing.T) {
		t.Parallel()
		c := complete()
		c.Pay.CertificateName = "../merchant.pem"
		err := c.Validate(isolated(files{key: good.keyFile, public: good.publicKey})...)
		require.Equal(t, []string{"pay.certificate-name"}, keysOf(t, err))
	})
}

func TestValidateUsesTheProcessByDefault(t *testing.T) {
	t.Parallel()
	require.NoError(t, config.Config{}.WithDefaults().Validate())
}
