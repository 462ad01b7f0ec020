// Package outbound makes the one kind of http.Client this module calls WeChat with: named hosts only, bounded in time
// and size, no redirects, and errors that never show a URL's query, where app secrets and tokens travel.
//
// It knows nothing of signatures or of WeChat's error codes.
package outbound

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// WeChat's hosts.
const (
	PayHost       = "api.mch.weixin.qq.com"  // WeChat Pay API v3 (微信支付)
	PayBackupHost = "api2.mch.weixin.qq.com" // the same at another site, with the same signature rules
	APIHost       = "api.weixin.qq.com"      // mini-program (小程序) and official account (公众号)
)

// The bounds of every call.
const (
	connectTimeout   = 2 * time.Second
	tlsTimeout       = 3 * time.Second
	firstByteTimeout = 5 * time.Second
	// TimeoutDefault bounds one call from the wait for a free slot to the last byte of the answer.
	TimeoutDefault = 8 * time.Second
	// MaxBodyDefault bounds an answer's body, in bytes.
	MaxBodyDefault = 4 << 20
	// MaxParallelDefault bounds the calls under way at once through one client.
	MaxParallelDefault = 32
)

// Options says whom a client may call.
type Options struct {
	// AllowHosts are the hosts that may be called, over https. "host" or "host:port"; a host without port means 443.
	// Required.
	AllowHosts []string
	// BaseURLs sends the calls for a host of AllowHosts elsewhere, for the local WeChat: host → http(s)://host[:port].
	// Only the address changes; path, query and Host semantics of the signature stay. A base URL with a path is refused,
	// because the path sent would differ from the path signed. An empty value changes nothing.
	BaseURLs map[string]string
	// Transport replaces the network. Optional: for tests.
	Transport http.RoundTripper
	// Timeout bounds one whole call. Default: TimeoutDefault.
	Timeout time.Duration
	// MaxBody bounds an answer's body, in bytes. Default: MaxBodyDefault.
	MaxBody int64
	// MaxParallel bounds the calls under way; further ones wait within their Timeout. Default: MaxParallelDefault.
	MaxParallel int
}

// New makes a client. It opens no connection.
func New(o Options) (*http.Client, error) {
	allowed := make(map[string]target, len(o.AllowHosts))
	for _, host := range o.AllowHosts {
		host = strings.ToLower(strings.TrimSpace(host))
		if u, err := url.Parse("https://" + host); err != nil || host == "" || u.Host != host {
			return nil, fmt.Errorf("outbound: %q is not a host", host)
		}
		allowed[withPort(host)] = target{}
	}
	if len(allowed) == 0 {
		return nil, fmt.Errorf("outbound: no host is allowed")
	}
	for host, base := range o.BaseURLs {
		if base == "" {
			continue
		}
		key := withPort(strings.ToLower(host))
		if _, ok := allowed[key]; !ok {
			return nil, fmt.Errorf("outbound: base URL for %q, which is not an allowed host", host)
		}
		to, err := parseBaseURL(base)
		if err != nil {
			return nil, err
		}
		allowed[key] = to
	}
	next := o.Transport
	if next == nil {
		next = newTransport()
	}
	return &http.Client{
		Transport: &guard{
			next:    next,
			allowed: allowed,
			maxBody: cmp.Or(o.MaxBody, MaxBodyDefault),
			slots:   make(chan struct{}, cmp.Or(o.MaxParallel, MaxParallelDefault)),
		},
		Timeout:       cmp.Or(o.Timeout, TimeoutDefault),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// newTransport is the network: pooled connections, the operator's proxy settings, no transparent decompression, so that
// the body limit counts the bytes that are used and a signature is checked over the bytes that were sent.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  firstByteTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           MaxParallelDefault,
		MaxIdleConnsPerHost:    MaxParallelDefault,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
}

// parseBaseURL takes http(s)://host[:port], with or without a final slash, and nothing more.
func parseBaseURL(base string) (target, error) {
	u, err := url.Parse(base)
	if err != nil {
		return target{}, fmt.Errorf("outbound: a base URL cannot be parsed")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return target{}, fmt.Errorf("outbound: base URL %q: want http://host:port or https://host", u.Redacted())
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "", u.User != nil:
		return target{}, fmt.Errorf("outbound: base URL for host %q has more than scheme, host and port; "+
			"requests are signed over their path, so a path prefix cannot be added", u.Host)
	}
	return target{scheme: u.Scheme, host: u.Host}, nil
}

func withPort(host string) string {
	if strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']') {
		return host
	}
	return host + ":443"
}
