package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

const pushHelp = `
Usage: wechatctl sim push -url URL -token TOKEN [flags]

Configures where the running local WeChat pushes messages and events of the official account (服务器配置). As WeChat does,
it asks the URL first: your shop must answer the signed GET with its echostr. Then sim trigger message.text and
sim trigger message.event reach your shop.
`

func simPush(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "sim push", pushHelp)
	sim, push, mode := simFlag(t, flags), wechattest.Push{}, ""
	flags.StringVar(&push.URL, "url", "", "your shop's `URL` for messages and events")
	flags.StringVar(&push.Token, "token", "", "made-up `token`, never the real one")
	flags.StringVar(&push.EncodingAESKey, "aes-key", "", "made-up EncodingAESKey: 43 `characters`, never the real one")
	flags.StringVar(&mode, "mode", "", "plain (明文), compatible (兼容) or safe (安全) (default safe with -aes-key, else plain)")
	flags.BoolVar(&push.JSON, "json", false, "JSON instead of XML, which mini-programs may choose")
	flags.BoolVar(&push.MiniProgram, "mini-program", false, "for the mini-program instead of the official account")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 || push.URL == "" || push.Token == "" {
		return wrongArguments(flags, "-url URL -token TOKEN [flags]")
	}
	push.Mode = wechattest.PushMode(mode)
	var saved wechattest.Push
	if err := sim.ask(ctx, http.MethodPost, "push", push, &saved); err != nil {
		return err
	}
	t.sayf("Messages and events go to %s, mode %s.", saved.URL, saved.Mode)
	return nil
}

// reportPush prints what came of a message or event; it is an error if the user sees a failure.
func reportPush(t terminal, p control.Pushed) error {
	for _, a := range p.Attempts {
		came := fmt.Sprint(a.Status)
		if a.Status == 0 {
			came = "no answer: " + a.Error
		}
		t.sayf("Delivery %d  %s  %.1f ms", a.Number, came, a.LatencyMS)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Reply)) {
		t.sayf("     %s: %s", name, p.Reply[name])
	}
	if p.Failure != "" {
		return fmt.Errorf("the user sees: %s", p.Failure)
	}
	return nil
}
