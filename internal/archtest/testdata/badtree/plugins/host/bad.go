// Package host imports what it must not.
package host

import (
	_ "wgink.ink/wechat/internal/delivery"
)
