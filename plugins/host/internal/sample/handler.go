// Package sample is a well-behaved handler that does what each event says, so that tests can run the same table on it as a
// process and inside the host's own.
package sample

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"wgink.ink/wechat/plugins/sdk"
)

// Handler answers what it got as the reason of a rejection, or does what the notice says.
type Handler struct {
	Greeting string `json:"greeting"`
	// Release ends handlers that hang; nil means never.
	Release chan struct{} `json:"-"`

	env sdk.Env
}

// Start keeps the way to the host.
func (h *Handler) Start(_ context.Context, env sdk.Env) error {
	h.env = env
	return nil
}

// OnPayment tells what it got.
func (h *Handler) OnPayment(_ context.Context, n *sdk.PaymentNotice) error {
	return sdk.Reject(fmt.Sprintf("%s %s %d %d %v %s", h.Greeting, n.OutTradeNo, n.AmountFen, n.Attempt, n.Compared, n.RawJSON))
}

// OnRefund tells what it got.
func (h *Handler) OnRefund(_ context.Context, n *sdk.RefundNotice) error {
	return sdk.Reject(fmt.Sprintf("%s %s %s %d of %d %s", n.EventType, n.OutRefundNo, n.RefundStatus, n.RefundFen, n.AmountFen, n.RawJSON))
}

// OnUserEvent tells what it got.
func (h *Handler) OnUserEvent(_ context.Context, e *sdk.UserEvent) error {
	return sdk.Reject(fmt.Sprintf("%s %s %s %v", e.EventType, e.OpenID, e.Nickname, e.Replay))
}

// OnNotice does what the notice says.
func (h *Handler) OnNotice(ctx context.Context, n *sdk.Notice) error {
	var order struct {
		Do string `json:"do"`
	}
	if err := json.Unmarshal(n.RawJSON, &order); err != nil {
		return sdk.Reject("unreadable")
	}
	switch order.Do {
	case "fail":
		return errors.New("no ledger, token " + h.env.Secrets["TOKEN"])
	case "retry":
		return sdk.RetryAfter(90*time.Second, errors.New("later please"))
	case "reject":
		return sdk.Reject("never")
	case "panic":
		panic("handler boom") //nolint:forbidigo // what a host must survive
	case "wait": // as long as it may
		<-ctx.Done()
		return ctx.Err()
	case "hang": // longer than it may
		h.env.Logger.InfoContext(ctx, "entered", "event", n.EventID)
		<-h.Release
	case "query":
		o, err := h.env.Host.QueryOrder(ctx, n.Subject)
		if err != nil {
			return err
		}
		return sdk.Reject(fmt.Sprintf("%s %s %d %v", o.OutTradeNo, o.TradeState, o.AmountFen, o.Paid()))
	case "transaction":
		o, err := h.env.Host.QueryOrderByTransaction(ctx, n.Subject)
		if err != nil {
			return err
		}
		return sdk.Reject(o.TransactionID)
	case "close":
		return h.env.Host.CloseOrder(ctx, n.Subject)
	case "user":
		u, err := h.env.Host.User(ctx, n.Subject)
		if err != nil {
			return err
		}
		return sdk.Reject(u.OpenID + " " + u.Nickname)
	}
	return nil
}
