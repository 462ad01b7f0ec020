package miniprogram

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/strictjson"
)

// ErrUndecryptable is the cause of every failure of DecryptData. It does not say which step failed: that would help
// whoever tries ciphertexts.
var ErrUndecryptable = errors.New("encryptedData does not fit the session key, the app or the time")

// encryptedMax bounds encryptedData, in characters.
const encryptedMax = 64 << 10

// clockSkew is how far ahead of ours WeChat's clock may be.
const clockSkew = 5 * time.Minute

type watermark struct {
	AppID     string `json:"appid"`
	Timestamp int64  `json:"timestamp"`
}

// DecryptData opens encryptedData (开放数据解密): AES-128-CBC with PKCS#7 padding, then a JSON object whose watermark must
// name appid and be at most maxAge old at now (0: any age). The plaintext is given back as it is. Every failure is
// SessionKeyStale with ErrUndecryptable, whatever went wrong.
//
// Base64 that went through a form or a query often has blanks in place of plus signs; these are put back.
func DecryptData(key SessionKey, encryptedData, iv, appid string, now time.Time, maxAge time.Duration) ([]byte, error) {
	plain, ok := decryptCBC(key, encryptedData, iv)
	if !ok {
		return nil, errUndecryptable()
	}
	var content struct {
		Watermark watermark `json:"watermark"`
	}
	if strictjson.Unmarshal(plain, &content) != nil || appid == "" || content.Watermark.AppID != appid {
		return nil, errUndecryptable()
	}
	age := now.Sub(time.Unix(content.Watermark.Timestamp, 0))
	if maxAge > 0 && (age > maxAge || age < -clockSkew) {
		return nil, errUndecryptable()
	}
	return plain, nil
}

func errUndecryptable() error { return fault.New(fault.SessionKeyStale, ErrUndecryptable) }

func decryptCBC(key SessionKey, encryptedData, iv string) ([]byte, bool) {
	if len(encryptedData) > encryptedMax {
		return nil, false
	}
	keyBytes, keyErr := decodeBase64(key.Reveal())
	ivBytes, ivErr := decodeBase64(iv)
	data, dataErr := decodeBase64(encryptedData)
	if keyErr != nil || ivErr != nil || dataErr != nil {
		return nil, false
	}
	if len(keyBytes) != aes.BlockSize || len(ivBytes) != aes.BlockSize || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, false
	}
	block, err := aes.NewCipher(keyBytes)
	if err != nil {
		return nil, false
	}
	cipher.NewCBCDecrypter(block, ivBytes).CryptBlocks(data, data)
	return unpad(data)
}

// unpad removes PKCS#7 padding, looking at the whole last block whatever it holds.
func unpad(data []byte) ([]byte, bool) {
	last := data[len(data)-aes.BlockSize:]
	size := last[aes.BlockSize-1]
	n := int(size)
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i, b := range last {
		inside := subtle.ConstantTimeLessOrEq(aes.BlockSize-i, n)
		good &= subtle.ConstantTimeSelect(inside, subtle.ConstantTimeByteEq(b, size), 1)
	}
	if good != 1 {
		return nil, false
	}
	return data[:len(data)-n], true
}

func decodeBase64(text string) ([]byte, error) {
	return base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(text, " ", "+"))
}
