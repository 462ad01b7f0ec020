package wechattest_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// decrypt reads open data as a server does; a wrong session_key gives garbage.
func decrypt(t *testing.T, sessionKey string, data wechattest.EncryptedData) string {
	t.Helper()
	raw := func(text string) []byte {
		decoded, err := base64.StdEncoding.DecodeString(text)
		require.NoError(t, err)
		return decoded
	}
	block, err := aes.NewCipher(raw(sessionKey))
	require.NoError(t, err)
	plaintext := raw(data.EncryptedData)
	cipher.NewCBCDecrypter(block, raw(data.IV)).CryptBlocks(plaintext, plaintext)
	if pad := int(plaintext[len(plaintext)-1]); pad <= len(plaintext) {
		plaintext = plaintext[:len(plaintext)-pad]
	}
	return string(plaintext)
}

func TestOlderPhoneForms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.alice.EncryptedPhone(t.Context())
	require.Error(t, err, "no session yet")
	_, err = b.alice.RawUserInfo(t.Context())
	require.Error(t, err)

	sessionKey := b.exchange(t, b.login(t, b.alice)).field("session_key")
	b.alice.SetNumber("86", "13580006666")
	b.alice.SetProfile(wechattest.Profile{NickName: "<阿丽>", AvatarURL: "https://thirdwx.qlogo.cn/a"})

	data, err := b.alice.EncryptedPhone(t.Context())
	require.NoError(t, err)
	requireText(t, `{"phoneNumber":"13580006666","purePhoneNumber":"13580006666","countryCode":"86",`+
		`"watermark":{"timestamp":1772337600,"appid":"wx7e57000000000001"}}`, decrypt(t, sessionKey, data))

	data, err = b.alice.EncryptedUserInfo(t.Context())
	require.NoError(t, err)
	requireText(t, `{"openId":"`+b.alice.OpenID()+`","nickName":"<阿丽>","gender":0,"language":"","city":"","province":"",`+
		`"country":"","avatarUrl":"https://thirdwx.qlogo.cn/a","unionId":"`+b.alice.UnionID()+
		`","watermark":{"timestamp":1772337600,"appid":"wx7e57000000000001"}}`, decrypt(t, sessionKey, data))
	b.sim.BindOpenPlatform(false)
	data, err = b.alice.EncryptedUserInfo(t.Context())
	require.NoError(t, err)
	require.NotContains(t, decrypt(t, sessionKey, data), "unionId", "as in the answer to a log-in")

	profile, err := b.alice.RawUserInfo(t.Context())
	require.NoError(t, err)
	sum := sha1.Sum([]byte(profile.RawData + sessionKey))
	require.Equal(t, hex.EncodeToString(sum[:]), profile.Signature)

	b.login(t, b.alice)
	data, err = b.alice.EncryptedPhone(t.Context())
	require.NoError(t, err)
	require.False(t, json.Valid([]byte(decrypt(t, sessionKey, data))), "a new log-in makes the kept session_key stale")
}

func TestPhoneChecksTheLaunch(t *testing.T) {
	t.Parallel()
	type launch = wechattest.Launch
	tests := map[string]struct {
		before  func(*testing.T, bench) // between placing and paying
		change  func(*launch)           // before paySign
		forge   func(*launch)           // after paySign
		stopped string
	}{
		"OtherAppID":        {change: func(l *launch) { l.AppID = "wx0" }, stopped: "parameter error"},
		"NoTimeStamp":       {change: func(l *launch) { l.TimeStamp = "" }, stopped: "timeStamp"},
		"Milliseconds":      {change: func(l *launch) { l.TimeStamp += "000" }, stopped: "timeStamp"},
		"NoNonce":           {change: func(l *launch) { l.NonceStr = "" }, stopped: "nonceStr"},
		"LongNonce":         {change: func(l *launch) { l.NonceStr += "x" }, stopped: "nonceStr"},
		"BarePrepayID":      {change: func(l *launch) { l.Package = l.Package[len("prepay_id="):] }, stopped: "package"},
		"MD5":               {change: func(l *launch) { l.SignType = "MD5" }, stopped: "signType"},
		"UnknownPrepayID":   {change: func(l *launch) { l.Package += "x" }, stopped: "total_fee"},
		"PaySignOfOtherDay": {forge: func(l *launch) { l.TimeStamp = "1772337601" }, stopped: "签名"},
		"NoBase64":          {forge: func(l *launch) { l.PaySign = "?" }, stopped: "签名"},
		"OtherUsersOrder":   {stopped: "下单账号"},
		"PrepayExpired":     {before: func(_ *testing.T, b bench) { b.clock.Advance(2 * time.Hour) }, stopped: "过期"},
		"Closed":            {before: func(t *testing.T, b bench) { b.close(t, "NO-0001") }, stopped: "已关闭"},
		"Paid": {before: func(t *testing.T, b bench) {
			order, _ := b.sim.Order("NO-0001")
			require.NoError(t, b.alice.Pay(t.Context(), b.launch(t, order.PrepayID)))
		}, stopped: "已支付"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			l := b.launch(t, b.place(t, "NO-0001"))
			if test.before != nil {
				test.before(t, b)
			}
			if test.change != nil {
				test.change(&l)
				l = b.signed(t, l)
			}
			if test.forge != nil {
				test.forge(&l)
			}
			payer := b.alice
			if name == "OtherUsersOrder" {
				payer = b.sim.Phone("bob")
			}
			before := b.sim.Orders()
			err := payer.Pay(t.Context(), l)
			var refused *wechattest.PayRefusedError
			require.ErrorAs(t, err, &refused)
			require.Regexp(t, "^requestPayment:fail ", refused.ErrMsg)
			require.Contains(t, refused.ErrMsg, test.stopped)
			require.Equal(t, before, b.sim.Orders())
		})
	}
}

func TestPhoneAcceptsTheLaunchOfAPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l := b.launch(t, b.place(t, "NO-0001"))
	l.AppID = b.sim.App().AppID
	require.NoError(t, b.alice.Pay(t.Context(), l))
}

func TestExpiredOrderCannotBePaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l := b.launch(t, b.place(t, "NO-0001", set("time_expire", "2026-03-01T12:30:00+08:00")))
	b.clock.Advance(30 * time.Minute)
	require.ErrorContains(t, b.alice.Pay(t.Context(), l), "订单已过期")
}

func TestPhoneHonoursTheContext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.alice.Login(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = b.alice.GrantPhone(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, b.alice.Pay(ctx, wechattest.Launch{}), context.Canceled)
}
