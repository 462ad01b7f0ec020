package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// notifier carries notices as WeChat does: no proxies, no compression.
func (s *serveSettings) notifier() (http.RoundTripper, error) {
	network := &http.Transport{DisableCompression: true, IdleConnTimeout: 10 * time.Second}
	if s.notifyInsecure {
		network.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // asked for, and for made-up payments only
	}
	if s.forwardTo == "" {
		return network, nil
	}
	to, err := url.Parse(s.forwardTo)
	if err != nil || to.Host == "" || (to.Scheme != "http" && to.Scheme != "https") {
		return nil, usageError{fmt.Sprintf("-forward-to %s: such as http://127.0.0.1:8080", s.forwardTo)}
	}
	return forwarder{network, to}, nil
}

// forwarder sends notices to another host than they are addressed to. The signature does not cover the address.
type forwarder struct {
	next http.RoundTripper
	to   *url.URL
}

func (f forwarder) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = f.to.Scheme, f.to.Host, f.to.Host
	return f.next.RoundTrip(r)
}
