//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/wechattest"
)

// A host that answers before it has kept the notice, and a plugin without a unique key: the checker must tell.

func TestCheckerFindsWhatAHostLost(t *testing.T) {
	t.Parallel()
	b := newBed(t, dbtest.SQLite(t))
	b.lose = 2
	b.start()
	for _, number := range []string{"order-0001", "order-0002", "order-0003"} {
		b.pay(number, 100)
		b.awaitAcknowledged(number)
	}
	b.breaks(
		"order order-0001: lost: acknowledged, but not in the inbox",
		"order order-0002: lost: acknowledged, but not in the inbox",
		"sum: paid are 300 fen, booked are 100",
	)
}

func TestCheckerFindsDoubleEffects(t *testing.T) {
	t.Parallel()
	b := newBed(t, dbtest.SQLite(t))
	b.plugin.NoKey, b.plugin.DieAfterEffect = true, true
	b.start()
	b.pay("order-0001", 100)
	b.breaks("double: booked 2 times", "sum: paid are 100 fen, booked are 200")
}

func TestCheckerFindsStrayPlugins(t *testing.T) {
	t.Parallel()
	b := newBed(t, dbtest.SQLite(t))
	b.start()
	b.pay("order-0001", 100)
	b.holds()
	sleep, err := exec.LookPath("sleep")
	require.NoError(t, err)
	program, err := os.ReadFile(sleep)
	require.NoError(t, err)
	copied := filepath.Join(b.path("plugins"), "stray")
	require.NoError(t, os.WriteFile(copied, program, 0o700))
	var stray *exec.Cmd
	b.eventually(func() bool { // busy as long as a process forked meanwhile still has it open for writing
		stray = exec.CommandContext(t.Context(), copied, "60")
		return stray.Start() == nil
	}, "the stray does not start")
	b.breaks("leftover: plugin processes")
	require.NoError(t, stray.Process.Kill())
	require.Error(t, stray.Wait())
	b.holds()
}

// breaks waits until the checker finds exactly these faults.
func (b *bed) breaks(want ...string) {
	b.t.Helper()
	var broken []string
	found := eventuallyTrue(limit, func() bool {
		e, err := b.evidence()
		broken = e.violations()
		return err == nil && len(broken) == len(want) && !slices.ContainsFunc(want, func(fault string) bool {
			return !strings.Contains(strings.Join(broken, "\n"), fault)
		})
	})
	require.True(b.t, found, "found %q instead of %q", broken, want)
}

// Each rule by itself, on evidence with one fault.
func TestEveryRuleCanFail(t *testing.T) {
	t.Parallel()
	good := func() *evidence {
		return &evidence{
			orders:   []wechattest.Order{{OutTradeNo: "o1", TotalFen: 100, State: wechattest.Paid}, {OutTradeNo: "o2", TotalFen: 5, State: wechattest.NotPaid}},
			attempts: []wechattest.NoticeAttempt{{OutTradeNo: "o1"}, {OutTradeNo: "o1", Status: 204}},
			events: []store.Event{
				{ID: "e1", Kind: paymentKind, Subject: "o1", Verdict: store.VerdictOK},
				{ID: "e2", Kind: paymentKind, Subject: "o2", Verdict: "amount"},
				{ID: "e3", Kind: refundKind, Subject: "o1", Verdict: store.VerdictOK},
			},
			deliveries: []store.Delivery{{EventID: "e1", State: store.Done}},
			bookings:   []booking{{"e1", paymentKind, "o1", 100}, {"e3", refundKind, "o1", 30}},
			refunds:    map[string]int64{"o1": 30},
			plugins:    []int{1},
		}
	}
	require.Empty(t, good().violations())
	for want, spoil := range map[string]func(e *evidence){
		"still waits":                  func(e *evidence) { e.attempts[1].Status = 500 },
		"o1: lost":                     func(e *evidence) { e.events[0].Subject = "o9" },
		"stuck: its delivery is run":   func(e *evidence) { e.deliveries[0].State = store.Running },
		"stuck: its delivery is pend":  func(e *evidence) { e.deliveries[0].State = store.Pending },
		"e9: booked, but nobody sent":  func(e *evidence) { e.bookings = append(e.bookings, booking{"e9", paymentKind, "o9", 0}) },
		"e1: lost":                     func(e *evidence) { e.bookings[0].EventID = "e2" },
		"e1: double":                   func(e *evidence) { e.bookings = append(e.bookings, booking{"e1", paymentKind, "o1", 100}) },
		"sum: paid are 100 fen":        func(e *evidence) { e.bookings[0].Fen = 99 },
		"o1: paid are 100 fen":         func(e *evidence) { e.bookings[0].Fen = 99 },
		"e2: booked, though quarantin": func(e *evidence) { e.bookings = append(e.bookings, booking{"e2", paymentKind, "o2", 0}) },
		"e1: double: kept":             func(e *evidence) { e.events = append(e.events, e.events[0]) },
		"e1: double: queued":           func(e *evidence) { e.deliveries = append(e.deliveries, e.deliveries[0]) },
		"o2: forged":                   func(e *evidence) { e.events[1].Verdict = store.VerdictOK },
		"o1: paid back are 31":         func(e *evidence) { e.refunds["o1"] = 31 },
		"o1: more is booked back":      func(e *evidence) { e.bookings[1].Fen, e.refunds["o1"] = 101, 101 },
		"leftover":                     func(e *evidence) { e.plugins = []int{1, 2} },
	} {
		e := good()
		spoil(e)
		require.Contains(t, strings.Join(e.violations(), "\n"), want)
	}
}
