package main

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"
)

// newApp is the host's Fiber app: settings that suit a server on the internet, the module, the host's own routes, and
// then what is only there for the demo.
func (d *demo) newApp() *fiber.App {
	app := fiber.New(fiber.Config{
		AppName:               "hostdemo",
		ReadTimeout:           10 * time.Second, // a slow client holds a connection no longer
		WriteTimeout:          30 * time.Second,
		IdleTimeout:           60 * time.Second,
		BodyLimit:             4 << 20, // a notice may hold 1 MiB of ciphertext; the module's routes have limits of their own
		ReadBufferSize:        8 << 10, // Fiber's 4 KiB are too few for long headers
		DisableStartupMessage: true,
		ErrorHandler:          d.answerError,
	})
	app.Use(sameOrigin)
	app.Use(d.trail.watch) // before the module, so that it sees what the module answers

	d.module.Mount(app)
	d.shop.mount(app)

	phones{wechat: d.wechat, trail: d.trail}.mount(app)
	app.Get("/demo/trail", d.trail.serveTrail)
	app.Get("/demo/books", d.books.serveBooks)
	mountPage(app)
	return app
}

// answerError answers in the module's form: a stable code, and a sentence for people. The cause stays in the log.
func (d *demo) answerError(c *fiber.Ctx, err error) error {
	status, code, msg := fiber.StatusInternalServerError, "internal", "服务器出错了，请稍后再试"
	var told *fiber.Error
	var fault interface {
		error
		Public() string // errors of the module know a sentence for users
	}
	switch {
	case errors.As(err, &told):
		status, code, msg = told.Code, "request", told.Message
	case errors.As(err, &fault):
		status, code, msg = fiber.StatusBadGateway, "wechat", fault.Public()
	}
	if status >= fiber.StatusInternalServerError {
		d.log.Error("request failed", "route", c.Route().Path, "error", err)
	}
	return c.Status(status).JSON(fiber.Map{"code": code, "msg": msg})
}

// sameOrigin keeps other web sites out: a page elsewhere could make the visitor's browser ask us, or point a name of its
// own at this machine. Programs send no Origin.
func sameOrigin(c *fiber.Ctx) error {
	host := string(c.Request().Host()) // c.Hostname() believes X-Forwarded-Host, which a page can set
	if !loopbackHost(host) {
		return fiber.NewError(fiber.StatusForbidden, "only for this machine: open the page by its loopback address")
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return c.Next()
	}
	from, err := url.Parse(origin)
	if err != nil || from.Host != host {
		return fiber.NewError(fiber.StatusForbidden, "requests of other pages are refused")
	}
	return c.Next()
}

func loopbackHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
