package wechattest

import "time"

// state is everything a simulator remembers. It is guarded by Simulator.mu and is what a snapshot holds.
type state struct {
	Users      map[string]*user      `json:"users"`       // by name
	LoginCodes map[string]*loginCode `json:"login_codes"` // js_code → what it stands for
	PhoneCodes map[string]*phoneCode `json:"phone_codes"`
	Tokens     map[string]*tokenBook `json:"tokens"`  // by appid
	Unbound    bool                  `json:"unbound"` // the app belongs to no Open Platform account: no unionid

	OAuthCodes map[string]*oauthCode `json:"oauth_codes"`
	Grants     map[string]*userGrant `json:"grants"`   // by refresh_token
	GrantOf    map[string]string     `json:"grant_of"` // access_token of a user → refresh_token
	Tickets    map[string]ticket     `json:"tickets"`  // by appid
	Push       Push                  `json:"push"`
	Reports    []templateReport      `json:"reports"`

	Orders map[string]*orderRecord `json:"orders"` // by out_trade_no
	Burned map[string]bool         `json:"burned"` // numbers that were closed before they were ordered

	Refunds       map[string]*refundRecord `json:"refunds"` // by out_refund_no
	RefundOutcome RefundStatus             `json:"refund_outcome,omitempty"`
	RefundsHeld   bool                     `json:"refunds_held"`

	Bills map[string]billFile `json:"bills"` // by the token of the download_url

	Templates map[string]messageTemplate `json:"templates"` // by template id
	Pages     []string                   `json:"pages"`     // published; none: any
	Words     map[string]string          `json:"words"`     // word → what msg_sec_check suggests
	Messages  []SentMessage              `json:"messages"`
	MsgIDs    int64                      `json:"msg_ids"` // given out: old messages are forgotten, their numbers are not

	Notices     map[string]*noticeRecord `json:"notices"` // by notice id
	NoticesHeld bool                     `json:"notices_held"`
	Journal     []NoticeAttempt          `json:"journal"`

	Rotated    bool   `json:"rotated"`     // the second platform certificate is in use
	SigningKey string `json:"signing_key"` // see SignWith; empty: the mode's own
	Mix        keyMix `json:"mix"`

	index index
}

func newState() state {
	st := state{
		Users:      map[string]*user{},
		LoginCodes: map[string]*loginCode{},
		PhoneCodes: map[string]*phoneCode{},
		Orders:     map[string]*orderRecord{},
		Burned:     map[string]bool{},
		Refunds:    map[string]*refundRecord{},
		Tokens:     map[string]*tokenBook{},
		OAuthCodes: map[string]*oauthCode{},
		Grants:     map[string]*userGrant{},
		GrantOf:    map[string]string{},
		Tickets:    map[string]ticket{},
		Templates:  map[string]messageTemplate{},
		Words:      map[string]string{},
		Bills:      map[string]billFile{},
		Notices:    map[string]*noticeRecord{},
	}
	st.reindex()
	return st
}

// orderRecord is an order with what only the simulator needs.
type orderRecord struct {
	Order
	Terms   string               `json:"terms"`            // canonical request, to compare a second request with
	PaysAt  time.Time            `json:"pays_at,omitzero"` // when a payment under way arrives
	Prepays map[string]time.Time `json:"prepays"`          // prepay_id, code_url or h5_url → when it ends
}

// noticeRecord is one notice and where its delivery stands.
type noticeRecord struct {
	ID          string    `json:"id"`
	EventType   string    `json:"event_type"`
	OutTradeNo  string    `json:"out_trade_no,omitempty"`  // empty: about no order of ours
	OutRefundNo string    `json:"out_refund_no,omitempty"` // set for refunds
	Body        string    `json:"body"`                    // the same at each delivery
	URL         string    `json:"url"`
	XML         bool      `json:"xml,omitempty"` // an API v2 notice: not signed
	Due         time.Time `json:"due,omitzero"`  // next delivery; zero: none
	Sent        int       `json:"sent"`          // deliveries, manual ones included
	Retries     int       `json:"retries"`       // waits used up from the timetable
	Done        bool      `json:"done"`          // accepted
	flying      bool      // a scheduled delivery is under way
	fate        *Fault    // what goes wrong with the next delivery; nil: not decided yet
}

// beijing is the zone of WeChat's times.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

// wireTime is WeChat's RFC 3339 form: seconds, +08:00.
func wireTime(t time.Time) string { return t.In(beijing()).Format(time.RFC3339) }
