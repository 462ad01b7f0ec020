package control

import (
	"net"
	"net/http"
	"net/netip"
)

// guard lets only this machine in. A web page elsewhere could otherwise reach a developer's machine through the
// developer's own browser: by a form or script (refused for its Origin or Sec-Fetch-Site), or by a host name of its own
// that it points at 127.0.0.1 (DNS rebinding, refused for its Host).
func guard(next http.Handler) http.Handler {
	sameSite := http.NewCrossOriginProtection()
	sameSite.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { forbid(w, "requests of other sites are refused") }))
	inner := sameSite.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !loopbackPeer(r.RemoteAddr):
			forbid(w, "only programs on this machine may use the control API")
		case !IsLoopback(hostOf(r.Host)):
			forbid(w, "the control API answers to localhost, 127.0.0.1 and [::1] only")
		case r.Method == http.MethodGet && crossSite(r):
			forbid(w, "requests of other sites are refused")
		default:
			inner.ServeHTTP(w, r)
		}
	})
}

// crossSite finds reading requests that a page of another site made; following a link to the page here is fine.
func crossSite(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

func forbid(w http.ResponseWriter, why string) {
	write(w, http.StatusForbidden, problemAnswer{"forbidden", why})
}

// problemAnswer is a refusal that tells not even the time.
type problemAnswer struct {
	Code string `json:"code"`
	Msg  string `json:"msg"`
}

func loopbackPeer(address string) bool {
	peer, err := netip.ParseAddrPort(address)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

func hostOf(hostPort string) string {
	if host, _, err := net.SplitHostPort(hostPort); err == nil {
		return host
	}
	return hostPort
}

// IsLoopback says whether a host name or address means this machine and nothing else can make it mean another.
func IsLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	if len(host) > 2 && host[0] == '[' {
		host = host[1 : len(host)-1]
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
