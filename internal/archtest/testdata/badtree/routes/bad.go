// Package routes imports what it must not.
package routes

import (
	_ "github.com/uptrace/bun"

	_ "wgink.ink/wechat/payment"
)
