// Command greeter is a plugin for the tests of package plugintest.
package main

import (
	"context"

	"wgink.ink/wechat/plugins/sdk"
)

type greeter struct {
	Greeting string `json:"greeting"`

	env sdk.Env
}

func main() { sdk.Serve(&greeter{}) }

// HonoursShadow is true of a plugin that only reads.
func (g *greeter) HonoursShadow() {}

// Start keeps the way to the host.
func (g *greeter) Start(_ context.Context, env sdk.Env) error { //nolint:unparam // the interface wants the error
	g.env = env
	return nil
}

// OnPayment rejects with what it knows, and never returns when it shall greet for ever.
func (g *greeter) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	if g.Greeting == "for ever" {
		select {}
	}
	u, err := g.env.Host.User(ctx, n.PayerOpenID)
	if err != nil {
		return err
	}
	return sdk.Reject(g.Greeting + " " + u.Nickname + " " + n.OutTradeNo + " " + g.env.Secrets["TOKEN"])
}
