package payment_test

import (
	"context"
	"fmt"
)

// GetBusinessOrder asks WeChat by your own number (商户订单号).
func ExampleService_GetBusinessOrder() {
	shop, ctx := openShop(), context.Background()
	defer shop.stop()
	shop.sell("ORDER-0001", shop.local.Phone("alice"))

	order, err := shop.pay.GetBusinessOrder(ctx, "ORDER-0001")
	fmt.Println(order.State, order.State.Paid(), order.AmountFen, err)
	_, err = shop.pay.GetBusinessOrder(ctx, "ORDER-0002")
	fmt.Println("unknown:", err != nil)
	// Output:
	// SUCCESS true 1800 <nil>
	// unknown: true
}

// GetOrder asks WeChat by its own number (微信支付订单号), which exists once an order is paid.
func ExampleService_GetOrder() {
	shop, ctx := openShop(), context.Background()
	defer shop.stop()
	shop.sell("ORDER-0001", shop.local.Phone("alice"))
	known, _ := shop.local.Order("ORDER-0001")

	order, err := shop.pay.GetOrder(ctx, known.TransactionID)
	fmt.Println(order.OutTradeNo, order.State, err)
	// Output:
	// ORDER-0001 SUCCESS <nil>
}
