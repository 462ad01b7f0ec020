// Package wxpay imports what it must not.
package wxpay

import (
	_ "database/sql"

	_ "github.com/gofiber/fiber/v2"

	_ "wgink.ink/wechat/handlers"
	_ "wgink.ink/wechat/internal/delivery"
	_ "wgink.ink/wechat/internal/identity"
	_ "wgink.ink/wechat/internal/official/oauth"
	_ "wgink.ink/wechat/internal/store"
	_ "wgink.ink/wechat/payment"
	_ "wgink.ink/wechat/plugins/host"
	_ "wgink.ink/wechat/routes"
)
