package wechattest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// TestBooksBalance does random things and looks whether the money is where it belongs. To repeat a run, set the seed.
func TestBooksBalance(t *testing.T) {
	t.Parallel()
	const runs, steps = 6, 60
	first := uint64(time.Now().UnixNano())
	for run := range uint64(runs) {
		seed := first + run
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			k := &bookkeeper{bench: setup(t), random: rand.New(rand.NewPCG(seed, 0)), orders: map[string]string{}, refunds: map[string]string{}, burned: map[string]bool{}}
			for range steps {
				k.step(t)
				k.checkEdges(t)
			}
			k.checkBills(t)
		})
	}
}

// bookkeeper does random things and remembers what it saw.
type bookkeeper struct {
	bench
	random          *rand.Rand
	orders, refunds map[string]string // number → last state seen
	burned          map[string]bool   // numbers closed before they were placed
	handles         []string          // of native orders, to be paid some time
	count           int
	paid            int64 // by phones that were not refused
}

func (k *bookkeeper) step(t *testing.T) {
	t.Helper()
	switch k.random.IntN(10) {
	case 0, 1:
		k.count++
		number := "NO-" + strconv.Itoa(1000+k.count)
		placed := k.placeBy(t, "native", number, set("amount", map[string]any{"total": 1 + k.random.IntN(500)}))
		require.Equal(t, !k.burned[number], placed.status == http.StatusOK, placed.body)
		k.handles = append(k.handles, placed.field("code_url"))
	case 2, 3, 4:
		k.pay(t)
	case 5:
		number := k.someOrder()
		_, placed := k.sim.Order(number)
		k.burned[number] = !placed
		k.close(t, number)
	case 6, 7:
		k.refundSome(t)
	case 8:
		k.sim.RefundsEnd([]wechattest.RefundStatus{
			wechattest.RefundSuccess, wechattest.RefundSuccess, wechattest.RefundClosed, wechattest.RefundAbnormal,
		}[k.random.IntN(4)])
	case 9:
		k.clock.Advance([]time.Duration{time.Second, time.Minute, time.Hour, 30 * time.Hour, 8 * 24 * time.Hour}[k.random.IntN(5)])
	}
}

func (k *bookkeeper) pay(t *testing.T) {
	t.Helper()
	if len(k.handles) == 0 {
		return
	}
	handle := k.handles[k.random.IntN(len(k.handles))]
	if k.sim.Phone("alice").PayCode(t.Context(), handle) != nil {
		return
	}
	at := slices.IndexFunc(k.sim.Orders(), func(o wechattest.Order) bool { return o.CodeURL == handle })
	k.paid += k.sim.Orders()[at].TotalFen
}

func (k *bookkeeper) someOrder() string { return "NO-" + strconv.Itoa(1001+k.random.IntN(k.count+1)) }

// refundSome asks for some money back, for sensible and for senseless amounts, sometimes twice under one number.
func (k *bookkeeper) refundSome(t *testing.T) {
	t.Helper()
	order, found := k.sim.Order(k.someOrder())
	if !found {
		return
	}
	k.refund(t, order.OutTradeNo, "RE-"+strconv.Itoa(k.random.IntN(40)), 0,
		set("amount", map[string]any{"refund": 1 + k.random.Int64N(order.TotalFen+5), "total": order.TotalFen, "currency": "CNY"}))
}

// checkEdges holds every change of state to the documented machine.
func (k *bookkeeper) checkEdges(t *testing.T) {
	t.Helper()
	for _, order := range k.sim.Orders() {
		edge := k.orders[order.OutTradeNo] + ">" + string(order.State)
		require.Contains(t, []string{
			">NOTPAY", ">CLOSED", "NOTPAY>NOTPAY", "NOTPAY>SUCCESS", "NOTPAY>CLOSED", "SUCCESS>SUCCESS", "SUCCESS>REFUND",
			"REFUND>REFUND", "CLOSED>CLOSED",
		}, edge)
		k.orders[order.OutTradeNo] = string(order.State)
	}
	left := map[string]int64{}
	for _, refund := range k.sim.Refunds() {
		edge := k.refunds[refund.OutRefundNo] + ">" + string(refund.Status)
		require.Contains(t, []string{
			">PROCESSING", "PROCESSING>PROCESSING", "PROCESSING>SUCCESS", "PROCESSING>CLOSED", "PROCESSING>ABNORMAL",
			"SUCCESS>SUCCESS", "CLOSED>CLOSED", "ABNORMAL>ABNORMAL",
		}, edge)
		k.refunds[refund.OutRefundNo] = string(refund.Status)
		if refund.Status != wechattest.RefundClosed {
			left[refund.OutTradeNo] += refund.RefundFen
		}
		require.LessOrEqual(t, left[refund.OutTradeNo], refund.TotalFen, "no order pays back more than it took")
	}
}

// checkBills adds the bills of all days up.
func (k *bookkeeper) checkBills(t *testing.T) {
	t.Helper()
	k.clock.Advance(48 * time.Hour)
	var paid, refunded int64
	for _, order := range k.sim.Orders() {
		if !order.PaidAt.IsZero() {
			paid += order.TotalFen
		}
	}
	for _, refund := range k.sim.Refunds() {
		if refund.Status == wechattest.RefundSuccess {
			refunded += refund.RefundFen
		}
	}
	require.Equal(t, k.paid, paid, "what phones paid is what orders took")

	var billed, returned, in, out int64
	beijing := time.FixedZone("CST", 8*60*60)
	first := noon().In(beijing)
	if back := k.clock.Now().In(beijing).AddDate(0, -3, 0); back.After(first) {
		return // the first days are too long ago to have bills
	}
	for day := first; day.Before(k.clock.Now().Add(-24 * time.Hour)); day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		if k.call(t, http.MethodGet, "/v3/bill/tradebill?bill_date="+date, "").code() == "NO_STATEMENT_EXIST" {
			continue
		}
		trade := summary(k.bill(t, "/v3/bill/tradebill?bill_date="+date))
		billed, returned = billed+fen(t, trade[1]), returned+fen(t, trade[2])
		fund := summary(k.bill(t, "/v3/bill/fundflowbill?bill_date="+date+"&tar_type=GZIP"))
		in, out = in+fen(t, fund[2]), out+fen(t, fund[4])
	}
	require.Equal(t, paid-refunded, billed-returned, "trade bills")
	require.Equal(t, paid-refunded, in-out, "fund-flow bills")
}

// summary is the last line of a bill.
func summary(csv string) []string {
	lines := strings.Split(strings.TrimSuffix(csv, "\n"), "\n")
	return strings.Split(strings.ReplaceAll(lines[len(lines)-1], "`", ""), ",")
}

// fen reads yuan with two decimals.
func fen(t *testing.T, yuan string) int64 {
	t.Helper()
	require.Regexp(t, `^\d+\.\d\d$`, yuan)
	parsed, err := strconv.ParseInt(strings.ReplaceAll(yuan, ".", ""), 10, 64)
	require.NoError(t, err)
	return parsed
}
