package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/handlers"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/wxpay"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/routes"
	"wgink.ink/wechat/wechattest"
)

// What answers notices in a host.
const (
	moduleAlone  = "module"             // the module, handing nothing over
	moduleNoop   = "module with no-op"  // and handing events over to a receiver in the process that does nothing
	modulePlugin = "module with plugin" // and handing them over to a plugin process
	handOne      = "by hand, one insert"
	handThree    = "by hand, three writes"
)

// hostSettings are what a host process is started with.
type hostSettings struct {
	Kind     string `json:"kind"`
	Database string `json:"database"`
	Dir      string `json:"dir"`     // the merchant's files
	Plugins  string `json:"plugins"` // folder
	Report   string `json:"report"`  // where the plugin reports
}

// serveHost is a host process. It prints its address and ends when its standard input does; a line on that names a file
// to write a CPU profile to, an empty line ends the profile.
func serveHost(text string) int {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := runHost(log, text); err != nil {
		log.Error("host failed", "error", err)
		return 1
	}
	return 0
}

func runHost(log *slog.Logger, text string) error {
	var set hostSettings
	if err := json.Unmarshal([]byte(text), &set); err != nil {
		return err
	}
	ctx := context.Background()
	sim, err := newWeChat()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stop, err := serve(ctx, log, sim, set, listener)
	if err != nil {
		return err
	}
	_, _ = os.Stdout.WriteString(listener.Addr().String() + "\n")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := profile(lines.Text()); err != nil {
			return err
		}
	}
	ending, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return stop(ending)
}

func profile(name string) error {
	pprof.StopCPUProfile()
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}

// serve starts what set asks for and gives what stops it.
func serve(
	ctx context.Context, log *slog.Logger, sim *wechattest.Simulator, set hostSettings, listener net.Listener,
) (func(context.Context) error, error) {
	if set.Kind == handOne || set.Kind == handThree {
		h, err := newHand(ctx, sim, set.Database, set.Kind == handThree)
		if err != nil {
			return nil, err
		}
		server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		go func() { _ = server.Serve(listener) }()
		return server.Shutdown, nil
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadTimeout: 10 * time.Second})
	mount := mountModule
	if set.Kind == moduleNoop {
		mount = mountParts
	}
	stop, err := mount(ctx, log, sim, set, app)
	if err != nil {
		return nil, fmt.Errorf("mount %s: %w", set.Kind, err)
	}
	go func() { _ = app.Listener(listener) }()
	return stop, nil
}

// mountModule is a host as a developer writes it. Alone, it is not started: it takes notices in and hands nothing over.
func mountModule(
	ctx context.Context, log *slog.Logger, sim *wechattest.Simulator, set hostSettings, app *fiber.App,
) (func(context.Context) error, error) {
	m := sim.Merchant()
	cfg := config.Config{
		PublicURL: "http://shop.test",
		Pay: config.Pay{
			Active: true, MchID: m.MchID, CertificatePath: set.Dir, CertificateName: wechattest.MerchantCertFile,
			KeyFilePath: filepath.Join(set.Dir, wechattest.MerchantKeyFile), APIv3SecretKey: config.Secret(m.APIv3Key),
			PublicKeyID: sim.PublicKeyID(), PublicKeyPath: filepath.Join(set.Dir, wechattest.PublicKeyFile),
		},
		MiniApp:  config.MiniApp{AppID: sim.App().AppID},
		Database: config.Database{URL: config.Secret(set.Database)},
	}
	if set.Kind == modulePlugin {
		cfg.Plugins = config.Plugins{Dir: set.Plugins, Mode: config.PluginsDev, Enabled: map[string]config.Plugin{
			pluginID: {Version: pluginVersion, Config: map[string]any{"report": set.Report}},
		}}
	}
	module, err := wechat.New(cfg, wechat.WithLogger(log), wechat.WithTransport(sim.RoundTripper()))
	if err != nil {
		return nil, err
	}
	module.Mount(app)
	if set.Kind == moduleAlone {
		return module.Stop, nil
	}
	if err := module.Start(ctx); err != nil {
		return nil, err
	}
	ready, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return module.Stop, module.WaitReady(ready)
}

// mountParts wires the parts that take notices in and hand events over, as the module does, with a receiver that does
// nothing. The module's own receiver for hosts without plugins logs each event.
func mountParts(
	_ context.Context, log *slog.Logger, sim *wechattest.Simulator, set hostSettings, app *fiber.App,
) (func(context.Context) error, error) {
	m := sim.Merchant()
	merchant, err := wxpay.LoadMerchant(m.MchID, filepath.Join(set.Dir, wechattest.MerchantCertFile),
		filepath.Join(set.Dir, wechattest.MerchantKeyFile))
	if err != nil {
		return nil, err
	}
	keys, err := wxpay.NewAPIv3Keys(config.Secret(m.APIv3Key), "")
	if err != nil {
		return nil, err
	}
	ring, err := wxpay.NewRing(wxpay.RingOptions{
		Merchant: merchant, APIv3: keys, HTTP: sim.Client(), PublicKeyID: sim.PublicKeyID(), PublicKeyPEM: sim.PublicKeyPEM(),
	})
	if err != nil {
		return nil, err
	}
	db, err := store.Open(set.Database)
	if err != nil {
		return nil, err
	}
	queue := delivery.New(db, idle{}, log, delivery.Settings{})
	service := payment.New(payment.Parts{
		Opener: wxpay.NewNoticeOpener(ring, keys), DB: db, Queue: queue, Log: log, Now: time.Now,
	}, payment.Settings{MchID: m.MchID, AppID: sim.App().AppID})
	routes.Mount(app, &handlers.Handlers{Payment: service, Log: log})
	return func(ctx context.Context) error {
		queue.Stop(ctx)
		return queue.HandBack(ctx)
	}, queue.Start()
}

// idle is a receiver that does nothing.
type idle struct{}

// Subscribers implements delivery.Receiver.
func (idle) Subscribers(string) []string { return []string{"idle"} }

// Plugins implements delivery.Receiver.
func (idle) Plugins() []string { return []string{"idle"} }

// Slots implements delivery.Receiver.
func (idle) Slots(string) int { return 100 }

// Deliver implements delivery.Receiver.
func (idle) Deliver(context.Context, string, delivery.Handover) delivery.Outcome {
	return delivery.Outcome{Result: delivery.Done}
}

var _ delivery.Receiver = idle{}
