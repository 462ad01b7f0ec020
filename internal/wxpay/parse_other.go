package wxpay

import "wgink.ink/wechat/internal/strictjson"

// otherForm are the fields by which a payment or refund is known to have a form that we have no type for.
type otherForm struct {
	MchID             string `json:"mchid"`
	CombineMchID      string `json:"combine_mchid"` // a combined payment (合单支付)
	CombineOutTradeNo string `json:"combine_out_trade_no"`
	SpMchID           string `json:"sp_mchid"` // a service provider's (服务商) payment or refund for a merchant of its own
	SubMchID          string `json:"sub_mchid"`
}

// otherMerchant names the merchant whose notice this is: the one that combined the orders, or the service provider. The
// parts of a combined order may belong to other merchants, and so does a service provider's sub_mchid. It is false for the
// form of a direct merchant, also a damaged one.
func otherMerchant(plaintext []byte) (mchid string, other bool) {
	var f otherForm
	if strictjson.Unmarshal(plaintext, &f) != nil || f.MchID != "" {
		return "", false
	}
	for _, form := range [][2]string{{f.CombineMchID, f.CombineOutTradeNo}, {f.SpMchID, f.SubMchID}} {
		if validNumber(form[0], idMax) && validNumber(form[1], idMax) {
			return form[0], true
		}
	}
	return "", false
}
