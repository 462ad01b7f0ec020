// Package sdk is what plugin authors import. A plugin is a main package that gives its handler to Serve:
//
//	type Fulfil struct {
//		ERPURL string `json:"erp_url"` // from the plugin's config in the host's file
//	}
//
//	func (f *Fulfil) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
//		return f.ship(ctx, n.EventID, n.OutTradeNo) // idempotent by EventID
//	}
//
//	func main() { sdk.Serve(&Fulfil{}) }
//
// It links neither the host's web framework nor a database driver.
package sdk

// Serve runs the plugin. It never returns.
func Serve(handler any) { _ = handler }
