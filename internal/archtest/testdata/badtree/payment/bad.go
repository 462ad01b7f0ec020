// Package payment imports what it must not.
package payment

import (
	_ "github.com/gofiber/fiber/v2"
	_ "github.com/valyala/fasthttp"

	_ "wgink.ink/wechat/handlers"
	_ "wgink.ink/wechat/plugins/host"
	_ "wgink.ink/wechat/routes"
)
