package wechat

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/uptrace/bun"
)

// Option hands a live object to New. Plain settings belong to config.Config.
type Option func(*options)

type options struct {
	file      string // the configuration's
	log       *slog.Logger
	db        *bun.DB
	transport http.RoundTripper
	now       func() time.Time
	handlers  []ownHandler
}

// WithLogger sends the module's records to log. Without it they go to slog.Default.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithConfigFile tells the file that the configuration was loaded from. ReloadPlugins and `wechatctl plugin reload` read it
// again with config.Load, and `wechatctl -config FILE` finds this host by it. Without it a reload uses the configuration the
// host has.
func WithConfigFile(file string) Option { return func(o *options) { o.file = file } }

// WithDB uses a database the host opened, PostgreSQL or SQLite, and leaves it open on Stop. Without it the module opens
// database.url itself. With PostgreSQL use pgdriver, or pgx in exec mode; with SQLite the driver modernc.org/sqlite and one
// connection. Start refuses by name what would break a promise, see "Your own pool" in docs/operations.md.
func WithDB(db *bun.DB) Option { return func(o *options) { o.db = db } }

// WithTransport sends the module's calls to WeChat through rt, for example the local WeChat's RoundTripper in tests.
// Without it they go over the network.
func WithTransport(rt http.RoundTripper) Option { return func(o *options) { o.transport = rt } }

// WithClock makes the module read the time from now, for tests. The queue uses the database's clock and is not affected.
// Without it the clock is time.Now.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }
