package wechattest

// Launch is what a mini-program hands to wx.requestPayment (小程序调起支付). The JSON names are those of the client.
type Launch struct {
	AppID     string `json:"appId,omitempty"` // optional: a mini-program does not need it
	TimeStamp string `json:"timeStamp"`       // Unix seconds, as text
	NonceStr  string `json:"nonceStr"`        // at most 32 characters
	Package   string `json:"package"`         // "prepay_id=…"
	SignType  string `json:"signType"`        // "RSA"
	PaySign   string `json:"paySign"`         // merchant's signature over appid, timeStamp, nonceStr, package
}

// PayRefusedError is the phone's answer to a launch that does not lead to a payment.
type PayRefusedError struct {
	ErrMsg string // what wx.requestPayment's fail callback receives: "requestPayment:fail …"
	Reason string // why, for the developer; a real phone is silent about it
}

func (r *PayRefusedError) Error() string { return r.ErrMsg + " (" + r.Reason + ")" }
