// Package sdk imports what it must not.
package sdk

import (
	_ "database/sql"

	_ "github.com/gofiber/fiber/v2"
	_ "github.com/uptrace/bun"

	_ "wgink.ink/wechat/config"
)
