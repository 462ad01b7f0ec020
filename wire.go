package wechat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/identity"
	"wgink.ink/wechat/internal/miniprogram"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/seal"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/token"
	"wgink.ink/wechat/internal/wxpay"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/routes"
)

func openStore(cfg config.Config, o options) (*store.DB, error) {
	if o.db != nil {
		return store.Wrap(o.db)
	}
	return store.Open(cfg.Database.URL.Reveal())
}

// openTables makes an SQLite file ours and brings the tables up to date: on PostgreSQL over a connection of its own, without
// the short time limits, unless the host handed a database in.
func (m *Module) openTables(ctx context.Context) (err error) {
	if err := m.db.CheckDurable(ctx); err != nil && !m.cfg.Database.Unsafe {
		return err
	}
	if !m.db.Owned() {
		if err := m.db.CheckPool(ctx); err != nil {
			return err
		}
	}
	if err := errors.Join(m.db.CheckSession(ctx), m.db.CheckSchema(ctx)); err != nil {
		return err
	}
	if m.life.unlock, err = m.db.LockFile(ctx); err != nil {
		return err
	}
	if m.db.Owned() && !m.db.SingleProcess() {
		return store.Migrate(ctx, m.cfg.Database.URL.Reveal())
	}
	if err := m.db.Migrate(ctx); err != nil {
		return err
	}
	if m.db.SingleProcess() {
		return m.db.TakeBackAll(ctx)
	}
	return nil
}

func (m *Module) health(ctx context.Context) error {
	if err := m.db.Ping(ctx); err != nil {
		return err
	}
	if m.ring != nil && !m.ring.Ready() {
		return errors.New("no valid key of WeChat Pay: notices and answers cannot be verified")
	}
	return nil
}

func newIdentity(cfg config.Config, o options, db *store.DB, queue *delivery.Queue) (*identity.Service, error) {
	app := cfg.MiniApp
	hosts, bases := []string{outbound.APIHost}, map[string]string{outbound.APIHost: app.BaseURL}
	if u, err := url.Parse(app.AuthorizeURL); err == nil && u.Host != "" && u.Host != outbound.APIHost {
		hosts, bases[u.Host] = append(hosts, u.Host), app.BaseURL // one of WeChat's other sites
	}
	client, err := outbound.New(outbound.Options{AllowHosts: hosts, BaseURLs: bases, Transport: o.transport})
	if err != nil {
		return nil, fmt.Errorf("mini-app.base-url: %w", err)
	}
	mini, err := miniprogram.New(miniprogram.Options{
		AppID: app.AppID, Secret: app.AppSecret, HTTP: client, AuthorizeURL: app.AuthorizeURL, GrantType: app.GrantType,
	})
	if err != nil {
		return nil, err
	}
	// Keyed by the app secret: when that changes, old session keys and tokens are stale anyway.
	box, err := seal.New(seal.Key{ID: 1, Secret: []byte(app.AppSecret.Reveal())})
	if err != nil {
		return nil, fmt.Errorf("mini-app.app-secret: %w", err)
	}
	tokens, err := token.New(token.Options{
		AppID: app.AppID, Fetch: token.StableToken(client, app.AppID, app.AppSecret),
		Store: identity.TokenStore{DB: db}, Sealer: box, Log: o.log, Now: o.now,
	})
	if err != nil {
		return nil, err
	}
	return identity.New(identity.Parts{
		MiniProgram: mini, Tokens: tokens, DB: db, Queue: queue, Sealer: box, Log: o.log, Now: o.now,
	}, identity.Settings{
		Idle: cfg.Session.Idle, Absolute: cfg.Session.Absolute, MaxPerUser: cfg.Session.MaxPerUser,
		AvatarHosts: app.AvatarHosts, EncryptedPhone: app.EncryptedPhone == nil || *app.EncryptedPhone,
	}), nil
}

func newPayment(cfg config.Config, o options, db *store.DB, queue *delivery.Queue) (*payment.Service, *wxpay.Ring, error) {
	pay := cfg.Pay
	merchant, err := wxpay.LoadMerchant(pay.MchID, filepath.Join(pay.CertificatePath, pay.CertificateName), pay.KeyFilePath)
	if err != nil {
		return nil, nil, err
	}
	keys, err := wxpay.NewAPIv3Keys(pay.APIv3SecretKey, pay.PreviousAPIv3SecretKey)
	if err != nil {
		return nil, nil, err
	}
	client, err := payHTTP(pay, o)
	if err != nil {
		return nil, nil, err
	}
	var publicKey []byte
	if pay.PublicKeyPath != "" {
		if publicKey, err = os.ReadFile(pay.PublicKeyPath); err != nil {
			return nil, nil, fmt.Errorf("pay.public-key-path: %w", err)
		}
	}
	ring, err := wxpay.NewRing(wxpay.RingOptions{
		Merchant: merchant, APIv3: keys, HTTP: client, PublicKeyID: pay.PublicKeyID, PublicKeyPEM: publicKey,
		Store: payment.KeyStore{DB: db}, Produce: cfg.Production(), Log: o.log, Now: o.now,
	})
	if err != nil {
		return nil, nil, err
	}
	appid := cmp.Or(cfg.MiniApp.AppID, cfg.OfficialAccount.AppID)
	caller, err := wxpay.New(wxpay.Options{
		Merchant: merchant, Ring: ring, HTTP: client, AppIDs: []string{appid}, BackupHost: pay.BaseURL == "", Log: o.log, Now: o.now,
	})
	if err != nil {
		return nil, nil, err
	}
	return payment.New(payment.Parts{
		Client: caller, Opener: wxpay.NewNoticeOpener(ring, keys), DB: db, Queue: queue, Log: o.log, Now: o.now,
	}, payment.Settings{
		MchID: pay.MchID, AppID: appid,
		NotifyURL:      strings.TrimRight(cfg.PublicURL, "/") + routes.NoticePath,
		DeliverUnknown: pay.UnknownOrders == "deliver",
	}), ring, nil
}

func payHTTP(pay config.Pay, o options) (*http.Client, error) {
	client, err := outbound.New(outbound.Options{
		AllowHosts: []string{outbound.PayHost, outbound.PayBackupHost},
		BaseURLs:   map[string]string{outbound.PayHost: pay.BaseURL},
		Transport:  o.transport,
	})
	if err != nil {
		return nil, fmt.Errorf("pay.base-url: %w", err)
	}
	return client, nil
}
