package config_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/wechattest"
)

// The keys and secrets of the local WeChat are public: with them anybody could sign a notice, so production refuses each of
// them. What makes it production does not matter.
func TestProductionRefusesTheLocalWeChat(t *testing.T) {
	t.Parallel()
	local := wechattest.New(t)
	dir := t.TempDir()
	require.NoError(t, local.WriteMerchantFiles(dir))
	c := config.Config{
		PublicURL: "https://shop.example.com",
		Pay: config.Pay{
			Active: true, MchID: "1900000001", CertificatePath: dir, CertificateName: wechattest.MerchantCertFile,
			KeyFilePath: filepath.Join(dir, wechattest.MerchantKeyFile), APIv3SecretKey: config.Secret(local.Merchant().APIv3Key),
			PublicKeyID: local.PublicKeyID(), PublicKeyPath: filepath.Join(dir, wechattest.PublicKeyFile),
			BaseURL: "http://127.0.0.1:8089",
		},
		MiniApp: config.MiniApp{
			Active: true, AppID: local.App().AppID, AppSecret: config.Secret(local.App().AppSecret), BaseURL: "http://127.0.0.1:8089",
		},
		OfficialAccount: config.OfficialAccount{
			Active: true, AppID: local.OfficialAccount().AppID, AppSecret: config.Secret(local.OfficialAccount().AppSecret),
			ConfigToken: "WenG",
		},
	}.WithDefaults()
	for _, environ := range [][]string{nil, {"APP_ENV=test"}, {"APP_ENV=productions"}} {
		require.NoError(t, c.Validate(config.WithEnviron(environ)), "the negative control: fine while it is no production")
		require.False(t, c.Production(config.WithEnviron(environ)))
	}

	for name, p := range map[string]struct {
		produce bool
		environ []string
		why     string
	}{
		"Produce": {true, nil, "while pay.produce is true"},
		"AppEnv":  {false, []string{"APP_ENV=production"}, "while APP_ENV is production"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, opts := c, config.WithEnviron(p.environ)
			c.Pay.Produce = p.produce
			require.True(t, c.Production(opts))
			err := c.Validate(opts)
			for _, want := range []string{
				"pay.certificate-path: holds a certificate of the local WeChat",
				"pay.public-key-id: is the key of the local WeChat",
				"pay.public-key-path: names the public key of the local WeChat",
				"pay.api-v3-secretkey: is the key of the local WeChat",
				"mini-app.app-key: is an appid of the local WeChat", "mini-app.app-secret: is the secret of the local WeChat",
				"official-account.app-id: is an appid of the local WeChat",
				"official-account.app-secret: is the secret of the local WeChat",
				"pay.base-url: must be left out", "mini-app.base-url: must be left out",
			} {
				require.ErrorContains(t, err, want)
			}
			for _, problem := range problemsOf(t, err) {
				require.Contains(t, problem.Message, p.why, problem.Key)
			}
			require.NotContains(t, err.Error(), local.Merchant().APIv3Key)
			require.NotContains(t, err.Error(), local.App().AppSecret)

			c.Pay.PublicKeyID = "PUB_KEY_ID_0116735700012024120900112233000000" // the id was changed, the file forgotten
			require.ErrorContains(t, c.Validate(opts), "pay.public-key-path: names the public key of the local WeChat")
			c.PublicURL, c.Database.URL = "http://127.0.0.1:8080", "sqlite::memory:"
			require.Subset(t, keysOf(t, c.Validate(opts)), []string{"public-url", "database.url"})
		})
	}

	t.Run("OrdersForALocalApp", func(t *testing.T) { // the part itself need not be active
		t.Parallel()
		production := complete()
		production.MiniApp = config.MiniApp{AppID: local.App().AppID}
		require.Equal(t, []string{"mini-app.app-key"}, keysOf(t, production.Validate(isolated(completeDisk(t))...)))
	})
}
