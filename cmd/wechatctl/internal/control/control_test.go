package control_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

func TestPhonesLogIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	phone := post[control.Phone](t, b, "v1/phones", map[string]string{"name": "小明"})
	code := post[control.Code](t, b, "v1/phones/"+url.PathEscape("小明")+"/login", nil)
	query := url.Values{
		"appid": {b.sim.App().AppID}, "secret": {b.sim.App().AppSecret}, "js_code": {code.Code}, "grant_type": {"authorization_code"},
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.weixin.qq.com/sns/jscode2session?"+query.Encode(), http.NoBody)
	require.NoError(t, err)
	response, err := b.sim.Client().Do(request)
	require.NoError(t, err)
	session := make([]byte, 400)
	n, _ := response.Body.Read(session)
	require.Contains(t, string(session[:n]), phone.OpenID)

	require.Len(t, post[control.Code](t, b, "v1/phones/alice/grant-phone", nil).Code, 64)
	names := []string{}
	for _, p := range get[[]control.Phone](t, b, "v1/phones") {
		names = append(names, p.Name)
	}
	require.Equal(t, []string{"alice", "小明"}, names)
	b.refusedWith(t, http.StatusBadRequest, "v1/phones", map[string]string{"name": ""})
	b.refusedWith(t, http.StatusBadRequest, "v1/phones", map[string]string{"name": strings.Repeat("x", 61)})
}

func TestPhonesPayWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	b := setup(t)
	place := func(number string, way wechattest.TradeType) control.Order {
		wish := control.Trigger{Event: "notice", OutTradeNo: number, TradeType: way, Changes: map[string]string{"probe": "yes"}}
		return trigger(t, b, wish).Result.Order
	}
	native, h5 := place("NATIVE-1", wechattest.Native), place("H5-0001", wechattest.H5)
	bare, wrapped := place("NATIVE-2", wechattest.Native), place("NATIVE-3", wechattest.Native)
	for number, launch := range map[string]any{
		"NATIVE-1": map[string]string{"code_url": native.CodeURL},
		"H5-0001":  h5.H5URL + "&redirect_url=https%3A%2F%2Fshop.example.com",
		"NATIVE-2": bare.CodeURL,
		"NATIVE-3": map[string]any{"data": map[string]string{"code_url": wrapped.CodeURL}},
	} {
		paid := post[control.Payment](t, b, "v1/phones/bob/pay", launch)
		require.Equal(t, "requestPayment:ok", paid.ErrMsg)
		require.Equal(t, number, paid.Result.Order.OutTradeNo)
		require.Equal(t, wechattest.Paid, paid.Result.Order.State)
		require.Len(t, paid.Result.Notices, 1)
	}
	twice := b.refusedWith(t, http.StatusConflict, "v1/phones/bob/pay", bare.CodeURL)
	require.Contains(t, twice, "该订单已支付")
}

func TestWrongLaunchesAreTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for says, launch := range map[string]string{
		"neither launch parameters": "hello",
		"are all missing":           `{"orderNo":"1"}`,
		"all values are texts":      `{"timeStamp":1,"package":"prepay_id=x"}`,
	} {
		require.Contains(t, b.refusedWith(t, http.StatusBadRequest, "v1/phones/bob/pay", launch), says)
	}
	unsigned := `{"timeStamp":"1700000000","nonceStr":"n","package":"prepay_id=x","signType":"RSA","paySign":"x"}`
	require.Contains(t, b.refusedWith(t, http.StatusConflict, "v1/phones/bob/pay", unsigned), "支付验证签名失败")
	app := `{"partnerid":"` + b.sim.Merchant().MchID + `","prepayid":"x","appid":"` + b.sim.MobileAppID() + `"}`
	require.Contains(t, b.refusedWith(t, http.StatusConflict, "v1/phones/bob/pay", app), "Sign=WXPay")
}

func TestNoticesAreHeldReleasedAndResent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post[any](t, b, "v1/notices/hold", nil)
	done := trigger(t, b, control.Trigger{Event: "payment.succeeded", OutTradeNo: "ORDER-0001"})
	require.Empty(t, done.Notice.Attempts)
	require.True(t, get[control.State](t, b, "v1/state").Held)
	require.Empty(t, b.shop.notices())

	post[any](t, b, "v1/notices/release", nil)
	require.Len(t, b.shop.notices(), 1)
	sent := post[control.Delivery](t, b, "v1/orders/ORDER-0001/resend", nil)
	require.Equal(t, done.Notice.ID, sent.NoticeID)
	require.Equal(t, 2, sent.Attempt.Number)
	require.True(t, sent.Attempt.Manual)
	post[control.Delivery](t, b, "v1/notices/"+sent.NoticeID+"/resend", nil)
	taken := b.shop.notices()
	require.Len(t, taken, 3)
	require.Equal(t, taken[0], taken[2], "the same body each time")

	details := get[control.OrderDetails](t, b, "v1/orders/ORDER-0001")
	require.Len(t, details.Notices[0].Attempts, 3)
	b.refusedWith(t, http.StatusNotFound, "v1/notices/none/resend", nil)
	b.refusedWith(t, http.StatusNotFound, "v1/orders/NONE-1/resend", nil)
	trigger(t, b, control.Trigger{Event: "notice", OutTradeNo: "ORDER-0002"})
	require.Contains(t, b.refusedWith(t, http.StatusConflict, "v1/orders/ORDER-0002/resend", nil), "not paid")
}

func TestRefundsEndByHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.HoldRefunds(true)
	trigger(t, b, control.Trigger{Event: "refund.abnormal", OutRefundNo: "REFUND-1"})
	ended := post[control.OrderDetails](t, b, "v1/refunds/REFUND-1/end", nil)
	require.Equal(t, wechattest.RefundSuccess, ended.Refunds[0].Status)
	b.refusedWith(t, http.StatusNotFound, "v1/refunds/NONE/end", nil)
	b.refusedWith(t, http.StatusConflict, "v1/refunds/REFUND-1/end", map[string]string{"outcome": "CLOSED"})
	require.Len(t, get[[]control.Refund](t, b, "v1/refunds"), 1)
}

func TestStateShowsEverything(t *testing.T) {
	t.Parallel()
	b := setup(t)
	empty := b.ask(t, http.MethodGet, "v1/state", nil)
	require.NotContains(t, string(empty.Data), "null", "lists are never null")
	trigger(t, b, control.Trigger{Event: "refund.succeeded", OutTradeNo: "ORDER-0001"})
	trigger(t, b, control.Trigger{Event: "notice", OutTradeNo: "ORDER-0001", Changes: map[string]string{"total": "1"}})
	state := get[control.State](t, b, "v1/state")
	require.Len(t, state.Orders, 1)
	require.Len(t, state.Refunds, 1)
	require.Len(t, state.Notices, 2)
	require.Len(t, state.Forged, 1)
	require.Len(t, state.Phones, 1)
	require.Equal(t, "alice", state.Orders[0].Phone)
	require.Len(t, get[[]control.Order](t, b, "v1/orders"), 1)
	require.Equal(t, http.StatusNotFound, b.ask(t, http.MethodGet, "v1/orders/NONE-1", nil).status)
}

func TestKeysAreThePublicHalves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := get[control.Keys](t, b, "v1/keys")
	require.Contains(t, keys.MerchantCert, "BEGIN CERTIFICATE")
	require.Contains(t, keys.PublicKey, "BEGIN PUBLIC KEY")
	require.Len(t, keys.PlatformSerials, 1)
	require.Len(t, post[control.Keys](t, b, "v1/keys/rotate", nil).PlatformSerials, 2)
	post[any](t, b, "v1/keys/sign-with", map[string]string{"key_id": keys.PublicKeyID})
	b.refusedWith(t, http.StatusBadRequest, "v1/keys/sign-with", map[string]string{"key_id": "none"})
	signer := func() string { return b.sim.SignBody([]byte("{}")).Get("Wechatpay-Serial") }
	post[any](t, b, "v1/keys/mix", map[string]float64{"share": 0})
	require.Equal(t, b.sim.PlatformSerials()[1], signer())
	post[any](t, b, "v1/keys/mix", map[string]float64{"share": 1})
	require.Equal(t, keys.PublicKeyID, signer())
	post[any](t, b, "v1/keys/mix", map[string]any{})
	b.refusedWith(t, http.StatusBadRequest, "v1/keys/mix", map[string]float64{"share": 2})
	require.Equal(t, b.sim.Merchant().MchID, get[control.Configuration](t, b, "v1/config").MchID)
	post[any](t, b, "v1/tokens/revoke", nil)
	for _, path := range []string{"v1/keys", "v1/config", "v1/state", "v1/faults"} {
		data := string(b.ask(t, http.MethodGet, path, nil).Data)
		require.Zero(t, strings.Count(data, "PRIVATE"), path)
	}
}

func TestFaultsPlayAndStop(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Greater(t, len(get[control.Faults](t, b, "v1/faults").Scenarios), 20)
	post[control.Faults](t, b, "v1/faults", control.Play{Scenario: "deaf-wechat"})
	own := "name: own\nfaults:\n  - {on: notice, times: 1, change: {total: 1}}\n"
	playing := post[control.Faults](t, b, "v1/faults", control.Play{YAML: own}).Playing
	require.Equal(t, []control.PlayingFault{
		{Script: "deaf-wechat", Fault: "on: notice, deaf: true, times: 2"},
		{Script: "own", Fault: "on: notice, change.total: 1, times: 1"},
	}, playing)
	done := trigger(t, b, control.Trigger{Event: "payment.succeeded"})
	require.False(t, done.Accepted)
	require.Contains(t, done.Notice.Attempts[0].Error, "the answer 204 was lost by a script")
	require.Equal(t, 1, get[control.State](t, b, "v1/state").Faults[0].Struck)
	require.Len(t, post[control.Faults](t, b, "v1/faults/stop", nil).Playing, 2)
	require.Empty(t, get[control.Faults](t, b, "v1/faults").Playing)
	require.Contains(t, b.refusedWith(t, http.StatusBadRequest, "v1/faults", control.Play{Scenario: "none"}), "deaf-wechat")
	b.refusedWith(t, http.StatusBadRequest, "v1/faults", control.Play{YAML: "faults: [{on: door}]"})
}
