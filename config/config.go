// Package config holds the module's settings: the structure, its defaults, its checks, and loading from YAML and the
// environment. It keeps the keys of the original Java module, under open-platform.wechat.
//
// Load reads a file, applies the environment and checks the result. Parse does the same with bytes but leaves the check
// of the contents to Config.Validate. Hosts that build a Config in Go need neither: WithDefaults and Validate are plain
// methods. Everything that is wrong is reported at once, in one *Error.
//
// It is a leaf and opens nothing but the files its values name: no network, no database.
package config

import (
	"net/url"
	"strings"
)

// Config is everything under open-platform.wechat.
type Config struct { //nolint:recvcheck // keys points into the struct it fills; all that users call takes a value
	// PublicURL is the address, seen from outside, below which the module is mounted, for example
	// https://shop.example.com/api. Notify and redirect URLs are built from it, never from the Host header.
	// Required when pay is active. Key: public-url.
	PublicURL string

	Pay             Pay             // Key: pay
	MiniApp         MiniApp         // Key: mini-app
	OfficialAccount OfficialAccount // Key: official-account
	Database        Database        // Key: database
	Session         Session         // Key: session
	Plugins         Plugins         // Key: plugins
	Delivery        Delivery        // Key: delivery
	Console         Console         // Key: console
}

// keys lists every setting but those of the single plugins, in the order of the documents.
func (c *Config) keys() []key {
	all := []key{{
		path: "public-url", to: &c.PublicURL, need: "pay is active",
		doc: "Address, seen from outside, below which the module is mounted. Notify and redirect URLs are built from it.",
	}}
	all = append(all, c.Pay.keys()...)
	all = append(all, c.MiniApp.keys()...)
	all = append(all, c.OfficialAccount.keys()...)
	all = append(all, c.Database.keys()...)
	all = append(all, c.Session.keys()...)
	all = append(all, c.Plugins.keys()...)
	all = append(all, c.Delivery.keys()...)
	return append(all, c.Console.keys()...)
}

// WithDefaults returns a copy in which everything optional that was left out has its default. A public-url loses its
// trailing slash, so that paths can be appended.
func (c Config) WithDefaults() Config {
	for _, k := range c.keys() {
		if k.def != "" && k.zero() {
			_ = k.set(k.def) // a test sets every default and asks for no error
		}
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if len(c.MiniApp.AvatarHosts) == 0 {
		c.MiniApp.AvatarHosts = defaultAvatarHosts(c.PublicURL)
	}
	return c
}

// defaultAvatarHosts are the hosts WeChat serves avatars from, and our own.
func defaultAvatarHosts(publicURL string) []string {
	hosts := []string{"thirdwx.qlogo.cn", "wx.qlogo.cn", "mmbiz.qpic.cn"}
	if own, err := url.Parse(publicURL); err == nil && own.Hostname() != "" {
		hosts = append(hosts, own.Hostname())
	}
	return hosts
}
