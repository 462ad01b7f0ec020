package payment_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

// shop is a host with the module, beside a local WeChat; nothing leaves the process.
type shop struct {
	local *wechattest.Simulator
	pay   *payment.Service
	stop  func()
}

// openShop starts one. A host of yours has pay from Module.Pay.
func openShop() shop {
	dir, err := os.MkdirTemp("", "wechat-example")
	check(err)
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	local, err := wechattest.Open(wechattest.WithNotifyTransport(inApp{app}))
	check(err)
	check(local.WriteMerchantFiles(dir))
	module, err := wechat.New(config.Config{
		PublicURL: "http://shop.example.com",
		Pay: config.Pay{
			Active: true, MchID: local.Merchant().MchID, APIv3SecretKey: config.Secret(local.Merchant().APIv3Key),
			CertificatePath: dir, KeyFilePath: filepath.Join(dir, wechattest.MerchantKeyFile),
		},
		MiniApp:  config.MiniApp{Active: true, AppID: local.App().AppID, AppSecret: config.Secret(local.App().AppSecret)},
		Database: config.Database{URL: config.Secret("sqlite:" + filepath.Join(dir, "wechat.db"))},
	}, wechat.WithTransport(local.RoundTripper()), wechat.WithLogger(slog.New(slog.DiscardHandler)))
	check(err)
	module.Mount(app)
	check(module.Start(context.Background()))
	check(module.WaitReady(context.Background()))
	return shop{local: local, pay: module.Pay(), stop: func() {
		check(module.Stop(context.Background()))
		check(local.Close())
		check(os.RemoveAll(dir))
	}}
}

// sell places an order of one coffee for a phone and pays it.
func (s shop) sell(outTradeNo string, phone *wechattest.Phone) {
	prepay, err := s.pay.PlaceOrder(context.Background(), payment.PlaceOrder{
		OutTradeNo: outTradeNo, Description: "一杯咖啡", AmountFen: 1800, OpenID: phone.OpenID(),
	})
	check(err)
	check(phone.Pay(context.Background(), wechattest.Launch(prepay.Launch)))
	check(s.local.Settle(context.Background()))
}

// inApp sends the local WeChat's notices into an app, without a network.
type inApp struct{ app *fiber.App }

func (i inApp) RoundTrip(r *http.Request) (*http.Response, error) { return i.app.Test(r, -1) }

func check(err error) {
	if err != nil {
		panic(err)
	}
}
