package wxpay

import (
	"context"
	"errors"
	"net/http"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
)

// newSDKClient makes the SDK's client work over our signedTransport.
func newSDKClient(o Options) (*core.Client, error) {
	httpClient := *o.HTTP
	next := httpClient.Transport
	if next == nil {
		return nil, errors.New("wxpay: the HTTP client must come from outbound.New")
	}
	httpClient.Transport = &signedTransport{next: next, merchant: o.Merchant, ring: o.Ring, now: o.Now}
	return core.NewClientWithDialSettings(context.Background(), &core.DialSettings{
		HTTPClient: &httpClient,
		Signer:     sdkSigner{mchID: o.Merchant.mchID},
		Validator:  sdkValidator{},
	})
}

// sdkSigner satisfies the SDK, whose Authorization header signedTransport replaces.
type sdkSigner struct{ mchID string }

// Sign implements auth.Signer.
func (s sdkSigner) Sign(context.Context, string) (*auth.SignatureResult, error) {
	return &auth.SignatureResult{MchID: s.mchID, CertificateSerialNo: "-", Signature: "replaced by signedTransport"}, nil
}

// Algorithm implements auth.Signer.
func (sdkSigner) Algorithm() string { return "SHA256-RSA2048" }

// sdkValidator refuses an answer that did not come through signedTransport. It fails closed: without it, a change of
// wiring could let unverified answers in.
type sdkValidator struct{}

// Validate implements auth.Validator.
func (sdkValidator) Validate(_ context.Context, resp *http.Response) error {
	if len(resp.Header[verifiedMark]) == 0 {
		return errors.New("answer was not verified")
	}
	return nil
}

// GetAcceptSerial implements auth.Validator; signedTransport names the serial.
func (sdkValidator) GetAcceptSerial(context.Context) (string, error) {
	return "", errors.New("set by signedTransport")
}

var (
	_ auth.Signer    = sdkSigner{}
	_ auth.Validator = sdkValidator{}
)
