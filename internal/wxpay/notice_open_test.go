package wxpay

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
)

func TestOpenNotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paid, err := ParseTransaction([]byte(paidTransaction))
	require.NoError(t, err)
	refund, err := ParseRefundNotice([]byte(refundPlaintext))
	require.NoError(t, err)
	for eventType, want := range map[string]Notice{
		"TRANSACTION.SUCCESS": {OriginalType: OriginalTransaction, Plaintext: []byte(paidTransaction), Transaction: &paid},
		"REFUND.SUCCESS":      {OriginalType: OriginalRefund, Plaintext: []byte(refundPlaintext), Refund: &refund},
		"PAYSCORE.USER_PAID":  {OriginalType: "payscore", Plaintext: []byte(`{"state": "DONE"}`)},
	} {
		body := changed(t, noticeBody(t, want.OriginalType, string(want.Plaintext)), "event_type", eventType)
		notice, err := w.opener().Open(w.platform.header(body, testNow()), body, testNow())
		require.NoError(t, err, eventType)
		want.ID, want.CreateTime, want.EventType, want.Summary = "be3b9a56-ef5c-55f1-93c2-0cfbf8a08e07", testNow(), eventType, "支付成功"
		require.Equal(t, want, notice)
	}
}

const (
	combinedPlaintext = `{"combine_appid":"wx1","combine_mchid":"1900000109","combine_out_trade_no":"C1",` +
		`"sub_orders":[{"mchid":"1230000109","out_trade_no":"S1","amount":{"total_amount":10,"currency":"CNY"}}]}`
	partnerPlaintext = `{"sp_appid":"wx1","sp_mchid":"1900000109","sub_mchid":"1230000109","out_trade_no":"S1",` +
		`"transaction_id":"4200","trade_state":"SUCCESS","amount":{"total":10}}`
	partnerRefund = `{"sp_mchid":"1900000109","sub_mchid":"1230000109","out_trade_no":"S1","transaction_id":"4200",` +
		`"out_refund_no":"R1","refund_id":"50","refund_status":"SUCCESS","amount":{"total":10,"refund":10}}`
)

// A payment or refund in the form of another kind of merchant is genuine, and told by what it holds, not by its event type.
func TestOpenNoticeInAnotherForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := func(eventType, plaintext string) (Notice, error) {
		body := changed(t, noticeBody(t, OriginalTransaction, plaintext), "event_type", eventType)
		return w.opener().Open(w.platform.header(body, testNow()), body, testNow())
	}
	for _, c := range [][2]string{
		{"TRANSACTION.SUCCESS", combinedPlaintext}, {"TRANSACTION.SUCCESS", partnerPlaintext},
		{"REFUND.SUCCESS", partnerRefund}, {"REFUND.ABNORMAL", partnerRefund},
	} {
		notice, err := open(c[0], c[1])
		require.NoError(t, err, c)
		require.Nil(t, notice.Transaction)
		require.Nil(t, notice.Refund)
		require.Equal(t, "1900000109", notice.Merchant, c)
		require.Equal(t, c[1], string(notice.Plaintext))
	}
	for _, eventType := range []string{"TRANSACTION.SUCCESS", "REFUND.SUCCESS"} {
		for name, plaintext := range map[string]string{
			"not an object":       `[` + combinedPlaintext + `]`,
			"in another object":   `{"a":` + combinedPlaintext + `}`,
			"no combined number":  strings.Replace(combinedPlaintext, `"combine_out_trade_no":"C1",`, "", 1),
			"combined number 1":   strings.Replace(combinedPlaintext, `"combine_out_trade_no":"C1"`, `"combine_out_trade_no":1`, 1),
			"no combiner":         strings.Replace(combinedPlaintext, `"combine_mchid":"1900000109",`, "", 1),
			"combiner NUL":        strings.Replace(combinedPlaintext, `"1900000109"`, `"19\u0000"`, 1),
			"no service provider": strings.Replace(partnerPlaintext, `"sp_mchid":"1900000109",`, "", 1),
			"no sub-merchant":     strings.Replace(partnerRefund, `"sub_mchid":"1230000109",`, "", 1),
			"a direct merchant's": strings.Replace(partnerRefund, `{`, `{"mchid":"1900000109",`, 1),
			"doubled":             strings.Replace(combinedPlaintext, `{`, `{"combine_mchid":"1",`, 1),
			"other case":          strings.Replace(combinedPlaintext, `{`, `{"Combine_mchid":"1",`, 1),
		} {
			notice, err := open(eventType, plaintext)
			require.Equal(t, ReasonPlaintext, ReasonOf(err), "%s %s", eventType, name)
			require.Zero(t, notice)
		}
	}
}

