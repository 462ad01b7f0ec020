package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/wechattest"
)

// phones play the part of WeChat on two people's phones for the page: what wx.login, the getPhoneNumber button and
// wx.requestPayment do. They exist in this demo only; a real phone asks WeChat itself.
type phones struct {
	wechat *wechattest.Simulator
	trail  *trail
}

// owner is a person the page can be.
type owner struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Phone string `json:"phone"` // as the authorisation sheet shows it: 138****0001
}

func (p phones) owners() []owner {
	people := []owner{{ID: "xiaoming", Label: "小明的手机"}, {ID: "xiaohong", Label: "小红的手机"}}
	for i := range people {
		number := p.wechat.Phone(people[i].ID).Number()
		people[i].Phone = number[:3] + "****" + number[len(number)-4:]
	}
	return people
}

// mount adds the phones' routes.
func (p phones) mount(r fiber.Router) {
	r.Get("/demo/phones", p.list)
	r.Post("/demo/phones/:id/login", p.logIn)
	r.Post("/demo/phones/:id/number", p.grantNumber)
	r.Post("/demo/phones/:id/pay", p.pay)
	r.Post("/demo/orders/:no/resend", p.resend)
}

func (p phones) list(c *fiber.Ctx) error { return c.JSON(fiber.Map{"data": p.owners()}) }

// logIn is wx.login.
func (p phones) logIn(c *fiber.Ctx) error {
	phone, err := p.of(c)
	if err != nil {
		return err
	}
	began := time.Now()
	code, err := phone.Login(c.UserContext())
	return p.answerCode(c, "wx.login()", "取登录码", code, began, err)
}

// grantNumber is the getPhoneNumber button, after 允许.
func (p phones) grantNumber(c *fiber.Ctx) error {
	phone, err := p.of(c)
	if err != nil {
		return err
	}
	began := time.Now()
	code, err := phone.GrantPhone(c.UserContext())
	return p.answerCode(c, "getPhoneNumber", "用户允许使用手机号", code, began, err)
}

func (p phones) answerCode(c *fiber.Ctx, name, title, code string, began time.Time, err error) error {
	if err != nil {
		return err
	}
	p.trail.add(step{
		At: began, From: atPhone, To: atWeChat, Title: name + "：" + title,
		Note: "凭证只能用一次，手机并不知道 openid 和手机号", Fields: []field{{"code", code}},
	})
	return c.JSON(fiber.Map{"data": fiber.Map{"code": code}})
}

// pay is wx.requestPayment with the user's consent. It answers once WeChat has sent its notice, as a phone does, which
// shows a tick for a moment.
func (p phones) pay(c *fiber.Ctx) error {
	phone, err := p.of(c)
	if err != nil {
		return err
	}
	var launch wechattest.Launch
	if err := json.Unmarshal(c.Body(), &launch); err != nil {
		return fiber.NewError(fiber.StatusBadRequest, "调起支付参数不正确")
	}
	began := time.Now()
	err = phone.Pay(c.UserContext(), launch)
	s := step{
		At: began, From: atPhone, To: atWeChat, Title: "wx.requestPayment()：用户确认支付",
		Fields: []field{{"package", launch.Package}, {"timeStamp", launch.TimeStamp}, {"paySign", shorten(launch.PaySign)}},
	}
	if refusal, ok := errors.AsType[*wechattest.PayRefusedError](err); ok {
		s.Problem, s.Note = true, refusal.ErrMsg+"（"+refusal.Reason+"）"
		p.trail.add(s)
		return c.Status(fiber.StatusConflict).JSON(fiber.Map{"code": "pay-refused", "msg": refusal.ErrMsg})
	}
	if err != nil {
		return err
	}
	s.Note = "微信核对 paySign 后扣款"
	p.trail.add(s)
	if err := p.wechat.Settle(c.UserContext()); err != nil {
		return err
	}
	return c.JSON(fiber.Map{"data": fiber.Map{"errMsg": "requestPayment:ok"}})
}

// resend makes WeChat send the notice of a paid order once more, as it does when an answer got lost.
func (p phones) resend(c *fiber.Ctx) error {
	attempt, err := p.wechat.SendNotice(c.UserContext(), strings.Clone(c.Params("no")))
	if err != nil {
		return fiber.NewError(fiber.StatusNotFound, "这个订单还没有支付，没有通知可发")
	}
	return c.JSON(fiber.Map{"data": fiber.Map{"status": attempt.Status, "notice_id": attempt.NoticeID}})
}

func (p phones) of(c *fiber.Ctx) (*wechattest.Phone, error) {
	id := strings.Clone(c.Params("id"))
	if !slices.ContainsFunc(p.owners(), func(o owner) bool { return o.ID == id }) {
		return nil, fiber.NewError(fiber.StatusNotFound, fmt.Sprintf("没有叫 %q 的手机", id))
	}
	return p.wechat.Phone(id), nil
}

func shorten(text string) string {
	if len(text) <= 24 {
		return text
	}
	return text[:24] + "…"
}
