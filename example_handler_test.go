package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/plugins/sdk"
	"wgink.ink/wechat/wechattest"
)

// withHandlers runs a host with handlers in its own process, beside a local WeChat, while use runs.
func withHandlers(use func(h *exampleHost), handlers ...wechat.Option) {
	h := &exampleHost{app: fiber.New(fiber.Config{DisableStartupMessage: true}), data: tempDir()}
	h.local = must(wechattest.Open(wechattest.WithNotifyTransport(inApp{h.app})))
	defer func() { check(errors.Join(h.local.Close(), os.RemoveAll(h.data))) }()
	h.module = must(wechat.New(localConfig(h.local, h.data, "http://shop.example.com"), append(handlers,
		wechat.WithTransport(h.local.RoundTripper()), wechat.WithLogger(slog.New(slog.DiscardHandler)))...))
	h.module.Mount(h.app)
	check(h.module.Start(context.Background()))
	use(h)
	check(h.module.Stop(context.Background()))
}

// pay is a phone that orders and pays.
func (h *exampleHost) pay(phone *wechattest.Phone, outTradeNo string) {
	ctx := context.Background()
	prepay := must(h.module.Pay().PlaceOrder(ctx, payment.PlaceOrder{
		OutTradeNo: outTradeNo, Description: "一杯咖啡", AmountFen: 1800, OpenID: phone.OpenID(),
	}))
	check(phone.Pay(ctx, wechattest.Launch(prepay.Launch)))
	check(h.local.Settle(ctx))
}

// A host that wants no plugin processes takes payments with a function. It is called after WeChat got its answer, again
// and again until it returns nil: make its effect depend on n.EventID.
func ExampleOnPaymentNotice() {
	paid := make(chan string, 1)
	withHandlers(func(h *exampleHost) {
		h.pay(h.local.Phone("alice"), "ORDER-0001")
		fmt.Println(<-paid)
	}, wechat.OnPaymentNotice(func(_ context.Context, n *sdk.PaymentNotice) error {
		paid <- fmt.Sprintf("%s: %d fen, %s", n.OutTradeNo, n.AmountFen, n.TradeState)
		return nil
	}))
	// Output:
	// ORDER-0001: 1800 fen, SUCCESS
}

// A function can follow changes of users, too.
func ExampleOnUserEvent() {
	users := make(chan string, 1)
	withHandlers(func(h *exampleHost) {
		h.logIn(h.local.Phone("alice"))
		fmt.Println(<-users)
	}, wechat.OnUserEvent(func(_ context.Context, e *sdk.UserEvent) error {
		users <- e.EventType
		return nil
	}))
	// Output:
	// user.created
}

// shelf is a handler as a plugin has it: it could move to a process of its own without a change.
type shelf struct {
	host *sdk.Host
	sold chan string
}

// Start is called once, before the first event.
func (s *shelf) Start(_ context.Context, env sdk.Env) error {
	s.host = env.Host
	return nil
}

// OnPayment asks WeChat again before anything is handed out.
func (s *shelf) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	order, err := s.host.QueryOrder(ctx, n.OutTradeNo)
	if err != nil {
		return err
	}
	s.sold <- order.Description + " " + order.TradeState
	return nil
}

// WithHandler takes what a plugin gives sdk.Serve. The id is the name under which the queue keeps its events.
func ExampleWithHandler() {
	s := &shelf{sold: make(chan string, 1)}
	withHandlers(func(h *exampleHost) {
		h.pay(h.local.Phone("alice"), "ORDER-0001")
		fmt.Println(<-s.sold)
	}, wechat.WithHandler("shelf", s))
	// Output:
	// 一杯咖啡 SUCCESS
}
