package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

func TestWithDefaults(t *testing.T) {
	t.Parallel()

	t.Run("KeepsWhatIsGiven", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, complete(), complete().WithDefaults())
	})

	t.Run("LeavesTheOriginalAlone", func(t *testing.T) {
		t.Parallel()
		var c config.Config
		_ = c.WithDefaults()
		require.Zero(t, c)
	})

	t.Run("OwnHostMayServeAvatars", func(t *testing.T) {
		t.Parallel()
		c := config.Config{PublicURL: "https://shop.example.com:8443/api/"}.WithDefaults()
		require.Equal(t, "https://shop.example.com:8443/api", c.PublicURL)
		require.Equal(t, []string{"thirdwx.qlogo.cn", "wx.qlogo.cn", "mmbiz.qpic.cn", "shop.example.com"}, c.MiniApp.AvatarHosts)
	})
}
