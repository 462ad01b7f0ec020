package miniprogram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/outbound/errcode"
)

const (
	testAppID  = "wx4f4bc4dec97d474b"
	testSecret = config.Secret("canary-app-secret")
	testToken  = "canary-access-token"
)

// fake answers with bodies, one after the other; the last repeats. A body beginning with ! is a status.
type fake struct {
	bodies []string
	asked  []*http.Request
	sent   []string
	slept  int
}

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	f.asked = append(f.asked, req)
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		f.sent = append(f.sent, string(body))
	}
	body := f.bodies[min(len(f.asked), len(f.bodies))-1]
	status := http.StatusOK
	if body == "!502" {
		status = http.StatusBadGateway
	}
	if body == "!lost" {
		return nil, errors.New("connection lost")
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"text/plain"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

func (f *fake) client(t *testing.T) *Client {
	t.Helper()
	httpClient, err := outbound.New(outbound.Options{AllowHosts: []string{outbound.APIHost}, Transport: f})
	require.NoError(t, err)
	client, err := New(Options{
		AppID: testAppID, Secret: testSecret, HTTP: httpClient,
		Sleep: func(ctx context.Context, _ time.Duration) error { f.slept++; return ctx.Err() },
	})
	require.NoError(t, err)
	return client
}

func TestCode2Session(t *testing.T) {
	t.Parallel()
	f := &fake{bodies: []string{`{"openid":"o1","session_key":"tiihtNczf5v6AKRyjwEUhQ==","unionid":"u1"}`}}
	got, err := f.client(t).Code2Session(t.Context(), "code-1_A")
	require.NoError(t, err)
	require.Equal(t, Session{OpenID: "o1", UnionID: "u1", SessionKey: "tiihtNczf5v6AKRyjwEUhQ=="}, got)
	require.Equal(t, "/sns/jscode2session", f.asked[0].URL.Path)
	require.Equal(t, url.Values{
		"appid": {testAppID}, "secret": {testSecret.Reveal()}, "js_code": {"code-1_A"}, "grant_type": {"authorization_code"},
	}, f.asked[0].URL.Query())
}

func TestCode2SessionFailures(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]fault.Code{
		`{"errcode":40029,"errmsg":"invalid code"}`:   fault.LoginCodeInvalid,
		`{"errcode":40163,"errmsg":"code been used"}`: fault.LoginCodeInvalid,
		`{"errcode":45011}`:                           fault.TooManyRequests, `{"errcode":40226}`: fault.LoginBlocked,
		`{"errcode":40013}`: fault.WeChatRefused, `{"errcode":40125}`: fault.WeChatRefused, `{"errcode":41002}`: fault.WeChatRefused,
		`{"errcode":-1}`: fault.WeChatUnavailable, `{}`: fault.WeChatUnavailable, `{"openid":"o1"}`: fault.WeChatUnavailable,
		`{"OpenID":"o1","session_key":"k"}`: fault.WeChatUnavailable, `<html>`: fault.WeChatUnavailable, `null`: fault.WeChatUnavailable,
		``: fault.WeChatUnavailable, `!502`: fault.WeChatUnavailable, `!lost`: fault.WeChatUnavailable,
	} {
		f := &fake{bodies: []string{body}}
		got, err := f.client(t).Code2Session(t.Context(), "code")
		require.Equal(t, want, fault.CodeOf(err), body)
		require.Zero(t, got, body)
		calls := 1
		if strings.Contains(body, "-1") {
			calls = 2 // only -1 is repeated: any other failure may have used the code up
		}
		require.Len(t, f.asked, calls, body)
		require.Equal(t, calls-1, f.slept, body)
	}
	f := &fake{bodies: []string{`{"errcode":-1}`, `{"openid":"o1","session_key":"k"}`}}
	_, err := f.client(t).Code2Session(t.Context(), "code")
	require.NoError(t, err)
}

func TestCodesOfTheWrongFormAreNotSent(t *testing.T) {
	t.Parallel()
	f := &fake{bodies: []string{`{}`}}
	c := f.client(t)
	for _, code := range []string{"", "a b", "a\n", "a&secret=x", "中", "a%20", strings.Repeat("a", 257)} {
		require.False(t, ValidCode(code), code)
		_, err := c.Code2Session(t.Context(), code)
		require.Equal(t, fault.LoginCodeInvalid, fault.CodeOf(err))
		_, err = c.PhoneNumber(t.Context(), testToken, code, "o1")
		require.Equal(t, fault.PhoneCodeInvalid, fault.CodeOf(err))
	}
	_, err := c.PhoneNumber(t.Context(), testToken, "code", "")
	require.Equal(t, fault.Internal, fault.CodeOf(err))
	require.Empty(t, f.asked)
	require.True(t, ValidCode(strings.Repeat("a", 256)))
}

func TestPhoneNumber(t *testing.T) {
	t.Parallel()
	answer := func(country string) string {
		return `{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":"13580006666","purePhoneNumber":"13580006666","countryCode":` +
			country + `,"watermark":{"timestamp":1637744274,"appid":"` + testAppID + `"}}}`
	}
	for _, country := range []string{`"86"`, `86`} {
		f := &fake{bodies: []string{answer(country)}}
		got, err := f.client(t).PhoneNumber(t.Context(), testToken, "code", "o1")
		require.NoError(t, err)
		require.Equal(t, Phone{Number: "13580006666", PureNumber: "13580006666", CountryCode: "86", GivenAt: time.Unix(1637744274, 0)}, got)
		require.Equal(t, "access_token="+testToken, f.asked[0].URL.RawQuery)
		require.JSONEq(t, `{"code":"code","openid":"o1"}`, f.sent[0])
		require.Equal(t, "135****6666 135****6666", fmt.Sprintf("%v %+v", got, got))
	}
}

