package store_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/store"
)

func orderRow(number string) store.Order {
	return store.Order{
		MchID: "m", OutTradeNo: number, AppID: "wx", OpenID: "o", AmountFen: 100, Currency: "CNY", State: "NOTPAY",
	}
}

func paidFact(number, notice string) store.Incoming {
	id := "payment|" + number
	return store.Incoming{
		Event: store.Event{
			ID: id, Kind: "payment.succeeded", WeChatType: "TRANSACTION.SUCCESS", MchID: "m", NoticeID: &notice,
			BusinessKey: id, Subject: number, Verdict: store.VerdictOK, Payload: []byte("{\"\x00\xff'\\\":1}"),
			OccurredAt: 5, CreatedAt: 7,
		},
		Plugins: []string{"p", "q"},
		Terms: &store.Terms{
			OutTradeNo: number, AmountFen: 100, TransactionID: "t-" + number, Payment: true, AppID: "wx", OpenID: "o", Currency: "CNY",
			Unknown: store.VerdictUnknownOrder,
		},
		Paid: &store.Paid{PayerTotalFen: 90, TradeType: "JSAPI", BankType: "OTHERS", SuccessAt: 6},
	}
}

func refundFact(number, refund string) store.Incoming {
	f := paidFact(number, "n-"+refund)
	f.Event.ID, f.Event.BusinessKey, f.Event.Kind = "refund|"+refund, "refund|"+refund, "refund.succeeded"
	f.Terms = &store.Terms{OutTradeNo: number, AmountFen: 100, TransactionID: "t-" + number, RefundFen: 40, Unknown: store.VerdictUnknownOrder}
	f.Paid, f.To = nil, "REFUND"
	return f
}

func TestKeepWritesEventOrderAndDeliveries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		_, err := db.InsertOrder(ctx, orderRow("o1"))
		require.NoError(t, err)
		kept, err := db.Keep(ctx, []store.Incoming{paidFact("o1", "n1")})
		require.NoError(t, err)
		require.Equal(t, []store.Kept{{Fresh: true, Verdict: store.VerdictOK, Compared: true}}, kept)

		o, _, err := db.Order(ctx, "m", "o1")
		require.NoError(t, err)
		require.Equal(t, "SUCCESS", o.State)
		require.Equal(t, "t-o1", *o.TransactionID)
		require.EqualValues(t, 90, *o.PayerTotalFen)
		require.EqualValues(t, 6, *o.SuccessAt)
		require.Equal(t, "JSAPI", o.TradeType)
		require.EqualValues(t, 7, o.UpdatedAt)

		e, found, err := db.EventByNotice(ctx, "m", "n1")
		require.NoError(t, err)
		require.True(t, found)
		require.True(t, e.Compared)
		require.Equal(t, paidFact("o1", "n1").Event.Payload, e.Payload, "byte for byte")
		rows, err := db.Deliveries(ctx, e.ID)
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Equal(t, "p", rows[0].Plugin)
		require.Equal(t, "o1", rows[0].Subject)
		require.Equal(t, store.Pending, rows[0].State)
		require.Positive(t, *rows[0].WakeAt)

		kept, err = db.Keep(ctx, []store.Incoming{paidFact("o1", "n1"), paidFact("o1", "n2")})
		require.NoError(t, err)
		for _, k := range kept {
			require.False(t, k.Fresh, "known by notice id, and by business key")
			require.Equal(t, store.VerdictOK, k.Verdict)
		}
	})
}

func TestKeepVerdicts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		var facts []store.Incoming
		var want []string
		for verdict, change := range map[string]func(*store.Incoming){
			store.VerdictOK:           func(*store.Incoming) {},
			store.VerdictAppID:        func(f *store.Incoming) { f.Terms.AppID = "other" },
			store.VerdictAmount:       func(f *store.Incoming) { f.Terms.AmountFen = 99 },
			store.VerdictCurrency:     func(f *store.Incoming) { f.Terms.Currency = "USD" },
			store.VerdictPayer:        func(f *store.Incoming) { f.Terms.OpenID = "" },
			store.VerdictUnknownOrder: func(f *store.Incoming) { f.Terms.OutTradeNo = "nobody's" },
			store.VerdictTransaction:  func(f *store.Incoming) { f.Terms.TransactionID = "another" },
			store.VerdictMchID:        func(f *store.Incoming) { f.Event.Verdict = store.VerdictMchID },
		} {
			order := orderRow("o-" + verdict)
			if verdict == store.VerdictTransaction {
				first := "the-first"
				order.TransactionID = &first
			}
			_, err := db.InsertOrder(ctx, order)
			require.NoError(t, err)
			f := paidFact("o-"+verdict, "n-"+verdict)
			change(&f)
			facts, want = append(facts, f), append(want, verdict)
		}
		kept, err := db.Keep(ctx, facts) // all in one group
		require.NoError(t, err)
		for i, verdict := range want {
			require.True(t, kept[i].Fresh, verdict)
			require.Equal(t, verdict, kept[i].Verdict)
			id := facts[i].Event.ID
			if verdict != store.VerdictOK {
				id += "-" + verdict
			}
			e, _, err := db.Event(ctx, id)
			require.NoError(t, err)
			require.Equal(t, verdict, e.Verdict)
			rows, err := db.Deliveries(ctx, e.ID)
			require.NoError(t, err)
			o, _, err := db.Order(ctx, "m", "o-"+verdict)
			require.NoError(t, err)
			if verdict == store.VerdictOK {
				require.Len(t, rows, 2)
				require.Equal(t, "SUCCESS", o.State)
			} else {
				require.Empty(t, rows, verdict)
				require.Equal(t, "NOTPAY", o.State, verdict)
			}
		}
	})
}

