// Command testplugin is a plugin that misbehaves on demand, for the tests of package host. Its file name says how it
// starts, its configuration what Start does, and each event what the handler does.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"wgink.ink/wechat/plugins/host/internal/sample"
	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/sdk"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "exit":
		fmt.Fprintln(os.Stderr, "cannot open the ledger: no such file")
		os.Exit(7)
	case "panic":
		panic("broken main")
	case "garbage":
		fmt.Println("hello|world|this is no handshake")
		fmt.Println(strings.Repeat("x", 200_000))
		fmt.Fprint(os.Stdout, "\x1b[2J and control bytes\n")
	case "silent":
		select {}
	case "raw", "bare", "busy", "empty", "unready":
		serveRaw(wire.MagicCookieValue, name)
	case "knocks", "long-error":
		serveHostile(name)
	case "foreign-plugin":
		serveRaw("another program's", name)
	case "payments":
		sdk.Serve(paymentsOnly{})
	case "sample":
		sdk.Serve(&sample.Handler{})
	case "undeclared":
		sdk.Serve(undeclared{})
	case "nothing":
		sdk.Serve(&struct{}{})
	}
	sdk.Serve(&handler{})
}

type paymentsOnly struct{}

func (paymentsOnly) OnPayment(context.Context, *sdk.PaymentNotice) error { return nil }

// undeclared does not say what it does in the shadow.
type undeclared struct{}

func (undeclared) OnNotice(context.Context, *sdk.Notice) error { return nil }

// HonoursShadow keeps its promise in count.
func (h *handler) HonoursShadow() {}

type handler struct {
	AtStart string `json:"at_start"` // what Start does
	Flood   int    `json:"flood"`    // MiB that a flood has
	Ledger  string `json:"ledger"`   // a file that gets a line for each event that is counted
	Fail    string `json:"fail"`     // what happens instead of counting, to the events whose id ends with FailOn
	FailOn  string `json:"fail_on"`

	env sdk.Env

	mu     sync.Mutex
	leaked [][]byte
}

func (h *handler) Start(ctx context.Context, env sdk.Env) error {
	h.env = env
	switch h.AtStart {
	case "silent":
		select {}
	case "fail":
		return errors.New("ledger is down, token " + env.Secrets["TOKEN"])
	case "leak":
		env.Logger.InfoContext(ctx, "my token is "+env.Secrets["TOKEN"], //nolint:sloglint // the slip is the point
			"token", env.Secrets["TOKEN"], "all", env.Secrets)
		fmt.Println("printed token", env.Secrets["TOKEN"])
	}
	return nil
}

func (h *handler) Stop(ctx context.Context) error { //nolint:unparam // the interface wants the error
	h.env.Logger.InfoContext(ctx, "handler stopped")
	return nil
}

// OnPayment answers with what it received, as a reason for rejection.
func (h *handler) OnPayment(_ context.Context, n *sdk.PaymentNotice) error {
	return sdk.Reject(fmt.Sprintf("%s %s %d %d %s %v %s", n.EventID, n.OutTradeNo, n.AmountFen, n.Attempt,
		n.SuccessAt.UTC().Format(time.RFC3339), n.Compared, n.RawJSON))
}

func (h *handler) OnUserEvent(_ context.Context, e *sdk.UserEvent) error {
	return sdk.Reject(fmt.Sprintf("%s %s %s %s", e.EventType, e.OpenID, e.Phone, e.Nickname))
}

