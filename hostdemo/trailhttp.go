package main

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/routes"
)

// pollFor is how long a page's question for news waits; shorter than the app's WriteTimeout and IdleTimeout.
const pollFor = 15 * time.Second

// watch records the mini-program's requests to the host. Notices are recorded by who sends them, the local WeChat.
func (t *trail) watch(c *fiber.Ctx) error {
	path := strings.Clone(c.Path())
	if !watched(path) {
		return c.Next()
	}
	began := time.Now()
	in := call{Method: strings.Clone(c.Method()), Path: path, Body: string(c.Request().Body())}
	for _, name := range []string{"token", fiber.HeaderContentType} {
		if value := strings.Clone(c.Get(name)); value != "" {
			if name == "token" {
				value = token(value)
			}
			in.Header = append(in.Header, field{name, value})
		}
	}
	if err := c.Next(); err != nil {
		// The answer is written here, so that what is recorded is what is sent.
		if err := c.App().ErrorHandler(c, err); err != nil {
			return err
		}
	}
	in.Status, in.Answer = c.Response().StatusCode(), string(c.Response().Body())
	t.add(step{
		At: began, TookMs: milliseconds(time.Since(began)), From: atPhone, To: atHost,
		Title: hostTitle(in.Method, path), Problem: in.Status >= 400, Call: &in,
	})
	return nil
}

func watched(path string) bool {
	if path == routes.NoticePath || path == "/wechat/health" {
		return false
	}
	return strings.HasPrefix(path, "/wechat/") || strings.HasPrefix(path, "/app/") || strings.HasPrefix(path, "/shop/")
}

// hostTitle says in words what the mini-program asks of the host.
func hostTitle(method, path string) string {
	switch {
	case path == "/wechat/sign/default":
		return "小程序登录"
	case path == "/app/miniapp/update-phone":
		return "绑定手机号"
	case path == "/wechat/app/miniapp/user/update-info":
		return "更新头像昵称"
	case path == "/shop/goods":
		return "商品列表"
	case path == "/shop/orders" && method == fiber.MethodPost:
		return "提交订单"
	case path == "/shop/orders":
		return "我的订单"
	case strings.HasSuffix(path, "/pay"):
		return "继续支付"
	case strings.HasSuffix(path, "/close"):
		return "取消订单"
	case strings.HasPrefix(path, "/shop/orders/"):
		return "查询订单"
	default:
		return "请求"
	}
}

// serveTrail answers GET /demo/trail?run=ID&after=SEQ with the steps after SEQ, and waits a while for one if there is
// none. A page of an earlier run gets everything.
func (t *trail) serveTrail(c *fiber.Ctx) error {
	after := int64(c.QueryInt("after"))
	if c.Query("run") != t.id {
		after = 0
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), pollFor)
	defer cancel()
	steps := t.next(ctx, after)
	if len(steps) > 0 {
		after = steps[len(steps)-1].Seq
	}
	return c.JSON(fiber.Map{"run": t.id, "after": after, "steps": steps})
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
