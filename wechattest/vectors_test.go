package wechattest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// vector is a published known answer; its source stands in the file.
type vector struct {
	ID             string            `json:"id"`
	Method         string            `json:"method"`
	Body           string            `json:"body"`
	URL            string            `json:"canonical_url"`
	Timestamp      string            `json:"timestamp"`
	Nonce          string            `json:"nonce"`
	NonceStr       string            `json:"nonce_str"`
	AppID          string            `json:"appid"`
	Line4          string            `json:"line4"`
	Message        string            `json:"message"`
	PrivateKeyFile string            `json:"private_key_file"`
	PublicKeyFile  string            `json:"public_key_file"`
	Headers        map[string]string `json:"headers"`
	Signature      string            `json:"expected_signature"`
	APIv3Key       string            `json:"api_v3_key"`
	AssociatedData string            `json:"associated_data"`
	Ciphertext     string            `json:"ciphertext"`
	Plaintext      string            `json:"expected_plaintext"`
	CertificatePEM string            `json:"expected_certificate_pem"`
	SessionKey     string            `json:"session_key"`
	IV             string            `json:"iv"`
	EncryptedData  string            `json:"encrypted_data"`
	RawData        string            `json:"raw_data"`
}

func readVector(t *testing.T, id string) vector {
	t.Helper()
	content, err := os.ReadFile("testdata/vectors/vectors.json")
	require.NoError(t, err)
	var vectors []vector
	require.NoError(t, json.Unmarshal(content, &vectors))
	for _, v := range vectors {
		if v.ID == id {
			return v
		}
	}
	require.FailNow(t, "no vector "+id)
	return vector{}
}

func (v vector) privateKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata/vectors", v.PrivateKeyFile))
	require.NoError(t, err)
	key, err := parsePrivateKey(content)
	require.NoError(t, err)
	return key
}

func TestSignaturesEqualThePublishedOnes(t *testing.T) {
	t.Parallel()
	message := map[string]func(vector) string{
		"payv3-reqsign-get-refund": func(v vector) string {
			return requestMessage(v.Method, v.URL, v.Timestamp, v.NonceStr, []byte(v.Body))
		},
		"payv3-reqsign-post-jsapi-a": func(v vector) string {
			return requestMessage(v.Method, v.URL, v.Timestamp, v.NonceStr, []byte(v.Body))
		},
		"payv3-paysign-jsapi-miniprogram": func(v vector) string {
			return launchMessage(v.AppID, v.Timestamp, v.NonceStr, v.Line4)
		},
		"rsa-sha256-go-source": func(v vector) string { return v.Message },
	}
	for id, build := range message {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			v := readVector(t, id)
			require.Equal(t, v.Message, build(v))
			key := v.privateKey(t)
			signature, err := sign(key, build(v))
			require.NoError(t, err)
			require.Equal(t, v.Signature, signature)
			require.True(t, verify(&key.PublicKey, v.Message, v.Signature))
			require.False(t, verify(&key.PublicKey, v.Message+" ", v.Signature))
		})
	}
}

func TestGenuineAnswerVerifies(t *testing.T) {
	t.Parallel()
	v := readVector(t, "payv3-respverify-pubkey")
	content, err := os.ReadFile(filepath.Join("testdata/vectors", v.PublicKeyFile))
	require.NoError(t, err)
	block, _ := pem.Decode(content)
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	require.NoError(t, err)
	key := parsed.(*rsa.PublicKey)

	message := answerMessage(v.Headers["Wechatpay-Timestamp"], v.Headers["Wechatpay-Nonce"], []byte(v.Body))
	require.Equal(t, v.Message, message)
	require.True(t, verify(key, message, v.Headers["Wechatpay-Signature"]))
	require.False(t, verify(key, message[:len(message)-1], v.Headers["Wechatpay-Signature"]), "without the last LF")
}

func TestSealedResourcesEqualThePublishedOnes(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"aesgcm-go-helloworld", "aesgcm-java-message", "aesgcm-easywechat-transaction"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			v := readVector(t, id)
			sealed, err := seal(v.APIv3Key, v.Nonce, v.AssociatedData, []byte(v.Plaintext))
			require.NoError(t, err)
			require.Equal(t, v.Ciphertext, sealed.Ciphertext)
		})
	}
}

func TestSealedCertificateEqualsThePublishedOne(t *testing.T) {
	t.Parallel()
	v := readVector(t, "payv3-certificates-goSDK")
	var list struct {
		Data []certificateEntry `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(v.Body), &list))
	published := list.Data[0].EncryptCertificate
	sealed, err := seal(v.APIv3Key, published.Nonce, published.AssociatedData, []byte(v.CertificatePEM))
	require.NoError(t, err)
	require.Equal(t, published, sealed)
}

func TestOpenDataEqualsThePublishedOnes(t *testing.T) {
	t.Parallel()
	v := readVector(t, "mp-userinfo-wxbizdatacrypt-demo")
	iv, err := base64.StdEncoding.DecodeString(v.IV)
	require.NoError(t, err)
	data, err := encryptOpenData(v.SessionKey, iv, []byte(v.Plaintext))
	require.NoError(t, err)
	require.Equal(t, EncryptedData{v.EncryptedData, v.IV}, data)

	v = readVector(t, "mp-rawdata-signature-band")
	require.Equal(t, v.Signature, profileSignature(v.RawData, v.SessionKey))
}
