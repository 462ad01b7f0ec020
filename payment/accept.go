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
	log := s.log.With("event", in.Event.ID, "kind", in.Event.Kind, "subject", in.Event.Subject)
	switch {
	case !kept.Fresh:
		return Repeated, s.checkRepeat(ctx, in.Event)
	case kept.Verdict != store.VerdictOK:
		log.ErrorContext(ctx, "ALARM: a genuine message does not fit our order; it is quarantined and not delivered", "reason", kept.Verdict)
		return Quarantined, nil
	}
	log.InfoContext(ctx, "event kept", "compared", kept.Compared)
	s.queue.Wake()
	return Kept, nil
}

// checkRepeat tells a repeat from another message under the id of a notice we keep. The other message is ignored: the
// kept one was genuine too, and WeChat's ids are unique.
func (s *Service) checkRepeat(ctx context.Context, e store.Event) error {
	if e.NoticeID == nil {
		return nil
	}
	known, found, err := s.db.EventByNotice(ctx, e.MchID, *e.NoticeID)
	if err != nil {
		return storage(err)
	}
	if found && known.ID != e.ID {
		s.log.ErrorContext(ctx, "ALARM: another message came under a notice id we keep; it is ignored",
			"event", e.ID, "kept_event", known.ID, "notice", *e.NoticeID)
	}
	return nil
}
