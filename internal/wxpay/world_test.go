package wxpay

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

const (
	testMchID    = "1230000109"
	testAppID    = "wxd678efh567hg6787"
	testAPIv3    = config.Secret("canary-apiv3-key-0123456789abcde")
	testPublicID = "PUB_KEY_ID_0114232134912410000000000000"
)

// testNow is when the tests happen.
func testNow() time.Time { return time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC) }

// world is a merchant and the keys WeChat signs with, as a test sees both sides.
type world struct {
	merchant *Merchant
	apiV3    *APIv3Keys
	ring     *Ring
	platform signer // signs under a platform certificate
	public   signer // signs under the public key's id
}

// signer is one of WeChat's signing keys, the private half included.
type signer struct {
	serial string
	key    *rsa.PrivateKey
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{}
	keyPEM := read(t, "doc-merchant-private.pem")
	key, err := parsePrivateKey(keyPEM)
	require.NoError(t, err)
	w.merchant, err = NewMerchant(testMchID, selfSigned(t, key, 77, testNow()), keyPEM)
	require.NoError(t, err)
	w.apiV3, err = NewAPIv3Keys(testAPIv3, "")
	require.NoError(t, err)

	platformKey, err := parsePrivateKey(read(t, "go-sdk-platform-private.pem"))
	require.NoError(t, err)
	certificate := vector(t, "payv3-certificates-goSDK")
	w.platform = signer{certificate["expected_serial"], platformKey}
	w.public = signer{testPublicID, otherKey()}

	store := &memoryKeys{keys: []StoredKey{{
		Serial: w.platform.serial, PEM: certificate["expected_certificate_pem"], FetchedAt: testNow(),
	}}}
	w.ring, err = NewRing(RingOptions{
		Merchant: w.merchant, APIv3: w.apiV3, HTTP: &http.Client{}, Store: store, Now: testNow,
		PublicKeyID: testPublicID, PublicKeyPEM: publicPEM(t, &w.public.key.PublicKey),
	})
	require.NoError(t, err)
	require.NoError(t, w.ring.Load(t.Context()))
	return w
}

func (w *world) opener() *NoticeOpener { return NewNoticeOpener(w.ring, w.apiV3) }

// header signs body as WeChat does.
func (s signer) header(body []byte, at time.Time) NoticeHeader {
	h := NoticeHeader{
		Timestamp: strconv.FormatInt(at.Unix(), 10), Nonce: "d824f2e086d3c1df967785d13fcd22ef", Serial: s.serial,
		SignatureType: authorizationScheme,
	}
	h.Signature = s.sign(h.Timestamp + "\n" + h.Nonce + "\n" + string(body) + "\n")
	return h
}

func (s signer) sign(message string) string {
	sum := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// headers is header as an answer carries it.
func (s signer) headers(body []byte, at time.Time) http.Header {
	h := s.header(body, at)
	return http.Header{
		"Wechatpay-Timestamp": {h.Timestamp}, "Wechatpay-Nonce": {h.Nonce}, "Wechatpay-Serial": {h.Serial},
		"Wechatpay-Signature": {h.Signature}, "Wechatpay-Signature-Type": {h.SignatureType},
		"Request-Id": {"08F5B8C2B506-0"},
	}
}

// sealed encrypts plaintext as a notice's resource.
func sealed(t testing.TB, key config.Secret, original string, plaintext []byte) map[string]any {
	t.Helper()
	aead, err := newAEAD([]byte(key.Reveal()))
	require.NoError(t, err)
	const nonce = "61f9c719728a"
	return map[string]any{
		"original_type": original, "algorithm": algorithmAESGCM, "nonce": nonce, "associated_data": original,
		"ciphertext": base64.StdEncoding.EncodeToString(aead.Seal(nil, []byte(nonce), plaintext, []byte(original))),
	}
}

// noticeBody is the body of a notice around plaintext.
func noticeBody(t testing.TB, original, plaintext string) []byte {
	t.Helper()
	return encode(t, map[string]any{
		"id": "be3b9a56-ef5c-55f1-93c2-0cfbf8a08e07", "create_time": "2026-11-22T16:00:00+08:00",
		"resource_type": "encrypt-resource", "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
		"resource": sealed(t, testAPIv3, original, []byte(plaintext)),
	})
}

const paidTransaction = `{"mchid":"1230000109","appid":"wxd678efh567hg6787","out_trade_no":"1217752501201407033233368018",` +
	`"transaction_id":"1217752501201407033233368018","trade_type":"JSAPI","trade_state":"SUCCESS","trade_state_desc":"支付成功",` +
	`"bank_type":"OTHERS","attach":"","success_time":"2026-11-22T15:59:58+08:00","payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},` +
	`"amount":{"total":100,"payer_total":90,"currency":"CNY","payer_currency":"CNY"}}`

const refundPlaintext = `{"mchid":"1230000109","out_trade_no":"1217752501201407033233368018",` +
	`"transaction_id":"1217752501201407033233368018","out_refund_no":"R1@x","refund_id":"50000000382019052709732678859",` +
	`"refund_status":"SUCCESS","success_time":"2026-11-22T15:59:58+08:00","user_received_account":"招商银行信用卡0403",` +
	`"amount":{"total":100,"refund":40,"payer_total":90,"payer_refund":36}}`

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return data
}

// vector gives the text fields of one public known-answer vector.
func vector(t testing.TB, id string) map[string]string {
	t.Helper()
	var all []map[string]any
	require.NoError(t, json.Unmarshal(read(t, "vectors.json"), &all))
	for _, v := range all {
		if v["id"] != id {
			continue
		}
		texts := map[string]string{}
		for name, value := range v {
			switch value := value.(type) {
			case string:
				texts[name] = value
			case map[string]any: // headers
				for key, text := range value {
					texts[key], _ = text.(string)
				}
			}
		}
		return texts
	}
	require.FailNow(t, "no vector "+id)
	return nil
}

// otherKey is made once: making an RSA key takes long.
var otherKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(err)
	}
	return key
})

func selfSigned(t testing.TB, key crypto.Signer, serial int64, notBefore time.Time) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: testMchID},
		NotBefore: notBefore.Add(-time.Hour), NotAfter: notBefore.AddDate(5, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func publicPEM(t testing.TB, key *rsa.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
