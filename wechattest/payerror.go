package wechattest

import (
	"fmt"
	"net/http"
)

// payError is the error shape of api.mch.weixin.qq.com.
// Source: pay.weixin.qq.com, 基本规则 and the error tables of the order pages.
type payError struct {
	status     int
	resultCode int    // ends the Request-ID; figures seen in the field
	Code       string `json:"code"`
	Message    string `json:"message"`
	Detail     any    `json:"detail,omitempty"`
}

// fieldDetail says which field of a request is wrong.
type fieldDetail struct {
	Field    string `json:"field"` // "/amount/total", or the name of a parameter
	Value    any    `json:"value,omitempty"`
	Issue    string `json:"issue"`
	Location string `json:"location"` // body, query, uri, authorization
}

func paramError(location, field, issue string, value any) *payError {
	return &payError{
		http.StatusBadRequest, 268435461, "PARAM_ERROR",
		fmt.Sprintf("输入源“/%s%s”规则校验失败，%s", location, rooted(field), issue),
		fieldDetail{field, value, issue, location},
	}
}

func rooted(field string) string {
	if field != "" && field[0] == '/' {
		return field
	}
	return "/" + field
}

func undefinedField(field string) *payError {
	refused := paramError("body", field, "请求中含有未在API文档中定义的参数", nil)
	refused.resultCode = 270924358
	return refused
}

func appNotOfMerchant() *payError {
	return &payError{http.StatusBadRequest, 268445527, "APPID_MCHID_NOT_MATCH", "商户号mchid与appid不匹配，请检查绑定关系", nil}
}

func orderNotExist() *payError {
	return &payError{http.StatusNotFound, 268512771, "ORDER_NOT_EXIST", "订单不存在", nil}
}

// termsDiffer answers a second request for a number with other terms, and any request for a burned number.
func termsDiffer() *payError {
	return &payError{
		http.StatusBadRequest, 268498688, "INVALID_REQUEST",
		"请求重入时，参数与首次请求时不一致，请检查请求参数后重试", nil,
	}
}

// orderIsPaid: see WithOrderPaidCode. The status is not documented; 400 is the class of business refusals here.
func orderIsPaid(code string) *payError {
	return &payError{http.StatusBadRequest, 268449538, code, "该订单已支付", nil}
}

// orderIsClosed follows the older list; the current one has no code for it.
func orderIsClosed() *payError {
	return &payError{http.StatusBadRequest, 268435464, "ORDER_CLOSED", "该订单已关闭，请更换商户订单号后重新下单", nil}
}

// orderIsExpired: the documents say only that the order is refused.
func orderIsExpired() *payError {
	return &payError{http.StatusBadRequest, 268447914, "INVALID_REQUEST", "订单已过期，请更换商户订单号后重新下单", nil}
}
