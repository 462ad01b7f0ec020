package wechattest

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"
)

// fate is when a delivery may go.
type fate int

const (
	fateNow     fate = iota
	fateDelayed      // until the notice's Due, which was changed
	fateBlocked      // until another notice was delivered
)

// decideFate decides what goes wrong with a delivery, once for each. The caller holds the lock.
func (s *Simulator) decideFate(notice *noticeRecord, now time.Time) fate {
	if notice.fate == nil {
		struck := s.faults.strike(occasion{on: OnNotice, order: notice.OutTradeNo, event: notice.EventType})
		notice.fate = &struck
		if struck.Delay > 0 {
			notice.Due = now.Add(struck.Delay)
			return fateDelayed
		}
	}
	if s.state.waitsFor(notice) {
		return fateBlocked
	}
	return fateNow
}

// deliver makes a delivery with whatever goes wrong with it: usually one call, for duplicates several at the same time.
func (s *Simulator) deliver(ctx context.Context, id string, fault Fault) NoticeAttempt {
	if fault.Drop {
		return s.dropped(id)
	}
	var copies sync.WaitGroup
	for range fault.Duplicate {
		copies.Go(func() {
			attempt := s.postWith(ctx, id, fault)
			s.update(func(st *state) {
				if notice := st.Notices[id]; notice != nil {
					st.record(attempt, notice, notice.Due)
				}
			})
		})
	}
	attempt := s.postWith(ctx, id, fault)
	copies.Wait()
	return attempt
}

func (s *Simulator) dropped(id string) NoticeAttempt {
	attempt := NoticeAttempt{At: s.settings.clock.Now(), Error: "dropped by a script"}
	s.view(func(st *state) {
		if notice := st.Notices[id]; notice != nil {
			attempt.NoticeID, attempt.EventType, attempt.URL = notice.ID, notice.EventType, notice.URL
			attempt.OutTradeNo, attempt.OutRefundNo = notice.OutTradeNo, notice.OutRefundNo
		}
	})
	s.observe(Exchange{At: attempt.At, Direction: FromWeChat, Method: http.MethodPost, Path: attempt.URL, Error: attempt.Error})
	return attempt
}

// postWith is post with a notice made wrong, or an answer unheard.
func (s *Simulator) postWith(ctx context.Context, id string, fault Fault) NoticeAttempt {
	return s.post(ctx, id, func(notice *Notice, record noticeRecord) {
		if changes := fault.changes(); len(changes) > 0 {
			forged, err := s.forgeAgain(record, changes)
			if err == nil {
				*notice = forged
			}
		}
		if fault.Signature != "" {
			s.spoil(notice.Header, notice.Body, fault.Signature)
		}
		if fault.Tamper {
			notice.Body = bytes.Clone(notice.Body)
			notice.Body[len(notice.Body)/2] ^= 1
		}
	}, fault.Deaf)
}

func (s *Simulator) forgeAgain(record noticeRecord, changes []NoticeChange) (Notice, error) {
	if record.OutRefundNo != "" {
		return s.RefundNotice(record.OutRefundNo, changes...)
	}
	return s.Notice(record.OutTradeNo, changes...)
}

// changes are what makes a notice wrong before it is sealed.
func (f NoticeFault) changes() (changes []NoticeChange) {
	add := func(wanted bool, change NoticeChange) {
		if wanted {
			changes = append(changes, change)
		}
	}
	v := f.Change
	add(v.Total != 0, ChangeTotal(v.Total))
	add(v.Refund != 0, ChangeRefund(v.Refund))
	add(v.Currency != "", ChangeCurrency(v.Currency))
	add(v.AppID != "", ChangeAppID(v.AppID))
	add(v.MchID != "", ChangeMchID(v.MchID))
	add(v.OpenID != "", ChangePayer(v.OpenID))
	add(v.OutTradeNo != "", ChangeOutTradeNo(v.OutTradeNo))
	add(v.SealWith != "", SealWith(v.SealWith))
	add(v.EventType != "", ChangeEnvelope(func(envelope map[string]any) { envelope["event_type"] = v.EventType }))
	add(f.NewID, ChangeEnvelope(func(envelope map[string]any) { envelope["id"] = noticeID(randomHex(32)) }))
	return changes
}
