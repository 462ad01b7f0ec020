package wxpay

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/strictjson"
)

// prepayIDMax is the longest prepay_id, in characters.
const prepayIDMax = 64

// Prepay places a JSAPI order (JSAPI下单) and gives its prepay_id, good for two hours. The same number with the same
// terms is the same order, so a repeat is safe. Errors: OrderTermsDiffer, OrderPaid, OrderClosed, OrderInvalid,
// TooManyRequests, WeChatRefused; after WeChatUnavailable the order may exist.
//
// https://pay.weixin.qq.com/doc/v3/merchant/4012791856
func (c *Client) Prepay(ctx context.Context, req PrepayRequest) (string, error) {
	var prepayID string
	err := c.call(ctx, "prepay", idempotent, func(ctx context.Context) error {
		service := jsapi.JsapiApiService{Client: c.sdk}
		_, result, err := service.Prepay(ctx, req.wire(c.merchant.mchID))
		if err != nil {
			return err
		}
		var answer struct {
			PrepayID string `json:"prepay_id"`
		}
		if err := decodeAnswer(result, &answer); err != nil {
			return err
		}
		if answer.PrepayID == "" || len(answer.PrepayID) > prepayIDMax || !only(answer.PrepayID, isPrintable) {
			return fault.Newf(fault.WeChatUnavailable, "prepay: answer has no usable prepay_id")
		}
		prepayID = answer.PrepayID
		return nil
	})
	return prepayID, err
}

// QueryByOutTradeNo asks for an order by our number (商户订单号查询订单). OrderNotFound comes from a signed answer only. A
// number that another app of the same merchant used is WeChatRefused: it cannot be ours as well.
//
// https://pay.weixin.qq.com/doc/v3/merchant/4012791859
func (c *Client) QueryByOutTradeNo(ctx context.Context, outTradeNo string) (Transaction, error) {
	if !validNumber(outTradeNo, outTradeNoMax) {
		return Transaction{}, fault.Newf(fault.OrderInvalid, "query: out_trade_no of %d bytes", len(outTradeNo))
	}
	var t Transaction
	err := c.call(ctx, "query by out_trade_no", idempotent, func(ctx context.Context) error {
		service := jsapi.JsapiApiService{Client: c.sdk}
		_, result, err := service.QueryOrderByOutTradeNo(ctx, jsapi.QueryOrderByOutTradeNoRequest{
			OutTradeNo: &outTradeNo, Mchid: &c.merchant.mchID,
		})
		if err != nil {
			return err
		}
		t, err = c.readTransaction(result)
		if err = bind(err, t.OutTradeNo == outTradeNo); err == nil && !c.ours(t) {
			return fault.Newf(fault.WeChatRefused, "query: the number is in use for an order of another app of this merchant")
		}
		return err
	})
	if err != nil {
		return Transaction{}, err
	}
	return t, nil
}

// QueryByTransactionID asks for a paid order by WeChat's number (微信支付订单号查询订单). Another app's order of the same
// merchant is OrderNotFound: asking again would not make it ours.
//
// https://pay.weixin.qq.com/doc/v3/merchant/4012791858
func (c *Client) QueryByTransactionID(ctx context.Context, transactionID string) (Transaction, error) {
	if !validNumber(transactionID, transactionIDMax) {
		return Transaction{}, fault.Newf(fault.OrderInvalid, "query: transaction_id of %d bytes", len(transactionID))
	}
	var t Transaction
	err := c.call(ctx, "query by transaction_id", idempotent, func(ctx context.Context) error {
		service := jsapi.JsapiApiService{Client: c.sdk}
		_, result, err := service.QueryOrderById(ctx, jsapi.QueryOrderByIdRequest{
			TransactionId: &transactionID, Mchid: &c.merchant.mchID,
		})
		if err != nil {
			return err
		}
		t, err = c.readTransaction(result)
		if err = bind(err, t.TransactionID == transactionID); err == nil && !c.ours(t) {
			return fault.Newf(fault.OrderNotFound, "query: the order is of another app of this merchant")
		}
		return err
	})
	if err != nil {
		return Transaction{}, err
	}
	return t, nil
}

// Close closes an unpaid order (关闭订单); a second close is success again. OrderPaid means that the payment was faster.
// After WeChatUnavailable query before deciding anything. Closing a number WeChat does not know burns it: query first.
//
// https://pay.weixin.qq.com/doc/v3/merchant/4012791860
func (c *Client) Close(ctx context.Context, outTradeNo string) error {
	if !validNumber(outTradeNo, outTradeNoMax) {
		return fault.Newf(fault.OrderInvalid, "close: out_trade_no of %d bytes", len(outTradeNo))
	}
	return c.call(ctx, "close", once, func(ctx context.Context) error {
		service := jsapi.JsapiApiService{Client: c.sdk}
		_, err := service.CloseOrder(ctx, jsapi.CloseOrderRequest{OutTradeNo: &outTradeNo, Mchid: &c.merchant.mchID})
		return err
	})
}

// readTransaction reads a verified answer and binds it to this merchant: the signature covers no request.
func (c *Client) readTransaction(result *core.APIResult) (Transaction, error) {
	body, err := io.ReadAll(result.Response.Body)
	if err != nil {
		return Transaction{}, err
	}
	t, err := parseTransaction(body)
	if err != nil {
		return Transaction{}, fault.New(fault.WeChatUnavailable, err)
	}
	return t, bind(nil, t.MchID == c.merchant.mchID)
}

// ours says whether an order is one of the apps this client works for.
func (c *Client) ours(t Transaction) bool {
	return len(c.appIDs) == 0 || slices.Contains(c.appIDs, t.AppID)
}

// bind refuses a signed answer that belongs to another request.
func bind(err error, same bool) error {
	if err == nil && !same {
		return fault.Newf(fault.WeChatUnavailable, "answer is for another merchant or order")
	}
	return err
}

// decodeAnswer reads a verified answer again, strictly.
func decodeAnswer(result *core.APIResult, v any) error {
	body, err := io.ReadAll(result.Response.Body)
	if err != nil {
		return err
	}
	if err := strictjson.Unmarshal(body, v); err != nil {
		return fault.New(fault.WeChatUnavailable, err)
	}
	return nil
}

// beijing is the zone WeChat writes its times in.
func beijing() *time.Location { return time.FixedZone("UTC+8", 8*60*60) }
