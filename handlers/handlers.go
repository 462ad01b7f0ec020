// Package handlers translates HTTP: each handler decodes a request, calls identity or payment, and encodes the answer.
// It holds no rule of the business and touches no database.
package handlers

import (
	"log/slog"
	"runtime/debug"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/identity"
	"wgink.ink/wechat/payment"
)

// Handlers are the module's endpoints. Identity is nil when the mini-program is off, Payment when pay is off; their
// routes are then not mounted.
type Handlers struct {
	Identity *identity.Service
	Payment  *payment.Service
	Health   Health
	Log      *slog.Logger
}

// Guard wraps an endpoint: its errors become answers of ours and never reach the host's error handler, a panic becomes a
// 500 instead of the end of the host's process, and the answer carries the headers every answer of ours has.
func (h *Handlers) Guard(endpoint fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) (err error) {
		setHeaders(c)
		defer func() {
			if p := recover(); p != nil {
				// The panic's value could hold request data; the stack says where it was.
				h.Log.Error("panic in a handler", "route", c.Route().Path, "stack", string(debug.Stack()))
				err = writeFault(c, fault.New(fault.Internal, nil))
			}
		}()
		if err := endpoint(c); err != nil {
			return h.fail(c, err)
		}
		return nil
	}
}

func setHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'")
}

// fail logs what is the host's business and answers what is the client's.
func (h *Handlers) fail(c *fiber.Ctx, err error) error {
	f := fault.Of(err)
	level := slog.LevelInfo // the client's mistake, or its bad luck
	if f.Code.Status() >= fiber.StatusInternalServerError {
		level = slog.LevelError
	}
	h.Log.Log(c.UserContext(), level, "request refused", "route", c.Route().Path, "code", string(f.Code), "error", f.Err)
	return writeFault(c, f)
}

// WriteError answers with an error of the module: its status, its code and its sentence for people, never its cause.
func (h *Handlers) WriteError(c *fiber.Ctx, err error) error { return h.fail(c, err) }

type problem struct {
	Code string `json:"code"`
	Msg  string `json:"msg"`
}

func writeFault(c *fiber.Ctx, f *fault.Error) error {
	if f.Code == fault.StorageDown || f.Code == fault.TooManyRequests {
		c.Set(fiber.HeaderRetryAfter, "5")
	}
	return c.Status(f.Code.Status()).JSON(problem{Code: string(f.Code), Msg: f.Public()})
}

// data is the envelope of every success, as clients of the original framework expect it.
func data(c *fiber.Ctx, v any) error { return c.JSON(fiber.Map{"data": v}) }
