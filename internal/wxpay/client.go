package wxpay

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"wgink.ink/wechat/internal/outbound"
)

// Options says for whom a Client calls.
type Options struct {
	Merchant *Merchant    // Required.
	Ring     *Ring        // Required: verifies the answers.
	HTTP     *http.Client // From outbound.New with outbound.PayHost allowed. Required.
	// AppIDs are the appids whose orders this merchant places; an answer that names another is refused. Default: any.
	AppIDs []string
	// BackupHost tries outbound.PayBackupHost, which HTTP must allow, after a failed connection. Leave it false with a
	// base URL: the local WeChat has one host.
	BackupHost bool
	Log        *slog.Logger // Default: discards.
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Sleep waits between tries. Default: outbound.Sleep.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Client places, queries and closes orders (下单、查单、关单). It is safe for concurrent use.
type Client struct {
	merchant   *Merchant
	ring       *Ring
	sdk        *core.Client
	appIDs     []string
	backupHost bool
	log        *slog.Logger
	sleep      func(ctx context.Context, d time.Duration) error
}

// New checks the options; it calls nobody.
func New(o Options) (*Client, error) {
	if o.Merchant == nil || o.Ring == nil || o.HTTP == nil {
		return nil, errors.New("wxpay: a client needs the merchant, a ring and an HTTP client")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = outbound.Sleep
	}
	sdk, err := newSDKClient(o)
	if err != nil {
		return nil, err
	}
	return &Client{
		merchant: o.Merchant, ring: o.Ring, sdk: sdk, appIDs: slices.Clone(o.AppIDs), backupHost: o.BackupHost,
		log: o.Log, sleep: o.Sleep,
	}, nil
}

// MchID is the merchant number the client calls for.
func (c *Client) MchID() string { return c.merchant.mchID }
