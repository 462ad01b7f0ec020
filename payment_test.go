package wechat_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

func TestOrderIsPlacedPaidAndDelivered(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		prepay := b.place(phone, "order-0001", 1250)
		require.Equal(b.t, "prepay_id="+prepay.PrepayID, prepay.Launch.Package)

		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(prepay.Launch)))
		require.NoError(b.t, b.sim.Settle(ctx))
		attempts := b.sim.Attempts("order-0001")
		require.Len(b.t, attempts, 1)
		require.Equal(b.t, http.StatusNoContent, attempts[0].Status)

		paid := b.event("payment.succeeded")
		require.Equal(b.t, "order-0001", paid["subject"])
		require.Contains(b.t, paid["content"], `"trade_state":"SUCCESS"`, "logged in decrypted form")

		order, err := b.module.Pay().GetBusinessOrder(ctx, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, payment.Success, order.State)
		require.EqualValues(b.t, 1250, order.AmountFen)
		require.Equal(b.t, phone.OpenID(), order.OpenID)
		same, err := b.module.Pay().GetOrder(ctx, order.TransactionID)
		require.NoError(b.t, err)
		require.Equal(b.t, order, same)
		require.Len(b.t, b.payEvents(), 1, "two queries and a notice are one event")
	})
}

func TestNoticeSentAgainHasNoSecondEffect(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0001", 1).Launch)))
		require.NoError(b.t, b.sim.Settle(ctx))
		b.event("payment.succeeded")
		statuses := make(chan int, 20)
		for range cap(statuses) { // concurrently, as WeChat may
			go func() {
				n, err := b.sim.Notice("order-0001")
				if err != nil {
					statuses <- 0
					return
				}
				status, _ := b.notify(n)
				statuses <- status
			}()
		}
		for range cap(statuses) {
			require.Equal(b.t, http.StatusNoContent, <-statuses)
		}
		require.Len(b.t, b.payEvents(), 1)
		b.place(phone, "order-0002", 1)
		n, err := b.sim.Notice("order-0001", wechattest.ChangeEnvelope(func(m map[string]any) { m["id"] = "another-notice-id" }))
		require.NoError(b.t, err)
		status, _ := b.notify(n)
		require.Equal(b.t, http.StatusNoContent, status)
		require.Len(b.t, b.payEvents(), 1, "a new notice id for the same payment is the same event")

		// Another payment under a notice id we keep: it should not be, but it is money, so it is not dropped.
		b.sim.HoldNotices(true)
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0003", 1).Launch)))
		first := *b.payEvents()[0].NoticeID
		n, err = b.sim.Notice("order-0003", wechattest.ChangeEnvelope(func(m map[string]any) { m["id"] = first }))
		require.NoError(b.t, err)
		status, _ = b.notify(n)
		require.Equal(b.t, http.StatusNoContent, status)
		require.Equal(b.t, "order-0003", b.event("payment.succeeded")["subject"])
	})
}

// A payment whose notice never came is found by asking and goes the same road.
func TestPaymentFoundByAskingIsDelivered(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		b.sim.HoldNotices(true)
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0001", 5).Launch)))
		order, err := b.module.Pay().GetBusinessOrder(ctx, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, payment.Success, order.State)
		found := b.event("payment.succeeded")

		b.sim.HoldNotices(false)
		require.NoError(b.t, b.sim.Settle(ctx))
		require.Equal(b.t, http.StatusNoContent, b.sim.Attempts("order-0001")[0].Status)
		require.Len(b.t, b.payEvents(), 1)
		require.Equal(b.t, b.payEvents()[0].ID, found["event"])
	})
}

// An order we know as paid is refunded elsewhere, and nobody told us: asking learns it, once, and never back.
func TestRefundFoundByAsking(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0001", 5).Launch)))
		require.NoError(b.t, b.sim.Settle(ctx))
		b.event("payment.succeeded")
		state := func() payment.State {
			order, err := b.module.Pay().GetBusinessOrder(ctx, "order-0001")
			require.NoError(b.t, err)
			return order.State
		}
		require.Equal(b.t, payment.Success, state())

		b.sim.HoldNotices(true)
		_, err := b.sim.RefundInPortal("order-0001", 2)
		require.NoError(b.t, err)
		require.Equal(b.t, payment.Refund, state())
		kept, _, err := b.db.Order(ctx, b.sim.Merchant().MchID, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, string(payment.Refund), kept.State)

		_, err = b.sim.SendNotice(ctx, "order-0001") // the payment's, late and again
		require.NoError(b.t, err)
		kept, _, err = b.db.Order(ctx, b.sim.Merchant().MchID, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, string(payment.Refund), kept.State)
		require.Empty(b.t, b.events, "the payment is not handed over again")
	})
}

