package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/wechattest"
)

// How long things may take at most.
const (
	readyWithin = 20 * time.Second // plugins started, WeChat's keys known
	stopWithin  = 10 * time.Second // requests answered, plugins drained
)

// options say where a demo keeps its things and whom it talks to.
type options struct {
	data     string // folder
	plugins  string // folder of the built plugins
	listen   string
	database string // empty: SQLite in data
	say      func(format string, args ...any)
	log      slog.Handler // beside the trail
}

// demo is everything that runs: a host, its plugins, and a WeChat to talk to.
type demo struct {
	url    string // of the page, without a slash at its end
	wechat *wechattest.Simulator
	module *wechat.Module
	shop   *shop
	books  *books
	trail  *trail
	log    *slog.Logger
	app    *fiber.App
	served chan error // the web server ended by itself

	configFile string

	closers []func() error // in the order things were made; Close goes backwards
}

// open brings everything up, from the bottom to the top. After an error nothing is left running.
func open(ctx context.Context, o options) (_ *demo, err error) {
	d := &demo{served: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	data, err := filepath.Abs(o.data)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	unlock, err := lockFolder(ctx, data)
	if err != nil {
		return nil, err
	}
	d.closers = append(d.closers, unlock)
	if err := buildPlugins(ctx, o.plugins, o.say); err != nil {
		return nil, err
	}
	listener, err := listen(ctx, o.listen)
	if err != nil {
		return nil, err
	}
	d.closers = append(d.closers, func() error { return ignoreClosed(listener.Close()) })
	d.url = "http://" + listener.Addr().String()

	d.trail = newTrail()
	if err := d.openWeChat(data); err != nil {
		return nil, err
	}
	d.configFile = configFile(data)
	cfg, err := d.configure(data, o)
	if err != nil {
		return nil, err
	}
	d.log = slog.New(d.trail.handler(o.log))
	if err := d.startModule(ctx, cfg, o); err != nil {
		return nil, err
	}
	if d.shop, err = openShop(ctx, filepath.Join(data, "shop.db"), d.module); err != nil {
		return nil, err
	}
	d.closers = append(d.closers, d.shop.close)
	if err := d.openBooks(data); err != nil {
		return nil, err
	}
	d.serve(listener)
	return d, nil
}

// startModule is what every host does: New, Start, and Stop at the end. Mount is in app.go.
func (d *demo) startModule(ctx context.Context, cfg config.Config, o options) (err error) {
	d.module, err = wechat.New(cfg, wechat.WithLogger(d.log), wechat.WithConfigFile(d.configFile))
	if err != nil {
		return err
	}
	d.closers = append(d.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return d.module.Stop(ctx)
	})
	o.say("Starting the module on %s …", databaseKind(o.database))
	if err := d.module.Start(ctx); err != nil {
		return fmt.Errorf("start the module on %s: %w", databaseKind(o.database), err)
	}
	// A host need not wait; the demo does, so that its first click finds everything in place.
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := d.module.WaitReady(ctx); err != nil {
		return fmt.Errorf("the module is not ready: %w", err)
	}
	return nil
}

// serve answers requests until Close.
func (d *demo) serve(listener net.Listener) {
	d.app = d.newApp()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := d.app.Listener(listener); err != nil {
			d.served <- err
		}
	}()
	d.closers = append(d.closers, func() error {
		d.trail.close() // lets waiting pages go
		err := d.app.ShutdownWithTimeout(stopWithin)
		// A shutdown before the server goroutine got going does nothing; without its listener it ends then, too.
		closeErr := ignoreClosed(listener.Close())
		<-done
		return errors.Join(err, closeErr)
	})
}

// Close stops everything in the order that loses nothing: no new requests, then plugins and queue, then WeChat.
func (d *demo) Close() error {
	var errs []error
	for _, closer := range slices.Backward(d.closers) {
		errs = append(errs, closer())
	}
	d.closers = nil
	return errors.Join(errs...)
}

// listen opens the page's port. What plays the phone must not be reached from another machine.
func listen(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-listen %s: want an address such as 127.0.0.1:8080", address)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("-listen %s: only loopback addresses, such as 127.0.0.1:8080: whoever reaches the page can pay for everybody", address)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-listen %s: %w; give another port, for example -listen 127.0.0.1:8090", address, err)
	}
	return listener, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func databaseKind(url string) string {
	if url == "" {
		return "SQLite"
	}
	return "PostgreSQL"
}
