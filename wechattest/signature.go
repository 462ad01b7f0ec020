package wechattest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// requestMessage is the text that signs a request (请求签名): method, path with query exactly as sent, Unix seconds,
// nonce, body; each line ends with LF. Source: pay.weixin.qq.com doc/v3/merchant/4012365336.
func requestMessage(method, target, timestamp, nonce string, body []byte) string {
	return lines(method, target, timestamp, nonce, string(body))
}

// answerMessage is the text that signs an answer or a notice (应答签名): Unix seconds, nonce, body.
// Source: pay.weixin.qq.com doc/v3/merchant/4013053249.
func answerMessage(timestamp, nonce string, body []byte) string {
	return lines(timestamp, nonce, string(body))
}

// launchMessage is the text that paySign signs: appid, Unix seconds, nonce, and "prepay_id=…" or, for an app, the bare id.
// Source: pay.weixin.qq.com, 小程序调起支付.
func launchMessage(appID, timestamp, nonce, prepay string) string {
	return lines(appID, timestamp, nonce, prepay)
}

func lines(parts ...string) string { return strings.Join(parts, "\n") + "\n" }

// sign is base64(RSASSA-PKCS1-v1_5 over SHA-256).
func sign(key *rsa.PrivateKey, message string) (string, error) {
	digest := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// verify reports whether signature is sign's answer for message; anything that is not base64 is simply wrong.
func verify(key *rsa.PublicKey, message, signature string) bool {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	digest := sha256.Sum256([]byte(message))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw) == nil
}
