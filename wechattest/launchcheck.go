package wechattest

import "strings"

// checkLaunch checks what needs no order.
func (s *Simulator) checkLaunch(l Launch) *PayRefusedError {
	const parameter = "requestPayment:fail parameter error"
	switch {
	case !s.settings.sellsIn(l.AppID, JSAPI):
		return &PayRefusedError{parameter, "appId is neither the mini-program's nor the official account's"}
	case !isUnixSeconds(l.TimeStamp):
		return &PayRefusedError{parameter + ": parameter.timeStamp", "timeStamp must be Unix seconds as text"}
	case l.NonceStr == "" || len(l.NonceStr) > 32:
		return &PayRefusedError{parameter + ": parameter.nonceStr", "nonceStr must have 1 to 32 characters"}
	case !strings.HasPrefix(l.Package, "prepay_id="):
		return &PayRefusedError{parameter + ": parameter.package", "package must be prepay_id=…"}
	case l.SignType != "RSA":
		return &PayRefusedError{parameter + ": parameter.signType", "signType must be RSA"}
	}
	message := launchMessage(l.AppID, l.TimeStamp, l.NonceStr, l.Package)
	if !verify(&s.keys.merchant.private.PublicKey, message, l.PaySign) {
		return &PayRefusedError{"requestPayment:fail 支付验证签名失败", "paySign does not fit the merchant certificate"}
	}
	return nil
}

// checkAppLaunch checks what needs no order. Source: pay.weixin.qq.com, APP调起支付.
func (s *Simulator) checkAppLaunch(l AppLaunch) *PayRefusedError {
	refuse := func(why string) *PayRefusedError { return &PayRefusedError{"pay:fail parameter error", why} }
	switch {
	case l.AppID != s.settings.mobileAppID:
		return refuse("appid is not the mobile app's")
	case l.PartnerID != s.settings.mchID:
		return refuse("partnerid is not the merchant's number")
	case l.Package != "Sign=WXPay":
		return refuse("package must be Sign=WXPay")
	case !isUnixSeconds(l.TimeStamp):
		return refuse("timestamp must be Unix seconds as text")
	case l.NonceStr == "" || len(l.NonceStr) > 32:
		return refuse("noncestr must have 1 to 32 characters")
	}
	message := launchMessage(l.AppID, l.TimeStamp, l.NonceStr, l.PrepayID)
	if !verify(&s.keys.merchant.private.PublicKey, message, l.Sign) {
		return &PayRefusedError{"pay:fail 支付验证签名失败", "sign does not fit the merchant certificate and the bare prepay_id"}
	}
	return nil
}

func isUnixSeconds(text string) bool {
	return len(text) == 10 && strings.Trim(text, "0123456789") == ""
}