func TestKeepRefundVerdicts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		var facts []store.Incoming
		var want []string
		for name, c := range map[string]struct {
			verdict string
			change  func(*store.Incoming)
		}{
			"part":    {store.VerdictOK, func(*store.Incoming) {}},
			"one":     {store.VerdictOK, func(f *store.Incoming) { f.Terms.RefundFen = 1 }},
			"all":     {store.VerdictOK, func(f *store.Incoming) { f.Terms.RefundFen = 100 }},
			"more":    {store.VerdictAmount, func(f *store.Incoming) { f.Terms.RefundFen = 101 }},
			"huge":    {store.VerdictAmount, func(f *store.Incoming) { f.Terms.RefundFen = 1 << 62 }},
			"nothing": {store.VerdictAmount, func(f *store.Incoming) { f.Terms.RefundFen = 0 }},
			"less":    {store.VerdictAmount, func(f *store.Incoming) { f.Terms.RefundFen = -1 }},
			"total":   {store.VerdictAmount, func(f *store.Incoming) { f.Terms.AmountFen = 99 }},
			"both":    {store.VerdictAmount, func(f *store.Incoming) { f.Terms.AmountFen, f.Terms.RefundFen = 1000, 1000 }},
			"unknown": {store.VerdictUnknownOrder, func(f *store.Incoming) { f.Terms.OutTradeNo = "nobody's" }},
			"other":   {store.VerdictTransaction, func(f *store.Incoming) { f.Terms.TransactionID = "another" }},
			"mchid":   {store.VerdictMchID, func(f *store.Incoming) { f.Event.Verdict = store.VerdictMchID }},
		} {
			order, transaction := orderRow("o-"+name), "t-o-"+name
			order.State, order.TransactionID = "SUCCESS", &transaction
			_, err := db.InsertOrder(ctx, order)
			require.NoError(t, err)
			f := refundFact(order.OutTradeNo, "r-"+name)
			c.change(&f)
			facts, want = append(facts, f), append(want, c.verdict)
		}
		kept, err := db.Keep(ctx, facts) // all in one group
		require.NoError(t, err)
		for i, verdict := range want {
			require.Equal(t, verdict, kept[i].Verdict, facts[i].Event.ID)
			id, state, queued := facts[i].Event.ID, "REFUND", 2
			if verdict != store.VerdictOK {
				id, state, queued = id+"-"+verdict, "SUCCESS", 0
			}
			rows, err := db.Deliveries(ctx, id)
			require.NoError(t, err)
			require.Len(t, rows, queued, id)
			o, _, err := db.Order(ctx, "m", facts[i].Event.Subject)
			require.NoError(t, err)
			require.Equal(t, state, o.State, id)
		}
	})
}

