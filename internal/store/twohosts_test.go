package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

// Two payments of one order come to two hosts at once: one of them is the order's, the other one is quarantined.
func TestTwoPaymentsOfOneOrderAtTwoHosts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		hosts := []*store.DB{open(t, url), open(t, url)}
		const rounds, orders = 15, 4
		for round := range rounds {
			groups := make([][]store.Incoming, len(hosts))
			for i := range orders {
				number := fmt.Sprintf("o%d-%d", round, i)
				_, err := hosts[0].InsertOrder(t.Context(), orderRow(number))
				require.NoError(t, err)
				for host := range hosts {
					groups[host] = append(groups[host], paymentOf(number, host))
				}
			}
			slices.Reverse(groups[1])
			for _, number := range keepAtOnce(t, hosts, groups) {
				onePayment(t, hosts[0], number)
			}
		}
	})
}

// paymentOf is one of several payments of an order.
func paymentOf(number string, n int) store.Incoming {
	f := paidFact(number, fmt.Sprintf("n%d-%s", n, number))
	f.Terms.TransactionID = fmt.Sprintf("t%d-%s", n, number)
	// The ids do not sort as the orders do: the hosts must not lock crosswise.
	f.Event.ID = fmt.Sprintf("e%d-%s", n, number)
	if n == 1 {
		digits := []byte(number)
		slices.Reverse(digits)
		f.Event.ID = fmt.Sprintf("e%d-%s", n, digits)
	}
	f.Event.BusinessKey = "payment|" + f.Terms.TransactionID
	return f
}

// keepAtOnce has each host keep its group and names the orders.
func keepAtOnce(t *testing.T, hosts []*store.DB, groups [][]store.Incoming) (numbers []string) {
	t.Helper()
	begin, ended := make(chan struct{}), make(chan error, len(hosts))
	for i, host := range hosts {
		go func() {
			<-begin
			kept, err := host.Keep(t.Context(), groups[i])
			for j, k := range kept {
				if verdict := k.Verdict; !k.Fresh || (verdict != store.VerdictOK && verdict != store.VerdictTransaction) {
					err = fmt.Errorf("host %d, fact %d: %+v", i, j, k)
				}
			}
			ended <- err
		}()
	}
	close(begin)
	for range hosts {
		require.NoError(t, <-ended)
	}
	for _, f := range groups[0] {
		numbers = append(numbers, f.Terms.OutTradeNo)
	}
	return numbers
}

// onePayment requires that one of the payments is the order's, and the other one is kept and not delivered.
func onePayment(t *testing.T, db *store.DB, number string) {
	t.Helper()
	o, _, err := db.Order(t.Context(), "m", number)
	require.NoError(t, err)
	verdicts := map[string]int{}
	for host := range 2 {
		f := paymentOf(number, host)
		_, good, err := db.Event(t.Context(), f.Event.ID)
		require.NoError(t, err)
		_, bad, err := db.Event(t.Context(), f.Event.ID+"-"+store.VerdictTransaction)
		require.NoError(t, err)
		require.NotEqual(t, good, bad, "kept, and once")
		rows, err := db.Deliveries(t.Context(), f.Event.ID)
		require.NoError(t, err)
		require.Equal(t, good, len(rows) > 0)
		require.Equal(t, good, *o.TransactionID == f.Terms.TransactionID)
		if good {
			verdicts[store.VerdictOK]++
		}
	}
	require.Equal(t, map[string]int{store.VerdictOK: 1}, verdicts, number)
}
