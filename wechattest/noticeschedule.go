package wechattest

import (
	"context"
	"slices"
	"time"
)

const (
	// maxNoticesUnderWay bounds how many scheduled deliveries run at the same time.
	maxNoticesUnderWay = 16
	// journalKept is how many deliveries the journal goes back at least.
	journalKept = 10_000
)

// sendDueNotices delivers each notice when it is due, until Close. It is the owner of every scheduled delivery.
func (s *Simulator) sendDueNotices() {
	for {
		s.settleDue()
		s.sendReports()
		due, next, changed := s.takeDueNotices()
		for _, id := range due {
			s.tasks.Go(func() { s.deliverScheduled(id) })
		}
		var wake <-chan time.Time
		stop := func() {}
		if !next.IsZero() {
			wake, stop = s.settings.clock.WakeAt(next)
		}
		select {
		case <-s.ctx.Done():
		case <-changed:
		case <-wake:
		}
		stop()
		if s.ctx.Err() != nil {
			return
		}
	}
}

// takeDueNotices marks the notices that are due as under way. It also returns when the next notice is due or the next
// refund ends, and a channel that closes when the state changes.
func (s *Simulator) takeDueNotices() (due []string, next time.Time, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.settings.clock.Now()
	next = s.state.nextDue()
	if s.state.NoticesHeld {
		return nil, next, s.changed
	}
	take := func(notice *noticeRecord) {
		notice.flying = true
		s.state.index.flying++
		due = append(due, notice.ID)
	}
	for _, notice := range s.state.released() {
		delete(s.state.index.blocked, notice.ID)
		take(notice)
	}
	told := false
	for s.state.index.flying < maxNoticesUnderWay {
		notice := s.state.nextNotice()
		if notice == nil {
			break
		}
		if notice.Due.After(now) {
			next = sooner(next, notice.Due)
			break
		}
		switch s.decideFate(notice, now) {
		case fateDelayed:
			s.state.schedule(notice)
			told = true
		case fateBlocked:
			s.state.index.blocked[notice.ID] = struct{}{}
			told = true
		case fateNow:
			take(notice)
		}
	}
	if told { // Settle need not wait for what a script keeps back
		close(s.changed)
		s.changed = make(chan struct{})
	}
	return due, next, s.changed
}

// deliverScheduled makes one delivery of the timetable. One that Close cut short does not count.
func (s *Simulator) deliverScheduled(id string) {
	var fault Fault
	s.view(func(st *state) {
		if notice := st.Notices[id]; notice != nil && notice.fate != nil {
			fault = *notice.fate
		}
	})
	attempt := s.deliver(s.ctx, id, fault)
	cut := s.ctx.Err() != nil && attempt.Status == 0
	s.update(func(st *state) {
		notice := st.Notices[id]
		if notice == nil || !notice.flying {
			return // the state was replaced meanwhile
		}
		notice.flying, notice.fate = false, nil
		st.index.flying--
		if !cut {
			st.record(attempt, notice, s.nextDelivery(notice))
		}
	})
}

// nextDelivery is when a notice comes again if it is not accepted now: a wait of the timetable after now.
func (s *Simulator) nextDelivery(notice *noticeRecord) time.Time {
	timetable := RetryTimetable()
	if notice.Retries >= len(timetable) {
		return time.Time{}
	}
	wait := time.Duration(float64(timetable[notice.Retries]) / s.settings.retrySpeed)
	notice.Retries++
	return s.settings.clock.Now().Add(wait)
}

// record enters a delivery into the journal. next is when the notice is due if this delivery was not accepted.
func (st *state) record(attempt NoticeAttempt, notice *noticeRecord, next time.Time) NoticeAttempt {
	notice.Sent++
	attempt.Number = notice.Sent
	notice.Due = next
	if attempt.Accepted() {
		notice.Done = true
	}
	if notice.Done {
		notice.Due = time.Time{}
		delete(st.index.blocked, notice.ID)
	}
	st.schedule(notice)
	attempt.Next = notice.Due
	st.Journal = append(st.Journal, attempt)
	if len(st.Journal) >= 2*journalKept { // seldom, so that forgetting costs little
		st.Journal = slices.Clone(st.Journal[len(st.Journal)-journalKept:])
	}
	return attempt
}

// sooner is the earlier of two moments, of which zero means none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// Settle waits until no refund is to end and no notice is due at the clock's present time, and none is under way. What
// is held does not count.
func (s *Simulator) Settle(ctx context.Context) error {
	for {
		s.mu.Lock()
		busy, changed := s.state.noticesBusy(s.settings.clock.Now()), s.changed
		s.mu.Unlock()
		if !busy {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return ErrClosed
		}
	}
}

func (st *state) noticesBusy(now time.Time) bool {
	if end := st.nextDue(); st.index.flying+st.index.reporting+len(st.Reports) > 0 || (!end.IsZero() && !end.After(now)) {
		return true
	}
	if st.NoticesHeld {
		return false
	}
	first := st.nextNotice()
	return len(st.released()) > 0 || (first != nil && !first.Due.After(now))
}
