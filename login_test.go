package wechat_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/wechattest"
)

func TestLogInAnswersTokenAndState(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		phone := b.sim.Phone("lan")
		code, err := phone.Login(b.t.Context())
		require.NoError(b.t, err)
		status, answer := b.call(http.MethodPost, prefix+"/wechat/sign/default", "", map[string]string{"code": code})
		require.Equal(b.t, http.StatusOK, status)
		require.Len(b.t, answer, 1)
		require.Regexp(b.t, `^[0-9A-Za-z]{43}_1$`, answer["data"])

		created := b.event("user.created")
		require.Equal(b.t, phone.OpenID(), created["subject"])

		token, state := b.logIn(phone)
		require.Equal(b.t, "1", state, "no phone is bound yet")
		require.NotContains(b.t, answer["data"], token, "each log-in has a token of its own")
	})
}

func TestLogInCodeWorksOnce(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		code, err := b.sim.Phone("lan").Login(b.t.Context())
		require.NoError(b.t, err)
		const callers = 50
		statuses := make(chan int, callers)
		for range callers {
			go func() {
				status, _ := b.call(http.MethodPost, prefix+"/wechat/sign/default", "", map[string]string{"code": code})
				statuses <- status
			}()
		}
		got := map[int]int{}
		for range callers {
			got[<-statuses]++
		}
		require.Equal(b.t, map[int]int{http.StatusOK: 1, http.StatusUnauthorized: callers - 1}, got)
		require.EqualValues(b.t, 1, b.callsTo("/sns/jscode2session"))
	})
}

// The log-in may be sent to another of WeChat's sites.
func TestLogInAtAnotherSite(t *testing.T) {
	t.Parallel()
	sim := wechattest.New(t)
	m, err := wechat.New(config.Config{
		MiniApp: config.MiniApp{
			Active: true, AppID: sim.App().AppID, AppSecret: config.Secret(sim.App().AppSecret),
			AuthorizeURL: "https://api2.weixin.qq.com/sns/jscode2session",
		},
		Database: config.Database{URL: config.Secret("sqlite:" + t.TempDir() + "/w.db")},
	}, wechat.WithTransport(sim.RoundTripper()))
	require.NoError(t, err)
	require.NoError(t, m.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, m.Stop(context.Background())) })
	app := fiber.New()
	m.Mount(app)
	code, err := sim.Phone("lan").Login(t.Context())
	require.NoError(t, err)
	req := httptest.NewRequest(http.MethodPost, "/wechat/sign/default", strings.NewReader(`{"code":"`+code+`"}`))
	req.Header.Set("Content-Type", "application/json")
	resp, err := app.Test(req, -1)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

func TestLogInRefusals(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		risky := b.sim.Phone("risky")
		risky.SetHighRisk(true)
		blocked, err := risky.Login(b.t.Context())
		require.NoError(b.t, err)
		for name, c := range map[string]struct {
			body   any
			status int
			code   string
		}{
			"unknown code":   {map[string]string{"code": "made-up"}, http.StatusUnauthorized, "login-code-invalid"},
			"ill-formed":     {map[string]string{"code": "no such; code"}, http.StatusUnauthorized, "login-code-invalid"},
			"empty":          {map[string]string{}, http.StatusUnauthorized, "login-code-invalid"},
			"foreign openid": {map[string]string{"code": "x", "openid": "o123"}, http.StatusBadRequest, "bad-request"},
			"null":           {nil, http.StatusBadRequest, "bad-request"},
			"array":          {[]string{"code"}, http.StatusBadRequest, "bad-request"},
			"high risk":      {map[string]string{"code": blocked}, http.StatusForbidden, "login-blocked"},
		} {
			status, answer := b.call(http.MethodPost, prefix+"/wechat/sign/default", "", c.body)
			require.Equal(b.t, c.status, status, name)
			require.Equal(b.t, c.code, answer["code"], name)
			require.NotEmpty(b.t, answer["msg"], name)
		}
		require.EqualValues(b.t, 2, b.callsTo("/sns/jscode2session"), "only well-formed codes reach WeChat")
	})
}

