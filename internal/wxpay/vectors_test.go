package wxpay

import (
	"crypto/rsa"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/strictjson"
)

func TestRequestSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"payv3-reqsign-get-refund", "payv3-reqsign-post-jsapi-a"} {
		v := vector(t, id)
		key, err := parsePrivateKey(read(t, strings.TrimPrefix(v["private_key_file"], "keys/")))
		require.NoError(t, err)
		m := &Merchant{mchID: testMchID, serial: "SERIAL", key: key}
		seconds, err := strconv.ParseInt(v["timestamp"], 10, 64)
		require.NoError(t, err)
		header, err := m.authorization(v["method"], v["canonical_url"], []byte(v["body"]), time.Unix(seconds, 0), v["nonce_str"])
		require.NoError(t, err)
		require.Equal(t, `WECHATPAY2-SHA256-RSA2048 mchid="1230000109",nonce_str="`+v["nonce_str"]+
			`",signature="`+v["expected_signature"]+`",timestamp="`+v["timestamp"]+`",serial_no="SERIAL"`, header, id)
	}
}

func TestPaySignVector(t *testing.T) {
	t.Parallel()
	v := vector(t, "payv3-paysign-jsapi-miniprogram")
	key, err := parsePrivateKey(read(t, "doc-merchant-private.pem"))
	require.NoError(t, err)
	seconds, err := strconv.ParseInt(v["timestamp"], 10, 64)
	require.NoError(t, err)
	launch, err := (&Merchant{key: key}).launch(v["appid"], strings.TrimPrefix(v["line4"], "prepay_id="), time.Unix(seconds, 0), v["nonce_str"])
	require.NoError(t, err)
	require.Equal(t, Launch{
		AppID: v["appid"], TimeStamp: v["timestamp"], NonceStr: v["nonce_str"], Package: v["line4"], SignType: "RSA",
		PaySign: v["expected_signature"],
	}, launch)
	require.JSONEq(t, `{"appId":"wx2421b1c4370ec43b","timeStamp":"1554208460","nonceStr":"593BEC0C930BF1AFEB40B4A08C8FB242",`+
		`"package":"prepay_id=wx201410272009395522657a690389285100","signType":"RSA","paySign":"`+v["expected_signature"]+`"}`,
		string(encode(t, launch)))
}

func TestPlainSignatureVector(t *testing.T) {
	t.Parallel()
	v := vector(t, "rsa-sha256-go-source")
	key, err := parsePrivateKey(read(t, "go-sdk-platform-private.pem"))
	require.NoError(t, err)
	signature, err := (&Merchant{key: key}).sign(v["message"])
	require.NoError(t, err)
	require.Equal(t, v["expected_signature"], signature)
}

func TestAnswerVerificationVector(t *testing.T) {
	t.Parallel()
	v := vector(t, "payv3-respverify-pubkey")
	key, err := parsePublicKey(read(t, "doc-wechatpay-public.pem"))
	require.NoError(t, err)
	find := func(serial string) (*rsa.PublicKey, bool) { return key, serial == v["Wechatpay-Serial"] }
	good := NoticeHeader{
		Timestamp: v["Wechatpay-Timestamp"], Nonce: v["Wechatpay-Nonce"], Serial: v["Wechatpay-Serial"],
		Signature: v["Wechatpay-Signature"], SignatureType: v["Wechatpay-Signature-Type"],
	}
	sent := time.Unix(1722850421, 0)
	check := func(h NoticeHeader, body string, now time.Time) Reason {
		if refused := verify(h, []byte(body), now, find); refused != nil {
			return refused.Reason
		}
		return ""
	}
	require.Empty(t, check(good, v["body"], sent))
	require.Empty(t, check(good, v["body"], sent.Add(299*time.Second)))
	require.Equal(t, ReasonStale, check(good, v["body"], sent.Add(301*time.Second)))
	require.Equal(t, ReasonStale, check(good, v["body"], sent.Add(-301*time.Second)))
	require.Equal(t, ReasonBadSignature, check(good, v["body"]+"\n", sent))
	require.Equal(t, ReasonBadSignature, check(good, strings.Replace(v["body"], "pr=J", "pr=K", 1), sent))
	foreign := good
	foreign.Serial = "PUB_KEY_ID_0000000000000024101100397200000007"
	require.Equal(t, ReasonUnknownSerial, check(foreign, v["body"], sent))
}

func TestAESGCMVectors(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"aesgcm-go-helloworld", "aesgcm-java-message", "aesgcm-easywechat-transaction"} {
		v := vector(t, id)
		aead, err := newAEAD([]byte(v["api_v3_key"]))
		require.NoError(t, err)
		r := resource{
			Algorithm: algorithmAESGCM, Ciphertext: v["ciphertext"], AssociatedData: v["associated_data"], Nonce: v["nonce"],
		}
		keys := &APIv3Keys{}
		keys.aeads = append(keys.aeads, aead)
		plain, err := keys.open(r)
		require.NoError(t, err, id)
		require.Equal(t, v["expected_plaintext"], string(plain), id)
		r.AssociatedData += "x"
		_, err = keys.open(r)
		require.ErrorIs(t, err, errUndecryptable, id)
	}
}

func TestCertificateVector(t *testing.T) {
	t.Parallel()
	v := vector(t, "payv3-certificates-goSDK")
	aead, err := newAEAD([]byte(v["api_v3_key"])) // 16 bytes: only this helper takes it
	require.NoError(t, err)
	var answer struct {
		Data []struct {
			EncryptCertificate resource `json:"encrypt_certificate"`
			SerialNo           string   `json:"serial_no"`
		} `json:"data"`
	}
	require.NoError(t, strictjson.Unmarshal([]byte(v["body"]), &answer))
	require.NotEmpty(t, answer.Data)
	keys := &APIv3Keys{}
	keys.aeads = append(keys.aeads, aead)
	for _, entry := range answer.Data {
		plain, err := keys.open(entry.EncryptCertificate)
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(v["expected_certificate_pem"]), strings.TrimSpace(string(plain)))
		certificate, err := parseCertificate(plain)
		require.NoError(t, err)
		require.Equal(t, v["expected_serial"], serialOf(certificate))
	}
}
