package wechat_test

import (
	"fmt"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// RequireUser guards a route of the host's own; User says who asks.
func ExampleModule_RequireUser() {
	host := startHost()
	defer host.stop()
	host.app.Get("/me", host.module.RequireUser, func(c *fiber.Ctx) error {
		user, _ := host.module.User(c)
		return c.JSON(fiber.Map{"me": user.OpenID == host.local.Phone("alice").OpenID(), "phone": user.Phone})
	})

	fmt.Println(host.call(http.MethodGet, "/me", "", nil))
	fmt.Println(host.call(http.MethodGet, "/me", host.logIn(host.local.Phone("alice")), nil))
	// Output:
	// 401 {"code":"not-logged-in","msg":"登录已失效，请重新登录"}
	// 200 {"me":true,"phone":""}
}