// An account's number is the only one of its kind in the world.
func TestNumberOfAnAccount(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string]string{
		"13102138000":  `"phoneNumber":"13102138000","purePhoneNumber":"13102138000","countryCode":"86"`,
		"+13102138000": `"phoneNumber":"13102138000","purePhoneNumber":"3102138000","countryCode":"1"`,
		"+85261234567": `"phoneNumber":"85261234567","purePhoneNumber":"61234567","countryCode":852`,
		"+85361234567": `"phoneNumber":"+85361234567","purePhoneNumber":"61234567","countryCode":"+853"`,
		"13580006666":  `"phoneNumber":"13580006666","purePhoneNumber":"13580006666"`,
		"+88621234567": `"phoneNumber":"88621234567","purePhoneNumber":"21234567","countryCode":null`,
		"+88622223333": `"phoneNumber":"+88622223333","purePhoneNumber":"22223333","countryCode":""`,
	} {
		got, err := ParsePhone([]byte("{" + parts + "}"))
		require.NoError(t, err, parts)
		require.Equal(t, want, got.Account(), parts)
	}
}

func TestPhoneNumberFailures(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]fault.Code{
		`{"errcode":40029}`: fault.PhoneCodeInvalid, `{"errcode":40163}`: fault.PhoneCodeInvalid, `{"errcode":45011}`: fault.TooManyRequests,
		`{"errcode":40013}`: fault.WeChatRefused, `{"errcode":-1}`: fault.WeChatUnavailable, `{"errcode":0}`: fault.WeChatUnavailable,
		`{"phone_info":{"phoneNumber":"1","purePhoneNumber":"1","watermark":{"appid":"wxother"}}}`:           fault.WeChatUnavailable,
		`{"phone_info":{"phoneNumber":"","watermark":{"appid":"` + testAppID + `"}}}`:                        fault.WeChatUnavailable,
		`{"phone_info":{"phoneNumber":"1","purephonenumber":"2","watermark":{"appid":"` + testAppID + `"}}}`: fault.WeChatUnavailable,
		`{"phone_info":null}`: fault.WeChatUnavailable, `!502`: fault.WeChatUnavailable,
	} {
		f := &fake{bodies: []string{body}}
		got, err := f.client(t).PhoneNumber(t.Context(), testToken, "code", "o1")
		require.Equal(t, want, fault.CodeOf(err), body)
		require.Zero(t, got)
		require.NotErrorIs(t, err, errcode.ErrTokenInvalid)
	}
	for _, code := range []int{40001, 40014, 42001} {
		f := &fake{bodies: []string{fmt.Sprintf(`{"errcode":%d}`, code)}}
		_, err := f.client(t).PhoneNumber(t.Context(), testToken, "code", "o1")
		require.ErrorIs(t, err, errcode.ErrTokenInvalid)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := Options{AppID: testAppID, Secret: testSecret, HTTP: http.DefaultClient}
	_, err := New(good)
	require.NoError(t, err)
	for name, change := range map[string]func(*Options){
		"no appid": func(o *Options) { o.AppID = "" }, "no secret": func(o *Options) { o.Secret = "" },
		"no client": func(o *Options) { o.HTTP = nil }, "http": func(o *Options) { o.AuthorizeURL = "http://api.weixin.qq.com/x" },
		"query": func(o *Options) { o.AuthorizeURL += "https://api.weixin.qq.com/x?a=b" }, "no URL": func(o *Options) { o.AuthorizeURL = "::" },
	} {
		o := good
		change(&o)
		_, err := New(o)
		require.Error(t, err, name)
	}
}

// Secrets stay out of errors and logs, even when WeChat or somebody in its place sends them back (T21, T30).
func TestCanary(t *testing.T) {
	t.Parallel()
	const key = "Y2FuYXJ5LWtleS0xMjM0NQ=="
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	texts := []string{}
	note := func(err error) {
		require.Error(t, err)
		logger.Error("failed", "err", err)
		texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	echo := `{"errcode":40013,"errmsg":"` + testSecret.Reveal() + " " + testToken + ` canary-code"}`
	for _, body := range []string{"", `!lost`, `!502`, `{"session_key":"` + key + `"}`, `{"openid":5,"session_key":"` + key + `"}`} {
		login, phone := body, body
		if body == "" {
			login, phone = strings.Replace(echo, testToken, "", 1), echo // log-in knows no access token
		}
		c := (&fake{bodies: []string{login, phone}}).client(t)
		_, err := c.Code2Session(t.Context(), "canary-code")
		note(err)
		_, err = c.PhoneNumber(t.Context(), testToken, "canary-code", "o1")
		note(err)
		logger.Info("client", "client", fmt.Sprintf("%v", c.secret))
	}
	session := Session{OpenID: "o1", SessionKey: key}
	logger.Info("session", "session", session, "key", session.SessionKey)
	asJSON, err := json.Marshal(session)
	require.NoError(t, err)
	texts = append(texts, log.String(), string(asJSON), fmt.Sprintf("%v %+v %#v %s %q %x %d", session, session, session,
		session.SessionKey, session.SessionKey, session.SessionKey, session.SessionKey))
	all := strings.Join(texts, "\n")
	require.NotContains(t, all, "canary")
	require.NotContains(t, all, key)
	require.NotContains(t, all, fmt.Sprintf("%x", key))
	require.Contains(t, all, "40013")
	require.Equal(t, key, session.SessionKey.Reveal())
}
