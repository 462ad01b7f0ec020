package wechat_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/wechattest"
)

// APP_ENV=production is production like pay.produce: the local WeChat's keys are refused, in the configuration and in a
// database that was used with it. Not in parallel: the environment is the process's.
func TestProductionEnvironmentRefusesTheLocalWeChat(t *testing.T) {
	b := &bed{t: t, sim: wechattest.New(t)}
	cfg := b.config("sqlite:" + t.TempDir() + "/w.db")
	cfg.PublicURL = "https://shop.example.com"
	local, err := wechat.New(cfg, wechat.WithTransport(b.sim.RoundTripper()))
	require.NoError(t, err)
	require.NoError(t, local.Start(t.Context()))
	require.NoError(t, local.WaitReady(t.Context()), "its certificates are stored now")
	require.NoError(t, local.Stop(t.Context()))

	t.Setenv("APP_ENV", "production")
	_, err = wechat.New(cfg)
	require.ErrorContains(t, err, "pay.certificate-path: holds a certificate of the local WeChat")
	require.ErrorContains(t, err, "mini-app.app-secret: is the secret of the local WeChat")

	cfg.MiniApp = config.MiniApp{AppID: "wx0123456789abcdef"}
	cfg.Pay.APIv3SecretKey = "0123456789abcdef0123456789abcdef"
	writeMerchant(t, cfg.Pay)
	ctx, cancel := context.WithCancel(t.Context())
	production, err := wechat.New(cfg, wechat.WithTransport(transport(func(*http.Request) (*http.Response, error) {
		cancel() // it asks for certificates, so it took none of the stored ones
		return nil, errors.New("cut off")
	})))
	require.NoError(t, err)
	require.NoError(t, production.Start(t.Context()))
	require.Error(t, production.WaitReady(ctx))
	require.NoError(t, production.Stop(t.Context()))
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// writeMerchant writes a certificate and a key that are not the local WeChat's.
func writeMerchant(t *testing.T, pay config.Pay) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "1900000109"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	for file, block := range map[string]*pem.Block{
		filepath.Join(pay.CertificatePath, pay.CertificateName): {Type: "CERTIFICATE", Bytes: certificate},
		pay.KeyFilePath: {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	}
}
