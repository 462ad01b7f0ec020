package sdk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParsePaymentNotice(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"mchid":"1230000109","appid":"wxd678efh567hg6787","out_trade_no":"1217752501201407033233368018",
		"transaction_id":"1217752501201407033233368018","trade_type":"JSAPI","trade_state":"SUCCESS",
		"trade_state_desc":"支付成功","bank_type":"CMC","attach":"x","success_time":"2018-06-08T10:34:56+08:00",
		"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
		"amount":{"total":100,"payer_total":90,"currency":"CNY","payer_currency":"CNY"},"unheard_of":{"a":1}}`)
	d := Delivery{EventID: "e1"}
	n, err := ParsePaymentNotice(d, true, raw)
	require.NoError(t, err)
	at := n.SuccessAt
	require.True(t, at.Equal(time.Date(2018, 6, 8, 2, 34, 56, 0, time.UTC)))
	n.SuccessAt = time.Time{}
	require.Equal(t, &PaymentNotice{
		Delivery: d, MchID: "1230000109", AppID: "wxd678efh567hg6787", OutTradeNo: "1217752501201407033233368018",
		TransactionID: "1217752501201407033233368018", TradeType: "JSAPI", TradeState: "SUCCESS",
		TradeStateDesc: "支付成功", BankType: "CMC", Attach: "x", AmountFen: 100, PayerAmountFen: 90, Currency: "CNY",
		PayerOpenID: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", Compared: true, RawJSON: raw,
	}, n)

	_, err = ParsePaymentNotice(d, true, []byte(`{"amount":{"total":1.5}}`))
	require.ErrorContains(t, err, "read payment notice")
	_, err = ParsePaymentNotice(d, true, []byte(`{"success_time":"yesterday"}`))
	require.ErrorContains(t, err, "success_time")
}

func TestParseUserEvent(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"appid":"1","openid":"2","unionid":"3","account_id":"4","phone":"5","nickname":"6","avatar_url":"7","gender":1}`)
	e, err := ParseUserEvent(Delivery{EventID: "e1"}, raw)
	require.NoError(t, err)
	require.Equal(t, &UserEvent{
		Delivery: Delivery{EventID: "e1"}, AppID: "1", OpenID: "2", UnionID: "3", AccountID: "4", Phone: "5",
		Nickname: "6", AvatarURL: "7", RawJSON: raw,
	}, e)
	_, err = ParseUserEvent(Delivery{}, []byte(`[]`))
	require.ErrorContains(t, err, "read user event")
}
