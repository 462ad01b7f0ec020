package config_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// today is the clock of these tests.
func today() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// files is a disk in memory.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	content, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(content), nil
}

// isolated keeps the process's environment, disk and clock out of a test.
func isolated(disk files, environ ...string) []config.Option {
	return []config.Option{
		config.WithEnviron(environ), config.WithReadFile(disk.read), config.WithNow(today),
	}
}

// parse wraps lines in our section and reads them.
func parse(t *testing.T, body string, environ ...string) (config.Config, error) {
	t.Helper()
	return config.Parse([]byte("open-platform:\n  wechat:\n"+body), isolated(files{}, environ...)...)
}

// problemsOf takes the problems out of an error, which must be an *Error.
func problemsOf(t *testing.T, err error) []config.Problem {
	t.Helper()
	var report *config.Error
	require.ErrorAs(t, err, &report)
	return report.Problems
}

// keysOf lists which keys an error complains about.
func keysOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var keys []string
	for _, p := range problemsOf(t, err) {
		keys = append(keys, p.Key)
	}
	return keys
}

// merchant is what a merchant downloads from WeChat Pay.
type merchant struct {
	key         *rsa.PrivateKey
	certificate string
	keyFile     string
	publicKey   string
}

func newMerchant(t testing.TB, bits int) merchant {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	m := merchant{key: key, keyFile: pemText("PRIVATE KEY", pkcs8), publicKey: pemText("PUBLIC KEY", public)}
	m.certificate = m.issue(t, today().AddDate(-1, 0, 0), today().AddDate(4, 0, 0))
	return m
}

// issue makes a certificate for the merchant's key.
func (m merchant) issue(t testing.TB, from, to time.Time) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "1900000109"}, NotBefore: from, NotAfter: to,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &m.key.PublicKey, m.key)
	require.NoError(t, err)
	return pemText("CERTIFICATE", der)
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

var errDisk = errors.New("input/output error")
