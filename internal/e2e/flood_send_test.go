//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"wgink.ink/wechat/wechattest"
)

const (
	floodSenders = 16
	firstRepeat  = 100 * time.Millisecond
	lastRepeat   = 2 * time.Second
)

// flood sends deliveries as WeChat would, and again until they are accepted.
type flood struct {
	bed  *bed
	out  chan delivery
	left sync.WaitGroup // deliveries that are not over
	work sync.WaitGroup
	http *http.Transport

	mu       sync.Mutex
	attempts []wechattest.NoticeAttempt
	repeats  int
	strange  map[int]int // answers to what is not genuine, by status
	problems []error
}

// begin starts the senders; they send what release lets go.
func (b *bed) begin(count int) *flood {
	f := &flood{bed: b, out: make(chan delivery, count), http: &http.Transport{MaxIdleConnsPerHost: floodSenders}, strange: map[int]int{}}
	for range floodSenders {
		f.work.Go(func() {
			for d := range f.out {
				f.deliver(d)
			}
		})
	}
	b.flood = f
	b.t.Cleanup(f.http.CloseIdleConnections)
	return f
}

// release sends these, spread evenly over a time.
func (f *flood) release(some []delivery, over time.Duration) {
	if len(some) == 0 {
		<-time.After(over)
		return
	}
	f.left.Add(len(some))
	pace := time.NewTicker(max(over/time.Duration(len(some)), time.Microsecond))
	defer pace.Stop()
	for _, d := range some {
		f.out <- d
		<-pace.C
	}
}

// settle waits until everything genuine is accepted, false at the limit.
func (f *flood) settle(within time.Duration) bool {
	over := make(chan struct{})
	go func() {
		f.left.Wait()
		close(over)
	}()
	select {
	case <-over:
		close(f.out)
		f.work.Wait()
		f.http.CloseIdleConnections()
		return true
	case <-time.After(within):
		return false
	}
}

func (f *flood) deliver(d delivery) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // as long as WeChat waits
	defer cancel()
	accepted, err := f.send(ctx, d)
	if err != nil {
		f.mu.Lock()
		f.problems = append(f.problems, err)
		f.mu.Unlock()
	}
	if accepted || err != nil || !d.repeats() {
		f.left.Done()
		return
	}
	f.mu.Lock()
	f.repeats++
	f.mu.Unlock()
	wait := min(firstRepeat<<min(d.tries, 10), lastRepeat)
	d.tries++
	time.AfterFunc(wait, func() { f.out <- d })
}

// send makes one delivery. An error is one of the test, not of the host.
func (f *flood) send(ctx context.Context, d delivery) (accepted bool, err error) {
	if d.repeats() && d.refund == 0 {
		attempt, err := f.bed.sim.SendNotice(ctx, d.order)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.attempts = append(f.attempts, attempt)
		return attempt.Accepted(), err
	}
	changes := d.strange
	if d.refund > 0 {
		changes = f.bed.refundNotice(d.order, d.refund)
	}
	notice, err := f.bed.sim.Notice(d.order, changes...)
	if err != nil {
		return false, err
	}
	req, err := notice.Request(ctx, "http://"+f.bed.addr+"/wechat/pay/notice")
	if err != nil {
		return false, err
	}
	status := 0
	if resp, err := f.http.RoundTrip(req); err == nil {
		_ = resp.Body.Close()
		status = resp.StatusCode
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if d.refund == 0 {
		f.strange[status]++
		return false, nil
	}
	accepted = status == http.StatusOK || status == http.StatusNoContent
	if accepted {
		f.bed.refunds[d.order] = d.refund
	}
	return accepted, nil
}

// refundNotice turns the notice about an order's payment into one about its refund.
func (b *bed) refundNotice(order string, fen int64) []wechattest.NoticeChange {
	paid, _ := b.sim.Order(order)
	text, err := json.Marshal(map[string]any{
		"mchid": b.sim.Merchant().MchID, "out_trade_no": order, "transaction_id": paid.TransactionID,
		"out_refund_no": "back-" + order, "refund_id": "5000000000000000" + order, "refund_status": "SUCCESS",
		"success_time": paid.PaidAt.Format(time.RFC3339), "user_received_account": "支付用户零钱",
		"amount": map[string]any{"total": paid.TotalFen, "refund": fen, "payer_total": paid.TotalFen, "payer_refund": fen},
	})
	if err != nil {
		panic(err) // numbers and texts
	}
	return []wechattest.NoticeChange{wechattest.ChangePlaintext(text), wechattest.ChangeEnvelope(func(m map[string]any) {
		m["id"], m["event_type"], m["summary"] = "refund-"+order, "REFUND.SUCCESS", "退款成功"
		if resource, ok := m["resource"].(map[string]any); ok {
			resource["original_type"] = "refund"
		}
	})}
}

func (f *flood) journal() []wechattest.NoticeAttempt {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.attempts)
}

func (f *flood) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf("%d payment attempts, %d repeats, answers to strangers %v", len(f.attempts), f.repeats, f.strange)
}
