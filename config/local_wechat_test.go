package config_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/wechattest"
)

// The keys of the local WeChat are public: with them anybody could sign a notice, so production refuses each of them.
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
		},
		MiniApp: config.MiniApp{Active: true, AppID: local.App().AppID, AppSecret: config.Secret(local.App().AppSecret)},
	}.WithDefaults()
	require.NoError(t, c.Validate(), "the negative control: fine while it is no production")

	c.Pay.Produce = true
	err := c.Validate()
	require.ErrorContains(t, err, "pay.certificate-path: holds a certificate of the local WeChat")
	require.ErrorContains(t, err, "pay.public-key-id: is the key of the local WeChat")
	require.ErrorContains(t, err, "pay.api-v3-secretkey: is the key of the local WeChat")
	require.NotContains(t, err.Error(), local.Merchant().APIv3Key)

	c.Pay.PublicKeyID = "PUB_KEY_ID_0116735700012024120900112233000000" // the id was changed, the file forgotten
	require.ErrorContains(t, c.Validate(), "pay.public-key-path: names the public key of the local WeChat")

	c.Pay.BaseURL = "http://127.0.0.1:8089"
	require.ErrorContains(t, c.Validate(), "pay.base-url")
}
