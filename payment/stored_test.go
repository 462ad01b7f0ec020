package payment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/store"
)

// It has no client to ask WeChat with, and no queue for events.
func TestStoredOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		require.NoError(t, store.Migrate(t.Context(), url))
		db, err := store.Open(url)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		s := New(Parts{DB: db, Now: time.Now}, Settings{MchID: "1900000001"})
		fresh, err := db.InsertOrder(t.Context(), store.Order{
			MchID: "1900000001", OutTradeNo: "ORDER-0001", AmountFen: 990, Currency: "CNY", State: string(Success), TransactionID: new("4200"),
		})
		require.NoError(t, err)
		require.True(t, fresh)
		for _, numbers := range [][2]string{{"ORDER-0001", ""}, {"", "4200"}} {
			o, err := s.StoredOrder(t.Context(), numbers[0], numbers[1])
			require.NoError(t, err)
			require.Equal(t, "ORDER-0001", o.OutTradeNo)
			require.Equal(t, Success, o.State)
			require.EqualValues(t, 990, o.AmountFen)
		}
		for _, numbers := range [][2]string{{"ORDER-0002", ""}, {"", "4201"}} {
			_, err := s.StoredOrder(t.Context(), numbers[0], numbers[1])
			require.Equal(t, fault.OrderNotFound, fault.CodeOf(err))
		}
	})
}