func (h *handler) OnNotice(ctx context.Context, n *sdk.Notice) error {
	var order struct {
		Do string `json:"do"`
	}
	if err := json.Unmarshal(n.RawJSON, &order); err != nil {
		return sdk.Reject(err.Error())
	}
	if order.Do == "count" && h.Fail != "" && strings.HasSuffix(n.EventID, h.FailOn) {
		order.Do = h.Fail
	}
	switch order.Do {
	case "echo":
		return sdk.Reject(n.WeChatType + " " + n.Subject)
	case "retry":
		return sdk.RetryAfter(90*time.Second, errors.New("later please"))
	case "fail":
		return errors.New("token " + h.env.Secrets["TOKEN"] + " was refused")
	case "panic":
		panic("handler boom")
	case "crash":
		go func() { panic("goroutine boom") }()
		select {}
	case "deep-crash":
		go recurse(60, h.env.Secrets["TOKEN"])
		select {}
	case "exit":
		os.Exit(3)
	case "wait":
		h.env.Logger.InfoContext(ctx, "entered", "event", n.EventID)
		<-ctx.Done()
		return ctx.Err()
	case "hang":
		h.env.Logger.InfoContext(ctx, "entered", "event", n.EventID)
		select {}
	case "finish": // takes a moment, and finishes whatever the context says
		h.env.Logger.InfoContext(ctx, "entered", "event", n.EventID)
		<-time.After(300 * time.Millisecond)
	case "spin":
		for h.Flood++; h.Flood != 0; h.Flood += 2 { // keeps a processor busy for ever: it stays odd
		}
	case "print":
		for i := range 50_000 {
			fmt.Println("printed line", i)
		}
	case "stderr":
		for i := range 50_000 {
			fmt.Fprintln(os.NewFile(2, "stderr"), "logged line", i)
		}
	case "flood":
		flood(h.Flood)
	case "long-line":
		h.env.Logger.InfoContext(ctx, strings.Repeat("l", 1<<20)) //nolint:sloglint // how long it is, is the point
	case "no-newline":
		_, err := os.NewFile(1, "stdout").WriteString(strings.Repeat("n", 1<<20))
		return err
	case "leak":
		h.leak(100 << 20)
		if h.Fail == order.Do {
			return h.count(n.EventID)
		}
	case "eat":
		for {
			h.leak(10 << 20)
		}
	case "count":
		if n.Shadow {
			return nil
		}
		return h.count(n.EventID)
	case "env":
		dir, _ := os.Getwd()
		return sdk.Reject(strings.Join(append(names(), "dir="+dir), " "))
	case "args":
		return sdk.Reject(fmt.Sprintf("%q", os.Args[1:]))
	case "child", "far-child":
		child := exec.CommandContext(context.WithoutCancel(ctx), "sleep", "300")
		child.Stdout, child.Stderr = os.Stdout, os.NewFile(2, "stderr")
		if order.Do == "far-child" {
			leaveSession(child)
		}
		if err := child.Start(); err != nil {
			return err
		}
		return sdk.Reject(fmt.Sprint(child.Process.Pid))
	case "query":
		o, err := h.env.Host.QueryOrder(ctx, n.Subject)
		return sdk.Reject(fmt.Sprintf("%+v %v", o, err))
	case "close":
		err := h.env.Host.CloseOrder(ctx, n.Subject)
		return sdk.Reject(fmt.Sprintf("%v denied=%v paid=%v", err, errors.Is(err, sdk.ErrPermission), errors.Is(err, sdk.ErrPaid)))
	case "user":
		u, err := h.env.Host.User(ctx, n.Subject)
		return sdk.Reject(fmt.Sprintf("%+v %v", u, err))
	case "log":
		h.env.Logger.WarnContext(ctx, "bell \a and\nline", "order", n.Subject, slog.Group("g", "a", 1))
		fmt.Println("on standard output")
		fmt.Fprintln(os.Stderr, "on standard error")
	}
	return nil
}

// count is an effect that shows how often it was had. One short write to the end of a file is atomic.
func (h *handler) count(event string) error {
	f, err := os.OpenFile(h.Ledger, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, event)
	return errors.Join(err, f.Close())
}

// recurse panics with a long stack.
func recurse(depth int, secret string) {
	if depth == 0 {
		panic("deep boom, token " + secret)
	}
	recurse(depth-1, secret)
}

// flood writes so many MiB of short lines to standard error.
func flood(size int) {
	line := []byte(strings.Repeat("f", 127) + "\n")
	chunk := bytes.Repeat(line, 8<<10)
	out := os.NewFile(2, "stderr")
	for range size {
		_, _ = out.Write(chunk)
	}
}

// leak takes memory, uses it, and never gives it back.
func (h *handler) leak(bytes int) {
	piece := make([]byte, bytes)
	for i := range piece {
		piece[i] = 1
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaked = append(h.leaked, piece)
}

// names lists the environment's variables without their values.
func names() []string {
	var out []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		out = append(out, name)
	}
	return out
}

// Version is what follows v in the file's name, else 1.4.0.
func (h *handler) Version() string {
	if v, ok := strings.CutPrefix(filepath.Base(os.Args[0]), "v"); ok {
		return v
	}
	return "1.4.0"
}
