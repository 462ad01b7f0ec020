package payment_test

import (
	"context"
	"fmt"
)

// StoredOrder asks nobody: it tells what notices and queries have brought so far.
func ExampleService_StoredOrder() {
	shop, ctx := openShop(), context.Background()
	defer shop.stop()
	shop.sell("ORDER-0001", shop.local.Phone("alice"))

	order, err := shop.pay.StoredOrder(ctx, "ORDER-0001", "")
	fmt.Println(order.State, order.AmountFen, err)
	_, err = shop.pay.StoredOrder(ctx, "ORDER-0002", "")
	fmt.Println("placed elsewhere:", err != nil)
	// Output:
	// SUCCESS 1800 <nil>
	// placed elsewhere: true
}
