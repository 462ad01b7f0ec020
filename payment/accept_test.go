package payment

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// A notice that does not fit raises the alarm also when it comes again: WeChat repeats what was not answered, and then the
// host may have ended before the first alarm.
func TestEachNoticeInQuarantineIsAlarming(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	db, err := store.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	s := New(Parts{DB: db, Queue: delivery.New(db, nobody{}, log, delivery.Settings{}), Log: log, Now: time.Now}, Settings{})
	asked := store.Incoming{
		Event: store.Event{ID: "e", BusinessKey: "e", Verdict: store.VerdictOK, Payload: []byte("{}")},
		Terms: &store.Terms{OutTradeNo: "nobody's", Unknown: store.VerdictUnknownOrder},
	}
	notice := asked
	notice.Event.NoticeID = new("n")
	for i, in := range []store.Incoming{notice, notice, asked} {
		receipt, err := s.accept(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, Quarantined, receipt)
		require.Equal(t, min(i+1, 2), strings.Count(text.String(), "ALARM"), "who asks WeChat often is told once")
	}
}

type nobody struct{ delivery.Receiver }

// Subscribers are none.
func (nobody) Subscribers(string) []string { return nil }
