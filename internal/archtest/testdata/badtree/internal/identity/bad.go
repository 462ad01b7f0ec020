// Package identity imports what it must not.
package identity

import (
	_ "net/http/httptest"
	_ "testing"

	_ "github.com/hashicorp/go-plugin"
	_ "github.com/stretchr/testify/require"
	_ "github.com/uptrace/bun/driver/pgdriver"
	_ "github.com/wechatpay-apiv3/wechatpay-go/core"
	_ "modernc.org/sqlite"

	_ "wgink.ink/wechat/internal/dbtest"
	_ "wgink.ink/wechat/wechattest"
)
