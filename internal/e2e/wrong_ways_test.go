//go:build linux

package e2e

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/wechattest"
)

// Modules that work in a wrong way, and are right otherwise. The checker must find each of them.

func TestCheckerFindsWrongWays(t *testing.T) {
	t.Parallel()
	program := failingBuild(t)
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		t.Run("AnswerBeforeCommit", func(t *testing.T) {
			t.Parallel()
			b := newBedOf(t, program, another(t, url))
			b.start()
			b.arm(failpoint.AnswerFirst, "")
			b.arm(failpoint.BeforeInsert, "delay 1m")
			b.pay("order-0001", 100)
			b.awaitAcknowledged("order-0001")
			b.eventually(func() bool { return !b.armed(failpoint.BeforeInsert) }, "nothing is kept later")
			b.host.kill()
			b.start()
			b.breaks("order order-0001: lost: acknowledged, but not in the inbox", "sum: paid are 100 fen, booked are 0")
		})
		t.Run("NoMerchantCheck", func(t *testing.T) {
			t.Parallel()
			b := newBedOf(t, program, another(t, url))
			b.start()
			require.NoError(t, b.place("order-0001", 100, false))
			foreign := delivery{order: "order-0001", strange: []wechattest.NoticeChange{wechattest.ChangeMchID("1900000999")}}
			b.delivers(foreign)
			b.holds()
			require.NoError(t, b.place("order-0002", 100, false))
			foreign.order = "order-0002"
			b.arm(failpoint.AnyMerchant, "")
			b.delivers(foreign)
			b.breaks("order order-0002: forged: a payment is kept as good", "order order-0002: paid are 0 fen, booked are 100",
				"sum: paid are 0 fen, booked are 100")
		})
	})
}

// Without the unique keys every repeat is an event of its own. The plugin has no key either, since its key would hide
// that; with the module's keys such a plugin books once.
func TestCheckerFindsMissingKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		for name, keys := range map[string]bool{"WithKeys": true, "WithoutKeys": false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := newBed(t, another(t, url))
				b.plugin.NoKey = true
				b.start()
				if !keys {
					b.inbox.dropKeys(t)
				}
				b.sim.HoldNotices(true)
				b.pay("order-0001", 100)
				require.True(t, b.delivers(delivery{order: "order-0001"}))
				// Two rows with one key that are in hand at once might share one outcome.
				b.eventually(func() bool { return b.inbox.open(t, "%") == 0 }, "the first is handled")
				require.True(t, b.delivers(delivery{order: "order-0001"}))
				if keys {
					b.holds()
					return
				}
				broken := func() string { e, _ := b.evidence(); return strings.Join(e.violations(), "\n") }
				often := regexp.MustCompile(`sum: paid are 100 fen, booked are ([2-9]|\d\d)00`)
				b.eventually(func() bool { return often.MatchString(broken()) }, "the second booking")
				for _, fault := range []string{"double: kept 2 times", "double: queued twice"} {
					require.Contains(t, broken(), fault)
				}
			})
		}
	})
}

// dropKeys takes the unique keys of events and deliveries away.
func (i *inbox) dropKeys(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if !strings.HasPrefix(i.url, "sqlite:") {
		_, err := i.db.ExecContext(ctx, `ALTER TABLE wechat_deliveries DROP CONSTRAINT wechat_deliveries_event_id_fkey;
			ALTER TABLE wechat_events DROP CONSTRAINT wechat_events_pkey; ALTER TABLE wechat_events DROP CONSTRAINT wechat_events_mchid_business_key_key;
			DROP INDEX wechat_events_notice; ALTER TABLE wechat_deliveries DROP CONSTRAINT wechat_deliveries_pkey;
			DROP INDEX wechat_deliveries_one_running`)
		require.NoError(t, err)
		return
	}
	// SQLite cannot drop a constraint, so the tables are made anew from their own text.
	keys := regexp.MustCompile(`(?m)REFERENCES wechat_events \(id\)| PRIMARY KEY,|(UNIQUE|PRIMARY KEY) \([a-z_, ]+\)`)
	for _, table := range []string{"wechat_events", "wechat_deliveries"} {
		var text string
		require.NoError(t, i.db.QueryRowContext(ctx, "SELECT sql FROM sqlite_master WHERE name = ?", table).Scan(&text))
		bare := keys.ReplaceAllStringFunc(text, func(key string) string {
			switch {
			case strings.HasPrefix(key, "REFERENCES"):
				return ""
			case key == " PRIMARY KEY,":
				return ","
			}
			return "CHECK (TRUE)"
		})
		require.NotEqual(t, text, bare)
		_, err := i.db.ExecContext(ctx, "DROP TABLE "+table+"; "+bare)
		require.NoError(t, err)
	}
}
