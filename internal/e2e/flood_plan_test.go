//go:build linux

package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// delivery is one thing that WeChat, or somebody who pretends to be WeChat, sends.
type delivery struct {
	order   string
	refund  int64 // fen; 0: a payment
	strange []wechattest.NoticeChange
	tries   int
}

// repeats tells whether WeChat sends it again until it is accepted. A forger and a probe do not care.
func (d delivery) repeats() bool { return d.strange == nil }

// plan makes a flood of so many deliveries: 20 % are duplicates, 2 % forged, 1 % probes, a tenth of the rest refunds. They
// are in no order, so that some refunds come before their payment. All orders are placed, and those paid that must be.
func (b *bed) plan(random *rand.Rand, count int) (deliveries []delivery) {
	b.t.Helper()
	forged, probes, twice := count*2/100, count/100, count/5
	refunds := (count - forged - probes - twice) / 10
	payments := count - forged - probes - twice - refunds
	b.sim.HoldNotices(true)
	decoys := max(1, forged/5)
	b.placeAll(payments, decoys)
	for i := range payments {
		deliveries = append(deliveries, delivery{order: orderNumber(i)})
	}
	for i := range refunds {
		deliveries = append(deliveries, delivery{order: orderNumber(i), refund: int64(1 + i%100)})
	}
	for range twice {
		deliveries = append(deliveries, deliveries[random.IntN(payments+refunds)])
	}
	for i := range forged {
		deliveries = append(deliveries, delivery{order: decoyNumber(i % decoys), strange: []wechattest.NoticeChange{forgery(i)}})
	}
	for i := range probes {
		deliveries = append(deliveries, delivery{order: orderNumber(i), strange: []wechattest.NoticeChange{wechattest.ProbeSignature()}})
	}
	random.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	return deliveries
}

func orderNumber(i int) string { return fmt.Sprintf("order-%05d", i) }
func decoyNumber(i int) string { return fmt.Sprintf("decoy-%05d", i) }

// forgery is a wrong notice: damaged, sealed with another key, or genuine and about something that is not ours.
func forgery(i int) wechattest.NoticeChange {
	kinds := []wechattest.NoticeChange{
		wechattest.FlipBodyByte(200), wechattest.ChangeTotal(1), wechattest.SealWith("an-other-key-of-32-bytes-length!"),
		wechattest.ChangeMchID("1900000999"), wechattest.ChangePayer("oSomebodyElse"), wechattest.ChangeOutTradeNo("nobody-knows-it"),
	}
	return kinds[i%len(kinds)]
}

// placeAll places orders at the host, some at a time, and pays all but the decoys.
func (b *bed) placeAll(payments, decoys int) {
	b.t.Helper()
	numbers := make(chan string)
	var (
		work   sync.WaitGroup
		mu     sync.Mutex
		failed []error
	)
	for range 4 {
		work.Go(func() {
			for number := range numbers {
				if err := b.place(number, int64(100+len(number)+int(number[len(number)-1])), number[0] == 'o'); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	for i := range payments {
		numbers <- orderNumber(i)
	}
	for i := range decoys {
		numbers <- decoyNumber(i)
	}
	close(numbers)
	work.Wait()
	require.Empty(b.t, failed[:min(len(failed), 3)])
	require.Len(b.t, b.sim.Orders(), payments+decoys)
}

// shuffled is a deck of cards: each name as often as it says.
func shuffled(random *rand.Rand, counts map[string]int) (deck []string) {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names) // a map has no order, a seed needs one
	for _, name := range names {
		deck = append(deck, slices.Repeat([]string{name}, counts[name])...)
	}
	random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}
