package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

func TestShop(t *testing.T) {
	t.Parallel()
	d := openDemo(t, testOptions(t, ""))
	buyer, other := newMiniProgram(d), newMiniProgram(d)
	other.phone = d.wechat.Phone("xiaoming")
	for _, app := range []*miniProgram{buyer, other} {
		_, err := app.logIn(t.Context())
		require.NoError(t, err)
	}
	place := func(t *testing.T) (order, wechattest.Launch) {
		t.Helper()
		o, launch, err := buyer.placeOrder(t.Context(), "cake")
		require.NoError(t, err)
		return o, launch
	}

	t.Run("ThePriceIsTheServers", func(t *testing.T) {
		var answer struct{ Order order }
		err := buyer.ask(t.Context(), http.MethodPost, "/shop/orders", map[string]any{"goods": "cake", "amount_fen": 1}, &answer)
		require.NoError(t, err)
		require.EqualValues(t, 1950, answer.Order.AmountFen)
		require.EqualValues(t, 1950, orderAtWeChat(t, d, answer.Order.No).TotalFen)
	})
	t.Run("NobodyWithoutToken", func(t *testing.T) {
		stranger := newMiniProgram(d)
		_, _, err := stranger.placeOrder(t.Context(), "cake")
		require.ErrorContains(t, err, "401 not-logged-in")
	})
	t.Run("NobodyElsesOrder", func(t *testing.T) {
		o, _ := place(t)
		_, err := other.showOrder(t.Context(), o.No)
		require.ErrorContains(t, err, "got 404")
		require.ErrorContains(t, other.ask(t.Context(), http.MethodPost, "/shop/orders/"+o.No+"/close", nil, nil), "got 404")
	})
	t.Run("UnknownGoods", func(t *testing.T) {
		_, _, err := buyer.placeOrder(t.Context(), "tea")
		require.ErrorContains(t, err, "got 404")
	})
	t.Run("AnUnpaidOrderCanBePaidLater", func(t *testing.T) {
		o, first := place(t)
		var again struct{ Launch wechattest.Launch }
		require.NoError(t, buyer.ask(t.Context(), http.MethodPost, "/shop/orders/"+o.No+"/pay", nil, &again))
		require.Equal(t, first.Package, again.Launch.Package, "the same order has the same prepay_id")
		require.NoError(t, buyer.phone.Pay(t.Context(), again.Launch))
		o, err := buyer.showOrder(t.Context(), o.No)
		require.NoError(t, err)
		require.Equal(t, "SUCCESS", o.State)
	})
	t.Run("ACancelledOrderCannotBePaid", func(t *testing.T) {
		o, launch := place(t)
		var closed order
		require.NoError(t, buyer.ask(t.Context(), http.MethodPost, "/shop/orders/"+o.No+"/close", nil, &closed))
		require.Equal(t, "CLOSED", closed.State)
		require.Error(t, buyer.phone.Pay(t.Context(), launch))
	})
	t.Run("CancellingAPaidOrderSaysItIsPaid", func(t *testing.T) {
		o, launch := place(t)
		require.NoError(t, buyer.phone.Pay(t.Context(), launch))
		var after order
		require.NoError(t, buyer.ask(t.Context(), http.MethodPost, "/shop/orders/"+o.No+"/close", nil, &after))
		require.Equal(t, "SUCCESS", after.State)
	})
	t.Run("Mine", func(t *testing.T) {
		var mine, others []order
		require.NoError(t, buyer.ask(t.Context(), http.MethodGet, "/shop/orders", nil, &mine))
		require.NoError(t, other.ask(t.Context(), http.MethodGet, "/shop/orders", nil, &others))
		require.NotEmpty(t, mine)
		require.Empty(t, others)
	})
}

func orderAtWeChat(t *testing.T, d *demo, no string) wechattest.Order {
	t.Helper()
	o, found := d.wechat.Order(no)
	require.True(t, found)
	return o
}
