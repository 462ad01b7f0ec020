package control

import (
	"slices"
	"time"

	"wgink.ink/wechat/wechattest"
)

// State is everything the page shows. Of orders, refunds, notices and forgeries it holds the newest.
type State struct {
	BaseURL  string    `json:"base_url"`
	Speed    float64   `json:"speed"`
	Held     bool      `json:"notices_held"`
	Orders   []Order   `json:"orders"`
	Refunds  []Refund  `json:"refunds"`
	Notices  []Notice  `json:"notices"`
	Forged   []Forgery `json:"forged"`
	Phones   []Phone   `json:"phones"`
	Platform []string  `json:"platform_serials"`

	Faults []PlayingFault `json:"faults"`
}

// shown is how many of each the page gets: more than anybody reads, few enough to send again and again.
const shown = 100

func (s *Server) state() any {
	orders, notices, refunds := s.allOrders(), s.allNotices(""), s.wechat.Refunds()
	return State{
		BaseURL: s.config.BaseURL, Speed: s.config.Speed, Held: s.wechat.NoticesHeld(),
		Orders: newest(orders), Refunds: newest(refunds), Notices: newest(notices), Forged: newest(s.allForged()),
		Phones: s.allPhones(), Platform: s.wechat.PlatformSerials(), Faults: s.playing(),
	}
}

func newest[T any](all []T) []T {
	if all == nil {
		return []T{} // JSON's [], not null
	}
	return all[max(0, len(all)-shown):]
}

// Order is an order and the name of the phone that may pay it, or did.
type Order struct {
	wechattest.Order

	Phone string `json:"phone,omitempty"`
}

// Refund is a refund as the local WeChat keeps it.
type Refund = wechattest.Refund

// Notice is a notice with every delivery, oldest first.
type Notice struct {
	wechattest.NoticeStatus

	Attempts []Attempt `json:"attempts"`
}

// Attempt is one delivery and what came of it.
type Attempt struct {
	Number    int       `json:"number"`
	Manual    bool      `json:"manual"` // sent by hand, outside the timetable
	At        time.Time `json:"at"`
	LatencyMS float64   `json:"latency_ms"`
	Status    int       `json:"status"`          // 0: no answer
	Error     string    `json:"error,omitempty"` // why there was no answer
	Accepted  bool      `json:"accepted"`
	Next      time.Time `json:"next,omitzero"` // the next delivery; zero: none
}

func (s *Server) orders() any  { return s.allOrders() }
func (s *Server) refunds() any { return s.wechat.Refunds() }
func (s *Server) notices() any { return s.allNotices("") }

func (s *Server) allOrders() []Order {
	owners := s.owners()
	orders := []Order{}
	for _, o := range s.wechat.Orders() {
		orders = append(orders, Order{o, owners[o.AppID+" "+o.OpenID]})
	}
	return orders
}

// owners maps appid and openid to the phone's name.
func (s *Server) owners() map[string]string {
	owners := map[string]string{}
	for _, name := range s.wechat.PhoneNames() {
		phone := s.wechat.Phone(name)
		for _, appID := range []string{s.wechat.App().AppID, s.wechat.OfficialAccount().AppID, s.wechat.MobileAppID()} {
			owners[appID+" "+phone.OpenIDUnder(appID)] = name
		}
	}
	return owners
}

// allNotices are the notices about one order and its refunds, or all.
func (s *Server) allNotices(outTradeNo string) []Notice {
	attempts := map[string][]Attempt{}
	for _, a := range s.wechat.Attempts(outTradeNo) {
		attempts[a.NoticeID] = append(attempts[a.NoticeID], viewAttempt(a))
	}
	notices := []Notice{}
	for _, n := range s.wechat.Notices() {
		if outTradeNo == "" || n.OutTradeNo == outTradeNo {
			notices = append(notices, Notice{n, append([]Attempt{}, attempts[n.ID]...)})
		}
	}
	slices.SortStableFunc(notices, func(a, b Notice) int { return a.began().Compare(b.began()) })
	return notices
}

// began is when a notice was first sent, or will be.
func (n Notice) began() time.Time {
	if len(n.Attempts) > 0 {
		return n.Attempts[0].At
	}
	return n.Due
}

func viewAttempt(a wechattest.NoticeAttempt) Attempt {
	return Attempt{
		Number: a.Number, Manual: a.Manual, At: a.At, LatencyMS: milliseconds(a.Latency), Status: a.Status,
		Error: a.Error, Accepted: a.Accepted(), Next: a.Next,
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *Server) allForged() []Forgery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.forged)
}

func (s *Server) forgeries() any { return append([]Forgery{}, s.allForged()...) }
