package config

import (
	"fmt"
	"regexp"
	"time"
)

// checker collects what is wrong with the contents of a configuration.
type checker struct {
	Config
	options
	produce string            // what makes it production; empty when it is none
	written map[string]string // by key: the text to show in place of the value; see reader.written
	found   []Problem
}

// problems checks everything. It expects the defaults to be filled in.
func (c Config) problems(o options, written map[string]string) []Problem {
	k := &checker{Config: c, options: o, produce: c.productionBy(o), written: written}
	k.publicURL()
	if c.Pay.Active {
		k.pay()
		k.merchantFiles()
		k.publicKey()
	}
	if c.MiniApp.Active {
		k.miniApp()
	}
	if c.OfficialAccount.Active {
		k.officialAccount()
	}
	k.database()
	k.session()
	k.plugins()
	k.delivery()
	k.console()
	return k.found
}

func (k *checker) failf(path, format string, args ...any) {
	k.found = append(k.found, Problem{Key: path, Message: fmt.Sprintf(format, args...)})
}

// required reports an empty value. The hint says what to put there.
func (k *checker) required(part, path, value, hint string) bool {
	if value == "" {
		k.failf(path, "is required while %s.active is true: give %s", part, hint)
	}
	return value != ""
}

// fixed reports a value other than the only one WeChat knows.
func (k *checker) fixed(path, value, want string) {
	if value != want {
		k.failf(path, "must be %s; leave the key out", want)
	}
}

func (k *checker) between(path string, value, low, high time.Duration) {
	if value < low || value > high {
		k.failf(path, "must be from %v to %v", low, high)
	}
}

func (k *checker) numberUpTo(path string, value, high int) {
	if value < 1 || value > high {
		k.failf(path, "must be from 1 to %d", high)
	}
}

// minAppSecret is the shortest secret that stored values are encrypted under. WeChat's own have 32 bytes.
const minAppSecret = 16

var (
	appIDForm = regexp.MustCompile(`^wx[0-9a-zA-Z]{16}$`)
	plainText = regexp.MustCompile(`^[!-~]+$`) // printable ASCII without spaces
)

func (k *checker) appID(part, path, value string) {
	if k.required(part, path, value, "the appid from mp.weixin.qq.com") && !appIDForm.MatchString(value) {
		k.failf(path, "must be wx and 16 letters or digits, as mp.weixin.qq.com shows the appid")
	}
	if k.produce != "" && localAppID(value) {
		k.failf(path, "is an appid of the local WeChat; while %s take your own from mp.weixin.qq.com", k.produce)
	}
}

func (k *checker) appSecret(part, path string, value Secret) {
	switch {
	case !k.required(part, path, value.Reveal(), "the AppSecret from mp.weixin.qq.com"):
	case !plainText.MatchString(value.Reveal()):
		k.failf(path, "must be letters and digits without spaces, as mp.weixin.qq.com shows the AppSecret")
	case len(value) < minAppSecret:
		k.failf(path, "must be %d bytes or more, but has %d; copy the AppSecret again", minAppSecret, len(value))
	case k.produce != "" && value.Reveal() == localAppSecret:
		k.failf(path, "is the secret of the local WeChat, which everybody knows; while %s take your own from mp.weixin.qq.com", k.produce)
	}
}