func TestPlacingAgain(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		terms := payment.PlaceOrder{
			OutTradeNo: "order-0001", Description: "一杯咖啡", AmountFen: 100, OpenID: phone.OpenID(), ExpireIn: time.Hour,
		}
		first, err := b.module.Pay().PlaceOrder(ctx, terms)
		require.NoError(b.t, err)
		again, err := b.module.Pay().PlaceOrder(ctx, terms)
		require.NoError(b.t, err)
		require.Equal(b.t, first.PrepayID, again.PrepayID)
		require.EqualValues(b.t, 1, b.callsTo("/v3/pay/transactions/jsapi"), "a living prepay_id is not asked for again")

		for name, change := range map[string]func(*payment.PlaceOrder){
			"amount":      func(p *payment.PlaceOrder) { p.AmountFen = 99 },
			"description": func(p *payment.PlaceOrder) { p.Description = "两杯咖啡" },
			"payer":       func(p *payment.PlaceOrder) { p.OpenID = b.sim.Phone("bo").OpenID() },
			"attach":      func(p *payment.PlaceOrder) { p.Attach = "x" },
		} {
			other := terms
			change(&other)
			_, err := b.module.Pay().PlaceOrder(ctx, other)
			require.Equal(b.t, fault.OrderTermsDiffer, fault.CodeOf(err), name)
		}

		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(again.Launch)))
		require.NoError(b.t, b.sim.Settle(ctx))
		_, err = b.module.Pay().PlaceOrder(ctx, terms)
		require.Equal(b.t, fault.OrderPaid, fault.CodeOf(err))
	})
}

func TestOrderLimits(t *testing.T) {
	t.Parallel()
	b := newBed(t, "sqlite:"+t.TempDir()+"/w.db")
	good := payment.PlaceOrder{OutTradeNo: "order-0001", Description: "d", AmountFen: 1, OpenID: "o"}
	for name, change := range map[string]func(*payment.PlaceOrder){
		"short number":    func(p *payment.PlaceOrder) { p.OutTradeNo = "12345" },
		"long number":     func(p *payment.PlaceOrder) { p.OutTradeNo = strings.Repeat("1", 33) },
		"number's text":   func(p *payment.PlaceOrder) { p.OutTradeNo = "order/0001" },
		"no description":  func(p *payment.PlaceOrder) { p.Description = "" },
		"long":            func(p *payment.PlaceOrder) { p.Description = strings.Repeat("咖", 128) },
		"emoji":           func(p *payment.PlaceOrder) { p.Description = "咖啡☕🌸" },
		"zero":            func(p *payment.PlaceOrder) { p.AmountFen = 0 },
		"negative":        func(p *payment.PlaceOrder) { p.AmountFen = -1 },
		"no payer":        func(p *payment.PlaceOrder) { p.OpenID = "" },
		"long attach":     func(p *payment.PlaceOrder) { p.Attach = strings.Repeat("a", 129) },
		"long goods tag":  func(p *payment.PlaceOrder) { p.GoodsTag = strings.Repeat("a", 33) },
		"expires at once": func(p *payment.PlaceOrder) { p.ExpireIn = time.Second },
		"expires never":   func(p *payment.PlaceOrder) { p.ExpireIn = 400 * 24 * time.Hour },
	} {
		in := good
		change(&in)
		_, err := b.module.Pay().PlaceOrder(t.Context(), in)
		require.Equal(t, fault.OrderInvalid, fault.CodeOf(err), name)
	}
	require.Zero(t, b.callsTo("/v3/pay/transactions/jsapi"))
}

