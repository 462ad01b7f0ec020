// Package handlers imports what it must not.
package handlers

import (
	_ "database/sql"

	_ "github.com/uptrace/bun"

	_ "wgink.ink/wechat/internal/delivery"
	_ "wgink.ink/wechat/internal/miniprogram"
	_ "wgink.ink/wechat/internal/officialaccount"
	_ "wgink.ink/wechat/internal/outbound"
	_ "wgink.ink/wechat/internal/store"
	_ "wgink.ink/wechat/internal/token"
	_ "wgink.ink/wechat/internal/wxpay"
	_ "wgink.ink/wechat/plugins/sdk"
)