func TestKeepMovesOrdersForwardWhateverTheOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		for _, n := range []string{"o1", "o2", "o3"} {
			_, err := db.InsertOrder(ctx, orderRow(n))
			require.NoError(t, err)
		}
		state := func(number string) string {
			o, _, err := db.Order(ctx, "m", number)
			require.NoError(t, err)
			return o.State
		}
		// Payment and refund of one order in one group.
		_, err := db.Keep(ctx, []store.Incoming{paidFact("o1", "n1"), refundFact("o1", "r1"), refundFact("o1", "r2")})
		require.NoError(t, err)
		require.Equal(t, "REFUND", state("o1"))

		// A payment that is known to be refunded already, and its notice later.
		f := paidFact("o2", "n2")
		f.To = "REFUND"
		_, err = db.Keep(ctx, []store.Incoming{f})
		require.NoError(t, err)
		require.Equal(t, "REFUND", state("o2"))
		o, _, err := db.Order(ctx, "m", "o2")
		require.NoError(t, err)
		require.Equal(t, "t-o2", *o.TransactionID)

		// A refund that is told before its payment.
		_, err = db.InsertOrder(ctx, orderRow("o4"))
		require.NoError(t, err)
		_, err = db.Keep(ctx, []store.Incoming{refundFact("o4", "r4")})
		require.NoError(t, err)
		require.Equal(t, "REFUND", state("o4"))
		_, err = db.Keep(ctx, []store.Incoming{paidFact("o4", "n4")})
		require.NoError(t, err)
		require.Equal(t, "REFUND", state("o4"))
		o, _, err = db.Order(ctx, "m", "o4")
		require.NoError(t, err)
		require.EqualValues(t, 6, *o.SuccessAt, "the payment adds its details")

		// Closed here, paid there: the payment counts.
		require.NoError(t, db.MoveOrder(ctx, "m", "o3", "NOTPAY", "CLOSED", 1))
		_, err = db.Keep(ctx, []store.Incoming{paidFact("o3", "n3")})
		require.NoError(t, err)
		require.Equal(t, "SUCCESS", state("o3"))
	})
}

// What is quarantined must not stand in the way of the true message, and a repeat of either is known.
func TestQuarantineDoesNotEatTheTrueMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		_, err := db.InsertOrder(ctx, orderRow("o1"))
		require.NoError(t, err)
		wrong := paidFact("o1", "n1")
		wrong.Terms.AmountFen = 99
		for i, step := range []struct {
			fact store.Incoming
			want store.Kept
		}{
			{wrong, store.Kept{Fresh: true, Verdict: store.VerdictAmount, Compared: true}},
			{wrong, store.Kept{Fresh: false, Verdict: store.VerdictAmount, Compared: true}},
			{paidFact("o1", "n1"), store.Kept{Fresh: true, Verdict: store.VerdictOK, Compared: true}},
			{paidFact("o1", "n1"), store.Kept{Fresh: false, Verdict: store.VerdictOK, Compared: true}},
		} {
			kept, err := db.Keep(ctx, []store.Incoming{step.fact})
			require.NoError(t, err)
			require.Equal(t, []store.Kept{step.want}, kept, "step %d", i)
		}
		rows, err := db.Deliveries(ctx, paidFact("o1", "n1").Event.ID)
		require.NoError(t, err)
		require.Len(t, rows, 2)
	})
}

func TestKeepWithoutOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		f := paidFact("elsewhere", "n1")
		f.Terms.Unknown = store.VerdictOK // pay.unknown-orders: deliver
		raw := paidFact("x", "n2")
		raw.Event.ID, raw.Event.BusinessKey, raw.Terms, raw.Paid, raw.Plugins = "raw", "raw", nil, nil, nil
		kept, err := db.Keep(t.Context(), []store.Incoming{f, raw})
		require.NoError(t, err)
		require.Equal(t, []store.Kept{{Fresh: true, Verdict: "ok"}, {Fresh: true, Verdict: "ok"}}, kept)
		rows, err := db.Deliveries(t.Context(), "raw")
		require.NoError(t, err)
		require.Empty(t, rows, "nobody subscribed")
	})
}

// The same facts from many callers at once, in groups of all sizes: each is fresh for exactly one, nothing deadlocks.
func TestKeepAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		const orders, callers = 40, 8
		var all []store.Incoming
		for i := range orders {
			n := fmt.Sprintf("o%02d", i)
			_, err := db.InsertOrder(t.Context(), orderRow(n))
			require.NoError(t, err)
			all = append(all, paidFact(n, "n-"+n))
		}
		type result struct {
			fresh int
			err   error
		}
		results := make(chan result, callers)
		ctx := context.WithoutCancel(t.Context())
		for c := range callers {
			go func() {
				var r result
				for i := range orders {
					at := (i*7 + c*5) % orders // each caller in an order of its own
					var group []store.Incoming
					for g := range 1 + c%4 {
						group = append(group, all[(at+g)%orders])
					}
					kept, err := db.Keep(ctx, group)
					for _, k := range kept {
						if k.Fresh {
							r.fresh++
						}
					}
					r.err = err
					if err != nil {
						break
					}
				}
				results <- r
			}()
		}
		fresh := 0
		for range callers {
			r := <-results
			require.NoError(t, r.err)
			fresh += r.fresh
		}
		require.Equal(t, orders, fresh)
	})
}