func TestCloseOrder(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone, pay := b.t.Context(), b.sim.Phone("lan"), b.module.Pay()
		prepay := b.place(phone, "order-0001", 1)
		require.NoError(b.t, pay.CloseOrder(ctx, "order-0001"))
		require.NoError(b.t, pay.CloseOrder(ctx, "order-0001"), "closing twice is no error")
		require.Error(b.t, phone.Pay(ctx, wechattest.Launch(prepay.Launch)))
		order, err := pay.GetBusinessOrder(ctx, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, payment.Closed, order.State)
		_, err = pay.PlaceOrder(ctx, payment.PlaceOrder{OutTradeNo: "order-0001", Description: "一杯咖啡", AmountFen: 1, OpenID: phone.OpenID()})
		require.Equal(b.t, fault.OrderClosed, fault.CodeOf(err))

		b.sim.HoldNotices(true)
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0002", 1).Launch)))
		err = pay.CloseOrder(ctx, "order-0002")
		require.Equal(b.t, fault.OrderPaid, fault.CodeOf(err))
		b.event("payment.succeeded") // and the payment that was found is delivered

		require.Equal(b.t, fault.OrderNotFound, fault.CodeOf(pay.CloseOrder(ctx, "never-placed")))
	})
}

func TestOrderWeChatDoesNotKnow(t *testing.T) {
	t.Parallel()
	b := newBed(t, "sqlite:"+t.TempDir()+"/w.db")
	_, err := b.module.Pay().GetBusinessOrder(t.Context(), "never-placed")
	require.Equal(t, fault.OrderNotFound, fault.CodeOf(err))
	_, err = b.module.Pay().GetOrder(t.Context(), "4200000000000000000000000000")
	require.Equal(t, fault.OrderNotFound, fault.CodeOf(err))
}

// What is not genuine gets 4xx and leaves no row.
func TestRefusedNoticesLeaveNothing(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		b.sim.HoldNotices(true)
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0001", 100).Launch)))

		genuine, err := b.sim.Notice("order-0001")
		require.NoError(b.t, err)
		cases := map[string]wechattest.Notice{}
		forge := func(name string, changes ...wechattest.NoticeChange) {
			n, err := b.sim.Notice("order-0001", changes...)
			require.NoError(b.t, err, name)
			cases[name] = n
		}
		for i := range genuine.Body {
			forge("byte "+strconv.Itoa(i), wechattest.FlipBodyByte(i))
		}
		forge("stale", wechattest.SignAt(time.Now().Add(-301*time.Second)))
		forge("from the future", wechattest.SignAt(time.Now().Add(320*time.Second)))
		forge("unknown serial", wechattest.ClaimSerial("5157F09EFDC096DE15EBE81A47057A7232F1B8E1"))
		forge("public key not configured", wechattest.ClaimSerial(b.sim.PublicKeyID()))
		forge("probe", wechattest.ProbeSignature())
		forge("other APIv3 key", wechattest.SealWith(strings.Repeat("k", 32)))
		forge("plaintext null", wechattest.ChangePlaintext([]byte("null")))
		forge("plaintext {}", wechattest.ChangePlaintext([]byte("{}")))
		forge("no resource", wechattest.ChangeEnvelope(func(m map[string]any) { delete(m, "resource") }))
		forge("other resource type", wechattest.ChangeEnvelope(func(m map[string]any) { m["resource_type"] = "plain" }))
		forge("no event type", wechattest.ChangeEnvelope(func(m map[string]any) { delete(m, "event_type") }))
		for _, body := range []string{"null", "{}", "[]", `""`, "1", "", `{"code_url":"weixin://wxpay"}`, "\ufeff{}", `{"id":"a","id":"b"}`} {
			cases["signed "+body] = wechattest.Notice{Header: b.sim.SignBody([]byte(body)), Body: []byte(body)}
			cases["unsigned "+body] = wechattest.Notice{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
		}
		unsigned := wechattest.Notice{Header: http.Header{}, Body: genuine.Body}
		cases["no headers"] = unsigned
		doubled := wechattest.Notice{Header: genuine.Header.Clone(), Body: genuine.Body}
		doubled.Header.Add("Wechatpay-Serial", doubled.Header.Get("Wechatpay-Serial"))
		cases["doubled header"] = doubled
		packed := wechattest.Notice{Header: genuine.Header.Clone(), Body: genuine.Body}
		packed.Header.Set("Content-Encoding", "gzip")
		cases["content encoding"] = packed

		for name, n := range cases {
			status, body := b.notify(n)
			require.GreaterOrEqual(b.t, status, 400, name)
			require.Less(b.t, status, 500, name)
			require.Contains(b.t, body, `"code":"FAIL"`, name)
		}
		require.Empty(b.t, b.payEvents())
		before := b.callsTo("/v3/certificates")
		require.EqualValues(b.t, 1, before, "a stranger's serial makes no call")

		status, _ := b.notify(genuine) // the negative control: the same notice, unharmed
		require.Equal(b.t, http.StatusNoContent, status)
		require.Len(b.t, b.payEvents(), 1)
	})
}

