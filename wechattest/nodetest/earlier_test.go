package nodetest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// earlier places and pays the order EARLIER-0001 by QR code, so that a day of the past has a bill.
func earlier(t *testing.T, sim *wechattest.Simulator, now time.Time) {
	t.Helper()
	m := sim.Merchant()
	const path = "/v3/pay/transactions/native"
	body := fmt.Sprintf(`{"appid":%q,"mchid":%q,"description":"tea","out_trade_no":"EARLIER-0001",`+
		`"notify_url":"http://127.0.0.1:9/notice","amount":{"total":100}}`, sim.App().AppID, m.MchID)
	block, _ := pem.Decode(m.KeyPEM)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	digest := sha256.Sum256(fmt.Appendf(nil, "POST\n%s\n%d\nnonce\n%s\n", path, now.Unix(), body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, digest[:])
	require.NoError(t, err)

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.mch.weixin.qq.com"+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", fmt.Sprintf(
		`WECHATPAY2-SHA256-RSA2048 mchid=%q,nonce_str="nonce",signature=%q,timestamp="%d",serial_no=%q`,
		m.MchID, base64.StdEncoding.EncodeToString(signature), now.Unix(), m.SerialNo))
	response, err := sim.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	order, _ := sim.Order("EARLIER-0001")
	require.NoError(t, sim.Phone("alice").PayCode(t.Context(), order.CodeURL))
}
