package wechattest_test

import (
	"crypto/aes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const v2Key = "canary-v2-key-canary-v2-key-cana"

// openV2 decrypts req_info as a merchant does.
func openV2(t *testing.T, sealed string) string {
	t.Helper()
	sum := md5.Sum([]byte(v2Key))
	block, err := aes.NewCipher([]byte(hex.EncodeToString(sum[:])))
	require.NoError(t, err)
	plain, err := base64.StdEncoding.DecodeString(sealed)
	require.NoError(t, err)
	for at := 0; at < len(plain); at += aes.BlockSize {
		block.Decrypt(plain[at:], plain[at:])
	}
	return string(plain[:len(plain)-int(plain[len(plain)-1])])
}

func TestRefundInPortalSendsXML(t *testing.T) {
	t.Parallel()
	var bodies []string
	says := "<xml><return_code>FAIL</return_code></xml>"
	b := setup(t, wechattest.WithAPIv2(v2Key, "https://shop.example.com/old"), wechattest.WithNotifyTransport(
		transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != "/old" {
				return answer(http.StatusNoContent), nil
			}
			content, err := io.ReadAll(r.Body)
			bodies = append(bodies, string(content))
			return say(says), err
		})))
	b.buy(t, "NO-0001")
	b.settle(t)
	number, err := b.sim.RefundInPortal("NO-0001", 40)
	require.NoError(t, err)
	b.settle(t)
	says = "<xml><return_code>SUCCESS</return_code></xml>"
	b.clock.Advance(15 * time.Second)
	b.settle(t)
	require.Len(t, bodies, 2, "the answer's body counts")
	info := elements(t, openV2(t, elements(t, bodies[0])["req_info"]))
	require.Equal(t, number, info["out_refund_no"])
	require.Equal(t, "40", info["refund_fee"])
	require.Equal(t, "VENDOR_PLATFORM", info["refund_request_source"])
	require.Equal(t, "SUCCESS", b.queryRefund(t, number).field("status"))
	_, err = b.sim.RefundInPortal("NO-0001", 61)
	require.Error(t, err)
	_, err = b.sim.RefundInPortal("NO-0002", 1)
	require.Error(t, err)
}

func TestScenarioPortalRefund(t *testing.T) {
	t.Parallel()
	b := play(t, "portal-refund", wechattest.WithAPIv2(v2Key, "https://shop.example.com/notice"))
	b.buy(t, "NO-0001")
	b.settle(t)
	require.Equal(t, "REFUND", b.query(t, "NO-0001").field("trade_state"))
	headers, bodies := b.inbox.received()
	require.Len(t, bodies, 2)
	at := slices.IndexFunc(bodies, func(body string) bool { return strings.HasPrefix(body, "<xml>") })
	require.Empty(t, headers[at].Get("Wechatpay-Signature"), "API v2 signs nothing here")
	require.Equal(t, "1", elements(t, openV2(t, elements(t, bodies[at])["req_info"]))["refund_fee"])
}