// What is genuine but is not about our order is kept in quarantine, answered 200 and never delivered.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		b.sim.HoldNotices(true)
		phone := b.sim.Phone("lan")
		for verdict, change := range map[string]wechattest.NoticeChange{
			"mchid":         wechattest.ChangeMchID("1900000000"),
			"appid":         wechattest.ChangeAppID("wx0000000000000000"),
			"amount":        wechattest.ChangeTotal(101),
			"currency":      wechattest.ChangeCurrency("USD"),
			"payer":         wechattest.ChangePayer(b.sim.Phone("bo").OpenID()),
			"unknown-order": wechattest.ChangeOutTradeNo("order-nobody-placed"),
			"trade-state":   wechattest.ChangeTransaction(func(m map[string]any) { m["trade_state"] = "PAYERROR" }),
		} {
			number := "order-" + verdict
			require.NoError(b.t, phone.Pay(b.t.Context(), wechattest.Launch(b.place(phone, number, 100).Launch)))
			n, err := b.sim.Notice(number, change)
			require.NoError(b.t, err)
			b.quarantined(n, "payment.succeeded", verdict)
			require.Equal(b.t, payment.NotPay, b.keptState(number), "%s: the order is not paid by it", verdict)
		}
	})
}

// A refund that is not one of our order's is quarantined too, and the one that is, comes through.
func TestRefundQuarantine(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		b.sim.HoldNotices(true)
		phone := b.sim.Phone("lan")
		for name, c := range map[string]struct {
			verdict string
			change  wechattest.NoticeChange
		}{
			"mchid":       {"mchid", wechattest.ChangeMchID("1900000000")},
			"total":       {"amount", wechattest.ChangeTotal(101)},
			"unknown":     {"unknown-order", wechattest.ChangeOutTradeNo("order-nobody-placed")},
			"more":        {"amount", wechattest.ChangeRefund(101)},
			"far-more":    {"amount", wechattest.ChangeRefund(1 << 50)},
			"transaction": {"transaction", wechattest.ChangeTransaction(func(m map[string]any) { m["transaction_id"] = "42000000000000000001" })},
		} {
			number := "order-" + name
			require.NoError(b.t, phone.Pay(b.t.Context(), wechattest.Launch(b.place(phone, number, 100).Launch)))
			n, err := b.sim.Notice(number)
			require.NoError(b.t, err)
			status, _ := b.notify(n)
			require.Equal(b.t, http.StatusNoContent, status)
			b.event("payment.succeeded")

			refund, err := b.sim.RefundInPortal(number, 100)
			require.NoError(b.t, err)
			n, err = b.sim.RefundNotice(refund, c.change)
			require.NoError(b.t, err)
			b.quarantined(n, "refund.succeeded", c.verdict)
			require.Equal(b.t, payment.Success, b.keptState(number), "%s: the order is not refunded by it", name)

			n, err = b.sim.RefundNotice(refund) // the truth
			require.NoError(b.t, err)
			status, _ = b.notify(n)
			require.Equal(b.t, http.StatusNoContent, status, name)
			require.Equal(b.t, number, b.event("refund.succeeded")["subject"])
			require.Equal(b.t, payment.Refund, b.keptState(number))
		}
	})
}

