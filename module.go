// Package wechat mounts WeChat log-in, phone binding, profile update and WeChat Pay onto a Fiber v2 app, and hands
// payments and changes of users to plugin processes.
//
// A host calls New, Mount and Start, and Stop at its end; Pay gives the business verbs, RequireUser and User guard its own
// routes. This file only wires the parts; read routes/routes.go next.
package wechat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/handlers"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/identity"
	"wgink.ink/wechat/internal/operate"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/wxpay"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/routes"
)

// User is who a request comes from.
type User = identity.User

// Module is the WeChat module of one host.
type Module struct {
	cfg      config.Config
	log      *slog.Logger
	db       *store.DB
	plugins  *host.Host
	own      []*host.InProcess // the host's own handlers
	queue    *delivery.Queue
	ring     *wxpay.Ring        // nil when pay is off
	identity *identity.Service  // nil when the mini-program is off
	payment  *payment.Service   // nil when pay is off
	handlers *handlers.Handlers // all endpoints
	file     string             // the configuration's; empty when the host did not tell
	console  *operate.Server    // nil until Start, and when console.socket is off

	life life
}

// New checks the configuration and wires the module. It reads the files the configuration names and starts nothing: on
// an error there is nothing to clean up. All problems are reported together, each by its key.
func New(cfg config.Config, opts ...Option) (*Module, error) {
	o := options{log: slog.Default(), now: time.Now}
	for _, opt := range opts {
		opt(&o)
	}
	o.log, o.now = calmed(o.log), calmClock(o.now)
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return build(cfg, o)
}

// build makes the parts from the bottom up; each gets only what it uses.
func build(cfg config.Config, o options) (_ *Module, err error) {
	m := &Module{cfg: cfg, log: o.log}
	if o.file != "" {
		if m.file, err = filepath.Abs(o.file); err != nil {
			return nil, fmt.Errorf("configuration file: %w", err)
		}
	}
	m.plugins, err = host.New(cfg.Plugins, host.Options{
		Logger: o.log, Services: m.services(), Past: m.past, Production: cfg.Production(),
	})
	if err != nil {
		return nil, err
	}
	if err = m.newOwnHandlers(o); err != nil {
		return nil, err
	}
	if m.db, err = openStore(cfg, o); err != nil {
		return nil, err
	}
	m.queue = delivery.New(m.db, m.receiver(), o.log, delivery.Settings(cfg.Delivery))
	m.plugins.OnChange(m.queue.Wake)
	if cfg.MiniApp.Active {
		if m.identity, err = newIdentity(cfg, o, m.db, m.queue); err != nil {
			return nil, errors.Join(err, m.db.Close())
		}
	}
	if cfg.Pay.Active {
		if m.payment, m.ring, err = newPayment(cfg, o, m.db, m.queue); err != nil {
			return nil, errors.Join(err, m.db.Close())
		}
	}
	m.handlers = &handlers.Handlers{Identity: m.identity, Payment: m.payment, Health: m.health, Log: o.log}
	return m, nil
}

// Mount adds the module's routes to an app or a group.
func (m *Module) Mount(r fiber.Router) { routes.Mount(r, m.handlers) }

// WaitReady waits until every enabled plugin takes events and WeChat's signatures can be verified, or says what is
// missing when ctx ends. A host need not call it: events wait in the database.
func (m *Module) WaitReady(ctx context.Context) error {
	if m.ring != nil {
		if err := m.ring.WaitReady(ctx); err != nil {
			return fmt.Errorf("WeChat Pay's keys: %w", err)
		}
	}
	return m.plugins.WaitReady(ctx)
}

// Pay gives the business verbs of WeChat Pay; nil when pay.active is false.
func (m *Module) Pay() *payment.Service { return m.payment }

// RequireUser is a middleware that lets only logged-in users pass.
func (m *Module) RequireUser(c *fiber.Ctx) error { return m.handlers.RequireUser(c) }

// WriteError answers a request of the host's own route with an error of the module, in the module's form: status, code and
// a sentence for people. The cause goes to the log, never to the client.
func (m *Module) WriteError(c *fiber.Ctx, err error) error { return m.handlers.WriteError(c, err) }

// User is the user RequireUser let pass; ok is false on a route without it.
func (m *Module) User(c *fiber.Ctx) (user User, ok bool) { return handlers.User(c) }
