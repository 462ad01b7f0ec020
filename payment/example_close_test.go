package payment_test

import (
	"context"
	"fmt"

	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

// CloseOrder makes sure that an order can never be paid (关闭订单). When the payment was faster it says so.
func ExampleService_CloseOrder() {
	shop, ctx := openShop(), context.Background()
	defer shop.stop()
	phone := shop.local.Phone("alice")

	prepay, _ := shop.pay.PlaceOrder(ctx, payment.PlaceOrder{
		OutTradeNo: "ORDER-0001", Description: "一杯咖啡", AmountFen: 1800, OpenID: phone.OpenID(),
	})
	fmt.Println("closed:", shop.pay.CloseOrder(ctx, "ORDER-0001"))
	fmt.Println("again:", shop.pay.CloseOrder(ctx, "ORDER-0001"))
	fmt.Println("can be paid:", phone.Pay(ctx, wechattest.Launch(prepay.Launch)) == nil)

	shop.sell("ORDER-0002", phone)
	fmt.Println("paid before:", shop.pay.CloseOrder(ctx, "ORDER-0002"))
	// Output:
	// closed: <nil>
	// again: <nil>
	// can be paid: false
	// paid before: order-paid: order ORDER-0002
}
