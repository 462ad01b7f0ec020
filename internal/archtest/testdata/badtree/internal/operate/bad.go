// Package operate imports what it must not.
package operate

import (
	_ "wgink.ink/wechat/internal/store"
)
