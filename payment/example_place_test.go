package payment_test

import (
	"context"
	"fmt"

	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

// Placing an order (JSAPI下单) gives the parameters of wx.requestPayment. Placing it again with the same terms gives the
// same prepay_id; with other terms it is refused.
func ExampleService_PlaceOrder() {
	shop, ctx := openShop(), context.Background()
	defer shop.stop()
	phone := shop.local.Phone("alice")

	order := payment.PlaceOrder{
		OutTradeNo:  "ORDER-0001",
		Description: "一杯咖啡",
		AmountFen:   1800, // 18 yuan, from your own price list
		OpenID:      phone.OpenID(),
	}
	prepay, err := shop.pay.PlaceOrder(ctx, order)
	fmt.Println(prepay.Launch.Package == "prepay_id="+prepay.PrepayID, err)
	again, err := shop.pay.PlaceOrder(ctx, order)
	fmt.Println("the same prepay_id:", again.PrepayID == prepay.PrepayID, err)

	order.AmountFen = 1
	_, err = shop.pay.PlaceOrder(ctx, order)
	fmt.Println(err)
	if payment.CodeOf(err) == payment.OrderTermsDiffer {
		fmt.Println("that number is taken")
	}

	fmt.Println("paid:", phone.Pay(ctx, wechattest.Launch(prepay.Launch)))
	// Output:
	// true <nil>
	// the same prepay_id: true <nil>
	// order-terms-differ: order ORDER-0001 was placed with other terms
	// that number is taken
	// paid: <nil>
}
