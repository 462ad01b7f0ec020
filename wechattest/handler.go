package wechattest

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// maxRequestBody bounds what is read of a request, in bytes. WeChat's own bound is not published.
const maxRequestBody = 2 << 20

// newRoutes is the list of what this WeChat can do.
func (s *Simulator) newRoutes() http.Handler {
	mux := http.NewServeMux()

	// api.weixin.qq.com: mini-program (小程序)
	mux.HandleFunc("/sns/jscode2session", s.open(s.codeToSession))
	mux.HandleFunc("/wxa/business/getuserphonenumber", s.open(s.phoneNumberOfApp()))
	mux.HandleFunc("/wxa/checksession", s.open(s.asked(s.settings.app, s.checkSession)))
	mux.HandleFunc("/wxa/resetusersessionkey", s.open(s.asked(s.settings.app, s.resetSession)))
	mux.HandleFunc("/wxa/msg_sec_check", s.open(s.messageCheck()))
	mux.HandleFunc("/wxa/getwxacodeunlimit", s.open(s.posted(s.settings.app, s.unlimitedCode)))
	mux.HandleFunc("/cgi-bin/message/subscribe/send", s.open(s.posted(s.settings.app, s.sendSubscribeMessage)))

	// open.weixin.qq.com and api.weixin.qq.com: official account (公众号)
	mux.HandleFunc("GET /connect/oauth2/authorize", s.authorizePage)
	mux.HandleFunc("GET /connect/oauth2/answer", s.authorizeAnswer)
	mux.HandleFunc("/sns/oauth2/access_token", s.open(s.exchangeOAuthCode))
	mux.HandleFunc("/sns/oauth2/refresh_token", s.open(s.refreshGrant))
	mux.HandleFunc("/sns/userinfo", s.open(s.userInfo))
	mux.HandleFunc("/sns/auth", s.open(s.checkGrant))
	mux.HandleFunc("/cgi-bin/ticket/getticket", s.open(s.asked(s.settings.account, s.jsTicket)))
	mux.HandleFunc("/cgi-bin/message/template/send", s.open(s.posted(s.settings.account, s.sendTemplateMessage)))

	// api.weixin.qq.com: both kinds of apps
	mux.HandleFunc("/cgi-bin/token", s.open(s.plainToken))
	mux.HandleFunc("/cgi-bin/stable_token", s.open(s.stableToken))
	mux.HandleFunc("/", s.open(s.unknownOpenPath))

	// api.mch.weixin.qq.com: WeChat Pay API v3 (微信支付)
	mux.HandleFunc("GET /v3/certificates", s.pay(s.listCertificates))
	mux.HandleFunc("POST /v3/pay/transactions/jsapi", s.pay(s.placeOrder(JSAPI)))
	mux.HandleFunc("POST /v3/pay/transactions/native", s.pay(s.placeOrder(Native)))
	mux.HandleFunc("POST /v3/pay/transactions/h5", s.pay(s.placeOrder(H5)))
	mux.HandleFunc("POST /v3/pay/transactions/app", s.pay(s.placeOrder(InApp)))
	mux.HandleFunc("GET /v3/pay/transactions/id/{transaction_id}", s.pay(s.queryByTransactionID))
	mux.HandleFunc("GET /v3/pay/transactions/out-trade-no/{out_trade_no}", s.pay(s.queryByOutTradeNo))
	mux.HandleFunc("POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close", s.pay(s.closeOrder))
	mux.HandleFunc("POST /v3/refund/domestic/refunds", s.pay(s.createRefund))
	mux.HandleFunc("GET /v3/refund/domestic/refunds/{out_refund_no}", s.pay(s.queryRefund))
	mux.HandleFunc("GET /v3/bill/tradebill", s.pay(s.tradeBill))
	mux.HandleFunc("GET /v3/bill/fundflowbill", s.pay(s.fundFlowBill))
	mux.HandleFunc("GET /v3/billdownload/file", s.pay(s.downloadBill))
	mux.HandleFunc("/v3/", s.pay(s.unknownPayPath))
	return mux
}

// ServeHTTP answers as both of WeChat's API hosts: the path alone decides, so that any base URL will do.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	exchange := Exchange{At: s.settings.clock.Now(), Direction: ToWeChat, Method: r.Method, Path: r.URL.RequestURI()}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		http.Error(w, "request body unreadable or too large", http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer, fault := newRecorder(), Fault{}
	if s.ctx.Err() != nil {
		http.Error(answer, "closed", http.StatusServiceUnavailable)
	} else {
		fault = s.answer(answer, r)
	}
	exchange.Latency = time.Since(started)
	exchange.Status, exchange.Error = fault.arrives(answer)
	exchange.RequestBody, exchange.ResponseBody = string(body), answer.body.String()
	defer s.observe(exchange)
	s.send(w, r, answer, fault)
}
