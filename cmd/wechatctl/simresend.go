package main

import (
	"context"
	"net/http"
	"net/url"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
)

const resendHelp = `
Usage: wechatctl sim resend ID [flags]
       wechatctl sim resend -out-trade-no NO [flags]

Sends a notice once more, now: the same id and body, a fresh signature. Your shop must not book it twice. Exit status 0
if your shop accepted it. Ids are listed by wechatctl sim list notices.
`

func simResend(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "sim resend", resendHelp)
	sim := simFlag(t, flags)
	number := flags.String("out-trade-no", "", "`number` of the paid order whose notice is meant")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	var path string
	switch {
	case len(rest) == 1 && *number == "":
		path = "notices/" + url.PathEscape(rest[0]) + "/resend"
	case len(rest) == 0 && *number != "":
		path = "orders/" + url.PathEscape(*number) + "/resend"
	default:
		return wrongArguments(flags, "ID, or -out-trade-no NO")
	}
	var sent control.Delivery
	if err := sim.ask(ctx, http.MethodPost, path, nil, &sent); err != nil {
		return err
	}
	return reportAttempt(t, sent.NoticeID, sent.URL, sent.Attempt)
}