// A server that drops the connection costs one more try, nothing else; and without prepared statements it works too.
func TestKeepSurvivesALostConnection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		for i, harm := range []func() error{
			func() error { return nil },
			func() error { return db.EndOtherConnections(ctx) },
			func() error { return db.Deallocate(ctx) },
			func() error { return nil },
		} {
			n := fmt.Sprintf("o%d", i)
			_, err := db.InsertOrder(ctx, orderRow(n))
			require.NoError(t, err)
			require.NoError(t, harm())
			kept, err := db.Keep(ctx, []store.Incoming{paidFact(n, "n-"+n)})
			require.NoError(t, err, "step %d", i)
			require.True(t, kept[0].Fresh)
		}
	})
}

// Two messages about one payment that name different orders arrive together: each is told its own verdict.
func TestOnePaymentOfTwoOrdersAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		for _, turned := range []bool{false, true} {
			one, two := fmt.Sprintf("o1-%t", turned), fmt.Sprintf("o2-%t", turned)
			_, err := db.InsertOrder(t.Context(), orderRow(one))
			require.NoError(t, err)
			right, wrong := paidFact(one, "n-"+one), paidFact(two, "n-"+two)
			wrong.Event.ID, wrong.Event.BusinessKey = right.Event.ID, right.Event.BusinessKey
			facts := []store.Incoming{right, wrong}
			want := []store.Kept{
				{Fresh: true, Verdict: store.VerdictOK, Compared: true}, {Fresh: true, Verdict: store.VerdictUnknownOrder},
			}
			if turned {
				slices.Reverse(facts)
				slices.Reverse(want)
			}
			kept, err := db.Keep(t.Context(), facts)
			require.NoError(t, err)
			require.Equal(t, want, kept)
		}
	})
}

// Texts and payloads that look like something else on their way to the database are kept as they came.
func TestKeepOddTexts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		big := bytes.Repeat([]byte{0, 255, '"', '\\'}, 1<<12)
		var facts []store.Incoming
		for i, text := range []string{"'\"\\\u2028<&>", "\\u0000", "123", "true", "null", "{}", "?", "金额"} {
			f := paidFact(text, fmt.Sprintf("n%d", i))
			f.Terms, f.Paid, f.Event.Payload = nil, nil, big
			facts = append(facts, f)
		}
		_, err := db.Keep(t.Context(), facts)
		require.NoError(t, err)
		for _, f := range facts {
			e, _, err := db.Event(t.Context(), f.Event.ID)
			require.NoError(t, err)
			require.Equal(t, f.Event.Subject, e.Subject)
			require.Equal(t, f.Event.BusinessKey, e.BusinessKey)
			require.True(t, bytes.Equal(e.Payload, big))
			rows, err := db.Deliveries(t.Context(), f.Event.ID)
			require.NoError(t, err)
			require.Len(t, rows, 2)
		}
	})
}

// A payment that another order has already is a message that does not fit: it is quarantined, not refused again and again.
func TestPaymentOfAnotherOrderIsQuarantined(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		for _, number := range []string{"o1", "o2", "o3"} {
			_, err := db.InsertOrder(t.Context(), orderRow(number))
			require.NoError(t, err)
		}
		_, err := db.Keep(t.Context(), []store.Incoming{refundFact("o1", "r1")})
		require.NoError(t, err)
		f := paidFact("o2", "n2")
		f.Terms.TransactionID = "t-o1"
		for i, fresh := range []bool{true, false} {
			kept, err := db.Keep(t.Context(), []store.Incoming{f})
			require.NoError(t, err)
			require.Equal(t, []store.Kept{{Fresh: fresh, Verdict: store.VerdictTransaction}}, kept, "try %d", i)
		}
		o, _, err := db.Order(t.Context(), "m", "o2")
		require.NoError(t, err)
		require.Equal(t, "NOTPAY", o.State)
		rows, err := db.Deliveries(t.Context(), f.Event.ID)
		require.NoError(t, err)
		require.Empty(t, rows)

		_, err = db.Keep(t.Context(), []store.Incoming{paidFact("o3", "n3"), f})
		require.True(t, store.ItemFault(err), "in company it is found by trying each alone: %v", err)
	})
}

// A plugin that is named twice gets the event once, and the payment is as good as any.
func TestPluginNamedTwiceIsQueuedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		_, err := db.InsertOrder(t.Context(), orderRow("o1"))
		require.NoError(t, err)
		f := paidFact("o1", "n1")
		f.Plugins = []string{"p", "q", "p"}
		kept, err := db.Keep(t.Context(), []store.Incoming{f})
		require.NoError(t, err)
		require.Equal(t, []store.Kept{{Fresh: true, Verdict: store.VerdictOK, Compared: true}}, kept)
		rows, err := db.Deliveries(t.Context(), f.Event.ID)
		require.NoError(t, err)
		require.Len(t, rows, 2)
	})
}
