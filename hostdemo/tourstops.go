package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"wgink.ink/wechat/wechattest"
)

type launchOf = wechattest.Launch

// stop is one stop of the tour. do checks everything it claims; its remark is printed at the end.
type stop struct {
	name string
	do   func(ctx context.Context) (remark string, err error)
	hint string // where to look when it fails
}

func (t *tour) stops() []stop {
	return []stop{
		{"Log in (小程序登录)", t.logIn, "handlers/user.go and internal/identity/login.go; is mini-app.base-url the local WeChat?"},
		{"Bind the phone number (绑定手机号)", t.bindPhone, "internal/identity/phone.go; was the access_token accepted?"},
		{"Change the profile (头像昵称)", t.updateProfile, "internal/identity/profile.go; is the avatar's host in mini-app.avatar-hosts?"},
		{"The members plugin knows the user", t.memberKnown, "hostdemo/plugins/members; look for its records above"},
		{"Place an order (JSAPI下单)", t.placeOrder, "hostdemo/shop.go and payment/place.go"},
		{"Pay (调起支付) and receive the notice (支付通知)", t.pay, "handlers/notice.go and payment/notice.go; is public-url reachable from the local WeChat?"},
		{"The ledger plugin books it, once", t.booked, "hostdemo/plugins/ledger and internal/delivery; look for its records above. " +
			"Does another host with other plugins use the same database?"},
		{"The shop sees the order paid (查询订单)", t.orderPaid, "payment/query.go"},
		{"WeChat sends the same notice again", t.resend, "payment/accept.go: an event is unique by notice id and business key"},
		{"Still exactly one effect", t.stillOnce, "hostdemo/plugins/ledger: effect and event id belong into one transaction"},
	}
}

func (t *tour) logIn(ctx context.Context) (remark string, err error) {
	if t.initial, err = t.app.logIn(ctx); err != nil {
		return "", err
	}
	if t.initial {
		return "a new account, in its initial state: no phone number yet", nil
	}
	return "an account from an earlier run: its phone number is bound already", nil
}

func (t *tour) bindPhone(ctx context.Context) (string, error) {
	if !t.initial {
		return "nothing to do: the state 0 of the log-in says that a number is bound", nil
	}
	old := t.app.token
	initial, err := t.app.bindPhone(ctx)
	switch {
	case err != nil:
		return "", err
	case initial:
		return "", fmt.Errorf("expected state 0 after binding a number, got 1")
	case t.app.token == old:
		return "", fmt.Errorf("expected a new token after binding a number, got the old one")
	}
	return "the account has a number, the old token ended, a new one came with the answer", nil
}

func (t *tour) updateProfile(ctx context.Context) (string, error) {
	t.name = "小明 " + time.Now().Format("15:04:05.000") // another one each time, so that there is something to change
	if err := t.app.updateProfile(ctx, t.name, "https://"+avatarHost+"/fox.svg"); err != nil {
		return "", err
	}
	return "the mini-program user changed, the system account did not", nil
}

// memberKnown waits for the events of the steps before it.
func (t *tour) memberKnown(ctx context.Context) (string, error) {
	var found []member
	err := t.until(ctx, func() error {
		list, err := t.demo.books.memberList(ctx)
		if err != nil {
			return err
		}
		for _, m := range list {
			if m.OpenID == t.app.phone.OpenID() && m.Phone == t.app.phone.Number() && m.Nickname == t.name {
				found = []member{m}
				return nil
			}
		}
		return fmt.Errorf("expected %s with number %s and name %q in the plugin's list, got %+v",
			t.app.phone.OpenID(), t.app.phone.Number(), t.name, list)
	})
	if err != nil {
		return "", err
	}
	t.printNews()
	t.out.members(found)
	return "told by events, kept in the plugin's own database", nil
}

