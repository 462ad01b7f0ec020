// Package sdk is what plugin authors import. A plugin is a main package that gives its handler to Serve:
//
//	type Fulfil struct {
//		ERPURL string `json:"erp_url"` // from `config` in the host's file
//	}
//
//	func (f *Fulfil) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
//		return f.ship(ctx, n.EventID, n.OutTradeNo) // idempotent by EventID
//	}
//
//	func main() { sdk.Serve(&Fulfil{}) }
//
// Events come at least once, so every effect must depend on the EventID. The package links neither the host's web
// framework nor a database driver. The wire format is package pluginv1's; the host's side is package host's.
package sdk
