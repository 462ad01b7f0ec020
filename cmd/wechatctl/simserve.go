package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

const serveHelp = `
Usage: wechatctl sim serve [flags]

Runs a local WeChat (本地微信) until Ctrl-C: mini-program log-in, phone numbers, official account and WeChat Pay API v3,
signed and encrypted as the real one's. It prints what to put into your shop's configuration, writes the merchant's key
files to a folder, and shows orders, notices and phones on a page. Nothing leaves this machine, no money moves.

Its keys are public: everybody can sign with them. Never give it real secrets; they are shown on the page.
`

// serveSettings are what the command line of sim serve decides.
type serveSettings struct {
	listen, state, keys    string
	mchID, apiV3Key        string
	apiV2Key               string
	appID, appSecret       string
	notifyURL, forwardTo   string
	notifyInsecure, strict bool
	hold, quiet            bool
	speed                  float64
	refundDelay            time.Duration
	keyMode, run           string
}

func (s *serveSettings) flags(flags *flag.FlagSet) {
	flags.StringVar(&s.listen, "listen", defaultAddress, "loopback `address` to listen on; port 0 takes a free one")
	flags.StringVar(&s.state, "state", "", "`file` that keeps users, orders and notices, of one program at a time; without it they end with the program")
	flags.StringVar(&s.keys, "keys", "wechatctl-sim", "`folder` to write the merchant's files and the configuration to")
	flags.StringVar(&s.mchID, "mchid", "", "merchant `number`, if your configuration has one already")
	flags.StringVar(&s.apiV3Key, "api-v3-key", "", "made-up APIv3 `key` of 32 bytes, never the real one")
	flags.StringVar(&s.apiV2Key, "api-v2-key", "", "made-up API v2 `key` of 32 characters: refunds made in the portal are told to -notify-url, as XML")
	flags.StringVar(&s.appID, "appid", "", "the mini-program's `appid`, if your configuration has one already")
	flags.StringVar(&s.appSecret, "app-secret", "", "made-up `secret` of the mini-program, never the real one")
	flags.StringVar(&s.notifyURL, "notify-url", "", "your shop's notice `URL`, for orders that sim trigger makes")
	flags.StringVar(&s.forwardTo, "forward-to", "", "send every notice to this `URL`'s scheme and host, whatever the order's notify_url says")
	flags.BoolVar(&s.notifyInsecure, "notify-insecure", false, "accept any certificate of https notify_urls, for example your own")
	flags.BoolVar(&s.strict, "strict", false, "refuse notify_urls that the real WeChat could not reach: http, local hosts")
	flags.BoolVar(&s.hold, "hold", false, "send no notices until they are released on the page")
	flags.StringVar(&s.run, "run", "", "`scenario` or file of faults to play from the start; see wechatctl sim run -h")
	flags.BoolVar(&s.quiet, "quiet", false, "do not print a line for each request and notice")
	flags.Float64Var(&s.speed, "speed", 1, "how much faster WeChat's clock runs: with 60 a retry of 15 s comes after 0.25 s, and a token lives two minutes")
	flags.DurationVar(&s.refundDelay, "refund-delay", 5*time.Second, "`time` that a refund takes, by WeChat's clock")
	flags.StringVar(&s.keyMode, "key-mode", "both", "what WeChat Pay signs with: both, certificate (平台证书) or public-key (微信支付公钥)")
}

func simServe(ctx context.Context, t terminal, args []string) error {
	var set serveSettings
	flags := newFlags(t, "sim serve", serveHelp)
	set.flags(flags)
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return wrongArguments(flags, "[flags]")
	}
	host, _, err := net.SplitHostPort(set.listen)
	if err != nil || !control.IsLoopback(host) {
		return usageError{fmt.Sprintf("-listen %s: only this machine may use a local WeChat; take 127.0.0.1:PORT", set.listen)}
	}
	return serve(ctx, t, set)
}

// serve runs until ctx ends.
func serve(ctx context.Context, t terminal, set serveSettings) (err error) {
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", set.listen)
	if err != nil {
		return fmt.Errorf("%w; -listen takes another address", err)
	}
	defer func() { _ = socket.Close() }() // the server closes it, too
	notifier, err := set.notifier()
	if err != nil {
		return err
	}
	lines := &printer{out: t.out}
	options, err := set.options(notifier, lines)
	if err != nil {
		return err
	}
	wechat, err := wechattest.Open(options...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, wechat.Close()) }()
	wechat.HoldNotices(set.hold)

	base := "http://" + socket.Addr().String()
	yaml, err := writeFolder(set.keys, base, set.notifyURL, wechat)
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(set.keys)
	if err != nil {
		return err
	}
	console := control.New(wechat, control.Config{
		BaseURL: base, KeyFolder: folder, YAML: yaml, NotifyURL: set.notifyURL, Speed: set.speed, Transport: notifier,
	})
	routes := http.NewServeMux()
	routes.Handle(control.Prefix, console.Handler())
	routes.Handle("GET /{$}", http.RedirectHandler(control.Prefix, http.StatusFound))
	routes.Handle("/", wechat)
	lines.print(welcome(base, set.keys, yaml, wechat))
	return serveHTTP(ctx, &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}, socket)
}

// serveHTTP runs a server until ctx ends, and lets requests under way end.
func serveHTTP(ctx context.Context, server *http.Server, socket net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(socket) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := server.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		return errors.Join(err, ended)
	}
	return err
}

// options are the local WeChat's.
func (s *serveSettings) options(notifier http.RoundTripper, lines *printer) ([]wechattest.Option, error) {
	options := []wechattest.Option{
		wechattest.WithClock(wechattest.NewSpeedClock(s.speed)), wechattest.WithRefundDelay(s.refundDelay), wechattest.WithNotifyTransport(notifier),
	}
	mode, known := map[string]wechattest.KeyMode{
		"both": wechattest.BothKeys, "certificate": wechattest.PlatformCertificate, "public-key": wechattest.PublicKey,
	}[s.keyMode]
	if !known {
		return nil, usageError{fmt.Sprintf("-key-mode %s: both, certificate or public-key", s.keyMode)}
	}
	options = append(options, wechattest.WithKeyMode(mode))
	if s.mchID+s.apiV3Key+s.appID+s.appSecret != "" {
		own, err := s.identity()
		if err != nil {
			return nil, err
		}
		options = append(options, own...)
	}
	if s.apiV2Key != "" {
		if len(s.apiV2Key) != 32 || s.notifyURL == "" {
			return nil, usageError{"-api-v2-key: it has 32 characters, and needs -notify-url, where the portal's notices go"}
		}
		options = append(options, wechattest.WithAPIv2(s.apiV2Key, s.notifyURL))
	}
	if s.state != "" {
		options = append(options, wechattest.WithStateFile(s.state))
	}
	if s.strict {
		options = append(options, wechattest.WithStrictNotifyURL())
	}
	if s.run != "" {
		script, err := loadScript(s.run)
		if err != nil {
			return nil, err
		}
		options = append(options, wechattest.WithScript(script))
	}
	if !s.quiet {
		options = append(options, wechattest.WithObserver(lines.exchange))
	}
	return options, nil
}

// publicURL is where the shop is reached, as far as it is known.
func publicURL(notifyURL string) string {
	if u, err := url.Parse(notifyURL); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host + strings.TrimSuffix(u.Path, "/wechat/pay/notice")
	}
	return "http://127.0.0.1:8080"
}
