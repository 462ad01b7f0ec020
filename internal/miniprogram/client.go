// Package miniprogram calls the mini-program (小程序) server API, log-in and phone numbers, and opens what the client
// sends encrypted (开放数据).
//
// It stores nothing and knows nothing of users; the access token of PhoneNumber comes from package token.
package miniprogram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/outbound"
)

// AuthorizeURLDefault is the address of code2Session.
const AuthorizeURLDefault = "https://" + outbound.APIHost + "/sns/jscode2session"

// Options says for which mini-program a Client calls.
type Options struct {
	AppID  string        // Required.
	Secret config.Secret // Required.
	HTTP   *http.Client  // From outbound.New, with the hosts of AuthorizeURL and outbound.APIHost allowed. Required.
	// AuthorizeURL is the code2Session endpoint. Default: AuthorizeURLDefault.
	AuthorizeURL string
	// GrantType of code2Session. Default: authorization_code.
	GrantType string
	// Sleep waits before the one repeat. Default: a timer that ends with the context.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Client calls WeChat for one mini-program. It is safe for concurrent use.
type Client struct {
	appID     string
	secret    config.Secret
	http      *http.Client
	authorize *url.URL
	grantType string
	sleep     func(ctx context.Context, d time.Duration) error
}

// New checks the options; it calls nobody.
func New(o Options) (*Client, error) {
	if o.AppID == "" || o.Secret == "" || o.HTTP == nil {
		return nil, errors.New("miniprogram: appid, secret and an HTTP client are required")
	}
	if o.AuthorizeURL == "" {
		o.AuthorizeURL = AuthorizeURLDefault
	}
	authorize, err := url.Parse(o.AuthorizeURL)
	if err != nil || authorize.Scheme != "https" || authorize.Host == "" || authorize.RawQuery != "" {
		return nil, fmt.Errorf("miniprogram: the authorize URL must be https and have no query")
	}
	if o.GrantType == "" {
		o.GrantType = "authorization_code"
	}
	if o.Sleep == nil {
		o.Sleep = outbound.Sleep
	}
	return &Client{
		appID: o.AppID, secret: o.Secret, http: o.HTTP, authorize: authorize, grantType: o.GrantType, sleep: o.Sleep,
	}, nil
}

// AppID is the mini-program's appid.
func (c *Client) AppID() string { return c.appID }
