// Package store imports what it must not.
package store

import (
	_ "wgink.ink/wechat/payment"
)
