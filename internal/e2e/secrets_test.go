//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/canary"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/wechattest"
)

// A host that logs everything it can, on good and bad days, prints no secret. Every other test looks for those that are
// known beforehand; this one also for those that only arise while it runs.
func TestOutputHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, databaseURL string) {
		t.Parallel()
		hostURL, fail := fallible(t, databaseURL)
		b := newBed(t, databaseURL)
		b.hostURL = hostURL
		if password, ok := passwordOf(databaseURL); ok {
			b.secrets = append(b.secrets, password)
		}
		b.start()
		phone := b.sim.Phone("lan")
		b.secrets = append(b.secrets, phone.Number())
		token := b.logIn(phone)
		b.bindPhone(phone, token)

		b.pay("order-0001", 100)
		b.holds()
		for _, wrong := range []wechattest.NoticeChange{
			wechattest.FlipBodyByte(200), wechattest.ChangeTotal(1), wechattest.SealWith(strings.Repeat("k", 32)), wechattest.ProbeSignature(),
		} {
			b.forge("order-0001", wrong)
		}
		heal := fail()
		attempt, err := b.sim.SendNotice(t.Context(), "order-0001")
		require.NoError(t, err)
		require.False(t, attempt.Accepted())
		heal()

		b.learnSecretsOfWeChat()
		code, err := phone.Login(t.Context())
		require.NoError(t, err)
		require.NoError(t, b.sim.Close()) // WeChat is away: errors of calls name URLs, and URLs hold secrets
		status, answer := b.post("/wechat/sign/default", map[string]string{"code": code})
		require.GreaterOrEqual(t, status, http.StatusInternalServerError)
		b.secrets = append(b.secrets, code)
		require.Empty(t, canary.FindSecrets(answer, b.secrets...))
		b.host.stop()

		text := []byte(b.host.output.String())
		require.Greater(t, len(b.secrets), 6)
		require.Empty(t, canary.FindSecrets(text, b.secrets...))
		for _, seen := range []string{"order-0001", "notice refused", "jscode2session", "the ledger's secret must not be seen"} {
			require.NotEmpty(t, canary.FindSecrets(text, seen), "the search must be able to find something")
		}
	})
}

// logIn logs a phone in and returns its token, which is secret.
func (b *bed) logIn(phone *wechattest.Phone) (token string) {
	b.t.Helper()
	code, err := phone.Login(b.t.Context())
	require.NoError(b.t, err)
	status, answer := b.post("/wechat/sign/default", map[string]string{"code": code})
	require.Equal(b.t, http.StatusOK, status, "%s", answer)
	var out struct{ Data string }
	require.NoError(b.t, json.Unmarshal(answer, &out))
	token, _, found := strings.Cut(out.Data, "_")
	require.True(b.t, found)
	b.secrets = append(b.secrets, code, token)
	status, _ = b.post("/wechat/sign/default", map[string]string{"code": code})
	require.Equal(b.t, http.StatusUnauthorized, status)
	return token
}

func (b *bed) bindPhone(phone *wechattest.Phone, token string) {
	b.t.Helper()
	code, err := phone.GrantPhone(b.t.Context())
	require.NoError(b.t, err)
	b.secrets = append(b.secrets, code)
	text, err := json.Marshal(map[string]string{"code": code})
	require.NoError(b.t, err)
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, "http://"+b.addr+"/app/miniapp/update-phone", bytes.NewReader(text))
	require.NoError(b.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Token", token)
	require.Equal(b.t, http.StatusOK, b.do(req))
}

// forge sends a wrong notice, which must not be acknowledged with 204.
func (b *bed) forge(number string, change wechattest.NoticeChange) {
	b.t.Helper()
	notice, err := b.sim.Notice(number, change, wechattest.ChangeEnvelope(func(m map[string]any) { m["id"] = "forged-" + number }))
	require.NoError(b.t, err)
	req, err := notice.Request(b.t.Context(), "http://"+b.addr+"/wechat/pay/notice")
	require.NoError(b.t, err)
	b.do(req)
}

func (b *bed) do(req *http.Request) (status int) {
	b.t.Helper()
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	require.NoError(b.t, err)
	_ = resp.Body.Close()
	return resp.StatusCode
}

// learnSecretsOfWeChat adds session keys and access tokens, wherever the local WeChat's snapshot has them.
func (b *bed) learnSecretsOfWeChat() {
	b.t.Helper()
	var text bytes.Buffer
	require.NoError(b.t, b.sim.Snapshot(&text))
	var snapshot any
	require.NoError(b.t, json.Unmarshal(text.Bytes(), &snapshot))
	for _, key := range []string{"session_key", "value"} { // value is an access token's
		found := textsUnder(snapshot, key)
		require.NotEmpty(b.t, found, key)
		b.secrets = append(b.secrets, found...)
	}
}

// textsUnder are the texts, at any depth, that have this key.
func textsUnder(node any, key string) (found []string) {
	switch node := node.(type) {
	case map[string]any:
		for name, child := range node {
			if text, ok := child.(string); ok && name == key && text != "" {
				found = append(found, text)
			}
			found = append(found, textsUnder(child, key)...)
		}
	case []any:
		for _, child := range node {
			found = append(found, textsUnder(child, key)...)
		}
	}
	return found
}

func passwordOf(databaseURL string) (string, bool) {
	address, err := url.Parse(databaseURL)
	if err != nil {
		return "", false
	}
	return address.User.Password()
}
