package wechattest

// Launch is what a mini-program hands to wx.requestPayment (小程序调起支付). The JSON names are those of the client.
type Launch struct {
	AppID     string `json:"appId,omitempty"` // a mini-program does not need it; a page of an official account does
	TimeStamp string `json:"timeStamp"`       // Unix seconds, as text
	NonceStr  string `json:"nonceStr"`        // at most 32 characters
	Package   string `json:"package"`         // "prepay_id=…"
	SignType  string `json:"signType"`        // "RSA"
	PaySign   string `json:"paySign"`         // merchant's signature over appid, timeStamp, nonceStr, package
}

// AppLaunch is what a mobile app hands to WeChat's SDK (APP调起支付). The JSON names are those of the client.
type AppLaunch struct {
	AppID     string `json:"appid"`
	PartnerID string `json:"partnerid"` // the merchant number
	PrepayID  string `json:"prepayid"`
	Package   string `json:"package"` // "Sign=WXPay"
	NonceStr  string `json:"noncestr"`
	TimeStamp string `json:"timestamp"` // Unix seconds, as text
	Sign      string `json:"sign"`      // merchant's signature over appid, timestamp, noncestr and the bare prepay_id
}

// PayRefusedError is the phone's answer to a launch that does not lead to a payment.
type PayRefusedError struct {
	ErrMsg string // what the client's fail callback receives: "requestPayment:fail …"
	Reason string // why, for the developer; a real phone is silent about it
}

func (r *PayRefusedError) Error() string { return r.ErrMsg + " (" + r.Reason + ")" }
