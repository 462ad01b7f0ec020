package payment

import (
	"context"

	"wgink.ink/wechat/internal/store"
)

// keepLimit bounds how many notices share one commit.
const keepLimit = 256

// accept compares a verified fact with the stored order and keeps event, order state and deliveries in one commit, which
// it shares with the notices that arrive at the same time.
func (s *Service) accept(ctx context.Context, in store.Incoming) (Receipt, error) {
	at := store.MillisOf(s.now())
	in.Event.CreatedAt = at
	if in.Event.OccurredAt == 0 {
		in.Event.OccurredAt = at
	}
	if in.Terms != nil && in.Terms.Unknown == store.VerdictUnknownOrder && s.set.DeliverUnknown {
		in.Terms.Unknown = store.VerdictOK
	}
	in.Plugins = s.queue.Subscribers(in.Event.Kind)
	kept, err := s.keep.Do(ctx, in)
	if err != nil {
		return 0, storage(err)
	}
	e := in.Event
	switch {
	case kept.Verdict != store.VerdictOK:
		// WeChat repeats only what was not answered: then the first time may have ended before this line.
		if kept.Fresh || e.NoticeID != nil {
			s.log.ErrorContext(ctx, "ALARM: a genuine message does not fit our order; it is quarantined and not delivered",
				"event", e.ID, "kind", e.Kind, "subject", e.Subject, "reason", kept.Verdict)
		}
		return Quarantined, nil
	case !kept.Fresh:
		return s.repeated(ctx, in)
	}
	s.log.InfoContext(ctx, "event kept", "event", e.ID, "kind", e.Kind, "subject", e.Subject, "compared", kept.Compared)
	s.queue.Wake()
	return Kept, nil
}

// repeated tells a repeat from another message under the id of a notice we keep. WeChat's ids are unique, so that should
// not be; but money may be behind it, so the other message is kept without the id.
func (s *Service) repeated(ctx context.Context, in store.Incoming) (Receipt, error) {
	_, known, err := s.db.Event(ctx, in.Event.ID)
	switch {
	case err != nil:
		return 0, storage(err)
	case known || in.Event.NoticeID == nil:
		return Repeated, nil
	}
	s.log.ErrorContext(ctx, "ALARM: another message came under a notice id we keep; it is kept without the id",
		"event", in.Event.ID, "notice", *in.Event.NoticeID)
	in.Event.NoticeID = nil
	return s.accept(ctx, in)
}
