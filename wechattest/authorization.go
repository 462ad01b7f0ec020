package wechattest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// requestTolerance is how far a request's timestamp may be from WeChat's time.
const requestTolerance = 5 * time.Minute

const authScheme = "WECHATPAY2-SHA256-RSA2048"

// signDetail is the detail of a SIGN_ERROR. SignInformation is set when the signature itself is wrong.
type signDetail struct {
	Field           string           `json:"field"`
	Issue           string           `json:"issue"`
	Location        string           `json:"location"`
	SignInformation *signInformation `json:"sign_information,omitempty"`
}

// signInformation shows what WeChat signed, so that a developer can compare.
type signInformation struct {
	Method    string `json:"method"`
	URL       string `json:"url"`
	Truncated string `json:"truncated_sign_message"`
	Length    int    `json:"sign_message_length"`
}

// authorization is the Authorization header of a request. Source: pay.weixin.qq.com, 如何生成签名.
type authorization struct {
	mchID, nonce, signature, timestamp, serial string
}

// parseAuthorization reads `SCHEME mchid="…",nonce_str="…",signature="…",timestamp="…",serial_no="…"`, in any order.
func parseAuthorization(header string) (authorization, *payError) {
	scheme, rest, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return authorization{}, signError("Authorization", "Http头缺少Authorization")
	case scheme != authScheme:
		return authorization{}, signError("Authorization", "Http头Authorization认证类型不支持")
	}
	values := map[string]string{}
	for pair := range strings.SplitSeq(rest, ",") {
		name, quoted, _ := strings.Cut(strings.TrimSpace(pair), "=")
		value, opened := strings.CutPrefix(quoted, `"`)
		value, closed := strings.CutSuffix(value, `"`)
		if _, again := values[name]; !opened || !closed || value == "" || again {
			return authorization{}, malformedAuthorization()
		}
		values[name] = value
	}
	a := authorization{
		values["mchid"], values["nonce_str"], values["signature"], values["timestamp"], values["serial_no"],
	}
	if len(values) != 5 || a.mchID == "" || a.nonce == "" || a.signature == "" || a.timestamp == "" || a.serial == "" {
		return authorization{}, malformedAuthorization()
	}
	return a, nil
}

// authenticate checks who sent a request and that it arrived as it was signed.
func (s *Simulator) authenticate(r *http.Request, body []byte, now time.Time) *payError {
	a, refused := parseAuthorization(r.Header.Get("Authorization"))
	if refused != nil {
		return refused
	}
	seconds, err := strconv.ParseInt(a.timestamp, 10, 64)
	switch {
	case err != nil:
		return malformedAuthorization()
	case a.mchID != s.settings.mchID:
		return signError("mchid", "Http头Authorization中的商户号不存在")
	case !strings.EqualFold(a.serial, s.keys.merchant.id): // wechatpay-node-v3 sends lower case, and works
		return signError("serial_no", "商户证书序列号有误，请使用签名私钥匹配的证书序列号")
	case now.After(s.keys.merchant.notAfter):
		return signError("serial_no", "商户证书已过期，请更换为有效的商户证书")
	case now.Sub(time.Unix(seconds, 0)).Abs() > requestTolerance:
		return signError("timestamp", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
	}
	message := requestMessage(r.Method, r.RequestURI, a.timestamp, a.nonce, body)
	if verify(&s.keys.merchant.private.PublicKey, message, a.signature) {
		return nil
	}
	refused = signError("signature", "sign not match")
	refused.Message = "签名错误，请检查后再试"
	refused.Detail = signDetail{"signature", "sign not match", "authorization", &signInformation{
		Method: r.Method, URL: r.RequestURI, Truncated: truncate(message), Length: len(message),
	}}
	return refused
}

func signError(field, issue string) *payError {
	return &payError{
		http.StatusUnauthorized, 268443699, "SIGN_ERROR", issue,
		signDetail{Field: field, Issue: issue, Location: "authorization"},
	}
}

func malformedAuthorization() *payError {
	return signError("Authorization", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
}

// truncate cuts a signed message as the documents' sample does: the four short lines and the body's first characters.
func truncate(message string) string {
	const shown = 4 // characters of the body
	parts := strings.SplitN(message, "\n", 5)
	body := []rune(strings.TrimSuffix(parts[4], "\n"))
	parts[4] = string(body[:min(shown, len(body))])
	return strings.Join(parts, "\n")
}
