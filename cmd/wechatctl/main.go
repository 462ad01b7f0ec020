// Command wechatctl is the command line of the WeChat module. Its verbs below plugin begin, try out and pin plugins:
//
//	wechatctl plugin new points       # a module with a handler and its test
//	wechatctl plugin dev points       # run it with sample events, again whenever a file is saved
//	wechatctl plugin validate points  # what a host would say about it
//	wechatctl plugin lock -config wechat.yml
//
// The others ask a host that runs: what its plugins do, and what became of their events.
//
//	wechatctl plugin list -config wechat.yml
//	wechatctl plugin reload -config wechat.yml
//	wechatctl plugin dead list -config wechat.yml
//
// docs/plugins.md and docs/operations.md tell the rest. Its verbs below sim run a local WeChat (本地微信) for shops
// in any language, and play WeChat and its users towards a shop under development:
//
//	wechatctl sim serve                          # a WeChat on http://127.0.0.1:8089, with a page and a JSON API
//	wechatctl sim phone alice login              # a js_code for the shop's log-in
//	wechatctl sim trigger payment.succeeded      # somebody pays: the shop gets a notice
//	wechatctl sim resend -out-trade-no ORDER-1   # the same notice again
//
// docs/local-wechat.md shows all of it in five minutes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(context.Background(), terminal{os.Stdin, os.Stdout, os.Stderr, os.Getenv}, os.Args[1:]))
}

// terminal is what a verb reads from and writes to.
type terminal struct {
	in       io.Reader
	out      io.Writer // results
	problems io.Writer // everything else
	getenv   func(string) string
}

func (t terminal) sayf(format string, args ...any) { _, _ = fmt.Fprintf(t.out, format+"\n", args...) }

// run returns the exit status: 0 done, 1 failed, 2 not understood, 3 the host it is about could not be reached.
func run(ctx context.Context, t terminal, args []string) int {
	// The first Ctrl-C ends everything in order; a second one, then unhandled, ends the process at once.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	err := dispatch(ctx, t, args)
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintln(t.problems, "wechatctl:", err)
	if _, misused := errors.AsType[usageError](err); misused {
		return 2
	}
	if _, away := errors.AsType[unreachable](err); away {
		return 3
	}
	return 1
}
