package wxpay

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"wgink.ink/wechat/internal/strictjson"
)

const (
	currencyCNY      = "CNY" // the only currency of direct merchants
	outTradeNoMax    = 32
	outRefundNoMax   = 64
	transactionIDMax = 32
	idMax            = 32  // appid, mchid
	openIDMax        = 128 // payer.openid
	currencyMax      = 32
	// displayMax bounds texts that are only shown, in characters. It is far above what WeChat documents: it protects the
	// database, and a payment is never refused because a text about it has grown.
	displayMax = 4096
)

// wireTransaction is a transaction as WeChat writes it. The SDK's type decodes names in any case and has no scene_info.
type wireTransaction struct {
	AppID          string `json:"appid"`
	MchID          string `json:"mchid"`
	OutTradeNo     string `json:"out_trade_no"`
	TransactionID  string `json:"transaction_id"`
	TradeType      string `json:"trade_type"`
	TradeState     string `json:"trade_state"`
	TradeStateDesc string `json:"trade_state_desc"`
	BankType       string `json:"bank_type"`
	Attach         string `json:"attach"`
	SuccessTime    string `json:"success_time"`
	Payer          struct {
		OpenID string `json:"openid"`
	} `json:"payer"`
	Amount struct {
		Total         int64  `json:"total"`
		PayerTotal    int64  `json:"payer_total"`
		Currency      string `json:"currency"`
		PayerCurrency string `json:"payer_currency"`
	} `json:"amount"`
	SceneInfo struct {
		DeviceID string `json:"device_id"`
	} `json:"scene_info"`
	PromotionDetail []wirePromotion `json:"promotion_detail"`
}

type wirePromotion struct {
	CouponID           string `json:"coupon_id"`
	Name               string `json:"name"`
	Scope              string `json:"scope"`
	Type               string `json:"type"`
	StockID            string `json:"stock_id"`
	Amount             int64  `json:"amount"`
	WeChatContribute   int64  `json:"wechatpay_contribute"`
	MerchantContribute int64  `json:"merchant_contribute"`
	OtherContribute    int64  `json:"other_contribute"`
	Currency           string `json:"currency"`
}

// ParseTransaction reads the plaintext of a notice whose original type is OriginalTransaction (支付成功通知). What every
// transaction must have, and what a paid one must have, is checked: a zero order never passes. So is what will be stored:
// a NUL, which no database keeps, must not look like a database that is down.
func ParseTransaction(plaintext []byte) (Transaction, error) {
	t, err := parseTransaction(plaintext)
	if err != nil {
		return Transaction{}, malformed(ReasonPlaintext, err.Error())
	}
	return t, nil
}

func parseTransaction(data []byte) (Transaction, error) {
	var w wireTransaction
	if err := strictjson.Unmarshal(data, &w); err != nil {
		return Transaction{}, fmt.Errorf("transaction: %w", err)
	}
	success, err := parseTime("success_time", w.SuccessTime)
	t := Transaction{
		AppID: w.AppID, MchID: w.MchID, OutTradeNo: w.OutTradeNo, TransactionID: w.TransactionID, TradeType: w.TradeType,
		TradeState: w.TradeState, TradeStateDesc: w.TradeStateDesc, BankType: w.BankType, Attach: w.Attach,
		OpenID: w.Payer.OpenID, SuccessTime: success, AmountFen: w.Amount.Total, PayerAmountFen: w.Amount.PayerTotal,
		Currency: cmp.Or(w.Amount.Currency, currencyCNY), PayerCurrency: w.Amount.PayerCurrency,
		DeviceID: w.SceneInfo.DeviceID, Raw: bytes.Clone(data),
	}
	for _, p := range w.PromotionDetail {
		t.Promotions = append(t.Promotions, Promotion{
			CouponID: p.CouponID, Name: p.Name, Scope: p.Scope, Type: p.Type, StockID: p.StockID, AmountFen: p.Amount,
			WeChatContributeFen: p.WeChatContribute, MerchantContributeFen: p.MerchantContribute,
			OtherContributeFen: p.OtherContribute, Currency: p.Currency,
		})
	}
	return t, errors.Join(err, t.check())
}

func (t Transaction) check() error {
	problems := []error{
		number("appid", t.AppID, idMax), number("mchid", t.MchID, idMax),
		number("out_trade_no", t.OutTradeNo, outTradeNoMax), number("trade_state", t.TradeState, idMax),
		notNegative("amount", t.AmountFen, t.PayerAmountFen),
	}
	problems = append(problems,
		name("payer.openid", t.OpenID, openIDMax), name("amount.currency", t.Currency, currencyMax),
		shown("trade_type", t.TradeType), shown("bank_type", t.BankType), shown("amount.payer_currency", t.PayerCurrency),
		shown("attach", t.Attach), shown("trade_state_desc", t.TradeStateDesc), shown("scene_info.device_id", t.DeviceID),
	)
	for _, p := range t.Promotions {
		problems = append(problems, p.check())
	}
	if t.TransactionID != "" || t.Paid() {
		problems = append(problems, number("transaction_id", t.TransactionID, transactionIDMax))
	}
	if t.Paid() && t.AmountFen == 0 {
		problems = append(problems, errors.New("amount.total is missing"))
	}
	if t.Paid() && t.SuccessTime.IsZero() {
		problems = append(problems, errors.New("success_time is missing"))
	}
	return errors.Join(problems...)
}

func (p Promotion) check() error {
	for _, text := range []string{p.CouponID, p.Name, p.Scope, p.Type, p.StockID, p.Currency} {
		if err := shown("promotion_detail", text); err != nil {
			return err
		}
	}
	return nil
}

func parseTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is not an RFC 3339 time", name)
	}
	return t.UTC(), nil
}

// number checks a required identifier.
func number(name, value string, limit int) error {
	if !validNumber(value, limit) {
		return fmt.Errorf("%s is missing or malformed", name)
	}
	return nil
}

// name checks an identifier that may be left out.
func name(field, value string, limit int) error {
	if value == "" {
		return nil
	}
	return number(field, value, limit)
}

// shown checks an optional text that nothing depends on. Line breaks may stand in it: a notice of money is not refused for
// what a shop wrote into attach.
func shown(field, value string) error {
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }
	if utf8.RuneCountInString(value) > displayMax || strings.ContainsFunc(value, control) {
		return fmt.Errorf("%s is too long or has control characters", field)
	}
	return nil
}

// validNumber is true for 1 to limit printable ASCII characters without blanks. It is no second check of WeChat's
// character rules; it keeps blanks, control characters and empty values out.
func validNumber(value string, limit int) bool {
	return value != "" && len(value) <= limit && only(value, isPrintable)
}

func notNegative(name string, amounts ...int64) error {
	for _, a := range amounts {
		if a < 0 {
			return fmt.Errorf("%s is negative", name)
		}
	}
	return nil
}