func TestBindPhone(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		phone := b.sim.Phone("lan")
		old, _ := b.logIn(phone)
		code, err := phone.GrantPhone(b.t.Context())
		require.NoError(b.t, err)
		status, answer := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", old, map[string]string{"code": code})
		require.Equal(b.t, http.StatusOK, status, "%v", answer)
		token, state, _ := strings.Cut(answer["data"].(string), "_")
		require.Equal(b.t, "0", state)
		bound := b.event("user.phone_bound")
		require.Contains(b.t, bound["content"], phone.Number())

		status, _ = b.call(http.MethodPost, prefix+"/app/miniapp/update-phone", old, map[string]string{"code": "x"})
		require.Equal(b.t, http.StatusUnauthorized, status, "the old token ended")
		_, state = b.logIn(phone)
		require.Equal(b.t, "0", state)

		status, answer = b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": code})
		require.Equal(b.t, http.StatusUnprocessableEntity, status)
		require.Equal(b.t, "phone-code-invalid", answer["code"])
	})
}

func TestPhoneOfAnotherAccountIsRefused(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		first, second := b.sim.Phone("first"), b.sim.Phone("second")
		second.SetNumber("86", first.Number())
		for i, phone := range []*wechattest.Phone{first, second} {
			token, _ := b.logIn(phone)
			code, err := phone.GrantPhone(b.t.Context())
			require.NoError(b.t, err)
			status, answer := b.call(http.MethodPost, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": code})
			if i == 0 {
				require.Equal(b.t, http.StatusOK, status)
				continue
			}
			require.Equal(b.t, http.StatusConflict, status)
			require.Equal(b.t, "phone-taken", answer["code"])
			require.Contains(b.t, answer["msg"], "更换手机号")
			_, state := b.logIn(phone)
			require.Equal(b.t, "1", state, "nothing was bound")
		}
	})
}

// What WeChat calls phoneNumber is the same for a Chinese number and an American one with its prefix.
func TestNumbersOfTwoCountriesAreTwoPhones(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		bind := func(phone *wechattest.Phone) int {
			token, _ := b.logIn(phone)
			code, err := phone.GrantPhone(b.t.Context())
			require.NoError(b.t, err)
			status, _ := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": code})
			return status
		}
		for _, c := range []struct{ name, country, pure, want string }{
			{"lan", "86", "13102138000", "13102138000"},
			{"joe", "1", "3102138000", "+13102138000"},
		} {
			phone := b.sim.Phone(c.name)
			phone.SetNumber(c.country, c.pure)
			require.Equal(b.t, http.StatusOK, bind(phone), c.name)
			var bound map[string]any
			require.NoError(b.t, json.Unmarshal([]byte(b.event("user.phone_bound")["content"].(string)), &bound))
			require.Equal(b.t, c.want, bound["phone"])
			require.Equal(b.t, c.country, bound["phone_country_code"])
		}
		third := b.sim.Phone("third")
		third.SetNumber("1", "3102138000")
		require.Equal(b.t, http.StatusConflict, bind(third))
	})
}

// Changing a bound phone needs a log-in of the last minutes, and a session that is alive when the phone is written.
func TestRebindingNeedsAFreshLogIn(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		phone := b.sim.Phone("lan")
		bind := func(token string) (int, string) {
			code, err := phone.GrantPhone(b.t.Context())
			require.NoError(b.t, err)
			status, answer := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": code})
			code, _ = answer["code"].(string)
			return status, code
		}
		early, _ := b.logIn(phone)
		late, _ := b.logIn(phone)
		results := make(chan int, 2)
		for _, token := range []string{early, late} { // at once: one of them finds its session ended
			go func() {
				status, _ := bind(token)
				results <- status
			}()
		}
		require.ElementsMatch(b.t, []int{http.StatusOK, http.StatusUnauthorized}, []int{<-results, <-results})

		token, _ := b.logIn(phone)
		phone.SetNumber("86", "13900139000")
		status, code := bind(token)
		require.Equal(b.t, http.StatusOK, status, code)
		token, _ = b.logIn(phone)
		b.ageSessions(6 * time.Minute)
		phone.SetNumber("86", "13700137000")
		status, code = bind(token)
		require.Equal(b.t, http.StatusUnauthorized, status)
		require.Equal(b.t, "login-too-old", code)
	})
}

// A phone code belongs to the user who got it: posted in another user's session it binds nothing.
func TestPhoneCodeOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		victim, _ := b.logIn(b.sim.Phone("victim"))
		code, err := b.sim.Phone("attacker").GrantPhone(b.t.Context())
		require.NoError(b.t, err)
		status, answer := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", victim, map[string]string{"code": code})
		require.Equal(b.t, http.StatusUnprocessableEntity, status)
		require.Equal(b.t, "phone-code-invalid", answer["code"])
	})
}

