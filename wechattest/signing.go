package wechattest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// publishedCertificates are the platform certificates that GET /v3/certificates lists; the last one signs.
func (s *Simulator) publishedCertificates() []keyPair {
	count := 1
	s.view(func(st *state) {
		if st.Rotated {
			count = 2
		}
	})
	return s.keys.platform[:count]
}

// RotateCertificate publishes the next platform certificate and signs with it from now on, as WeChat Pay does when one
// nears its end: receivers that know only the first must fetch the list again. It ends [Simulator.SignWith].
func (s *Simulator) RotateCertificate() {
	s.update(func(st *state) { st.SigningKey, st.Rotated = "", true })
}

// PlatformSerials are the serial numbers of the published platform certificates, the signing one last.
func (s *Simulator) PlatformSerials() []string {
	var serials []string
	for _, pair := range s.publishedCertificates() {
		serials = append(serials, pair.id)
	}
	return serials
}

// SignWith chooses the key of notices and of answers to requests without a Wechatpay-Serial header: a platform
// certificate's serial number or the public key's id. WeChat Pay mixes both while a merchant moves (灰度切换).
func (s *Simulator) SignWith(keyID string) error {
	if _, ok := s.key(keyID); !ok {
		return fmt.Errorf("wechattest: no key %q in this key mode", keyID)
	}
	s.update(func(st *state) { st.SigningKey = keyID })
	return nil
}

// key finds one of the keys that WeChat Pay may sign with.
func (s *Simulator) key(id string) (keyPair, bool) {
	if s.settings.keyMode != PlatformCertificate && id == s.keys.wechatPay.id {
		return s.keys.wechatPay, true
	}
	if s.settings.keyMode != PublicKey {
		for _, pair := range s.publishedCertificates() {
			if pair.id == id {
				return pair, true
			}
		}
	}
	return keyPair{}, false
}

// signingKey is the key of notices and of answers to requests that ask for none.
func (s *Simulator) signingKey() keyPair {
	var chosen string
	var byPublicKey bool
	now := s.settings.clock.Now()
	s.view(func(st *state) { chosen, byPublicKey = st.SigningKey, st.Mix.byPublicKey(now) })
	if pair, ok := s.key(chosen); ok {
		return pair
	}
	if s.settings.keyMode == BothKeys && byPublicKey {
		return s.keys.wechatPay
	}
	if s.settings.keyMode == PublicKey {
		return s.keys.wechatPay
	}
	published := s.publishedCertificates()
	return published[len(published)-1]
}

// signHeader adds the headers that prove an answer or a notice.
func signHeader(header http.Header, pair keyPair, at time.Time, body []byte) {
	timestamp, nonce := strconv.FormatInt(at.Unix(), 10), randomText(32)
	signature, err := sign(pair.private, answerMessage(timestamp, nonce, body))
	if err != nil {
		panic(fmt.Sprintf("wechattest: %v", err)) // the embedded keys can sign
	}
	header.Set("Wechatpay-Timestamp", timestamp)
	header.Set("Wechatpay-Nonce", nonce)
	header.Set("Wechatpay-Signature", signature)
	header.Set("Wechatpay-Serial", pair.id)
	header.Set("Wechatpay-Signature-Type", authScheme)
}
