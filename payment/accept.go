package payment

import (
	"context"

	"wgink.ink/wechat/internal/store"
)

// Why an event is quarantined; store.VerdictOK otherwise. Fixed words, so that they can be counted.
const (
	verdictMchID    = "mchid"
	verdictOrder    = "unknown-order"
	verdictAppID    = "appid"
	verdictAmount   = "amount"
	verdictCurrency = "currency"
	verdictPayer    = "payer"
	verdictState    = "trade-state"
)

// accept compares a verified fact with the stored order and keeps event, order state and deliveries in one commit.
func (s *Service) accept(ctx context.Context, in incoming) (Receipt, error) {
	at := store.MillisOf(s.now())
	in.event.CreatedAt = at
	if in.event.OccurredAt == 0 {
		in.event.OccurredAt = at
	}
	var (
		fresh bool
		known store.Event
	)
	err := s.db.InTx(ctx, func(q store.Queries) (err error) {
		if err := s.judge(ctx, q, &in); err != nil {
			return err
		}
		if fresh, err = s.queue.Record(ctx, q, in.event); err != nil {
			return err
		}
		if !fresh {
			known, err = s.known(ctx, q, in.event)
			return err
		}
		if in.event.Verdict != store.VerdictOK {
			return nil
		}
		return s.advance(ctx, q, in, at)
	})
	if err != nil {
		return 0, storage(err)
	}
	s.report(ctx, in.event, fresh, known)
	switch {
	case !fresh:
		return Repeated, nil
	case in.event.Verdict != store.VerdictOK:
		return Quarantined, nil
	}
	s.queue.Wake()
	return Kept, nil
}

// judge sets the verdict: whether the fact is about our money and fits the order we placed.
func (s *Service) judge(ctx context.Context, q store.Queries, in *incoming) error {
	in.event.Verdict = store.VerdictOK
	if in.mchid != "" && in.mchid != s.set.MchID {
		in.event.Verdict = verdictMchID
		return nil
	}
	if in.terms == nil {
		return nil
	}
	order, found, err := q.Order(ctx, s.set.MchID, in.terms.outTradeNo)
	switch {
	case err != nil:
		return err
	case found:
		in.event.Compared = true
		in.event.Verdict = in.terms.against(order)
	case in.terms.payment && in.terms.state != string(Success):
		in.event.Verdict = verdictState
	case !s.set.DeliverUnknown:
		in.event.Verdict = verdictOrder
	}
	return nil
}

// against compares with our order. The price is amount.total: payer_total is less when the user had coupons.
func (t terms) against(o store.Order) string {
	switch {
	case t.payment && !State(t.state).Paid():
		return verdictState
	case t.payment && t.appid != o.AppID:
		return verdictAppID
	case t.amountFen != o.AmountFen:
		return verdictAmount
	case t.payment && t.currency != o.Currency:
		return verdictCurrency
	case t.payment && t.openid != o.OpenID:
		return verdictPayer
	}
	return store.VerdictOK
}

func (s *Service) advance(ctx context.Context, q store.Queries, in incoming, at store.Millis) error {
	if in.paid != nil {
		in.paid.UpdatedAt = at
		if err := q.MarkPaid(ctx, *in.paid); err != nil {
			return err
		}
	}
	if in.to == "" || in.terms == nil {
		return nil
	}
	return q.MoveOrder(ctx, s.set.MchID, in.terms.outTradeNo, string(Success), string(in.to), at)
}

// known finds the kept event that made a new one a repeat, to tell a repeat from another message under the same id.
func (s *Service) known(ctx context.Context, q store.Queries, e store.Event) (store.Event, error) {
	if e.NoticeID != nil {
		if have, found, err := q.EventByNotice(ctx, e.MchID, *e.NoticeID); err != nil || found {
			return have, err
		}
	}
	have, _, err := q.Event(ctx, e.ID)
	return have, err
}

func (s *Service) report(ctx context.Context, e store.Event, fresh bool, known store.Event) {
	log := s.log.With("event", e.ID, "kind", e.Kind, "subject", e.Subject)
	switch {
	case !fresh && known.ID != e.ID:
		log.ErrorContext(ctx, "ALARM: another message came under a notice id we keep; it is ignored", "kept_event", known.ID)
	case !fresh:
	case e.Verdict != store.VerdictOK:
		log.ErrorContext(ctx, "ALARM: a genuine message does not fit our order; it is quarantined and not delivered", "reason", e.Verdict)
	default:
		log.InfoContext(ctx, "event kept", "compared", e.Compared)
	}
}
