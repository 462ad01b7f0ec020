package miniprogram

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/strictjson"
)

// ErrUndecryptable is the cause of every failure to open encryptedData. It does not say which step failed: that would
// help whoever tries ciphertexts.
var ErrUndecryptable = errors.New("encryptedData does not fit the session key, the app or the time")

// encryptedMax bounds encryptedData, in characters.
const encryptedMax = 64 << 10

// clockSkew is how far ahead of ours WeChat's clock may be.
const clockSkew = 5 * time.Minute

type watermark struct {
	AppID     string `json:"appid"`
	Timestamp int64  `json:"timestamp"`
}

// EncryptedData is what clients send as encryptedData and iv.
type EncryptedData struct{ data, iv []byte }

// ParseEncryptedData reads the two texts. A form that no session key could open is BadRequest and not SessionKeyStale: a
// client that logged in again would send the same once more.
//
// Base64 that went through a form or a query often has blanks in place of plus signs, or percent escapes in place of plus
// signs, slashes and equals signs; these are put back, for base64 itself has neither blanks nor percent signs.
func ParseEncryptedData(encryptedData, iv string) (EncryptedData, error) {
	if len(encryptedData) > encryptedMax {
		return EncryptedData{}, fault.Newf(fault.BadRequest, "encryptedData has %d characters, at most %d", len(encryptedData), encryptedMax)
	}
	data, dataErr := decodeBase64(encryptedData)
	vector, ivErr := decodeBase64(iv)
	switch {
	case dataErr != nil || ivErr != nil:
		return EncryptedData{}, fault.Newf(fault.BadRequest, "encryptedData or iv is not base64")
	case len(data) == 0 || len(data)%aes.BlockSize != 0:
		return EncryptedData{}, fault.Newf(fault.BadRequest, "encryptedData has %d bytes, which are no whole blocks: it was cut", len(data))
	case len(vector) != aes.BlockSize:
		return EncryptedData{}, fault.Newf(fault.BadRequest, "iv has %d bytes in place of %d", len(vector), aes.BlockSize)
	}
	return EncryptedData{data: data, iv: vector}, nil
}

// Open decrypts (开放数据解密): AES-128-CBC with PKCS#7 padding, then a JSON object whose watermark must name appid and be
// at most maxAge old at now (0: any age). The plaintext is given back as it is. Every failure is SessionKeyStale with
// ErrUndecryptable, whatever went wrong.
func (d EncryptedData) Open(key SessionKey, appid string, now time.Time, maxAge time.Duration) ([]byte, error) {
	plain, ok := d.decryptCBC(key)
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

func (d EncryptedData) decryptCBC(key SessionKey) ([]byte, bool) {
	keyBytes, err := base64.StdEncoding.Strict().DecodeString(key.Reveal())
	if err != nil || len(keyBytes) != aes.BlockSize || len(d.data) == 0 {
		return nil, false
	}
	block, err := aes.NewCipher(keyBytes)
	if err != nil {
		return nil, false
	}
	plain := make([]byte, len(d.data))
	cipher.NewCBCDecrypter(block, d.iv).CryptBlocks(plain, d.data)
	return unpad(plain)
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
	text, err := url.PathUnescape(text)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(text, " ", "+"))
}
