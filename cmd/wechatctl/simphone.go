package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
)

const phoneHelp = `
Usage: wechatctl sim phone NAME login                      prints a js_code, as wx.login gives it
       wechatctl sim phone NAME grant-phone                prints a code, as the getPhoneNumber button gives it
       wechatctl sim phone NAME pay -launch FILE|- [flags] pays

NAME is anybody's; a new name is a new user. A code works once, for five minutes. The launch is what your shop gave its
client: the parameters of wx.requestPayment or of an app (JSON, also inside "data"), a code_url or an h5_url. The phone
checks paySign as WeChat does. Exit status 0 if the phone paid and your shop accepted the notice.

  curl -s -X POST localhost:8080/login -d '{"code":"'$(wechatctl sim phone alice login)'"}'
`

func simPhone(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "sim phone", phoneHelp)
	sim := simFlag(t, flags)
	launch := flags.String("launch", "", "`file` with what to pay, - for standard input")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return wrongArguments(flags, "NAME login|grant-phone|pay")
	}
	path := "phones/" + url.PathEscape(rest[0]) + "/" + url.PathEscape(rest[1])
	switch rest[1] {
	case "login", "grant-phone":
		var code control.Code
		if err := sim.ask(ctx, http.MethodPost, path, nil, &code); err != nil {
			return err
		}
		t.sayf("%s", code.Code)
		return nil
	case "pay":
		return phonePay(ctx, t, sim, path, *launch)
	}
	return wrongArguments(flags, "NAME login|grant-phone|pay")
}

func phonePay(ctx context.Context, t terminal, sim *client, path, launch string) error {
	content, err := readLaunch(t, launch)
	if err != nil {
		return err
	}
	var paid control.Payment
	if err := sim.ask(ctx, http.MethodPost, path, content, &paid); err != nil {
		return err
	}
	t.sayf("%s", paid.ErrMsg)
	if paid.Result == nil {
		return nil
	}
	return report(t, control.Triggered{Result: paid.Result, Notice: paymentNotice(*paid.Result)})
}

func readLaunch(t terminal, from string) ([]byte, error) {
	switch from {
	case "":
		return nil, usageError{"pay needs -launch FILE, or -launch - for standard input"}
	case "-":
		return io.ReadAll(t.in)
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return nil, fmt.Errorf("-launch: %w", err)
	}
	return content, nil
}

// paymentNotice is the notice about the payment of an order, not about its refunds.
func paymentNotice(d control.OrderDetails) *control.Notice {
	for _, n := range d.Notices {
		if n.OutRefundNo == "" {
			return &n
		}
	}
	return nil
}
