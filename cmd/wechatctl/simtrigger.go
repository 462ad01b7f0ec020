package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

func triggerHelp() string {
	var text strings.Builder
	text.WriteString(`
Usage: wechatctl sim trigger EVENT [flags]

Lets something happen at the running local WeChat, which sends its notice to your shop. What is missing for it (user,
order, payment) is made. Exit status 0 if your shop accepted the notice.

Events:
`)
	for _, kind := range control.TriggerKinds() {
		fmt.Fprintf(&text, "  %-18s %s\n", kind.Name, kind.Does)
	}
	text.WriteString("\nChanges of a notice, each as -change NAME=VALUE; your shop must not book such a payment:\n")
	for _, change := range control.Changes() {
		fmt.Fprintf(&text, "  %-24s %s\n", change.Name+"="+change.Value, change.Does)
	}
	return text.String()
}

func simTrigger(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "sim trigger", triggerHelp())
	sim, tradeType := simFlag(t, flags), ""
	trigger := control.Trigger{Changes: map[string]string{}, Fields: map[string]string{}}
	flags.StringVar(&trigger.OutTradeNo, "out-trade-no", "", "`number` of the order; it is made if it does not exist")
	flags.StringVar(&trigger.OutRefundNo, "out-refund-no", "", "`number` of the refund: a new one, or for notice one that exists")
	flags.StringVar(&trigger.Phone, "phone", "", "`name` of who pays or writes; without it the one who ordered, or alice")
	flags.Int64Var(&trigger.Total, "total", 0, "amount of a new order, in `fen` (分) (default 100)")
	flags.Int64Var(&trigger.Refund, "refund", 0, "amount of the refund, in `fen` (default all that is left)")
	flags.StringVar(&tradeType, "trade-type", "", "`type` of a new order: JSAPI, NATIVE, MWEB or APP (default JSAPI)")
	flags.StringVar(&trigger.Attach, "attach", "", "attach `text` of a new order")
	flags.StringVar(&trigger.NotifyURL, "notify-url", "", "`URL` the notice goes to; without it that of sim serve, or the newest order's")
	flags.StringVar(&trigger.Type, "type", "", "event_type of the event other, Event of message.event")
	flags.StringVar(&trigger.Plaintext, "plaintext", "", "JSON `text` or @FILE that the event other carries")
	flags.StringVar(&trigger.Text, "text", "", "what message.text writes")
	pairs := func(into map[string]string) func(string) error {
		return func(value string) error {
			name, to, _ := strings.Cut(value, "=")
			into[name] = to
			return nil
		}
	}
	flags.Func("change", "`NAME=VALUE`: make the notice wrong; may be repeated", pairs(trigger.Changes))
	flags.Func("field", "`NAME=VALUE` of message.event, such as EventKey=menu-1; may be repeated", pairs(trigger.Fields))
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return wrongArguments(flags, "EVENT [flags]")
	}
	trigger.Event, trigger.TradeType = rest[0], wechattest.TradeType(tradeType)
	if len(trigger.Changes) > 0 && trigger.Event != "notice" {
		return usageError{"-change is for wechatctl sim trigger notice"}
	}
	if name, isFile := strings.CutPrefix(trigger.Plaintext, "@"); isFile {
		content, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("-plaintext: %w", err)
		}
		trigger.Plaintext = string(content)
	}
	var done control.Triggered
	if err := sim.ask(ctx, http.MethodPost, "trigger", trigger, &done); err != nil {
		return err
	}
	return report(t, done)
}

// report prints what a trigger did. That the shop accepts a wrong notice or not is for the shop to decide: a quarantined
// notice is answered 200, too.
func report(t terminal, done control.Triggered) error {
	if done.Push != nil {
		return reportPush(t, *done.Push)
	}
	if result := done.Result; result != nil {
		printOrder(t, result.Order)
	}
	switch f := done.Forgery; {
	case f != nil && f.Status == 0:
		return fmt.Errorf("POST %s: %s", f.URL, f.Error)
	case f != nil:
		t.sayf("POST %s  %d  %.1f ms", f.URL, f.Status, f.LatencyMS)
		if f.Answer != "" {
			t.sayf("     %s", f.Answer)
		}
		return nil
	case done.Notice == nil:
		return errors.New("no notice belongs to this: the order or refund has no notify_url; one in the portal needs sim serve -api-v2-key")
	case len(done.Notice.Attempts) == 0:
		t.sayf("The notice %s is not delivered yet: notices are held, a script delays it, or your shop takes long.", done.Notice.ID)
		return nil
	}
	last := done.Notice.Attempts[len(done.Notice.Attempts)-1]
	return reportAttempt(t, done.Notice.ID, done.Notice.URL, last)
}

// reportAttempt prints a delivery; it is an error if the shop did not accept it.
func reportAttempt(t terminal, id, url string, a control.Attempt) error {
	t.sayf("Notice %s, delivery %d", id, a.Number)
	if a.Status == 0 {
		return fmt.Errorf("POST %s: no answer: %s", url, a.Error)
	}
	t.sayf("POST %s  %d  %.1f ms", url, a.Status, a.LatencyMS)
	if !a.Accepted {
		return fmt.Errorf("your shop did not accept the notice: it answered %d, not 200 or 204", a.Status)
	}
	return nil
}
