package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/sdk"
)

// A host tells the file of its configuration. When an operator has changed the file, the plugins it enables are made to
// run without an event lost; `wechatctl plugin reload` does the same from outside.
func ExampleModule_ReloadPlugins() {
	dir := tempDir()
	defer func() { check(os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "application.yml")
	enable := func(greeting string) {
		check(os.WriteFile(file, fmt.Appendf(nil, `open-platform:
  wechat:
    database: {url: %q}
    plugins:
      dir: %q
      mode: dev
      enabled: {greeter: {version: 1.2.3, config: {greeting: %s}, secrets: {TOKEN: x}}}
`, "sqlite:"+filepath.Join(dir, "wechat.db"), examplePlugin(dir), greeting), 0o600))
	}
	ctx := context.Background()
	enable("hello")
	module := must(wechat.New(must(config.Load(file)), wechat.WithConfigFile(file), wechat.WithLogger(slog.New(slog.DiscardHandler))))
	check(module.Start(ctx))
	check(module.WaitReady(ctx))

	enable("good day")
	fmt.Println("reloaded:", module.ReloadPlugins(ctx))
	for _, p := range module.Plugins() {
		fmt.Println(p.ID, p.Version, p.State, "swaps:", p.Swaps)
	}
	fmt.Println("a typing error:", errors.Is(module.ReloadPlugin(ctx, "greter"), wechat.ErrUnknownPlugin))
	check(module.Stop(ctx))
	// Output:
	// reloaded: <nil>
	// greeter 1.2.3 ready swaps: 1
	// a typing error: true
}

// examplePlugin lays a plugin out as it is released: a manifest, a schema, and an executable.
func examplePlugin(dir string) (plugins string) {
	source, plugins := filepath.Join("plugins", "plugintest", "internal", "greeter"), filepath.Join(dir, "plugins")
	folder := filepath.Join(plugins, "greeter", "1.2.3")
	if _, err := os.Stat(folder); err == nil {
		return plugins
	}
	check(os.MkdirAll(filepath.Join(folder, "bin"), 0o700))
	for _, name := range []string{"plugin.yaml", "config.schema.json"} {
		check(os.WriteFile(filepath.Join(folder, name), must(os.ReadFile(filepath.Join(source, name))), 0o600))
	}
	check(exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(folder, "bin", "greeter"), "./"+source).Run())
	return plugins
}

// What waits, what is in hand, and what is dead, by plugin; and what became of one event.
func ExampleModule_QueueDepths() {
	withHandlers(func(h *exampleHost) {
		ctx := context.Background()
		h.pay(h.local.Phone("alice"), "ORDER-0001")
		var depths []wechat.QueueDepth
		await(func() bool {
			depths = must(h.module.QueueDepths(ctx))
			return len(depths) > 0 && depths[0].Dead > 0
		})
		fmt.Println(depths[0].Plugin, "pending", depths[0].Pending, "dead", depths[0].Dead)

		letters := must(h.module.DeadLetters(ctx, wechat.DeadLetterFilter{Plugin: depths[0].Plugin}))
		event := must(h.module.Event(ctx, letters[0].EventID))
		fmt.Println(event.Kind, event.Subject, event.Deliveries[0].State, event.Deliveries[0].Reason)
		content := must(h.module.EventPayload(ctx, event.ID)) // holds personal data
		fmt.Println(strings.Contains(string(content), `"out_trade_no":"ORDER-0001"`))
		fmt.Println(must(h.module.RequeueAll(ctx, "on-payment-notice", "handler")), "is due again")
	}, wechat.OnPaymentNotice(func(context.Context, *sdk.PaymentNotice) error { return sdk.Reject("out of paper") }))
	// Output:
	// on-payment-notice pending 0 dead 1
	// payment.succeeded ORDER-0001 dead out of paper
	// true
	// 1 is due again
}
