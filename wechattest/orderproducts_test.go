package wechattest_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// placeBy orders without a payer and returns the answer.
func (b bench) placeBy(t *testing.T, product, outTradeNo string, changes ...func(map[string]any)) reply {
	t.Helper()
	return b.call(t, http.MethodPost, "/v3/pay/transactions/"+product,
		b.order(outTradeNo, append([]func(map[string]any){without("payer")}, changes...)...))
}

func h5Scene(fields map[string]any) {
	fields["scene_info"] = map[string]any{"payer_client_ip": "14.23.150.211", "h5_info": map[string]any{"type": "Wap"}}
}

func TestNativeOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.placeBy(t, "native", "NO-0001")
	require.Equal(t, http.StatusOK, first.status, first.body)
	require.Regexp(t, `^\{"code_url":"weixin://wxpay/bizpayurl\?pr=[0-9A-Za-z]{9}"\}$`, first.body)
	second := b.placeBy(t, "native", "NO-0001")
	var refused *wechattest.PayRefusedError
	require.ErrorAs(t, b.alice.PayCode(t.Context(), first.field("code_url")), &refused, "a fresh code ends the old one")
	b.clock.Advance(2 * time.Hour)
	require.ErrorAs(t, b.alice.PayCode(t.Context(), second.field("code_url")), &refused)
	require.Contains(t, refused.Reason, "2h0m0s")
	bob := b.sim.Phone("bob")
	require.NoError(t, bob.PayCode(t.Context(), b.placeBy(t, "native", "NO-0001").field("code_url")))
	paid := b.query(t, "NO-0001")
	require.Equal(t, "NATIVE", paid.field("trade_type"))
	require.Contains(t, paid.body, `"payer":{"openid":"`+bob.OpenID()+`"}`)
	b.settle(t)
	require.Len(t, b.sim.Attempts("NO-0001"), 1)
}

func TestH5Order(t *testing.T) {
	t.Parallel()
	b := setup(t)
	placed := b.placeBy(t, "h5", "NO-0001", h5Scene)
	require.Regexp(t, `^\{"h5_url":"https://wx\.tenpay\.com/cgi-bin/mmpayweb-bin/checkmweb\?prepay_id=wx[0-9a-f]+&package=\d{10}"\}$`, placed.body)
	late := b.placeBy(t, "h5", "NO-0002", h5Scene)
	require.NoError(t, b.alice.PayH5(t.Context(), placed.field("h5_url")+"&redirect_url=https%3A%2F%2Fshop.example.com"))
	require.Equal(t, "MWEB", b.query(t, "NO-0001").field("trade_type"))
	b.clock.Advance(5 * time.Minute)
	require.ErrorContains(t, b.alice.PayH5(t.Context(), late.field("h5_url")), "5m0s")

	for name, scene := range map[string]map[string]any{
		"/scene_info":              nil,
		"/scene_info/h5_info":      {"payer_client_ip": "1.2.3.4"},
		"/scene_info/h5_info/type": {"payer_client_ip": "1.2.3.4", "h5_info": map[string]any{}},
	} {
		change := without("scene_info")
		if scene != nil {
			change = set("scene_info", scene)
		}
		refused := b.placeBy(t, "h5", "NO-0003", change)
		require.Equal(t, "PARAM_ERROR", refused.code())
		require.Contains(t, refused.body, `"field":"`+name+`"`)
	}
}

func TestAppOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mobile := set("appid", b.sim.MobileAppID())
	require.Equal(t, "APPID_MCHID_NOT_MATCH", b.placeBy(t, "app", "NO-0001").code(), "a mini-program is no mobile app")
	placed := b.placeBy(t, "app", "NO-0001", mobile)
	right := wechattest.AppLaunch{
		AppID: b.sim.MobileAppID(), PartnerID: b.merchant.MchID, PrepayID: placed.field("prepay_id"), Package: "Sign=WXPay",
		NonceStr: "nonce", TimeStamp: strconv.FormatInt(noon().Unix(), 10),
	}
	sign := func(l wechattest.AppLaunch, line4 string) wechattest.AppLaunch {
		l.Sign = rsaSign(t, b.key, l.AppID+"\n"+l.TimeStamp+"\n"+l.NonceStr+"\n"+line4+"\n")
		return l
	}
	for name, change := range map[string]func(*wechattest.AppLaunch){
		"OtherApp":    func(l *wechattest.AppLaunch) { l.AppID = b.sim.App().AppID },
		"OtherPartne": func(l *wechattest.AppLaunch) { l.PartnerID = "1" },
		"Package":     func(l *wechattest.AppLaunch) { l.Package = "prepay_id=" + l.PrepayID },
		"Time":        func(l *wechattest.AppLaunch) { l.TimeStamp = "now" },
		"Nonce":       func(l *wechattest.AppLaunch) { l.NonceStr = strings.Repeat("n", 33) },
		"Unknown":     func(l *wechattest.AppLaunch) { l.PrepayID += "0" },
	} {
		wrong := right
		change(&wrong)
		require.Error(t, b.alice.PayApp(t.Context(), sign(wrong, wrong.PrepayID)), name)
	}
	require.ErrorContains(t, b.alice.PayApp(t.Context(), sign(right, "prepay_id="+right.PrepayID)), "bare prepay_id")
	require.NoError(t, b.alice.PayApp(t.Context(), sign(right, right.PrepayID)))
	require.Contains(t, b.query(t, "NO-0001").body, `"payer":{"openid":"`+b.alice.OpenIDUnder(b.sim.MobileAppID())+`"}`)
}

func TestOfficialAccountOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	account := b.sim.OfficialAccount().AppID
	ordered := set("appid", account)
	refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001", ordered))
	require.Contains(t, refused.body, `"field":"/payer/openid"`, "the mini-program's openid does not work here")

	prepayID := b.place(t, "NO-0001", ordered, set("payer", map[string]any{"openid": b.alice.OpenIDUnder(account)}))
	require.Error(t, b.alice.Pay(t.Context(), b.launch(t, prepayID)), "signed for the mini-program")
	l := b.launch(t, prepayID)
	l.AppID = account
	l.PaySign = rsaSign(t, b.key, account+"\n"+l.TimeStamp+"\n"+l.NonceStr+"\n"+l.Package+"\n")
	require.NoError(t, b.alice.Pay(t.Context(), l))
}

func TestProductsDoNotMix(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.placeBy(t, "native", "NO-0001").field("code_url")
	require.Equal(t, "INVALID_REQUEST", b.placeBy(t, "h5", "NO-0001", h5Scene).code(), "the number is a native order's")
	require.Error(t, b.alice.PayH5(t.Context(), code))
	require.Contains(t, b.placeBy(t, "native", "NO-0002", set("payer", map[string]any{"openid": b.alice.OpenID()})).body,
		`"field":"/payer"`, "a native order names no payer")
}