func TestBindEncryptedPhone(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		phone := b.sim.Phone("lan")
		token, _ := b.logIn(phone)
		sealed, err := phone.EncryptedPhone(b.t.Context())
		require.NoError(b.t, err)
		status, answer := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, sealed)
		require.Equal(b.t, http.StatusOK, status, "%v", answer)
		require.True(b.t, strings.HasSuffix(answer["data"].(string), "_0"))

		escaped, _ := b.logIn(phone)
		sealed.EncryptedData, sealed.IV = url.QueryEscape(sealed.EncryptedData), url.QueryEscape(sealed.IV)
		status, answer = b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", escaped, sealed)
		require.Equal(b.t, http.StatusOK, status, "%v", answer)

		cut, _ := b.logIn(phone)
		sealed.EncryptedData = sealed.EncryptedData[:5]
		status, answer = b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", cut, sealed)
		require.Equal(b.t, http.StatusBadRequest, status, "a new log-in would not help")
		require.Equal(b.t, "bad-request", answer["code"])

		other := b.sim.Phone("other")
		token, _ = b.logIn(other)
		_, err = other.Login(b.t.Context()) // a new session key at WeChat, which we do not know
		require.NoError(b.t, err)
		sealed, err = other.EncryptedPhone(b.t.Context())
		require.NoError(b.t, err)
		status, answer = b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, sealed)
		require.Equal(b.t, http.StatusConflict, status)
		require.Equal(b.t, "session-key-stale", answer["code"])
	})
}

// What was given more than ten minutes ago binds nothing, in either form, however fresh the log-in is.
func TestOldPhoneIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		var ahead atomic.Int64
		b := newBedWith(t, url, nil, []wechat.Option{wechat.WithClock(func() time.Time {
			return time.Now().Add(time.Duration(ahead.Load()))
		})})
		phone := b.sim.Phone("lan")
		token, _ := b.logIn(phone)
		sealed, err := phone.EncryptedPhone(t.Context())
		require.NoError(t, err)
		ahead.Store(int64(11 * time.Minute))
		status, answer := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, sealed)
		require.Equal(t, http.StatusConflict, status)
		require.Equal(t, "session-key-stale", answer["code"])

		code, err := phone.GrantPhone(t.Context())
		require.NoError(t, err)
		status, answer = b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": code})
		require.Equal(t, http.StatusUnprocessableEntity, status)
		require.Equal(t, "phone-code-invalid", answer["code"])
	})
}

func TestAccessTokenIsFetchedOnceAndRenewedWhenRevoked(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		for i, name := range []string{"a", "b", "c"} {
			if i == 2 {
				b.sim.RevokeAccessTokens()
			}
			phone := b.sim.Phone(name)
			token, _ := b.logIn(phone)
			code, err := phone.GrantPhone(b.t.Context())
			require.NoError(b.t, err)
			status, answer := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": code})
			require.Equal(b.t, http.StatusOK, status, "%s: %v", name, answer)
		}
		require.EqualValues(b.t, 2, b.callsTo("/cgi-bin/stable_token"))
	})
}

func TestUpdateProfile(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		phone := b.sim.Phone("lan")
		token, _ := b.logIn(phone)
		path := prefix + "/wechat/app/miniapp/user/update-info"
		avatar := "https://thirdwx.qlogo.cn/mmopen/vi_32/a/132"

		status, answer := b.call(http.MethodPut, path, token, map[string]any{"nickName": "小兰🌸", "avatarUrl": avatar, "gender": 2})
		require.Equal(b.t, http.StatusOK, status, "%v", answer)
		require.Equal(b.t, map[string]any{"nickName": "小兰🌸", "avatarUrl": avatar}, answer["data"])
		updated := b.event("user.profile_updated")
		require.Contains(b.t, updated["content"], "小兰🌸")

		_, answer = b.call(http.MethodPost, path, token, map[string]any{"nickName": "微信用户"})
		require.Equal(b.t, "小兰🌸", answer["data"].(map[string]any)["nickName"], "the placeholder does not overwrite a name")

		phone.SetProfile(wechattest.Profile{NickName: "兰兰", AvatarURL: avatar})
		sealed, err := phone.EncryptedUserInfo(b.t.Context())
		require.NoError(b.t, err)
		_, answer = b.call(http.MethodPut, path, token, sealed)
		require.Equal(b.t, "兰兰", answer["data"].(map[string]any)["nickName"], "%v", answer)

		phone.SetProfile(wechattest.Profile{NickName: "阿兰", AvatarURL: avatar})
		raw, err := phone.RawUserInfo(b.t.Context())
		require.NoError(b.t, err)
		_, answer = b.call(http.MethodPut, path, token, raw)
		require.Equal(b.t, "阿兰", answer["data"].(map[string]any)["nickName"], "%v", answer)
		status, answer = b.call(http.MethodPut, path, token, map[string]any{ // a whole result of wx.getUserProfile
			"errMsg": "getUserProfile:ok", "rawData": raw.RawData, "signature": raw.Signature,
			"userInfo": map[string]any{"nickName": "not read"}, "cloudID": "c1",
		})
		require.Equal(b.t, http.StatusOK, status, "%v", answer)
		raw.Signature = strings.Repeat("0", 40)
		status, answer = b.call(http.MethodPut, path, token, raw)
		require.Equal(b.t, http.StatusConflict, status)
		require.Equal(b.t, "session-key-stale", answer["code"])
	})
}

