package workshop

import (
	"fmt"
	"time"

	"wgink.ink/wechat/plugins/host"
)

// samples are events of every kind, in the order of their story: a user comes, pays, and gets the money back.
func samples() []host.Event {
	const order = "SAMPLE-0001"
	return []host.Event{
		{Type: "user.created", Subject: sampleOpenID, Payload: []byte(`{"appid":"wx7e57000000000001","openid":"` + sampleOpenID + `"}`)},
		{Type: "user.phone_bound", Subject: sampleOpenID, Payload: []byte(`{"appid":"wx7e57000000000001","openid":"` + sampleOpenID +
			`","phone":"13800000000","nickname":"小兰"}`)},
		{
			Type: "payment.succeeded", WeChatType: "TRANSACTION.SUCCESS", Subject: order, Compared: true,
			Payload: []byte(`{"mchid":"1673570001","appid":"wx7e57000000000001","out_trade_no":"` + order +
				`","transaction_id":"4200000000000000000000000001","trade_type":"JSAPI","trade_state":"SUCCESS","trade_state_desc":"支付成功",` +
				`"bank_type":"OTHERS","attach":"latte","success_time":"2026-01-02T15:04:05+08:00","payer":{"openid":"` + sampleOpenID +
				`"},"amount":{"total":2800,"payer_total":2800,"currency":"CNY","payer_currency":"CNY"}}`),
		},
		{
			Type: "refund.succeeded", WeChatType: "REFUND.SUCCESS", Subject: order, Compared: true,
			Payload: []byte(`{"mchid":"1673570001","out_trade_no":"` + order + `","transaction_id":"4200000000000000000000000001",` +
				`"out_refund_no":"SAMPLE-0001-R","refund_id":"50000000000000000000000000001","refund_status":"SUCCESS",` +
				`"success_time":"2026-01-02T16:04:05+08:00","user_received_account":"支付用户零钱",` +
				`"amount":{"total":2800,"refund":2800,"payer_total":2800,"payer_refund":2800}}`),
		},
		{
			Type: "notice.payscore.user_paid", WeChatType: "PAYSCORE.USER_PAID", Subject: "sample-notice",
			Payload: []byte(`{"out_order_no":"` + order + `"}`),
		},
	}
}

const sampleOpenID = "oSampleSampleSampleSample01"

// Samples are sample events of the kinds that the manifest handles. Each round has ids of its own, so that a plugin that
// remembers them does its work again.
func Samples(m host.Manifest, now time.Time) (events []host.Event) {
	for _, ev := range samples() {
		for _, pattern := range m.Handles {
			if pattern.Match(ev.Type) {
				ev.ID = fmt.Sprintf("sample-%s-%d", ev.Type, now.UnixMilli())
				ev.Attempt, ev.OccurredAt = 1, now
				events = append(events, ev)
				break
			}
		}
	}
	return events
}
