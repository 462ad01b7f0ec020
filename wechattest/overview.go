package wechattest

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// NoticeStatus is one notice and where its delivery stands, for those who watch a simulator.
type NoticeStatus struct {
	ID          string    `json:"id"`
	EventType   string    `json:"event_type"`
	OutTradeNo  string    `json:"out_trade_no,omitempty"` // empty for events of [Simulator.SendEvent]
	OutRefundNo string    `json:"out_refund_no,omitempty"`
	URL         string    `json:"url"`
	CreatedAt   time.Time `json:"created_at"`   // to the second
	Due         time.Time `json:"due,omitzero"` // the next delivery; zero: none
	Deliveries  int       `json:"deliveries"`   // so far, manual ones included
	Accepted    bool      `json:"accepted"`     // by one of them
	UnderWay    bool      `json:"under_way"`    // a delivery waits for its answer
}

// Now is the present moment by the simulator's clock.
func (s *Simulator) Now() time.Time { return s.settings.clock.Now() }

// PhoneNames are the names of everybody who has a phone here, sorted.
func (s *Simulator) PhoneNames() (names []string) {
	s.view(func(st *state) { names = slices.Sorted(maps.Keys(st.Users)) })
	return names
}

// Notices is every notice, oldest first, those included that were not delivered yet.
func (s *Simulator) Notices() []NoticeStatus {
	notices := []NoticeStatus{}
	s.view(func(st *state) {
		for _, n := range st.Notices {
			notices = append(notices, n.status())
		}
	})
	slices.SortFunc(notices, func(a, b NoticeStatus) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return notices
}

// NoticesHeld says whether the timetable stands still; see [Simulator.HoldNotices].
func (s *Simulator) NoticesHeld() (held bool) {
	s.view(func(st *state) { held = st.NoticesHeld })
	return held
}

func (n *noticeRecord) status() NoticeStatus {
	var head noticeEnvelope
	_ = json.Unmarshal([]byte(n.Body), &head) // our own
	created, _ := time.Parse(time.RFC3339, head.CreateTime)
	return NoticeStatus{
		ID: n.ID, EventType: n.EventType, OutTradeNo: n.OutTradeNo, OutRefundNo: n.OutRefundNo, URL: n.URL,
		CreatedAt: created, Due: n.Due, Deliveries: n.Sent, Accepted: n.Done, UnderWay: n.flying,
	}
}
