package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

// welcome tells a developer what to put where.
func welcome(base, folder, yaml string, w *wechattest.Simulator) string {
	var text strings.Builder
	line := func(name, value string) { fmt.Fprintf(&text, "  %-20s %s\n", name, value) }
	file := func(name string) string { return filepath.Join(folder, name) }
	merchant, app, account := w.Merchant(), w.App(), w.OfficialAccount()
	fmt.Fprintf(&text, "A local WeChat (本地微信) answers at %s; open %s%s in a browser.\n\nFor your shop's configuration:\n\n",
		base, base, control.Prefix)
	line("base URL", base+"  instead of https://api.weixin.qq.com, https://api.mch.weixin.qq.com and https://open.weixin.qq.com")
	line("appid", app.AppID)
	line("app secret", app.AppSecret)
	line("mchid", merchant.MchID)
	line("APIv3 key", merchant.APIv3Key)
	line("merchant serial no", merchant.SerialNo)
	line("merchant key", file(wechattest.MerchantKeyFile))
	line("merchant certificate", file(wechattest.MerchantCertFile))
	line("public key id", w.PublicKeyID())
	line("public key", file(wechattest.PublicKeyFile))
	line("official account", account.AppID+"  secret "+account.AppSecret)
	fmt.Fprintf(&text, "\nThe same for the WeChat module for Fiber, in %s:\n\n", file(configFile))
	for row := range strings.Lines(yaml) {
		text.WriteString("  " + row)
	}
	text.WriteString("\nCtrl-C ends it.\n\n")
	return text.String()
}

// printer writes whole texts, whoever calls.
type printer struct {
	mu  sync.Mutex
	out io.Writer
}

func (p *printer) print(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.out, text)
}

// exchange prints one line for a request or a notice. Queries are left out, since they hold codes.
func (p *printer) exchange(e wechattest.Exchange) {
	path, _, _ := strings.Cut(e.Path, "?")
	arrow, came := "<-", fmt.Sprint(e.Status)
	if e.Direction == wechattest.FromWeChat {
		arrow = "->"
	}
	switch {
	case e.Status == 0:
		came = "no answer: " + e.Error
	case e.Error != "":
		came += ", but " + e.Error
	}
	p.print(fmt.Sprintf("%s %s %-4s %s  %s  %s\n", e.At.Local().Format(time.TimeOnly), arrow, e.Method, path, came,
		e.Latency.Round(100*time.Microsecond)))
}
