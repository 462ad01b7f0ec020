package config

import "slices"

// Production says whether this host is meant for real money: pay.produce is true, or the environment has
// APP_ENV=production.
func (c Config) Production(opts ...Option) bool { return c.productionBy(newOptions(opts)) != "" }

// productionBy tells what makes this host one for real money, for messages; empty when nothing does.
func (c Config) productionBy(o options) string {
	switch {
	case c.Pay.Produce:
		return "pay.produce is true"
	case slices.Contains(o.environ, "APP_ENV=production"):
		return "APP_ENV is production"
	default:
		return ""
	}
}
