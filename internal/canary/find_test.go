package canary_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/canary"
)

// Failure messages of these tests would show secrets, and be found; that is no loss, the run has failed already.

func TestFindSeesEveryForm(t *testing.T) {
	t.Parallel()
	secret := canary.Secret("app secret/é") // has bytes that URL-encoding changes
	for form, spelling := range map[string]string{
		"plain":         secret,
		"hex":           hex.EncodeToString([]byte(secret)),
		"upper hex":     strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"base64":        base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 + 1":    base64.StdEncoding.EncodeToString([]byte("x" + secret + "yz")),
		"base64 + 2":    base64.URLEncoding.EncodeToString([]byte("xy" + secret + "z")),
		"URL-encoded":   url.QueryEscape(secret),
		"in JSON":       `{"secret":"` + secret + `"}`,
		"in URL of err": `Get "https://api.weixin.qq.com/sns/jscode2session?secret=` + url.QueryEscape(secret) + `": EOF`,
	} {
		require.NotEmpty(t, canary.Find([]byte("first\n… "+spelling+" …")), form)
		require.NotEmpty(t, canary.FindSecrets([]byte(spelling), secret), form)
	}
}

func TestFindSecretsKnowsSecretsWithoutMarker(t *testing.T) {
	t.Parallel()
	const sessionKey = "HyVFkGl5F5OQWJZZaNzBBg=="
	for _, text := range []string{sessionKey, url.QueryEscape(sessionKey), base64.StdEncoding.EncodeToString([]byte("k=" + sessionKey))} {
		require.Empty(t, canary.Find([]byte(text)))
		require.NotEmpty(t, canary.FindSecrets([]byte(text), sessionKey), text)
	}
}

func TestFindTellsWhere(t *testing.T) {
	t.Parallel()
	found := canary.Find([]byte("one\ntwo\nlevel=ERROR key=" + canary.Key32("v3") + "\nfour"))
	require.Len(t, found, 1)
	require.Equal(t, 3, found[0].Line)
	require.Equal(t, "plain", found[0].Form)
	require.Equal(t, "level=ERROR key="+canary.Key32("v3"), found[0].Text)
}

func TestFindSeesPrivateKeys(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"-----BEGIN PRIVATE" + " KEY-----",
		"-----BEGIN RSA PRIVATE" + " KEY-----",
		"MIIEvQI" + "BADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ",
	} {
		require.NotEmpty(t, canary.Find([]byte(text)))
	}
	// A public key may be seen.
	require.Empty(t, canary.Find([]byte("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA")))
}

func TestFindLeavesOrdinaryTextAlone(t *testing.T) {
	t.Parallel()
	require.Empty(t, canary.Find([]byte("=== RUN TestCanaryScan\nopenid=oUpF8uMuAJO_M2pxb1Q9zNjWeS6o prepay_id=wx201410272009395522657a690389285100")))
	require.Empty(t, canary.Find(nil))
}

func TestKey32(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "v3", strings.Repeat("long", 20)} {
		require.Len(t, canary.Key32(name), 32)
		require.True(t, strings.HasPrefix(canary.Key32(name), canary.Marker))
	}
	require.NotEqual(t, canary.Key32("current"), canary.Key32("previous"))
}
