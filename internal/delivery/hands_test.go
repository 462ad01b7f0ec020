package delivery

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/store"
)

// A host that is stopped and goes on must not hand over what it had in stock: another host may have done so meanwhile.
func TestStaleStockIsNotHandedOver(t *testing.T) {
	t.Parallel()
	h := hands{all: map[store.Claim]struct{}{}, plugins: map[string]*hand{}}
	owner := "o"
	var items []item
	for _, id := range []string{"e1", "e2", "e3"} {
		items = append(items, item{delivery: store.Delivery{EventID: id, Plugin: "p", Owner: &owner}})
	}
	h.took("p", items)
	now := time.Now()
	_, ok := h.next("p", 3, now)
	require.True(t, ok)
	_, ok = h.next("p", 3, now.Add(staleAfter))
	require.False(t, ok)
	require.True(t, h.stale("p", now.Add(staleAfter)), "it is to be given back")
	require.Len(t, h.drop("p"), 2)
}

// A plugin that dies while somebody looks for suspects leaves some.
func TestSuspectsAreNotForgottenWhileSomebodyLooks(t *testing.T) {
	t.Parallel()
	h := hands{all: map[store.Claim]struct{}{}, plugins: map[string]*hand{}}
	h.took("p", []item{{delivery: store.Delivery{EventID: "e1", Plugin: "p"}}})
	require.True(t, h.mayHaveSuspects("p"), "from an earlier run, perhaps")
	h.gave(store.Delivery{EventID: "e1", Plugin: "p"}, true)
	require.True(t, h.mayHaveSuspects("p"))
	require.False(t, h.mayHaveSuspects("p"))
}