func TestPreviousAPIv3KeyStillOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := noticeBody(t, OriginalTransaction, paidTransaction)
	header := w.platform.header(body, testNow())
	changed, err := NewAPIv3Keys("another-key-another-key-another!", testAPIv3)
	require.NoError(t, err)
	_, err = NewNoticeOpener(w.ring, changed).Open(header, body, testNow())
	require.NoError(t, err)
	other, err := NewAPIv3Keys("another-key-another-key-another!", "")
	require.NoError(t, err)
	_, err = NewNoticeOpener(w.ring, other).Open(header, body, testNow())
	require.Equal(t, ReasonUndecryptable, ReasonOf(err))
	require.Equal(t, fault.NoticeMalformed, fault.CodeOf(err))
}

// malformedBodies is the corpus of bodies that are no notice (T10).
func malformedBodies(t testing.TB) map[string][]byte {
	t.Helper()
	good := noticeBody(t, OriginalTransaction, paidTransaction)
	corpus := map[string][]byte{
		"empty": nil, "null": []byte("null"), "array": []byte("[]"), "object": []byte("{}"), "number": []byte("1"),
		"text": []byte(`"x"`), "blank": []byte("  "), "BOM": append([]byte("\xef\xbb\xbf"), good...),
		"UTF-16": []byte("\xff\xfe{\x00}\x00"), "NUL": append([]byte{0}, good...), "not UTF-8": []byte(`{"id":"` + "\xff" + `"}`),
		"two values":      append(append([]byte{}, good...), "{}"...),
		"deep":            []byte(strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000)),
		"deep array":      []byte(`{"a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}"),
		"API answer":      []byte(paidTransaction),
		"prepay answer":   []byte(`{"prepay_id":"wx201410272009395522657a690389285100"}`),
		"duplicate":       []byte(strings.Replace(string(good), `"id":`, `"id":"a","id":`, 1)),
		"duplicate case":  []byte(strings.Replace(string(good), `"id":`, `"ID":"a","id":`, 1)),
		"other case":      []byte(strings.Replace(string(good), `"resource":`, `"Resource":`, 1)),
		"nested dup case": []byte(strings.Replace(string(good), `"nonce":`, `"Nonce":"x","nonce":`, 1)),
	}
	for i := range good {
		corpus[fmt.Sprintf("cut at %d", i)] = good[:i]
	}
	for name, value := range map[string]any{
		"id": strings.Repeat("i", 37), "event_type": "", "resource_type": "plain", "resource": nil,
		"id number": 5, "resource text": "x", "resource array": []any{}, "id blank": "a b",
	} {
		corpus["envelope "+name] = changed(t, good, strings.Fields(name)[0], value)
	}
	for name, value := range map[string]any{
		"algorithm": "AEAD_SM4_GCM", "nonce": "11 bytes...", "nonce 13": "13 bytes.....", "nonce none": "",
		"ciphertext": "###", "ciphertext short": "AAAA", "ciphertext none": "", "ciphertext number": 1 << 60,
	} {
		var envelope map[string]any
		require.NoError(t, json.Unmarshal(good, &envelope))
		inner := maps.Clone(envelope["resource"].(map[string]any))
		inner[strings.Fields(name)[0]] = value
		corpus["resource "+name] = changed(t, good, "resource", inner)
	}
	for name, plaintext := range map[string]string{
		"null": "null", "array": "[]", "number": "7", "text": `"x"`, "empty": "", "cut": paidTransaction[:40],
		"duplicate": `{"a":1,"A":2}`, "BOM": "\xef\xbb\xbf{}",
	} {
		corpus["plaintext "+name] = noticeBody(t, OriginalTransaction, plaintext)
	}
	return corpus
}

func changed(t testing.TB, body []byte, key string, value any) []byte {
	t.Helper()
	var envelope map[string]any
	require.NoError(t, json.Unmarshal(body, &envelope))
	envelope[key] = value
	return encode(t, envelope)
}

func TestMalformedNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corpus := malformedBodies(t)
	require.Greater(t, len(corpus), 400)
	stranger := w.platform.header([]byte("another body"), testNow())
	for name, body := range corpus {
		notice, err := w.opener().Open(w.platform.header(body, testNow()), body, testNow())
		require.Equal(t, fault.NoticeMalformed, fault.CodeOf(err), "%s, signed", name)
		require.Contains(t, []Reason{ReasonEnvelope, ReasonPlaintext, ReasonUndecryptable}, ReasonOf(err), name)
		require.Zero(t, notice, name)

		_, err = w.opener().Open(stranger, body, testNow())
		require.Equal(t, ReasonBadSignature, ReasonOf(err), "%s, unsigned", name)
	}
}

func TestNoticeBodyLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := make([]byte, MaxNoticeBody+1)
	_, err := w.opener().Open(w.platform.header(body, testNow()), body, testNow())
	require.Equal(t, ReasonTooLarge, ReasonOf(err))
}

func TestAPIv3KeysHave32Bytes(t *testing.T) {
	t.Parallel()
	for _, key := range []config.Secret{"", "0123456789abcdef", "0123456789abcdef01234567", "0123456789abcdef0123456789abcdef0"} {
		_, err := NewAPIv3Keys(key, "")
		require.Error(t, err)
		if key != "" {
			_, err = NewAPIv3Keys(testAPIv3, key)
			require.Error(t, err)
			require.NotContains(t, err.Error(), string(key))
		}
	}
}

// FuzzNotice: a signed body never panics, and a transaction or refund that is accepted is never a zero order (F2).
func FuzzNotice(f *testing.F) {
	w := newWorld(f)
	for name, body := range malformedBodies(f) {
		if !strings.HasPrefix(name, "cut") && !strings.HasPrefix(name, "deep") {
			f.Add(body, "")
		}
	}
	f.Add(noticeBody(f, OriginalTransaction, paidTransaction), paidTransaction)
	f.Add(noticeBody(f, OriginalRefund, refundPlaintext), refundPlaintext)
	f.Fuzz(func(t *testing.T, body []byte, plaintext string) {
		notice, err := w.opener().Open(w.platform.header(body, testNow()), body, testNow())
		if err != nil {
			require.Equal(t, fault.NoticeMalformed, fault.CodeOf(err))
			require.Zero(t, notice)
		} else {
			require.NotEmpty(t, notice.ID)
			require.NotEmpty(t, notice.EventType)
		}
		requireWhole(t, plaintext)
		again := noticeBody(t, OriginalTransaction, plaintext)
		if notice, err := w.opener().Open(w.platform.header(again, testNow()), again, testNow()); err == nil {
			require.Equal(t, plaintext, string(notice.Plaintext))
			requireWhole(t, string(notice.Plaintext))
		}
	})
}

// requireWhole checks that whatever parses is complete, and that its fields survive being written again.
func requireWhole(t *testing.T, plaintext string) {
	t.Helper()
	if tx, err := ParseTransaction([]byte(plaintext)); err == nil {
		require.NotEmpty(t, tx.OutTradeNo)
		require.NotEmpty(t, tx.MchID)
		require.NotEmpty(t, tx.AppID)
		require.NotEmpty(t, tx.TradeState)
		require.False(t, tx.Paid() && (tx.AmountFen <= 0 || tx.TransactionID == "" || tx.SuccessTime.IsZero()))
		var loose struct {
			OutTradeNo string `json:"out_trade_no"`
			Amount     struct {
				Total int64 `json:"total"`
			} `json:"amount"`
		}
		require.NoError(t, json.Unmarshal([]byte(plaintext), &loose))
		require.Equal(t, loose.OutTradeNo, tx.OutTradeNo)
		require.Equal(t, loose.Amount.Total, tx.AmountFen)
	}
	if refund, err := ParseRefundNotice([]byte(plaintext)); err == nil {
		require.NotEmpty(t, refund.OutRefundNo)
		require.Positive(t, refund.RefundFen)
		require.WithinRange(t, refund.SuccessTime, time.Time{}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
	}
}
