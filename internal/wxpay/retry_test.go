package wxpay

import (
	"context"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
)

func TestRepeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paid := signed(w.platform, 200, paidTransaction)
	down := signed(w.platform, 500, `{"code":"SYSTEM_ERROR","message":"系统繁忙"}`)
	gateway := unsigned(502, "<html>Bad Gateway</html>")
	probe := response(200, func() http.Header {
		h := w.platform.headers([]byte(paidTransaction), testNow())
		h.Set("Wechatpay-Signature", probePrefix+h.Get("Wechatpay-Signature")[19:])
		return h
	}(), paidTransaction)
	refused := broken(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})
	reset := broken(&net.OpError{Op: "read", Err: syscall.ECONNRESET})
	eof := broken(io.EOF)
	for name, c := range map[string]struct {
		answers []answer
		want    fault.Code
		calls   int
		hosts   string // the last letter of the second label: h for api.mch, 2 for api2
	}{
		"works":                       {[]answer{paid}, "", 1, "1"},
		"busy once":                   {[]answer{down, paid}, "", 2, "11"},
		"busy twice":                  {[]answer{down, down, paid}, "", 3, "111"},
		"busy for good":               {[]answer{down}, fault.WeChatUnavailable, 3, "111"},
		"probe, then genuine":         {[]answer{probe, paid}, "", 2, "11"},
		"unverified for good":         {[]answer{probe}, fault.WeChatUnavailable, 2, "11"},
		"gateway error, then genuine": {[]answer{gateway, paid}, "", 2, "11"},
		"connection refused":          {[]answer{refused, paid}, "", 2, "12"},
		"main site down":              {[]answer{refused, reset, paid}, "", 3, "121"},
		"connection lost":             {[]answer{eof, paid}, "", 2, "12"},
		"network down":                {[]answer{refused}, fault.WeChatUnavailable, 3, "121"},
		"too large":                   {[]answer{broken(outbound.ErrBodyTooLarge)}, fault.WeChatUnavailable, 1, "1"},
		"refusal":                     {[]answer{signed(w.platform, 403, `{"code":"NO_AUTH"}`)}, fault.WeChatRefused, 1, "1"},
		"rate":                        {[]answer{signed(w.platform, 429, `{"code":"FREQUENCY_LIMITED"}`)}, fault.TooManyRequests, 1, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{answers: c.answers}
			_, err := f.client(t, newWorld(t)).QueryByOutTradeNo(t.Context(), outTradeNo)
			require.Equal(t, c.want, fault.CodeOf(err), "%v", err)
			require.Len(t, f.asked, c.calls)
			hosts := ""
			for _, a := range f.asked {
				hosts += map[string]string{outbound.PayHost: "1", outbound.PayBackupHost: "2"}[a.host]
			}
			require.Equal(t, c.hosts, hosts)
			for i, pause := range f.slept {
				want := []time.Duration{200 * time.Millisecond, time.Second}[i]
				require.InDelta(t, want, pause, 0.3*float64(want))
			}
		})
	}
}

// Each try has its own nonce and signature.
func TestRepeatIsSignedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{broken(io.EOF), signed(w.platform, 200, `{"prepay_id":"wx1"}`)}}
	_, err := f.client(t, w).Prepay(t.Context(), testPrepay())
	require.NoError(t, err)
	require.Len(t, f.asked, 2)
	require.Equal(t, f.asked[0].body, f.asked[1].body)
	require.NotEqual(t, f.asked[0].header.Get("Authorization"), f.asked[1].header.Get("Authorization"))
	requireSignedBy(t, w.merchant, f.asked[1])
}

// A close is repeated only when nothing was sent.
func TestCloseIsNotRepeatedBlindly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	closed := signed(w.platform, 204, "")
	for name, c := range map[string]struct {
		first answer
		want  fault.Code
		calls int
	}{
		"busy":       {signed(w.platform, 500, `{"code":"SYSTEM_ERROR"}`), fault.WeChatUnavailable, 1},
		"unverified": {unsigned(204, ""), fault.WeChatUnavailable, 1},
		"lost":       {broken(io.EOF), fault.WeChatUnavailable, 1},
		"not sent":   {broken(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), "", 2},
	} {
		f := &fake{answers: []answer{c.first, closed}}
		err := f.client(t, newWorld(t)).Close(t.Context(), outTradeNo)
		require.Equal(t, c.want, fault.CodeOf(err), name)
		require.Equal(t, c.calls, f.calls(), name)
	}
}

func TestNoBackupHostUnlessAsked(t *testing.T) {
	t.Parallel()
	f := &fake{answers: []answer{broken(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})}}
	c := f.client(t, newWorld(t))
	c.backupHost = false
	_, err := c.QueryByOutTradeNo(t.Context(), outTradeNo)
	require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err))
	for _, a := range f.asked {
		require.Equal(t, outbound.PayHost, a.host)
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{answers: []answer{func(req *http.Request) (*http.Response, error) {
		cancel()
		<-req.Context().Done()
		return nil, req.Context().Err()
	}}}
	_, err := f.client(t, newWorld(t)).QueryByOutTradeNo(ctx, outTradeNo)
	require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, f.calls())
}
