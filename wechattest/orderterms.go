package wechattest

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// orderTerms is a request to place an order, decoded after its fields were checked.
type orderTerms struct {
	AppID       string `json:"appid"`
	MchID       string `json:"mchid"`
	Description string `json:"description"`
	OutTradeNo  string `json:"out_trade_no"`
	TimeExpire  string `json:"time_expire"`
	Attach      string `json:"attach"`
	NotifyURL   string `json:"notify_url"`
	Amount      struct {
		Total    int64  `json:"total"`
		Currency string `json:"currency"`
	} `json:"amount"`
	Payer struct {
		OpenID string `json:"openid"`
	} `json:"payer"`
	SceneInfo struct {
		DeviceID string `json:"device_id"`
	} `json:"scene_info"`

	tradeType TradeType
	expires   time.Time // time_expire by the simulator's clock; zero: none
	canonical string    // way to pay and request with sorted keys and the default currency, to compare a second one with
}

// parseOrderTerms checks and decodes the body of POST /v3/pay/transactions/….
func (s *Simulator) parseOrderTerms(tradeType TradeType, body []byte) (orderTerms, *payError) {
	fields, refused := checkBody(body, s.orderFields(tradeType))
	if refused != nil {
		return orderTerms{}, refused
	}
	if amount, _ := fields["amount"].(map[string]any); amount["currency"] == nil { // an object: checked
		amount["currency"] = "CNY"
	}
	canonical := compactJSON(fields)
	terms := orderTerms{tradeType: tradeType, canonical: string(tradeType) + string(canonical)}
	if err := json.Unmarshal(canonical, &terms); err != nil {
		return orderTerms{}, paramError("body", "", "请求body不是合法的JSON对象", nil)
	}
	if wanted, err := time.Parse(time.RFC3339, terms.TimeExpire); err == nil { // it is checked, or absent
		terms.expires = wanted.Add(s.ahead())
	}
	return terms, nil
}

// orderFields is the request table of JSAPI下单 and its siblings: only JSAPI names a payer, only H5 needs the scene.
// Source: pay.weixin.qq.com doc/v3/merchant/4012525167.
func (s *Simulator) orderFields(tradeType TradeType) []field {
	fields := s.commonOrderFields(tradeType)
	if tradeType == JSAPI {
		fields = append(fields, field{name: "payer", kind: object, required: true, fields: []field{
			{name: "openid", required: true, max: 128},
		}})
	}
	return fields
}

func (s *Simulator) commonOrderFields(tradeType TradeType) []field {
	return []field{
		{name: "appid", required: true, max: 32},
		{name: "mchid", required: true, max: 32},
		{name: "description", required: true, max: 127},
		{name: "out_trade_no", required: true, min: 6, max: 32, check: checkOutTradeNo},
		{name: "time_expire", max: 64, check: checkTime},
		{name: "attach", max: 128},
		{name: "notify_url", required: true, max: 255, check: s.checkNotifyURL},
		{name: "goods_tag", max: 32},
		{name: "support_fapiao", kind: flag},
		{name: "limit_pay", kind: list, check: oneOf("no_balance", "no_credit", "no_debit", "balance_only")},
		{name: "amount", kind: object, required: true, fields: []field{
			{name: "total", kind: integer, required: true, min: 1},
			{name: "currency", max: 16, check: checkCurrency},
		}},
		{name: "detail", kind: object, fields: []field{
			{name: "cost_price", kind: integer},
			{name: "invoice_id", max: 32},
			{name: "goods_detail", kind: list, fields: []field{
				{name: "merchant_goods_id", required: true, max: 32},
				{name: "wechatpay_goods_id", max: 32},
				{name: "goods_name", max: 256},
				{name: "quantity", kind: integer, required: true},
				{name: "unit_price", kind: integer, required: true},
			}},
		}},
		{name: "scene_info", kind: object, required: tradeType == H5, fields: sceneFields(tradeType)},
		{name: "settle_info", kind: object, fields: []field{{name: "profit_sharing", kind: flag}}},
	}
}

func sceneFields(tradeType TradeType) []field {
	fields := []field{
		{name: "payer_client_ip", required: true, max: 45, check: checkAddress},
		{name: "device_id", max: 32},
		// Which of these is required differs between the SDK and the OpenAPI text: none here.
		{name: "store_info", kind: object, fields: []field{
			{name: "id", max: 32}, {name: "name", max: 256}, {name: "area_code", max: 32}, {name: "address", max: 512},
		}},
	}
	if tradeType == H5 {
		fields = append(fields, field{name: "h5_info", kind: object, required: true, fields: []field{
			{name: "type", required: true, check: oneOf("iOS", "Android", "Wap")},
			{name: "app_name", max: 64}, {name: "app_url", max: 128}, {name: "bundle_id", max: 128},
			{name: "package_name", max: 128},
		}})
	}
	return fields
}

// checkOutTradeNo follows the newest list of characters; older pages allow fewer.
func checkOutTradeNo(value string) string {
	const allowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-|*"
	if len(value) >= 6 && len(value) <= 32 && strings.Trim(value, allowed) == "" {
		return ""
	}
	return "字符串规则校验失败，商户订单号只能是6-32个数字、大小写字母_-|*"
}

func checkTime(value string) string {
	if _, err := time.Parse(time.RFC3339, value); err != nil {
		return "时间格式错误，应为rfc3339格式"
	}
	return ""
}

func checkAddress(value string) string {
	if address, err := netip.ParseAddr(value); err != nil || address.Zone() != "" {
		return "格式错误，应为IPv4或IPv6地址"
	}
	return ""
}

func checkCurrency(value string) string {
	if value != "CNY" {
		return "枚举值错误，境内商户号仅支持CNY"
	}
	return ""
}

// checkNotifyURL wants an absolute URL without query or fragment; WithStrictNotifyURL also wants https and a public host.
func (s *Simulator) checkNotifyURL(value string) string {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return "URL格式错误，必须是完整的http或https地址"
	case strings.ContainsAny(value, "?#"):
		return "URL格式错误，不能携带参数"
	case s.settings.strictNotifyURL && (u.Scheme != "https" || isLocal(u.Hostname())):
		return "URL格式错误，必须是外网可访问的https地址"
	}
	return ""
}

func isLocal(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost" || strings.HasSuffix(host, ".localhost") || !strings.Contains(host, ".")
	}
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()
}
