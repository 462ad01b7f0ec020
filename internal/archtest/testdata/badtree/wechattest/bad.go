// Package wechattest imports what it must not.
package wechattest

import (
	_ "github.com/wechatpay-apiv3/wechatpay-go/core"

	_ "wgink.ink/wechat/internal/wxpay"
)
