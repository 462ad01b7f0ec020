package wxpay

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// signatureWindow is how far a signature's timestamp may be from our clock, exclusive.
	signatureWindow = 300 * time.Second
	// signatureLen is the length of a base64 RSA-2048 signature, in characters.
	signatureLen = 344
	// probePrefix begins the signature of WeChat's own tests (签名探测流量). They get the same answer as any bad
	// signature: who answers them with success shows that nothing is verified.
	probePrefix = "WECHATPAY/SIGNTEST/"
	nonceMax    = 64
	serialMax   = 64
)

// verify checks the signature over body (验签). find gives the key of a serial. The headers' exact form comes first, so
// that one signature has one spelling.
func verify(h NoticeHeader, body []byte, now time.Time, find func(string) (*rsa.PublicKey, bool)) *NoticeError {
	if refused := checkForm(h); refused != nil {
		return refused
	}
	seconds, err := strconv.ParseInt(h.Timestamp, 10, 64)
	if err != nil {
		return &NoticeError{ReasonHeaderMalformed, "Wechatpay-Timestamp"}
	}
	if age := now.Sub(time.Unix(seconds, 0)); age >= signatureWindow || age <= -signatureWindow {
		return &NoticeError{ReasonStale, fmt.Sprintf("%d s away", int64(age.Seconds()))}
	}
	key, ok := find(h.Serial)
	if !ok {
		return &NoticeError{ReasonUnknownSerial, h.Serial}
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(h.Signature)
	if err != nil {
		return &NoticeError{ReasonHeaderMalformed, "Wechatpay-Signature"}
	}
	hash := sha256.New()
	hash.Write([]byte(h.Timestamp + "\n" + h.Nonce + "\n"))
	hash.Write(body)
	hash.Write([]byte("\n"))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, hash.Sum(nil), signature) != nil {
		return &NoticeError{ReasonBadSignature, "serial " + h.Serial + ", " + bodyHint(body)}
	}
	return nil
}

func checkForm(h NoticeHeader) *NoticeError {
	for _, header := range []struct{ name, value string }{
		{"Wechatpay-Timestamp", h.Timestamp},
		{"Wechatpay-Nonce", h.Nonce},
		{"Wechatpay-Signature", h.Signature},
		{"Wechatpay-Serial", h.Serial},
	} {
		if header.value == "" {
			return &NoticeError{ReasonHeaderMissing, header.name}
		}
	}
	switch {
	case strings.HasPrefix(h.Signature, probePrefix):
		return &NoticeError{Reason: ReasonProbe}
	case len(h.Timestamp) != 10 || !only(h.Timestamp, isDigit):
		return &NoticeError{ReasonHeaderMalformed, "Wechatpay-Timestamp"}
	case len(h.Nonce) > nonceMax || !only(h.Nonce, isPrintable):
		return &NoticeError{ReasonHeaderMalformed, "Wechatpay-Nonce"}
	case len(h.Serial) > serialMax || !only(h.Serial, isSerial):
		return &NoticeError{ReasonHeaderMalformed, "Wechatpay-Serial"}
	case len(h.Signature) != signatureLen:
		return &NoticeError{ReasonHeaderMalformed, fmt.Sprintf("Wechatpay-Signature of %d characters", len(h.Signature))}
	case h.SignatureType != "" && h.SignatureType != authorizationScheme:
		return &NoticeError{ReasonHeaderMalformed, "Wechatpay-Signature-Type"}
	}
	return nil
}

// headerOf reads the headers of an answer; one that came twice is refused.
func headerOf(h http.Header) (NoticeHeader, *NoticeError) {
	var out NoticeHeader
	for name, to := range map[string]*string{
		"Wechatpay-Timestamp":      &out.Timestamp,
		"Wechatpay-Nonce":          &out.Nonce,
		"Wechatpay-Signature":      &out.Signature,
		"Wechatpay-Serial":         &out.Serial,
		"Wechatpay-Signature-Type": &out.SignatureType,
	} {
		values := h.Values(name)
		if len(values) > 1 {
			return NoticeHeader{}, &NoticeError{ReasonHeaderMalformed, name + " came twice"}
		}
		if len(values) == 1 {
			*to = values[0]
		}
	}
	return out, nil
}

// bodyHint lets two log lines about one body be matched, without showing any of it.
func bodyHint(body []byte) string {
	sum := sha256.Sum256(body)
	return fmt.Sprintf("body of %d bytes, sha256 %s…", len(body), hex.EncodeToString(sum[:4]))
}

func only(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isPrintable(c byte) bool { return c > ' ' && c < 0x7f }
func isSerial(c byte) bool {
	return isDigit(c) || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
}
