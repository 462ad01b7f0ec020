//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/routes"
)

// hostSettings are what a host process is started with.
type hostSettings struct {
	Addr   string        `json:"addr"`
	Config string        `json:"config"` // a configuration file of the module
	Skew   time.Duration `json:"skew"`   // of the host's clock
	Quiet  bool          `json:"quiet"`  // no logs but warnings
	Lose   int           `json:"lose"`   // a wrong host: the first so many notices are acknowledged and thrown away
}

const hostServes = "host serves" // logged when the port is open

// serveHost is a host such as a developer would write: the module on a Fiber app, and one route of its own. It ends on
// SIGTERM, and with the test that started it.
func serveHost(settings string) int {
	level := new(slog.LevelVar)
	level.Set(slog.LevelDebug)
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	if err := runHost(ctx, log, level, settings); err != nil {
		log.Error("host failed", "error", err)
		return 1
	}
	return 0
}

func runHost(ctx context.Context, log *slog.Logger, level *slog.LevelVar, text string) error {
	before := runtime.NumGoroutine()
	var settings hostSettings
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return err
	}
	cfg, err := config.Load(settings.Config)
	if err != nil {
		return err
	}
	module, err := wechat.New(cfg, wechat.WithLogger(log), wechat.WithClock(func() time.Time { return time.Now().Add(settings.Skew) }))
	if err != nil {
		return err
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadTimeout: 10 * time.Second})
	app.Post(routes.NoticePath, loseFirst(settings.Lose))
	module.Mount(app)
	app.Post("/orders", placeOrder(module))
	if err := module.Start(ctx); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", settings.Addr)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, hostServes)
	if settings.Quiet {
		level.Set(slog.LevelWarn)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := app.ShutdownWithContext(ending); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	if err := module.Stop(ending); err != nil {
		return err
	}
	return goroutinesLeft(before + 10)
}

// goroutinesLeft waits until no more than so many run, and says which do when that does not come true.
func goroutinesLeft(most int) error {
	if eventuallyTrue(2*time.Second, func() bool { return runtime.NumGoroutine() <= most }) {
		return nil
	}
	var stacks strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
	return fmt.Errorf("more than %d goroutines are left after the end:\n%s", most, &stacks)
}

// loseFirst is the mistake the module must not make: an answer before anything is kept.
func loseFirst(count int) fiber.Handler {
	var seen atomic.Int64
	return func(c *fiber.Ctx) error {
		if seen.Add(1) <= int64(count) {
			return c.SendStatus(http.StatusNoContent)
		}
		return c.Next()
	}
}

// orderRequest is the body of POST /orders.
type orderRequest struct {
	Number string `json:"number"`
	Fen    int64  `json:"fen"`
	OpenID string `json:"openid"`
}

func placeOrder(module *wechat.Module) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var in orderRequest
		if err := json.Unmarshal(c.Body(), &in); err != nil {
			return err
		}
		prepay, err := module.Pay().PlaceOrder(c.UserContext(), payment.PlaceOrder{
			OutTradeNo: in.Number, Description: "一杯咖啡", AmountFen: in.Fen, OpenID: in.OpenID,
		})
		if err != nil {
			return err
		}
		return c.JSON(prepay.Launch)
	}
}
