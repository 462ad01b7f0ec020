// Package config imports what it must not.
package config

import (
	_ "wgink.ink/wechat/internal/fault"
)
