package canary_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/canary"
	"wgink.ink/wechat/wechattest"
)

// The local WeChat's secrets are the ones most tests use; if they changed unseen, every scan would find nothing.
func TestSecretsOfTheLocalWeChatAreKnown(t *testing.T) {
	t.Parallel()
	local, err := wechattest.Open()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, local.Close()) })

	require.NotEmpty(t, canary.Find([]byte(local.App().AppSecret)), "app secret")
	require.NotEmpty(t, canary.Find([]byte(local.Merchant().APIv3Key)), "APIv3 key")
	require.NotEmpty(t, canary.Find(local.Merchant().KeyPEM), "private key")
}
