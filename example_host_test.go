package wechat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

// serve is a whole host; it runs until ctx ends.
func serve(ctx context.Context, file string, listener net.Listener) error {
	cfg, err := config.Load(file) // application.yml
	if err != nil {
		return err // every problem of the file at once
	}
	module, err := wechat.New(cfg, wechat.WithConfigFile(file))
	if err != nil {
		return err
	}
	app := fiber.New(fiber.Config{
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		ReadBufferSize: 8 << 10, DisableStartupMessage: true,
	})
	module.Mount(app)
	app.Post("/orders", module.RequireUser, placeOrder(module)) // a route of your own
	if err := module.Start(ctx); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	select {
	case err = <-served:
	case <-ctx.Done():
		err = app.ShutdownWithTimeout(10 * time.Second) // the requests first, then the module
	}
	return errors.Join(err, module.Stop(context.WithoutCancel(ctx)))
}

// placeOrder takes the buyer from the session and the price from your own list, never from the client.
func placeOrder(module *wechat.Module) fiber.Handler {
	return func(c *fiber.Ctx) error {
		user, _ := module.User(c)
		prepay, err := module.Pay().PlaceOrder(c.UserContext(), payment.PlaceOrder{
			OutTradeNo: "ORDER-0001", Description: "一杯咖啡", AmountFen: 1800, OpenID: user.OpenID,
		})
		if err != nil {
			return module.WriteError(c, err) // a status, a code and a sentence for people; the cause goes to the log
		}
		return c.JSON(prepay.Launch) // what wx.requestPayment takes
	}
}

// A host loads its configuration, makes the module, mounts it on its Fiber app and starts it. Here it runs beside a local
// WeChat; a phone logs in, orders and pays, and the notice is answered.
func Example() {
	dir, local := tempDir(), must(wechattest.Open())
	defer func() { check(errors.Join(local.Close(), os.RemoveAll(dir))) }()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	shop := "http://" + listener.Addr().String()
	file := writeConfig(local, dir, shop)

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, file, listener) }()
	post := func(path, token string, body io.Reader, to any) {
		request := must(http.NewRequestWithContext(ctx, http.MethodPost, shop+path, body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Token", token)
		response := must(http.DefaultClient.Do(request))
		check(json.NewDecoder(response.Body).Decode(to))
		check(response.Body.Close())
	}

	phone := local.Phone("alice")
	var login struct{ Data string }
	post("/wechat/sign/default", "", strings.NewReader(`{"code":"`+must(phone.Login(ctx))+`"}`), &login)
	token, state, _ := strings.Cut(login.Data, "_")
	fmt.Println("logged in, state", state)

	var launch wechattest.Launch
	post("/orders", token, nil, &launch)
	check(phone.Pay(ctx, launch))
	check(local.Settle(ctx))
	fmt.Println("paid, notice answered", local.Attempts("ORDER-0001")[0].Status)

	stop()
	fmt.Println("stopped:", <-ended)
	// Output:
	// logged in, state 1
	// paid, notice answered 204
	// stopped: <nil>
}
