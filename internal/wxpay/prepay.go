package wxpay

import (
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"
)

// PrepayRequest are the terms of a JSAPI order (JSAPI下单), which mini-programs use too. Amounts are in fen.
type PrepayRequest struct {
	AppID         string    // appid; must be bound to the merchant
	OpenID        string    // payer.openid, of that appid
	OutTradeNo    string    // out_trade_no, 6 to 32 characters
	Description   string    // description, at most 127 characters, shown to the user
	AmountFen     int64     // amount.total, at least 1
	NotifyURL     string    // notify_url, https and without query
	TimeExpire    time.Time // time_expire; zero: WeChat's default of seven days
	Attach        string    // attach, at most 128 characters
	GoodsTag      string    // goods_tag
	LimitPay      []string  // limit_pay
	SupportFapiao bool      // support_fapiao
	ProfitSharing bool      // settle_info.profit_sharing
	ClientIP      string    // scene_info.payer_client_ip
	DeviceID      string    // scene_info.device_id; needs ClientIP
}

// Launch are the finished parameters for wx.requestPayment (调起支付), signed. Its JSON may go to the client as it is.
type Launch struct {
	AppID     string `json:"appId"`
	TimeStamp string `json:"timeStamp"` // seconds, as a string: a number is refused by the client
	NonceStr  string `json:"nonceStr"`
	Package   string `json:"package"` // prepay_id=…
	SignType  string `json:"signType"`
	PaySign   string `json:"paySign"`
}

// wire is the request as the SDK writes it. Optional fields that are not set are left out: WeChat refuses null.
func (r PrepayRequest) wire(mchID string) jsapi.PrepayRequest {
	out := jsapi.PrepayRequest{
		Appid: &r.AppID, Mchid: &mchID, Description: &r.Description, OutTradeNo: &r.OutTradeNo, NotifyUrl: &r.NotifyURL,
		Amount:   &jsapi.Amount{Total: &r.AmountFen, Currency: new(currencyCNY)},
		Payer:    &jsapi.Payer{Openid: &r.OpenID},
		Attach:   optional(r.Attach),
		GoodsTag: optional(r.GoodsTag),
		LimitPay: r.LimitPay,
	}
	if !r.TimeExpire.IsZero() {
		out.TimeExpire = new(r.TimeExpire.In(beijing()).Truncate(time.Second))
	}
	if r.SupportFapiao {
		out.SupportFapiao = new(true)
	}
	if r.ProfitSharing {
		out.SettleInfo = &jsapi.SettleInfo{ProfitSharing: new(true)}
	}
	if r.ClientIP != "" {
		out.SceneInfo = &jsapi.SceneInfo{PayerClientIp: &r.ClientIP, DeviceId: optional(r.DeviceID)}
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
