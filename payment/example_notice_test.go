package payment_test

import (
	"context"
	"fmt"

	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

// ReceiveNotice is what the notice route calls (支付通知); a host calls it only when it receives notices in another way.
// A notice is kept once; one that is genuine but does not fit the order is kept in quarantine.
func ExampleService_ReceiveNotice() {
	shop, ctx := openShop(), context.Background()
	defer shop.stop()
	shop.local.HoldNotices(true)
	shop.sell("ORDER-0001", shop.local.Phone("alice"))
	shop.sell("ORDER-0002", shop.local.Phone("alice"))

	receive := func(outTradeNo string, changes ...wechattest.NoticeChange) (payment.Receipt, error) {
		notice, _ := shop.local.Notice(outTradeNo, changes...)
		return shop.pay.ReceiveNotice(ctx, payment.NoticeHeader{
			Timestamp: notice.Header.Get("Wechatpay-Timestamp"),
			Nonce:     notice.Header.Get("Wechatpay-Nonce"),
			Signature: notice.Header.Get("Wechatpay-Signature"),
			Serial:    notice.Header.Get("Wechatpay-Serial"),
		}, notice.Body)
	}
	receipt, err := receive("ORDER-0001")
	fmt.Println("kept:", receipt == payment.Kept, err)
	receipt, err = receive("ORDER-0001")
	fmt.Println("repeated:", receipt == payment.Repeated, err)
	receipt, err = receive("ORDER-0002", wechattest.ChangeTotal(1))
	fmt.Println("quarantined:", receipt == payment.Quarantined, err)
	_, err = receive("ORDER-0002", wechattest.FlipBodyByte(0))
	fmt.Println("refused:", err != nil)
	// Output:
	// kept: true <nil>
	// repeated: true <nil>
	// quarantined: true <nil>
	// refused: true
}
