package sdk_test

import (
	"context"
	"encoding/json"
	"fmt"

	"wgink.ink/wechat/plugins/sdk"
)

// refunds takes points back when money goes back.
type refunds struct{}

// OnNotice gets every event without a type of its own, with WeChat's JSON as it is.
func (refunds) OnNotice(_ context.Context, n *sdk.Notice) error {
	var refund struct {
		OutTradeNo string `json:"out_trade_no"`
		Amount     struct {
			Refund int64 `json:"refund"` // fen
		} `json:"amount"`
	}
	if err := json.Unmarshal(n.RawJSON, &refund); err != nil || refund.OutTradeNo == "" {
		return sdk.Reject("not a refund") // will never get better: set aside for a person
	}
	fmt.Println(n.EventType, refund.OutTradeNo, refund.Amount.Refund)
	return nil
}

// A plugin that handles refund.* reads the notice itself.
func ExampleNoticeHandler() {
	var handler sdk.NoticeHandler = refunds{}
	fmt.Println(handler.OnNotice(context.Background(), &sdk.Notice{
		Delivery: sdk.Delivery{EventID: "ev_3", EventType: "refund.succeeded", Subject: "ORDER-0001"}, WeChatType: "REFUND.SUCCESS",
		RawJSON: []byte(`{"out_trade_no":"ORDER-0001","amount":{"total":1800,"refund":1800}}`),
	}))
	fmt.Println(handler.OnNotice(context.Background(), &sdk.Notice{RawJSON: []byte(`[]`)}))
	// Output:
	// refund.succeeded ORDER-0001 1800
	// <nil>
	// not a refund
}
