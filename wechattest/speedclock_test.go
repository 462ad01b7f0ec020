package wechattest_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// pass lets real time pass, for a merchant whose clock is right.
func (b bench) pass(d time.Duration) {
	time.Sleep(d)
	b.clock.Advance(d)
}

// quick is a bench on which a minute is an hour at WeChat.
func quick(t *testing.T, opts ...wechattest.Option) bench {
	t.Helper()
	time.Sleep(time.Until(noon())) // from the year 2000, where a bubble's time begins
	b := setup(t, append(opts, wechattest.WithClock(wechattest.NewSpeedClock(60)))...)
	b.clock = wechattest.NewClock(time.Now())
	return b
}

func TestSpeedClock(t *testing.T) {
	t.Parallel()
	t.Run("LivesAreShorter", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := quick(t)
			token, code := b.token(t, false).field("access_token"), b.grant(t)
			b.pass(5 * time.Second)
			require.Equal(t, "0", b.phoneNumber(t, token, code, "").field("errcode"), "a code lives five minutes")
			b.pass(115 * time.Second)
			requireErrcode(t, 42001, b.phoneNumber(t, token, b.grant(t), ""))
			number := b.phoneNumber(t, b.token(t, false).field("access_token"), b.grant(t), "")
			require.Contains(t, number.body, `"timestamp":`+strconv.FormatInt(time.Now().Unix(), 10), "a watermark is compared with a shop's clock")
			require.Equal(t, 2*time.Hour, b.sim.Now().Sub(time.Now().Add(-2*time.Minute)))
		})
	})
	t.Run("SignaturesAreNot", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := quick(t)
			b.inbox.answerWith(http.StatusBadGateway)
			b.pass(time.Hour)
			b.buy(t, "NO-0001")
			b.settle(t)
			b.pass(250 * time.Millisecond)
			b.settle(t)
			attempts := b.sim.Attempts("NO-0001")
			require.Len(t, attempts, 2)
			require.Equal(t, 15*time.Second, attempts[1].At.Sub(attempts[0].At))
			headers, _ := b.inbox.received()
			require.Equal(t, strconv.FormatInt(time.Now().Unix(), 10), headers[1].Get("Wechatpay-Timestamp"))
			answer := b.query(t, "NO-0001")
			require.Equal(t, "SUCCESS", answer.field("trade_state"))
			require.Equal(t, strconv.FormatInt(b.sim.SigningTime().Unix(), 10), answer.header.Get("Wechatpay-Timestamp"))
		})
	})
	t.Run("TimeExpireIsSoLongFromNow", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := quick(t)
			b.pass(time.Hour)
			expiry := set("time_expire", time.Now().Add(30*time.Minute).Format(time.RFC3339))
			b.place(t, "NO-0001", expiry)
			b.pass(29 * time.Second)
			b.place(t, "NO-0001", expiry)
			b.pass(time.Second)
			require.Contains(t, placing(expiry)(t, b).body, "过期")
		})
	})
	t.Run("ItGoesOnWhereItWas", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var saved bytes.Buffer
			b := quick(t)
			b.pass(time.Hour)
			b.buy(t, "NO-0001")
			then := b.sim.Now()
			require.NoError(t, b.sim.Snapshot(&saved))
			next := quick(t)
			require.NoError(t, next.sim.Restore(strings.NewReader(saved.String())))
			require.Equal(t, then, next.sim.Now())
			next.pass(time.Minute)
			require.Equal(t, time.Hour, next.sim.Now().Sub(then))
		})
	})
	t.Run("ItCannotStand", func(t *testing.T) {
		t.Parallel()
		_, err := wechattest.Open(wechattest.WithClock(wechattest.NewSpeedClock(0)))
		require.ErrorContains(t, err, "speed of the clock")
	})
}
