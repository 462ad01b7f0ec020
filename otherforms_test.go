package wechat_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/wechattest"
)

// A combined payment (合单) has the event type of any other, but not its form: it is kept and delivered as it is.
func TestCombinedPaymentIsDeliveredRaw(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		b.sim.HoldNotices(true)
		for _, number := range []string{"order-0001", "order-0002"} {
			require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, number, 100).Launch)))
		}
		id, err := b.sim.SendCombined("http://shop.test"+prefix+"/wechat/pay/notice", "combined-0001", "order-0001", "order-0002")
		require.NoError(b.t, err)
		for range 2 { // the second is a repeat
			attempt, err := b.sim.SendNoticeByID(ctx, id)
			require.NoError(b.t, err)
			require.Equal(b.t, http.StatusNoContent, attempt.Status)
		}
		e := b.event("notice.transaction.success")
		require.Equal(b.t, "TRANSACTION.SUCCESS", e["type"])
		require.Equal(b.t, id, e["subject"])
		require.Contains(b.t, e["content"], `"combine_out_trade_no":"combined-0001"`)
		events := b.payEvents()
		require.Len(b.t, events, 1)
		require.False(b.t, events[0].Compared)
		order, _, err := b.db.Order(ctx, b.sim.Merchant().MchID, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, "NOTPAY", order.State, "it is not taken for an order's own payment")
	})
}

// Which merchant such a message is for is told by the fields of its form; those of others are quarantined.
func TestOtherFormsOfAnotherMerchantAreQuarantined(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		ctx, phone, ours := b.t.Context(), b.sim.Phone("lan"), b.sim.Merchant().MchID
		b.sim.HoldNotices(true)
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0001", 100).Launch)))
		const (
			combined = `{"combine_mchid":%q,"combine_out_trade_no":"c1","sub_orders":[{"mchid":%q,"out_trade_no":"order-0001"}]}`
			partner  = `{"sp_mchid":%q,"sub_mchid":%q,"out_trade_no":"order-0001","trade_state":"SUCCESS"}`
			refund   = `{"sp_mchid":%q,"sub_mchid":%q,"out_trade_no":"order-0001","refund_status":"SUCCESS"}`
			plain    = `{"mchid":%q,"sub_mchid":%q,"out_bill_no":"b1"}`
		)
		const other = "1900000000"
		for i, c := range []struct{ eventType, form, kind string }{
			{"TRANSACTION.SUCCESS", combined, "notice.transaction.success"},
			{"TRANSACTION.SUCCESS", partner, "notice.transaction.success"},
			{"REFUND.SUCCESS", refund, "notice.refund.success"},
			{"PROFITSHARING", plain, "notice.profitsharing"},
		} {
			send := func(first, second string) (status int, e store.Event) {
				id := fmt.Sprintf("notice-%d-%s", i, first)
				n, err := b.sim.Notice("order-0001", wechattest.ChangePlaintext(fmt.Appendf(nil, c.form, first, second)),
					wechattest.ChangeEnvelope(func(m map[string]any) {
						m["event_type"], m["id"] = c.eventType, id
					}))
				require.NoError(b.t, err)
				status, _ = b.notify(n)
				for _, e = range b.payEvents() {
					if e.Subject == id {
						return status, e
					}
				}
				require.Fail(b.t, "not kept", id)
				return 0, e
			}
			status, e := send(other, ours)
			require.Equal(b.t, http.StatusOK, status, "%d", i)
			require.Equal(b.t, "mchid", e.Verdict, "%d", i)
			require.Equal(b.t, c.kind, e.Kind)
			rows, err := b.db.Deliveries(ctx, e.ID)
			require.NoError(b.t, err)
			require.Empty(b.t, rows)

			status, e = send(ours, other)
			require.Equal(b.t, http.StatusNoContent, status, "%d: parts of ours may be another's", i)
			require.Equal(b.t, e.ID, b.event(c.kind)["event"])
		}
		order, _, err := b.db.Order(ctx, ours, "order-0001")
		require.NoError(b.t, err)
		require.Equal(b.t, "NOTPAY", order.State)
	})
}