// quarantined sends a notice and wants it kept for that reason, and queued for nobody.
func (b *bed) quarantined(n wechattest.Notice, kind, verdict string) {
	b.t.Helper()
	before := map[string]bool{}
	for _, e := range b.payEvents() {
		before[e.ID] = true
	}
	status, _ := b.notify(n)
	require.Equal(b.t, http.StatusOK, status, verdict)
	events := slices.DeleteFunc(b.payEvents(), func(e store.Event) bool { return before[e.ID] })
	require.Len(b.t, events, 1, verdict)
	require.Equal(b.t, verdict, events[0].Verdict)
	require.Equal(b.t, kind, events[0].Kind)
	rows, err := b.db.Deliveries(b.t.Context(), events[0].ID)
	require.NoError(b.t, err)
	require.Empty(b.t, rows, "%s: nothing is queued", verdict)
}

// keptState is the state of an order as the module has it stored.
func (b *bed) keptState(number string) payment.State {
	b.t.Helper()
	order, found, err := b.db.Order(b.t.Context(), b.sim.Merchant().MchID, number)
	require.NoError(b.t, err)
	require.True(b.t, found)
	return payment.State(order.State)
}

// A payment that does not fit the order is neither "paid" nor "not paid", and closing must not pretend that it was closed.
func TestOrderWithAPaymentThatDoesNotFit(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		b.sim.HoldNotices(true)
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0001", 100).Launch)))
		b.changeAmount("order-0001", 99) // a mix-up on our side
		_, err := b.module.Pay().GetBusinessOrder(ctx, "order-0001")
		require.Equal(b.t, payment.OrderMismatch, payment.CodeOf(err))
		require.Equal(b.t, payment.OrderMismatch, payment.CodeOf(b.module.Pay().CloseOrder(ctx, "order-0001")))
		order, _, err := b.db.Order(ctx, b.sim.Merchant().MchID, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, "NOTPAY", order.State)
		require.Equal(b.t, "amount", b.payEvents()[0].Verdict)
		n, err := b.sim.Notice("order-0001")
		require.NoError(b.t, err)
		status, _ := b.notify(n)
		require.Equal(b.t, http.StatusOK, status, "a repeat of a quarantined notice")
		require.Len(b.t, b.payEvents(), 1)

		b.changeAmount("order-0001", 100) // put right: the truth is found by asking, and delivered
		found, err := b.module.Pay().GetBusinessOrder(ctx, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, payment.Success, found.State)
		require.Equal(b.t, "order-0001", b.event("payment.succeeded")["subject"])
	})
}

// Kinds of notices without a type of ours are kept and delivered as they are.
func TestUnknownKindsAreDeliveredRaw(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		b.sim.HoldNotices(true)
		phone := b.sim.Phone("lan")
		require.NoError(b.t, phone.Pay(b.t.Context(), wechattest.Launch(b.place(phone, "order-0001", 100).Launch)))
		raw := `{"mchid":"` + b.sim.Merchant().MchID + `","out_bill_no":"b1"}`
		n, err := b.sim.Notice("order-0001", wechattest.ChangePlaintext([]byte(raw)),
			wechattest.ChangeEnvelope(func(m map[string]any) { m["event_type"] = "MCHTRANSFER.BILL.FINISHED" }))
		require.NoError(b.t, err)
		status, _ := b.notify(n)
		require.Equal(b.t, http.StatusNoContent, status)
		e := b.event("notice.mchtransfer.bill.finished")
		require.Equal(b.t, raw, e["content"])
		require.Equal(b.t, "MCHTRANSFER.BILL.FINISHED", e["type"])
	})
}

// Keys: certificates and the public key at once, and a rotation while running.
func TestNoticesUnderBothKindsOfKeys(t *testing.T) {
	t.Parallel()
	b := newBed(t, "sqlite:"+t.TempDir()+"/w.db")
	phone := b.sim.Phone("lan")
	require.NoError(t, phone.Pay(t.Context(), wechattest.Launch(b.place(phone, "order-0001", 100).Launch)))
	require.NoError(t, b.sim.Settle(t.Context()))
	require.Equal(t, http.StatusNoContent, b.sim.Attempts("order-0001")[0].Status)

	b.sim.RotateCertificate() // an answer of WeChat to our own call makes us learn the new one, not a notice
	require.NoError(t, phone.Pay(t.Context(), wechattest.Launch(b.place(phone, "order-0002", 100).Launch)))
	require.NoError(t, b.sim.Settle(t.Context()))
	require.Equal(t, http.StatusNoContent, b.sim.Attempts("order-0002")[0].Status)
}
