package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// seat sells seats: the last one goes to whoever pays first.
type seat struct {
	host *sdk.Host
	told chan string
}

// Start keeps the way to the host.
func (s *seat) Start(_ context.Context, env sdk.Env) error {
	s.host = env.Host
	return nil
}

// OnPayment asks who paid and closes the rival's order, so that it can never be paid. A repeated payment closes it again,
// which does no harm.
func (s *seat) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	payer, err := s.host.User(ctx, n.PayerOpenID)
	if err != nil {
		return err
	}
	rival, err := s.host.QueryOrder(ctx, n.Attach)
	if err != nil {
		return err
	}
	err = s.host.CloseOrder(ctx, rival.OutTradeNo)
	if errors.Is(err, sdk.ErrPaid) {
		return sdk.Reject("both have paid: " + rival.OutTradeNo + " must get the money back")
	}
	s.told <- fmt.Sprintf("%s has the seat, %s is closed", payer.Nickname, rival.OutTradeNo)
	return err
}

// OnRefund frees the seat.
func (s *seat) OnRefund(_ context.Context, n *sdk.RefundNotice) error {
	s.told <- fmt.Sprintf("%d fen of %s went back, the seat is free", n.RefundFen, n.OutTradeNo)
	return nil
}

// A plugin asks its host for what the operator granted: orders and users. Here the host is made of three functions.
func ExampleHost() {
	s := &seat{told: make(chan string, 2)}
	shop := must(host.NewInProcess("seats", s, host.InProcessOptions{
		Granted: []string{"orders.read", "orders.close", "users.read"},
		Services: host.Services{
			QueryOrder: func(_ context.Context, outTradeNo, _ string) (*sdk.Order, error) {
				return &sdk.Order{OutTradeNo: outTradeNo, TradeState: "NOTPAY"}, nil
			},
			CloseOrder: func(context.Context, string) error { return nil },
			User: func(context.Context, string, string) (*sdk.User, error) {
				return &sdk.User{Nickname: "小兰"}, nil
			},
		},
	}))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println("start:", shop.Start(ctx))
	paid := []byte(`{"out_trade_no":"ORDER-0001","attach":"ORDER-0002","payer":{"openid":"o0S2cu2H"}}`)
	fmt.Println(shop.Deliver(ctx, host.Event{ID: "ev_1", Type: "payment.succeeded", Payload: paid}).Result)
	fmt.Println(<-s.told)
	refund := []byte(`{"out_trade_no":"ORDER-0001","amount":{"refund":1800}}`)
	fmt.Println(shop.Deliver(ctx, host.Event{ID: "ev_2", Type: "refund.succeeded", Payload: refund}).Result)
	fmt.Println(<-s.told)
	fmt.Println("stop:", shop.Stop(ctx))
	// Output:
	// start: <nil>
	// done
	// 小兰 has the seat, ORDER-0002 is closed
	// done
	// 1800 fen of ORDER-0001 went back, the seat is free
	// stop: <nil>
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
