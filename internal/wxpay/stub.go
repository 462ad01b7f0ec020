package wxpay

import (
	"context"
	"errors"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
)

var errStub = errors.New("not written yet")

// Prepay places an order (JSAPI下单) and gives its prepay_id.
func (c *Client) Prepay(ctx context.Context, req PrepayRequest) (string, error) { return "", errStub }

// QueryByOutTradeNo asks for an order by the merchant's number (商户订单号查单).
func (c *Client) QueryByOutTradeNo(ctx context.Context, outTradeNo string) (Transaction, error) {
	return Transaction{}, errStub
}

// QueryByTransactionID asks for an order by WeChat's number (微信支付订单号查单).
func (c *Client) QueryByTransactionID(ctx context.Context, transactionID string) (Transaction, error) {
	return Transaction{}, errStub
}

// Close closes an unpaid order (关单).
func (c *Client) Close(ctx context.Context, outTradeNo string) error { return errStub }

// Load takes the stored certificates.
func (r *Ring) Load(ctx context.Context) error { return errStub }

// Refresh asks WeChat for the certificates.
func (r *Ring) Refresh(ctx context.Context) error { return errStub }

// Run loads, then refreshes until ctx ends.
func (r *Ring) Run(ctx context.Context) error { return errStub }

// RingStatus is what the console and the doctor show.
type RingStatus struct {
	PublicKeyID  string
	Certificates []StoredKey
	FetchedAt    time.Time
	LastError    error
}

// Status is what is held now.
func (r *Ring) Status() RingStatus { return RingStatus{} }

// MaxNoticeBody bounds a notice's body, in bytes.
const MaxNoticeBody = 2 << 20

// NoticeOpener verifies and decrypts notices.
type NoticeOpener struct {
	ring  *Ring
	apiV3 *APIv3Keys
}

// NewNoticeOpener makes one.
func NewNoticeOpener(ring *Ring, apiV3 *APIv3Keys) *NoticeOpener { return &NoticeOpener{ring, apiV3} }

// Open verifies, then decrypts.
func (o *NoticeOpener) Open(header NoticeHeader, body []byte, now time.Time) (Notice, error) {
	return Notice{}, errStub
}

// ParseTransaction reads the plaintext of a TRANSACTION notice.
func ParseTransaction(plaintext []byte) (Transaction, error) { return Transaction{}, errStub }

// ParseRefundNotice reads the plaintext of a REFUND notice.
func ParseRefundNotice(plaintext []byte) (RefundNotice, error) { return RefundNotice{}, errStub }

func newSDKClient(o Options) (*core.Client, error) { return nil, errStub }
