package config

import "slices"

// Production says whether this host is meant for real money: pay.produce is true, or the environment has
// APP_ENV=production.
func (c Config) Production(opts ...Option) bool { return c.production(newOptions(opts)) }

func (c Config) production(o options) bool {
	return c.Pay.Produce || slices.Contains(o.environ, "APP_ENV=production")
}
