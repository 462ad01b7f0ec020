// Package delivery imports what it must not.
package delivery

import (
	_ "wgink.ink/wechat/internal/identity"
	_ "wgink.ink/wechat/payment"
	_ "wgink.ink/wechat/plugins/host"
)
