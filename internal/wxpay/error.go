package wxpay

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
)

// APIError is WeChat Pay's refusal of a call (错误码), verified. It keeps what helps and drops headers and body, which
// the SDK's own error prints.
type APIError struct {
	Status    int    // HTTP status
	Code      string // code, as WeChat spelled it
	Message   string // message, shortened
	RequestID string // Request-ID, which WeChat's support asks for
}

// Error implements error.
func (e *APIError) Error() string {
	return fmt.Sprintf("HTTP %d %s: %s (Request-ID %s)", e.Status, e.Code, e.Message, e.RequestID)
}

// messageMax is how much of WeChat's message is kept, in runes.
const messageMax = 120

// toFault turns a failed call into the module's error, once, at this border. What is neither a verified refusal nor
// already a fault left the outcome unknown.
func toFault(op string, err error) error {
	if known, ok := errors.AsType[*fault.Error](err); ok {
		return known
	}
	if api, ok := errors.AsType[*core.APIError](err); ok {
		return fault.Newf(codeFor(api), "%s: %w", op, &APIError{
			Status: api.StatusCode, Code: shorten(api.Code, 48), Message: shorten(api.Message, messageMax),
			RequestID: requestID(api.Header),
		})
	}
	if u, ok := errors.AsType[*unverifiedError](err); ok {
		return fault.Newf(fault.WeChatUnavailable, "%s: %w", op, u)
	}
	if isTransportError(err) {
		return fault.Newf(fault.WeChatUnavailable, "%s: %w", op, outbound.StripURL(err))
	}
	// The SDK could not decode a verified answer. Its text may quote the body.
	return fault.Newf(fault.WeChatUnavailable, "%s: answer cannot be read (%T)", op, err)
}

// isTransportError is true for what http.Client returns when there was no answer.
func isTransportError(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// codeFor maps WeChat's code (错误码). Old pages spell codes without underscores, and several situations share
// INVALID_REQUEST; only there the number in the Request-ID and the message decide.
func codeFor(api *core.APIError) fault.Code {
	switch strings.ToUpper(strings.ReplaceAll(api.Code, "_", "")) {
	case "ORDERNOTEXIST", "RESOURCENOTEXISTS", "REFUNDNOTEXISTS":
		return fault.OrderNotFound
	case "ORDERPAID":
		return fault.OrderPaid
	case "ORDERCLOSED":
		return fault.OrderClosed
	case "OUTTRADENOUSED":
		return fault.OrderTermsDiffer
	case "PARAMERROR", "OPENIDMISMATCH", "INVALIDTRANSACTIONID":
		return fault.OrderInvalid
	case "INVALIDREQUEST":
		return invalidRequest(api)
	case "FREQUENCYLIMITED", "FREQUENCYLIMITEXCEED", "RATELIMITEXCEEDED":
		return fault.TooManyRequests
	}
	switch {
	case api.StatusCode == http.StatusTooManyRequests:
		return fault.TooManyRequests
	case api.StatusCode >= http.StatusInternalServerError, api.StatusCode < http.StatusBadRequest:
		return fault.WeChatUnavailable
	default: // SIGN_ERROR, NO_AUTH, APPID_MCHID_NOT_MATCH, MCH_NOT_EXISTS, RULE_LIMIT, ACCOUNT_ERROR …
		return fault.WeChatRefused
	}
}

// invalidRequest tells apart what WeChat puts under INVALID_REQUEST: seen in the field, not documented.
func invalidRequest(api *core.APIError) fault.Code {
	_, number, _ := strings.Cut(requestID(api.Header), "-")
	is := func(numbers []string, words ...string) bool {
		return slices.Contains(numbers, number) ||
			slices.ContainsFunc(words, func(word string) bool { return strings.Contains(api.Message, word) })
	}
	switch {
	case is([]string{"268449538", "268498689"}, "已支付"):
		return fault.OrderPaid
	case is([]string{"268447914"}, "已关闭", "已过期", "已失效"):
		return fault.OrderClosed
	case is([]string{"268498688"}, "重入", "首次请求", "订单号重复"):
		return fault.OrderTermsDiffer
	default:
		return fault.OrderInvalid
	}
}

// shorten makes text from outside fit for a log line.
func shorten(text string, runes int) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if all := []rune(text); len(all) > runes {
		return string(all[:runes]) + "…"
	}
	return text
}
