package workshop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// How long a plugin may take here.
const (
	readyWithin = 30 * time.Second
	stopWithin  = 5 * time.Second
)

// Trial is a plugin that runs under the real host, with a run folder of its own.
type Trial struct {
	id   string
	host *host.Host
	base string // temporary folder
}

// Start lays the folder out, builds it if it is a Go module, and starts it. It returns when the plugin is ready; after an
// error nothing runs.
func Start(ctx context.Context, dir string, m host.Manifest, p config.Plugin, log *slog.Logger) (_ *Trial, err error) {
	base, err := os.MkdirTemp("", "wechatctl")
	if err != nil {
		return nil, err
	}
	t := &Trial{id: m.ID, base: base}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Stop(ctx))
		}
	}()
	plugins := filepath.Join(base, "plugins")
	if err := Lay(ctx, dir, plugins, m); err != nil {
		return nil, err
	}
	t.host, err = host.New(config.Plugins{
		Dir: plugins, Mode: config.PluginsDev, Enabled: map[string]config.Plugin{m.ID: p},
	}, host.Options{Logger: log, Version: "wechatctl", Services: services(log)})
	if err != nil {
		return nil, err
	}
	if err := t.host.Start(ctx); err != nil {
		return nil, err
	}
	return t, t.awaitFirstStart(ctx)
}

// awaitFirstStart tells the reason of the first failure instead of waiting for it to heal.
func (t *Trial) awaitFirstStart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	changed := make(chan struct{}, 1)
	t.host.OnChange(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	for {
		switch i := t.Info(); i.State {
		case host.Ready:
			return nil
		case host.Rejected, host.Backoff:
			return fmt.Errorf("plugin %s: %s", i.ID, i.LastError)
		default:
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Info describes the plugin.
func (t *Trial) Info() host.Info { return t.host.List()[0] }

// Deliver hands an event over.
func (t *Trial) Deliver(ctx context.Context, ev host.Event) host.Outcome {
	return t.host.Deliver(ctx, t.id, ev)
}

// Stop ends the plugin and removes what was laid out.
func (t *Trial) Stop(ctx context.Context) error {
	var err error
	if t.host != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = t.host.Stop(ctx)
	}
	return errors.Join(err, os.RemoveAll(t.base))
}

// services answers a plugin's calls from the story that the samples tell, and shows each call.
func services(log *slog.Logger) host.Services {
	return host.Services{
		QueryOrder: func(ctx context.Context, outTradeNo, transactionID string) (*sdk.Order, error) {
			log.InfoContext(ctx, "the plugin queries an order", "out_trade_no", outTradeNo, "transaction_id", transactionID)
			return &sdk.Order{
				MchID: "1673570001", AppID: "wx7e57000000000001", OutTradeNo: outTradeNo, TransactionID: "4200000000000000000000000001",
				TradeState: "SUCCESS", AmountFen: 2800, PayerAmountFen: 2800, Currency: "CNY", PayerOpenID: sampleOpenID, TradeType: "JSAPI",
			}, nil
		},
		CloseOrder: func(ctx context.Context, outTradeNo string) error {
			log.InfoContext(ctx, "the plugin closes an order", "out_trade_no", outTradeNo)
			return nil
		},
		User: func(ctx context.Context, appid, openid string) (*sdk.User, error) {
			log.InfoContext(ctx, "the plugin looks a user up", "openid", openid)
			return &sdk.User{AppID: appid, OpenID: openid, AccountID: "sample", Phone: "13800000000", Nickname: "小兰"}, nil
		},
	}
}

// Describe is an outcome in a line.
func Describe(o host.Outcome) string {
	text := o.Result.String()
	if o.After > 0 {
		text += fmt.Sprintf(" after %v", o.After)
	}
	if o.Code != "" {
		text += " (" + o.Code + ")"
	}
	if o.Message != "" {
		text += ": " + o.Message
	}
	return text
}
