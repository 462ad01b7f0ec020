package wechattest

import (
	"fmt"
	"net/http"
	"slices"
)

type certificateEntry struct {
	SerialNo           string   `json:"serial_no"`
	EffectiveTime      string   `json:"effective_time"`
	ExpireTime         string   `json:"expire_time"`
	EncryptCertificate resource `json:"encrypt_certificate"`
}

// listCertificates is GET /v3/certificates (获取平台证书列表): each certificate encrypted with the APIv3 key.
// Source: wechatpay-apiv3/wechatpay-openapi docs/v3/certificates.yaml.
func (s *Simulator) listCertificates(call payCall) (payAnswer, *payError) {
	if kind := call.URL.Query().Get("algorithm_type"); !slices.Contains([]string{"", "RSA", "ALL"}, kind) {
		return payAnswer{}, paramError("query", "algorithm_type", "不支持的证书算法类型", kind)
	}
	if s.settings.keyMode == PublicKey {
		return payAnswer{}, &payError{
			http.StatusNotFound, 268502102, "RESOURCE_NOT_EXISTS",
			"无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥", nil,
		}
	}
	var list struct {
		Data []certificateEntry `json:"data"`
	}
	for _, pair := range slices.Backward(s.publishedCertificates()) {
		sealed, err := seal(s.settings.apiV3Key, randomHex(12), "certificate", pair.publicPEM)
		if err != nil {
			panic(fmt.Sprintf("wechattest: %v", err)) // the key's length was checked in Open
		}
		list.Data = append(list.Data, certificateEntry{
			pair.id, wireTime(pair.notBefore), wireTime(pair.notAfter), sealed,
		})
	}
	return payAnswer{http.StatusOK, list}, nil
}
