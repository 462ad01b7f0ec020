package wxpay

import "time"

// The original types of a notice's resource.
const (
	OriginalTransaction = "transaction"
	OriginalRefund      = "refund"
)

// NoticeHeader holds the Wechatpay-* headers of a notice (回调通知), each exactly as received. A header that came twice
// must be refused before: two readers may see two values.
type NoticeHeader struct {
	Timestamp     string // Wechatpay-Timestamp
	Nonce         string // Wechatpay-Nonce
	Signature     string // Wechatpay-Signature
	Serial        string // Wechatpay-Serial
	SignatureType string // Wechatpay-Signature-Type; empty means WECHATPAY2-SHA256-RSA2048
}

// Notice is a verified and decrypted notice of any kind.
type Notice struct {
	ID           string    // id (通知ID), 1 to 36 characters
	CreateTime   time.Time // create_time; zero when absent
	EventType    string    // event_type, for example TRANSACTION.SUCCESS
	Summary      string    // summary, a sentence for people
	OriginalType string    // resource.original_type, see OriginalTransaction
	Plaintext    []byte    // the decrypted JSON object

	Transaction *Transaction  // what TRANSACTION.SUCCESS tells of a direct merchant's payment, else nil
	Refund      *RefundNotice // what REFUND.* tells of a direct merchant's refund, else nil
	Merchant    string        // whose notice it is, when it is a payment or a refund in another form; else empty
}
