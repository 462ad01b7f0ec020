package plugintest

import (
	"time"

	"wgink.ink/wechat/plugins/sdk"
)

// sampleTime is when the sample events happened.
func sampleTime() time.Time { return time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC) }

// Payment is a sample of a payment: change what the test is about.
func Payment() sdk.PaymentNotice {
	return sdk.PaymentNotice{
		MchID: "1900000001", AppID: "wx0000000000000001", OutTradeNo: "ORDER-0001",
		TransactionID: "4200000000202605010000000001", TradeType: "JSAPI", TradeState: "SUCCESS", TradeStateDesc: "支付成功",
		BankType: "OTHERS", SuccessAt: sampleTime(), AmountFen: 990, PayerAmountFen: 990, Currency: "CNY",
		PayerOpenID: "openid-1", Compared: true,
	}
}

// Refund is a sample of a refund that succeeded.
func Refund() sdk.RefundNotice {
	return sdk.RefundNotice{
		MchID: "1900000001", OutTradeNo: "ORDER-0001", TransactionID: "4200000000202605010000000001",
		OutRefundNo: "REFUND-0001", RefundID: "50000000002026050100000000001", RefundStatus: "SUCCESS",
		SuccessAt: sampleTime(), UserReceivedAccount: "支付用户零钱", AmountFen: 990, RefundFen: 990, PayerAmountFen: 990,
		PayerRefundFen: 990, Compared: true,
	}
}

// User is a sample of a user who just bound a phone number.
func User() sdk.UserEvent {
	return sdk.UserEvent{
		Delivery: sdk.Delivery{EventType: "user.phone_bound"}, AppID: "wx0000000000000001", OpenID: "openid-1",
		AccountID: "account-1", Phone: "13800000000", Nickname: "小明",
	}
}

// Notice is a sample of a notice that has no type of its own.
func Notice() sdk.Notice {
	return sdk.Notice{WeChatType: "COUPON.USE", RawJSON: []byte(`{"coupon_id":"9856888","status":"USED"}`)}
}
