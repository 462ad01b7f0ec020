package sdk_test

import (
	"context"
	"fmt"

	"wgink.ink/wechat/plugins/sdk"
)

// parcels ships what was paid.
type parcels struct{}

// HonoursShadow promises that OnPayment ships nothing while Shadow is true.
func (p *parcels) HonoursShadow() {}

func (p *parcels) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	parcel, err := p.pack(ctx, n) // reads and decides
	if err != nil || n.Shadow {
		return err
	}
	return p.ship(ctx, n.EventID, parcel)
}

func (p *parcels) pack(_ context.Context, n *sdk.PaymentNotice) (string, error) {
	if n.Attach == "" {
		return "", sdk.Reject("nothing to ship")
	}
	return n.Attach, nil
}

func (p *parcels) ship(_ context.Context, eventID, parcel string) error {
	fmt.Println("ship", parcel, "for", eventID)
	return nil
}

// A plugin that may be tried on events of the past: it decides as ever, and ships nothing.
func ExampleShadowHandler() {
	handler := &parcels{}
	var _ sdk.ShadowHandler = handler
	past := &sdk.PaymentNotice{Delivery: sdk.Delivery{EventID: "ev_1", Shadow: true}, Attach: "latte"}
	fmt.Println(handler.OnPayment(context.Background(), past))
	fmt.Println(handler.OnPayment(context.Background(), &sdk.PaymentNotice{Delivery: sdk.Delivery{EventID: "ev_2"}, Attach: "latte"}))
	// Output:
	// <nil>
	// ship latte for ev_2
	// <nil>
}
