package wechattest_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// goodNotices are the plaintexts of what arrived and verifies.
func (b bench) goodNotices(t *testing.T) (good []map[string]any, bad int) {
	t.Helper()
	headers, bodies := b.inbox.received()
	for i, text := range bodies {
		serial := headers[i].Get("Wechatpay-Serial")
		if !slices.Contains(append(b.sim.PlatformSerials(), b.sim.PublicKeyID()), serial) ||
			verify(b.publicKey(t, serial), headers[i], text) != nil {
			bad++
			continue
		}
		var notice body
		require.NoError(t, json.Unmarshal([]byte(text), &notice))
		var plain map[string]any
		require.NoError(t, json.Unmarshal(notice.Resource.open(t, b.merchant.APIv3Key), &plain))
		plain["id"], plain["event"] = notice.ID, notice.EventType
		good = append(good, plain)
	}
	return good, bad
}

func TestScenarioOneBadCopyThenAGoodOne(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rewritten-body", "unknown-serial", "probe-notice", "stripped-headers"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := play(t, name)
			b.inbox.answerWith(http.StatusUnauthorized) // what a shop does that cannot verify
			b.buy(t, "NO-0001")
			b.settle(t)
			good, bad := b.goodNotices(t)
			require.Empty(t, good)
			require.Equal(t, 1, bad)
			b.inbox.answerWith(http.StatusNoContent)
			b.clock.Advance(15 * time.Second)
			b.settle(t)
			good, _ = b.goodNotices(t)
			require.Len(t, good, 1)
		})
	}
}

func TestScenarioForgedNotice(t *testing.T) {
	t.Parallel()
	b := play(t, "forged-notice")
	b.buy(t, "NO-0001")
	b.settle(t)
	headers, _ := b.inbox.received()
	require.Equal(t, b.sim.PlatformSerials()[0], headers[0].Get("Wechatpay-Serial"), "the serial is right")
	good, bad := b.goodNotices(t)
	require.Empty(t, good)
	require.Equal(t, 1, bad)
}

func TestScenarioNoticesThatNeverArrive(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"lost-notice", "no-notices"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := play(t, name)
			b.buy(t, "NO-0001")
			for range 17 {
				b.settle(t)
				b.clock.Advance(6 * time.Hour)
			}
			_, bodies := b.inbox.received()
			require.Empty(t, bodies)
			attempts := b.sim.Attempts("NO-0001")
			require.Len(t, attempts, 16, "WeChat believes that it tried")
			require.Equal(t, "dropped by a script", attempts[0].Error)
			require.Equal(t, "SUCCESS", b.query(t, "NO-0001").field("trade_state"))
		})
	}
}

func TestScenarioDeafWeChat(t *testing.T) {
	t.Parallel()
	b := play(t, "deaf-wechat")
	b.buy(t, "NO-0001")
	for range 4 {
		b.settle(t)
		b.clock.Advance(time.Minute)
	}
	good, _ := b.goodNotices(t)
	require.Len(t, good, 3, "two that WeChat did not hear the answer to, one that it did")
	require.Equal(t, good[0], good[2])
}

func TestScenarioSlowShop(t *testing.T) {
	t.Parallel()
	b := play(t, "slow-shop")
	b.buy(t, "NO-0001")
	for range 17 {
		b.settle(t)
		b.clock.Advance(6 * time.Hour)
	}
	good, _ := b.goodNotices(t)
	require.Len(t, good, 16)
}

func TestScenarioSecondID(t *testing.T) {
	t.Parallel()
	b := play(t, "second-id")
	b.buy(t, "NO-0001")
	b.settle(t)
	b.clock.Advance(15 * time.Second)
	b.settle(t)
	good, _ := b.goodNotices(t)
	require.Len(t, good, 2)
	require.NotEqual(t, good[0]["id"], good[1]["id"])
	require.Equal(t, good[0]["transaction_id"], good[1]["transaction_id"])
}

func TestScenarioParallelNotices(t *testing.T) {
	t.Parallel()
	b := play(t, "parallel-notices")
	b.buy(t, "NO-0001")
	b.settle(t)
	good, _ := b.goodNotices(t)
	require.Len(t, good, 4)
	require.Len(t, b.sim.Attempts("NO-0001"), 4)
}

func TestScenarioRefundFirst(t *testing.T) {
	t.Parallel()
	b := play(t, "refund-first")
	b.buy(t, "NO-0001")
	b.settle(t)
	b.refund(t, "NO-0001", "RE-1", 100)
	b.clock.Advance(5 * time.Second)
	b.settle(t)
	good, _ := b.goodNotices(t)
	require.Len(t, good, 2)
	require.Equal(t, "REFUND.SUCCESS", good[0]["event"])
	require.Equal(t, "TRANSACTION.SUCCESS", good[1]["event"])
}

