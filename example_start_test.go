package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/wechattest"
)

// New reports everything that is wrong with the configuration together, each by its key, and starts nothing.
func ExampleNew() {
	_, err := wechat.New(config.Config{MiniApp: config.MiniApp{Active: true}})
	fmt.Println(err)
	// Output:
	// configuration: 2 problems (keys are below open-platform.wechat)
	//   mini-app.app-key: is required while mini-app.active is true: give the appid from mp.weixin.qq.com
	//   mini-app.app-secret: is required while mini-app.active is true: give the AppSecret from mp.weixin.qq.com
}

// A host can hand in what the module would otherwise make: a logger, a way to WeChat. Start returns when events can be
// handed over; a host need not wait until plugins are ready.
func ExampleModule_Start() {
	dir, local, ctx := tempDir(), must(wechattest.Open()), context.Background()
	defer func() { check(errors.Join(local.Close(), os.RemoveAll(dir))) }()
	module, err := wechat.New(localConfig(local, dir, "http://shop.example.com/api"),
		wechat.WithTransport(local.RoundTripper()), wechat.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		panic(err)
	}
	app := fiber.New()
	module.Mount(app.Group("/api")) // below any prefix; public-url ends with the same one
	fmt.Println("start:", module.Start(ctx))
	fmt.Println("ready:", module.WaitReady(ctx))

	health, _ := http.NewRequestWithContext(ctx, http.MethodGet, "/api/wechat/health", nil)
	answer, _ := app.Test(health)
	fmt.Println("health:", answer.StatusCode)
	fmt.Println("stop:", module.Stop(ctx))
	// Output:
	// start: <nil>
	// ready: <nil>
	// health: 200
	// stop: <nil>
}
