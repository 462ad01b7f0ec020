package control

import (
	"context"
	"net/http"
	"sync"
	"time"

	"wgink.ink/wechat/wechattest"
)

// Config is what a [Server] needs to know besides the local WeChat.
type Config struct {
	BaseURL   string // where the local WeChat answers, such as http://127.0.0.1:8089
	KeyFolder string // where the merchant's files are; shown to people
	YAML      string // configuration of the WeChat module; shown to people
	NotifyURL string // where notices about orders made here go. Optional. Default: the newest order's.
	Speed     float64

	// Transport carries deliberately wrong notices. Optional. Default: the network.
	Transport http.RoundTripper
}

// Server answers for one local WeChat.
type Server struct {
	wechat *wechattest.Simulator
	config Config

	mu     sync.Mutex
	forged []Forgery // newest last
}

// New returns a server for this local WeChat.
func New(wechat *wechattest.Simulator, c Config) *Server {
	if c.Transport == nil {
		c.Transport = &http.Transport{DisableCompression: true, IdleConnTimeout: 10 * time.Second}
	}
	return &Server{wechat: wechat, config: c}
}

// Handler is the page and the API; mount it at [Prefix].
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()

	mux.HandleFunc("GET /_sim/v1/state", s.read(s.state)) // everything below at once, for the page
	mux.HandleFunc("GET /_sim/v1/config", s.read(s.configuration))
	mux.HandleFunc("GET /_sim/v1/keys", s.read(s.keys))
	mux.HandleFunc("POST /_sim/v1/keys/rotate", s.do(s.rotateCertificate))
	mux.HandleFunc("POST /_sim/v1/keys/sign-with", s.do(s.signWith))
	mux.HandleFunc("POST /_sim/v1/keys/mix", s.do(s.mixKeys))

	mux.HandleFunc("GET /_sim/v1/orders", s.read(s.orders))
	mux.HandleFunc("GET /_sim/v1/orders/{no}", s.do(s.order))
	mux.HandleFunc("POST /_sim/v1/orders/{no}/resend", s.do(s.resendOrder))
	mux.HandleFunc("GET /_sim/v1/refunds", s.read(s.refunds))
	mux.HandleFunc("POST /_sim/v1/refunds/{no}/end", s.do(s.endRefund))

	mux.HandleFunc("GET /_sim/v1/notices", s.read(s.notices))
	mux.HandleFunc("GET /_sim/v1/notices/forged", s.read(s.forgeries))
	mux.HandleFunc("POST /_sim/v1/notices/hold", s.do(s.holdNotices(true)))
	mux.HandleFunc("POST /_sim/v1/notices/release", s.do(s.holdNotices(false)))
	mux.HandleFunc("POST /_sim/v1/notices/{id}/resend", s.do(s.resendNotice))

	mux.HandleFunc("GET /_sim/v1/phones", s.read(s.phones))
	mux.HandleFunc("POST /_sim/v1/phones", s.do(s.addPhone))
	mux.HandleFunc("POST /_sim/v1/phones/{name}/login", s.do(s.logIn))
	mux.HandleFunc("POST /_sim/v1/phones/{name}/grant-phone", s.do(s.grantPhone))
	mux.HandleFunc("POST /_sim/v1/phones/{name}/pay", s.do(s.pay))

	mux.HandleFunc("POST /_sim/v1/trigger", s.do(s.trigger))
	mux.HandleFunc("POST /_sim/v1/push", s.do(s.configurePush))
	mux.HandleFunc("GET /_sim/v1/faults", s.read(s.faults))
	mux.HandleFunc("POST /_sim/v1/faults", s.do(s.play))
	mux.HandleFunc("POST /_sim/v1/faults/stop", s.do(s.stopFaults))
	mux.HandleFunc("POST /_sim/v1/tokens/revoke", s.do(s.revokeTokens))

	mux.HandleFunc("/_sim/v1/", s.do(unknownPath))
	mux.Handle("/_sim/", pageHandler())
	return guard(mux)
}

// Prefix is the path below which everything here lies. None of WeChat's own paths begins with it.
const Prefix = "/_sim/"

// settle waits for the first delivery of what was just put on the timetable. That one of them takes long, or is held, is
// no failure: the answer then says so.
func (s *Server) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	_ = s.wechat.Settle(ctx)
}

// settleTime is a little more than WeChat waits for the answer to a notice.
const settleTime = 6 * time.Second