func (t *tour) placeOrder(ctx context.Context) (remark string, err error) {
	if t.bought, t.launch, err = t.app.placeOrder(ctx, "latte"); err != nil {
		return "", err
	}
	if want, _ := goodByID("latte"); t.bought.AmountFen != want.PriceFen {
		return "", fmt.Errorf("expected the price %d fen from the shop's list, got %d", want.PriceFen, t.bought.AmountFen)
	}
	return "the price came from the server's list, the payer from the session", nil
}

func (t *tour) pay(ctx context.Context) (string, error) {
	if err := t.app.phone.Pay(ctx, t.launch); err != nil {
		return "", fmt.Errorf("wx.requestPayment: %w", err)
	}
	if err := t.demo.wechat.Settle(ctx); err != nil {
		return "", fmt.Errorf("wait for the notice: %w", err)
	}
	attempts := t.demo.wechat.Attempts(t.bought.No)
	if len(attempts) != 1 || attempts[0].Status != 204 {
		return "", fmt.Errorf("expected one notice answered 204, got %s", journal(attempts))
	}
	return "204: verified, decrypted, compared with the order, and in the database, in one commit", nil
}

func (t *tour) booked(ctx context.Context) (string, error) {
	booked := func(s step) bool { return s.From == atBooks && valueOf(s.Fields, "order_no") == t.bought.No }
	return "effect and event id were written in one transaction", t.until(ctx, func() error {
		if steps, _, _ := t.demo.trail.since(0); !slices.ContainsFunc(steps, booked) {
			return fmt.Errorf("expected a row for order %s in the plugin's ledger, got none", t.bought.No)
		}
		return t.checkLedger(ctx)
	})
}

// checkLedger asks the plugin's own database.
func (t *tour) checkLedger(ctx context.Context) error {
	rows, err := t.demo.books.ofOrder(ctx, t.bought.No)
	if err != nil {
		return err
	}
	if len(rows) != 1 || rows[0].Effects != 1 || rows[0].AmountFen != t.bought.AmountFen {
		return fmt.Errorf("expected one booking of %d fen for order %s, got %+v", t.bought.AmountFen, t.bought.No, rows)
	}
	return nil
}

func (t *tour) orderPaid(ctx context.Context) (string, error) {
	o, err := t.app.showOrder(ctx, t.bought.No)
	if err != nil {
		return "", err
	}
	if o.State != "SUCCESS" {
		return "", fmt.Errorf("expected the state SUCCESS, got %s", o.State)
	}
	return "asked at WeChat and verified, not believed from the phone", nil
}

func (t *tour) resend(ctx context.Context) (string, error) {
	before := t.demo.trail.now()
	attempt, err := t.demo.wechat.SendNotice(ctx, t.bought.No)
	if err != nil {
		return "", err
	}
	if attempt.Status != 204 {
		return "", fmt.Errorf("expected 204 for the repeated notice, got %s", journal([]wechattest.NoticeAttempt{attempt}))
	}
	steps, _, _ := t.demo.trail.since(before) // the host logs before it answers
	if !slices.ContainsFunc(steps, func(s step) bool { return s.Plain == noticeRepeated }) {
		return "", fmt.Errorf("expected the host to know the notice, but it did not say so")
	}
	return "204 again, so that WeChat stops; no second event was made", nil
}

func (t *tour) stillOnce(ctx context.Context) (string, error) {
	rows, err := t.demo.books.ofOrder(ctx, t.bought.No)
	if err != nil {
		return "", err
	}
	t.out.ledger(rows)
	if err := t.checkLedger(ctx); err != nil {
		return "", err
	}
	if rows[0].Notices != 2 {
		return "", fmt.Errorf("expected two notices in WeChat's journal, got %d", rows[0].Notices)
	}
	return fmt.Sprintf("%d notices, %d delivery, %d effect", rows[0].Notices, rows[0].Seen, rows[0].Effects), nil
}

func journal(attempts []wechattest.NoticeAttempt) string {
	texts := []string{fmt.Sprintf("%d notices", len(attempts))}
	for _, a := range attempts {
		texts = append(texts, strings.TrimSpace(fmt.Sprintf("status %d %s", a.Status, a.Error)))
	}
	return strings.Join(texts, ", ")
}
