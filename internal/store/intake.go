package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Incoming is a verified fact about money, with all that is needed to compare it with the stored order and to keep it,
// so that many of them can be kept by one statement.
type Incoming struct {
	Event   Event    // Verdict is ok, or a reason that is known before any order is looked at
	Plugins []string // who gets the event when the verdict stays ok
	Terms   *Terms   // what must agree with the stored order; nil when there is none to compare with
	Paid    *Paid    // what a payment changes on the order
	To      string   // the state a paid order moves to; empty: none
}

// Terms are the fields of a message that the stored order must agree with.
type Terms struct {
	OutTradeNo string
	AmountFen  int64
	// TransactionID is the payment the message is about; an order is paid by one, and another one is no payment of it.
	TransactionID string
	Payment       bool // payments name all fields below but RefundFen; refunds have only that
	RefundFen     int64
	AppID         string
	OpenID        string
	Currency      string
	Unknown       string // the verdict when there is no such order
}

// Paid is what a payment adds to its order.
type Paid struct {
	PayerTotalFen int64
	TradeType     string
	BankType      string
	SuccessAt     Millis
}

// Verdicts of a comparison with the stored order. Fixed words, so that they can be counted.
const (
	VerdictOK           = "ok"
	VerdictMchID        = "mchid"
	VerdictUnknownOrder = "unknown-order"
	VerdictAppID        = "appid"
	VerdictAmount       = "amount"
	VerdictCurrency     = "currency"
	VerdictPayer        = "payer"
	VerdictTransaction  = "transaction"
	VerdictTradeState   = "trade-state"
)

// Kept is what became of an Incoming.
type Kept struct {
	Fresh    bool // false: its notice id or its business key is known, and nothing was written
	Verdict  string
	Compared bool
}

// Keep compares each fact with its order and writes event, order and deliveries of each of them in one commit, which
// they share as far as they can: facts of one order need one after the other. The
// results are in the order of the facts; of two with one key the first is fresh.
//
// A fact that is quarantined is kept under a key of its own, which names the verdict: what comes later under the true key
// and fits, is kept and delivered.
//
// Facts of two orders that claim the same payment are refused together, see ItemFault, and told apart one at a time.
func (d *DB) Keep(ctx context.Context, facts []Incoming) ([]Kept, error) {
	kept, err := d.keep(ctx, facts)
	if len(facts) == 1 && facts[0].Terms != nil && IsUnique(err) {
		// The one key that is not passed over in silence: another order has this payment.
		other := facts[0]
		other.Event.Verdict = VerdictTransaction
		return d.keep(ctx, []Incoming{other})
	}
	return kept, err
}

func (d *DB) keep(ctx context.Context, facts []Incoming) ([]Kept, error) {
	if d.postgres() {
		return d.keepPostgres(ctx, facts)
	}
	return d.keepSQLite(ctx, facts)
}

// verdict compares with our order. The price is amount.total: payer_total is less when the user had coupons.
func (t Terms) verdict(o Order, found bool) string {
	switch {
	case !found:
		return t.Unknown
	case t.Payment && t.AppID != o.AppID:
		return VerdictAppID
	case t.AmountFen != o.AmountFen:
		return VerdictAmount
	case !t.Payment && (t.RefundFen < 1 || t.RefundFen > o.AmountFen):
		return VerdictAmount
	case t.Payment && t.Currency != o.Currency:
		return VerdictCurrency
	case t.Payment && t.OpenID != o.OpenID:
		return VerdictPayer
	case o.TransactionID != nil && t.TransactionID != "" && *o.TransactionID != t.TransactionID:
		return VerdictTransaction
	}
	return VerdictOK
}

// keepPostgres is Keep as one statement. Facts of one order that arrive in one group are kept one group after the
// other: a statement sees the order as it was before it.
func (d *DB) keepPostgres(ctx context.Context, facts []Incoming) ([]Kept, error) {
	kept := make([]Kept, len(facts))
	for _, round := range rounds(facts) {
		some := make([]Incoming, len(round))
		for i, at := range round {
			some[i] = facts[at]
		}
		results, err := d.intake.run(ctx, some)
		if err != nil {
			return nil, fmt.Errorf("keep %d events: %w", len(facts), err)
		}
		for i, at := range round {
			kept[at] = results[i]
		}
	}
	return kept, nil
}

// rounds sorts the facts by event id, so that two hosts lock in the same order, and spreads those of one order over
// different rounds, and those of one event.
func rounds(facts []Incoming) (rounds [][]int) {
	order := make([]int, len(facts))
	for i := range facts {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(facts[a].Event.ID, facts[b].Event.ID) })
	seen := map[string]int{} // by order or event: how many rounds have it
	for _, i := range order {
		keys, n := []string{"event " + facts[i].Event.ID}, 0
		if facts[i].Terms != nil {
			keys = append(keys, "order "+facts[i].Terms.OutTradeNo)
		}
		for _, key := range keys {
			n = max(n, seen[key])
		}
		for _, key := range keys {
			seen[key] = n + 1
		}
		if n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], i)
	}
	return rounds
}
