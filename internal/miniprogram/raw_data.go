package miniprogram

import (
	"crypto/sha1" //nolint:gosec // WeChat's documents fix SHA-1 here
	"crypto/subtle"
	"encoding/hex"
)

// VerifyRawData checks the signature of wx.getUserInfo (数据签名校验): lower-case hex SHA-1 over rawData, exactly as
// received, followed by the session key's base64 text.
func VerifyRawData(rawData, signature string, key SessionKey) bool {
	if key == "" {
		return false
	}
	sum := sha1.Sum([]byte(rawData + key.Reveal())) //nolint:gosec // as above
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(signature)) == 1
}
