package wxpay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"wgink.ink/wechat/internal/outbound"
)

// signedTransport signs what the SDK sends and verifies what comes back, error answers included: the SDK looks at the
// status first and believes an unsigned 404.
type signedTransport struct {
	next     http.RoundTripper
	merchant *Merchant
	ring     *Ring
	now      func() time.Time
}

// verifiedMark is set in the header of a verified answer. It holds a blank, so no answer can bring it along: net/http
// refuses such a name.
const verifiedMark = "wxpay verified"

// RoundTrip implements http.RoundTripper. Its answers carry verifiedMark; an answer that cannot is an error.
func (t *signedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	signed, err := t.sign(req)
	if err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(signed)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if refused := t.verify(req.Context(), resp, body); refused != nil {
		return nil, &unverifiedError{
			Status: resp.StatusCode, Claim: claimedCode(body), RequestID: requestID(resp.Header), Reason: refused,
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header[verifiedMark] = []string{"yes"}
	return resp, nil
}

// sign makes the request that is really sent: our own Authorization in place of the SDK's, which knows no other clock
// than the system's, and the host this try is for.
func (t *signedTransport) sign(req *http.Request) (*http.Request, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("read request: %w", err)
		}
	}
	signed := req.Clone(req.Context())
	if wantsBackupHost(req.Context()) {
		signed.URL.Host, signed.Host = outbound.PayBackupHost, ""
	}
	if req.Body != nil {
		signed.Body = io.NopCloser(bytes.NewReader(body))
		signed.ContentLength = int64(len(body))
	}
	signed.Header.Del("Wechatpay-Serial")
	if serial := t.ring.acceptSerial(); serial != "" {
		signed.Header.Set("Wechatpay-Serial", serial)
	}
	return signed, t.merchant.authorize(signed, body, t.now())
}

// verify checks an answer's signature. A serial we do not know is a reason to ask for the certificates, at most once a
// minute: this is the answer to a call of ours, no stranger can cause it.
func (t *signedTransport) verify(ctx context.Context, resp *http.Response, body []byte) *NoticeError {
	header, refused := headerOf(resp.Header)
	if refused != nil {
		return refused
	}
	refused = verify(header, body, t.now(), t.ring.Key)
	if refused != nil && refused.Reason == ReasonUnknownSerial {
		t.ring.refreshOnDemand(ctx)
		refused = verify(header, body, t.now(), t.ring.Key)
	}
	return refused
}

// unverifiedError is an answer of any status without a good signature. Whatever it says, the outcome is unknown.
type unverifiedError struct {
	Status    int
	Claim     string // the error code it names, for logs only
	RequestID string
	Reason    *NoticeError
}

// Error implements error.
func (e *unverifiedError) Error() string {
	text := fmt.Sprintf("answer without valid signature (HTTP %d, %s)", e.Status, e.Reason)
	if e.Claim != "" {
		text += ", claims " + e.Claim
	}
	if e.RequestID != "" {
		text += ", Request-ID " + e.RequestID
	}
	return text
}

// claimedCode reads the code of an error body, as a hint: nothing may be decided by it.
func claimedCode(body []byte) string {
	var claim struct {
		Code string `json:"code"`
	}
	if len(body) > 64<<10 || json.Unmarshal(body, &claim) != nil {
		return ""
	}
	return shorten(claim.Code, 32)
}

func requestID(h http.Header) string { return shorten(h.Get("Request-Id"), 80) }

type backupHostKey struct{}

func withBackupHost(ctx context.Context) context.Context {
	return context.WithValue(ctx, backupHostKey{}, true)
}

func wantsBackupHost(ctx context.Context) bool { return ctx.Value(backupHostKey{}) != nil }
