package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxPublicURL leaves room for our paths in the 255 characters WeChat allows for a notify URL.
const maxPublicURL = 200

// officialHosts are the hosts of WeChat's own addresses for mini-programs and official accounts, mirrors included.
func officialHosts() []string {
	return []string{
		"api.weixin.qq.com", "api2.weixin.qq.com", "sh.api.weixin.qq.com", "sz.api.weixin.qq.com", "hk.api.weixin.qq.com",
		"open.weixin.qq.com",
	}
}

// webURL parses an absolute http or https URL. The parser's error is dropped: it quotes the text.
func webURL(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return nil, false
	}
	return u, true
}

// bare says that a URL is scheme, host and path only.
func bare(u *url.URL) bool {
	return u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

func (k *checker) publicURL() {
	const path = "public-url"
	text := k.PublicURL
	if text == "" {
		if k.Pay.Active {
			k.failf(path, "is required while pay.active is true: give the address at which WeChat reaches this host, "+
				"for example https://shop.example.com")
		}
		return
	}
	u, ok := webURL(text)
	switch {
	case !ok:
		k.failf(path, "must be an absolute address such as https://shop.example.com/api")
	case !bare(u) || strings.Contains(text, "#"):
		k.failf(path, "must have no user, query or fragment; WeChat refuses them in notify URLs")
	case len(text) > maxPublicURL:
		k.failf(path, "must have at most %d characters; WeChat allows 255 for the whole notify URL", maxPublicURL)
	case k.produce != "" && u.Scheme != "https":
		k.failf(path, "must begin with https:// while %s", k.produce)
	case k.produce != "" && !reachable(u.Hostname()):
		k.failf(path, "must be a host that WeChat can reach from the internet while %s, not a local or private one", k.produce)
	}
}

// reachable says whether a host can be one of the public internet: not this machine, a private network, or a name
// without a domain.
func reachable(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap()
		shared := netip.MustParsePrefix("100.64.0.0/10") // carrier-grade NAT
		return addr.IsGlobalUnicast() && !addr.IsPrivate() && !shared.Contains(addr)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	private := slices.Contains([]string{"localhost", "local", "internal", "lan", "home", "test", "invalid"}, last)
	numeric := strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") // 127.1, 2130706433, 0x7f.1
	return strings.Contains(host, ".") && !private && !numeric
}

// endpoint checks an address of WeChat's: the official one in production, anything of http or https elsewhere.
func (k *checker) endpoint(path, text string) {
	u, ok := webURL(text)
	switch {
	case !ok || !bare(u):
		k.failf(path, "must be an absolute http or https address without query; leave the key out for WeChat's own")
	case k.produce != "" && !official(u):
		k.failf(path, "must be https on a host of WeChat's (%s) while %s; leave the key out for the default",
			strings.Join(officialHosts(), ", "), k.produce)
	}
}

// authorizeURL checks the address that the app secret is sent to: https even outside production, where base-url leads the
// calls elsewhere.
func (k *checker) authorizeURL(path, text string) {
	if u, ok := webURL(text); ok && bare(u) && u.Scheme != "https" && k.produce == "" {
		k.failf(path, "must begin with https://; for the local WeChat leave it out and give mini-app.base-url")
		return
	}
	k.endpoint(path, text)
}

func official(u *url.URL) bool {
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") && slices.Contains(officialHosts(), u.Hostname())
}

// baseURL checks an address that replaces WeChat's.
func (k *checker) baseURL(path, text string) {
	if text == "" {
		return
	}
	u, ok := webURL(text)
	switch {
	case k.produce != "":
		k.failf(path, "must be left out while %s; it is for the local WeChat", k.produce)
	case !ok || !bare(u):
		k.failf(path, "must be an absolute http or https address without query, such as http://127.0.0.1:9000")
	}
}

// hostForm is a host name with an optional port.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)

func (k *checker) hosts(path string, list []string) {
	for i, host := range list {
		if !hostForm.MatchString(host) && !isIP(host) {
			k.failf(path, "entry %d must be a host such as wx.qlogo.cn, without https:// and path", i+1)
		}
	}
}

func isIP(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// redirects checks where a log-in may return to: paths of this host, or whole origins.
func (k *checker) redirects(path string, list []string) {
	for i, target := range list {
		if strings.ContainsAny(target, "\\\r\n\t ") || strings.HasPrefix(target, "//") {
			k.failf(path, `entry %d must not hold a space or \ nor begin with //`, i+1)
			continue
		}
		if strings.HasPrefix(target, "/") {
			continue
		}
		u, ok := webURL(target)
		if !ok || !bare(u) || u.Path != "" && u.Path != "/" || u.Scheme != "https" && k.produce != "" {
			k.failf(path, "entry %d must be a path such as /orders or an origin such as https://shop.example.com", i+1)
		}
	}
}
