package wechattest

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined over SHA-1
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"wgink.ink/wechat/internal/canary"
)

// randomText is n letters and digits, the form of WeChat's nonces and codes.
func randomText(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return randomOf(alphabet, n)
}

// randomDigits is n decimal digits.
func randomDigits(n int) string { return randomOf("0123456789", n) }

func randomOf(alphabet string, n int) string {
	var text strings.Builder
	for _, b := range randomBytes(n) {
		text.WriteByte(alphabet[int(b)%len(alphabet)])
	}
	return text.String()
}

func randomBytes(n int) []byte {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	return raw
}

func randomHex(n int) string { return hex.EncodeToString(randomBytes(n / 2)) }

// randomSessionKey is a session_key: 16 bytes in base64. Inside it begins like every secret of our tests, so that a
// scan finds it where it does not belong.
func randomSessionKey() string {
	return base64.StdEncoding.EncodeToString(append([]byte(canary.Marker), randomBytes(16-len(canary.Marker))...))
}

// randomSecret is a token of n characters, with the same mark.
func randomSecret(n int) string { return canary.Marker + randomText(n-len(canary.Marker)) }

// noticeID is the id of the notice about a transaction or a refund, a UUID of version 5 as in live notices.
func noticeID(about string) string {
	sum := sha1.Sum([]byte("wechattest notice " + about)) //nolint:gosec // no secret here
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
