package wxpay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoadMerchant(t *testing.T) {
	t.Parallel()
	keyPEM := read(t, "doc-merchant-private.pem")
	key, err := parsePrivateKey(keyPEM)
	require.NoError(t, err)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ecDER, err := x509.MarshalPKCS8PrivateKey(ec)
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return path
	}
	certificate := write("apiclient_cert.pem", selfSigned(t, key, 0xABCDEF, testNow()))
	private := write("apiclient_key.pem", keyPEM)
	merchant, err := LoadMerchant(testMchID, certificate, private)
	require.NoError(t, err)
	require.Equal(t, "ABCDEF", merchant.Serial())
	require.Equal(t, testMchID, merchant.MchID())
	require.Equal(t, testNow().AddDate(5, 0, 0), merchant.NotAfter())

	pkcs1 := write("pkcs1.pem", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	_, err = LoadMerchant(testMchID, certificate, pkcs1)
	require.NoError(t, err)

	for name, files := range map[string][3]string{
		"another key":        {testMchID, certificate, "testdata/go-sdk-platform-private.pem"},
		"no merchant number": {"", certificate, private},
		"no certificate":     {testMchID, dir + "/none.pem", private},
		"no key":             {testMchID, certificate, dir + "/none.pem"},
		"swapped":            {testMchID, private, certificate},
		"not PEM":            {testMchID, write("text", []byte("hello")), private},
		"key not PEM":        {testMchID, certificate, write("text2", []byte("hello"))},
		"elliptic key":       {testMchID, certificate, write("ec", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ecDER}))},
		"elliptic cert":      {testMchID, write("ec_cert", selfSigned(t, ec, 1, testNow())), private},
		"broken key":         {testMchID, certificate, write("broken", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))},
	} {
		_, err := LoadMerchant(files[0], files[1], files[2])
		require.Error(t, err, name)
	}
}

// If an answer ever reached the SDK around our transport, it would be refused.
func TestSDKRefusesWhatWasNotVerified(t *testing.T) {
	t.Parallel()
	require.Error(t, sdkValidator{}.Validate(t.Context(), &http.Response{Header: http.Header{}}))
	require.NoError(t, sdkValidator{}.Validate(t.Context(), &http.Response{Header: http.Header{verifiedMark: {"yes"}}}))
}

func TestClientOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, o := range []Options{
		{}, {Merchant: w.merchant, Ring: w.ring}, {Merchant: w.merchant, HTTP: http.DefaultClient},
		{Merchant: w.merchant, Ring: w.ring, HTTP: &http.Client{}},
	} {
		_, err := New(o)
		require.Error(t, err)
	}
}