func TestUpdateProfileRefusals(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		token, _ := b.logIn(b.sim.Phone("lan"))
		for name, c := range map[string]struct {
			body map[string]any
			code string
		}{
			"script":           {map[string]any{"avatarUrl": "javascript:alert(1)"}, "profile-invalid"},
			"plain http":       {map[string]any{"avatarUrl": "http://thirdwx.qlogo.cn/a"}, "profile-invalid"},
			"foreign host":     {map[string]any{"avatarUrl": "https://evil.example/a"}, "profile-invalid"},
			"user in URL":      {map[string]any{"avatarUrl": "https://thirdwx.qlogo.cn@evil.example/a"}, "profile-invalid"},
			"too long":         {map[string]any{"nickName": strings.Repeat("兰", 65)}, "profile-invalid"},
			"turned around":    {map[string]any{"nickName": "a\u202eb"}, "profile-invalid"},
			"control":          {map[string]any{"nickName": "a\u0000b"}, "profile-invalid"},
			"unknown field":    {map[string]any{"nickName": "a", "role": "admin"}, "bad-request"},
			"someone's openid": {map[string]any{"openid": "o1"}, "bad-request"},
			"wrong type":       {map[string]any{"nickName": 5}, "bad-request"},
			"nothing":          {map[string]any{}, "bad-request"},
		} {
			status, answer := b.call(http.MethodPut, prefix+"/wechat/app/miniapp/user/update-info", token, c.body)
			require.Equal(b.t, c.code, answer["code"], name)
			require.Less(b.t, status, 500, name)
		}
	})
}

func TestTokenIsRequired(t *testing.T) {
	t.Parallel()
	b := newBed(t, "sqlite:"+t.TempDir()+"/w.db")
	for _, token := range []string{"", "x", strings.Repeat("A", 43)} {
		status, answer := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": "x"})
		require.Equal(t, http.StatusUnauthorized, status)
		require.Equal(t, "not-logged-in", answer["code"])
	}
	token, _ := b.logIn(b.sim.Phone("lan"))
	status, _ := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone?token="+token, "", map[string]string{"code": "x"})
	require.Equal(t, http.StatusUnauthorized, status, "a token in a URL is no token")
}

// The module guards its own routes and leaves the rest of the app to the host.
func TestHostKeepsItsOwnRoutes(t *testing.T) {
	t.Parallel()
	b := newBed(t, "sqlite:"+t.TempDir()+"/w.db", func(app *fiber.App, m *wechat.Module) {
		app.Get("/me", m.RequireUser, func(c *fiber.Ctx) error {
			user, ok := m.User(c)
			return c.JSON(fiber.Map{"ok": ok, "openid": user.OpenID})
		})
		app.Get("/free", func(c *fiber.Ctx) error {
			_, ok := m.User(c)
			return c.JSON(fiber.Map{"ok": ok})
		})
	})
	phone := b.sim.Phone("lan")
	token, _ := b.logIn(phone)
	_, answer := b.call(http.MethodGet, "/me", token, nil)
	require.Equal(t, map[string]any{"ok": true, "openid": phone.OpenID()}, answer)
	status, answer := b.call(http.MethodGet, "/me", "", nil)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "not-logged-in", answer["code"])
	_, answer = b.call(http.MethodGet, "/free", token, nil)
	require.Equal(t, false, answer["ok"])

	resp, err := b.client.Get("http://shop.test/nowhere")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"), "the host's own error page")

	status, answer = b.call(http.MethodGet, prefix+"/wechat/health", "", nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]any{"status": "ok"}, answer["data"])
}
