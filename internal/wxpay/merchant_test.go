package wxpay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
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

// A configuration that validates must start: package config checks keys and certificates by the rules of this one.
func TestConfigAcceptsTheSameKeys(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{1024, keyBits, 2304} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		require.NoError(t, err)
		pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		certificate := selfSigned(t, key, 1, testNow())
		private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
		pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
		public := publicPEM(t, &key.PublicKey)
		publicPKCS1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey)})
		for _, keyFile := range [][]byte{private, pkcs1, slices.Concat(public, private)} {
			for _, publicFile := range [][]byte{public, publicPKCS1, certificate} {
				_, merchantErr := NewMerchant(testMchID, certificate, keyFile)
				_, publicErr := parsePublicKey(publicFile)
				accepted := configAccepts(t, certificate, keyFile, publicFile)
				require.Equal(t, merchantErr == nil && publicErr == nil, accepted, "%d bits: %v %v", bits, merchantErr, publicErr)
			}
		}
	}
}

func configAccepts(t *testing.T, certificate, key, public []byte) bool {
	t.Helper()
	c := config.Config{PublicURL: "https://shop.example.com", MiniApp: config.MiniApp{AppID: "wx0123456789abcdef"}}
	c.Pay = config.Pay{
		Active: true, MchID: testMchID, CertificatePath: "/c", KeyFilePath: "/key", APIv3SecretKey: testAPIv3,
		PublicKeyID: publicKeyIDPrefix + "1", PublicKeyPath: "/public",
	}
	disk := map[string][]byte{"/c/apiclient_cert.pem": certificate, "/key": key, "/public": public}
	return c.WithDefaults().Validate(config.WithNow(testNow),
		config.WithReadFile(func(name string) ([]byte, error) { return disk[filepath.ToSlash(name)], nil })) == nil
}
