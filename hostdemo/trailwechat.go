package main

import (
	"strings"

	"wgink.ink/wechat/wechattest"
)

// exchange records what the local WeChat was asked, and the notices it sent.
func (t *trail) exchange(e wechattest.Exchange) {
	s := step{
		At: e.At, TookMs: milliseconds(e.Latency), From: atHost, To: atWeChat, Title: wechatTitle(e.Path),
		Problem: e.Status == 0 || e.Status >= 400 || e.Error != "",
		Call: &call{
			Method: e.Method, Path: e.Path, Body: e.RequestBody, Status: e.Status, Answer: e.ResponseBody, Error: e.Error,
		},
	}
	if e.Direction == wechattest.FromWeChat {
		s.From, s.To, s.Title = atWeChat, atHost, "支付通知（已签名、已加密）"
		if e.Status == 204 {
			s.Note = "204：通知已经安全入库"
		}
	}
	t.add(s)
}

// wechatTitle says in words what the host asks of WeChat.
func wechatTitle(path string) string {
	for _, known := range [][2]string{
		{"/sns/jscode2session", "用登录码换 openid"},
		{"/cgi-bin/stable_token", "取接口凭据 access_token"},
		{"/wxa/business/getuserphonenumber", "用手机号凭证换手机号"},
		{"/v3/certificates", "下载平台证书"},
		{"/v3/pay/transactions/jsapi", "JSAPI 下单"},
		{"/v3/pay/transactions/id/", "按微信订单号查询"},
	} {
		if strings.HasPrefix(path, known[0]) {
			return known[1]
		}
	}
	switch {
	case strings.HasPrefix(path, "/v3/pay/transactions/out-trade-no/") && strings.HasSuffix(path, "/close"):
		return "关闭订单"
	case strings.HasPrefix(path, "/v3/pay/transactions/out-trade-no/"):
		return "按商户订单号查询"
	default:
		return "调用微信接口"
	}
}