func TestScenarioNoticesOfOthers(t *testing.T) {
	t.Parallel()
	const neighbours = "the-neighbours-api-v3-key-012345"
	for name, key := range map[string]string{"neighbours-notice": neighbours, "unknown-event": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := play(t, name)
			b.buy(t, "NO-0001")
			b.settle(t)
			b.clock.Advance(15 * time.Second)
			b.settle(t)
			headers, bodies := b.inbox.received()
			require.Len(t, bodies, 2)
			var first, second body
			for i, into := range []*body{&first, &second} {
				require.NoError(t, verify(b.publicKey(t, b.sim.PlatformSerials()[0]), headers[i], bodies[i]))
				require.NoError(t, json.Unmarshal([]byte(bodies[i]), into))
			}
			require.NotEqual(t, first.ID, second.ID)
			require.Equal(t, "TRANSACTION.SUCCESS", second.EventType)
			require.Contains(t, string(second.Resource.open(t, b.merchant.APIv3Key)), `"mchid":"`+b.merchant.MchID+`"`)
			if key == "" {
				require.Equal(t, "MCHTRANSFER.BILL.FINISHED", first.EventType)
				return
			}
			require.Contains(t, string(first.Resource.open(t, key)), `"mchid":"1900000109"`)
		})
	}
}

// A notice that waits for another one must not wait for ever once nobody plays the script any more.
func TestStoppingReleasesWhatWaits(t *testing.T) {
	t.Parallel()
	b := setup(t, wechattest.WithScript(scenario(t, "refund-first")))
	b.buy(t, "NO-0001")
	b.settle(t)
	require.Empty(t, b.sim.Attempts("NO-0001"))
	b.sim.StopFaults()
	b.settle(t)
	require.Len(t, b.sim.Attempts("NO-0001"), 1)
}

// What was sent by hand and accepted meanwhile does not come once more.
func TestAcceptedNoticeWaitsNoMore(t *testing.T) {
	t.Parallel()
	b := play(t, "refund-first")
	b.buy(t, "NO-0001")
	b.settle(t)
	sent, err := b.sim.SendNotice(t.Context(), "NO-0001")
	require.NoError(t, err)
	require.True(t, sent.Accepted())
	b.refund(t, "NO-0001", "RE-1", 100)
	b.clock.Advance(5 * time.Second)
	b.settle(t)
	good, _ := b.goodNotices(t)
	require.Len(t, good, 2)
	require.Equal(t, "REFUND.SUCCESS", good[1]["event"])
}

func TestScenarioShuffledNotices(t *testing.T) {
	t.Parallel()
	b := play(t, "shuffled-notices")
	var placed []string
	for i := range 8 {
		placed = append(placed, b.buy(t, "NO-000"+string(rune('A'+i))).OutTradeNo)
		b.settle(t)
	}
	for range 60 {
		b.clock.Advance(time.Minute)
		b.settle(t)
	}
	good, _ := b.goodNotices(t)
	var arrived []string
	for _, notice := range good {
		arrived = append(arrived, notice["out_trade_no"].(string))
	}
	require.ElementsMatch(t, placed, arrived)
	require.NotEqual(t, placed, arrived)
}

func TestScenarioWrongButSigned(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]func(map[string]any) bool{
		"wrong-amount":   func(n map[string]any) bool { return n["amount"].(map[string]any)["total"] == 1.0 },
		"wrong-app":      func(n map[string]any) bool { return n["appid"] == "wxd678efh567hg6787" },
		"wrong-merchant": func(n map[string]any) bool { return n["mchid"] == "1900000109" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := play(t, name)
			b.buy(t, "NO-0001")
			b.settle(t)
			good, bad := b.goodNotices(t)
			require.Zero(t, bad, "verification says nothing against it")
			require.True(t, wrong(good[0]))
		})
	}
}

func TestScenarioStormyDay(t *testing.T) {
	t.Parallel()
	b := setup(t, wechattest.WithScript(scenario(t, "stormy-day")))
	for i := range 20 {
		number := "NO-00" + string(rune('A'+i))
		for b.call(t, http.MethodPost, jsapiPath, b.order(number)).status != http.StatusOK {
			require.NotEmpty(t, b.sim.FaultReports())
		}
		order, _ := b.sim.Order(number)
		require.NoError(t, b.alice.Pay(t.Context(), b.launch(t, order.PrepayID)))
	}
	for range 40 {
		b.settle(t)
		b.clock.Advance(10 * time.Minute)
	}
	b.sim.StopFaults()
	good, _ := b.goodNotices(t)
	seen := map[any]bool{}
	for _, notice := range good {
		seen[notice["out_trade_no"]] = true
	}
	require.Len(t, seen, 20, "in the end everybody hears")
}
