package wechat_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"wgink.ink/wechat"
	"wgink.ink/wechat/plugins/sdk"
)

// A handler that rejects an event makes it a dead letter. When the cause is put right, it is handed over again.
func ExampleModule_DeadLetters() {
	var paper atomic.Bool
	printed := make(chan string, 1)
	withHandlers(func(h *exampleHost) {
		ctx := context.Background()
		h.pay(h.local.Phone("alice"), "ORDER-0001")
		var letters []wechat.DeadLetter
		await(func() bool {
			letters = must(h.module.DeadLetters(ctx, wechat.DeadLetterFilter{}))
			return len(letters) > 0
		})
		fmt.Println(letters[0].Plugin, letters[0].Subject, letters[0].Reason)

		paper.Store(true)
		check(h.module.Requeue(ctx, letters[0].EventID, letters[0].Plugin))
		fmt.Println("printed", <-printed)
	}, wechat.OnPaymentNotice(func(_ context.Context, n *sdk.PaymentNotice) error {
		if !paper.Load() {
			return sdk.Reject("out of paper")
		}
		printed <- n.OutTradeNo
		return nil
	}))
	// Output:
	// on-payment-notice ORDER-0001 out of paper
	// printed ORDER-0001
}

// An event that is done can be handed over again, too, for example to a handler that was wrong about it.
func ExampleModule_Replay() {
	paid := make(chan *sdk.PaymentNotice, 1)
	withHandlers(func(h *exampleHost) {
		ctx := context.Background()
		h.pay(h.local.Phone("alice"), "ORDER-0001")
		first := <-paid
		await(func() bool { return must(h.module.Event(ctx, first.EventID)).Deliveries[0].State == "done" })
		check(h.module.Replay(ctx, first.EventID, "on-payment-notice"))
		again := <-paid
		fmt.Println(again.OutTradeNo, again.EventID == first.EventID, again.Replay)
	}, wechat.OnPaymentNotice(func(_ context.Context, n *sdk.PaymentNotice) error {
		paid <- n
		return nil
	}))
	// Output: ORDER-0001 true true
}

// await asks again and again.
func await(done func() bool) {
	for !done() {
		<-time.After(time.Millisecond)
	}
}
