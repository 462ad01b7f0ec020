package miniprogram_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/miniprogram"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/wechattest"
)

func TestAgainstTheLocalWeChat(t *testing.T) {
	t.Parallel()
	sim := wechattest.New(t)
	client, err := outbound.New(outbound.Options{AllowHosts: []string{outbound.APIHost}, Transport: sim.RoundTripper()})
	require.NoError(t, err)
	app := sim.App()
	mini, err := miniprogram.New(miniprogram.Options{AppID: app.AppID, Secret: config.Secret(app.AppSecret), HTTP: client})
	require.NoError(t, err)
	ann := sim.Phone("Ann")

	code, err := ann.Login(t.Context())
	require.NoError(t, err)
	session, err := mini.Code2Session(t.Context(), code)
	require.NoError(t, err)
	require.Equal(t, ann.OpenID(), session.OpenID)
	require.Equal(t, ann.UnionID(), session.UnionID)

	_, err = mini.Code2Session(t.Context(), code)
	require.Equal(t, fault.LoginCodeInvalid, fault.CodeOf(err), "a code works once")
	_, err = mini.Code2Session(t.Context(), "never-given")
	require.Equal(t, fault.LoginCodeInvalid, fault.CodeOf(err))

	encrypted, err := ann.EncryptedPhone(t.Context())
	require.NoError(t, err)
	sealed, err := miniprogram.ParseEncryptedData(encrypted.EncryptedData, encrypted.IV)
	require.NoError(t, err)
	plain, err := sealed.Open(session.SessionKey, app.AppID, time.Now(), time.Hour)
	require.NoError(t, err)
	phone, err := miniprogram.ParsePhone(plain)
	require.NoError(t, err)
	require.Equal(t, ann.Number(), phone.PureNumber)

	profile, err := ann.RawUserInfo(t.Context())
	require.NoError(t, err)
	require.True(t, miniprogram.VerifyRawData(profile.RawData, profile.Signature, session.SessionKey))

	// A new log-in makes the kept key stale.
	_, err = ann.Login(t.Context())
	require.NoError(t, err)
	encrypted, err = ann.EncryptedPhone(t.Context())
	require.NoError(t, err)
	sealed, err = miniprogram.ParseEncryptedData(encrypted.EncryptedData, encrypted.IV)
	require.NoError(t, err)
	_, err = sealed.Open(session.SessionKey, app.AppID, time.Now(), time.Hour)
	require.Equal(t, fault.SessionKeyStale, fault.CodeOf(err))

	ann.SetHighRisk(true)
	code, err = ann.Login(t.Context())
	require.NoError(t, err)
	_, err = mini.Code2Session(t.Context(), code)
	require.Equal(t, fault.LoginBlocked, fault.CodeOf(err))

	wrong, err := miniprogram.New(miniprogram.Options{AppID: app.AppID, Secret: "wrong", HTTP: client})
	require.NoError(t, err)
	_, err = wrong.Code2Session(t.Context(), "code")
	require.Equal(t, fault.WeChatRefused, fault.CodeOf(err))
}
