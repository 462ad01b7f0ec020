// Package routes is the table of the module's HTTP routes, and nothing else.
package routes

import (
	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/handlers"
)

// NoticePath is where WeChat Pay sends its notices, below the address the module is mounted at.
const NoticePath = "/wechat/pay/notice"

// Mount adds the routes of the parts that are on.
//
// They are added one by one, each under its own Guard, instead of mounting a sub-app: a Fiber v2 app mounted at "/"
// takes over the error handling of the whole host.
func Mount(r fiber.Router, h *handlers.Handlers) {
	g := h.Guard

	if h.Identity != nil {
		r.Post("/wechat/sign/default", g(h.LogIn)) // 小程序登录

		r.Put("/app/miniapp/update-phone", g(h.UpdatePhone)) // 绑定手机号; asks for the user itself
		r.Post("/app/miniapp/update-phone", g(h.UpdatePhone))

		r.Put("/wechat/app/miniapp/user/update-info", h.RequireUser, g(h.UpdateInfo)) // 更新头像昵称
		r.Post("/wechat/app/miniapp/user/update-info", h.RequireUser, g(h.UpdateInfo))
	}
	if h.Payment != nil {
		r.Post(NoticePath, g(h.Notice)) // 支付通知, called by WeChat
	}
	r.Get("/wechat/health", g(h.CheckHealth))
}
