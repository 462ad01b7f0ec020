package wechat_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp/fasthttputil"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// bed is a host with the module, beside a local WeChat, all in memory.
type bed struct {
	t      *testing.T
	url    string // of the module's database
	sim    *wechattest.Simulator
	module *wechat.Module
	db     *store.DB // the module's database, looked at from outside
	client *http.Client
	calls  sync.Map // path of WeChat's → *atomic.Int64
	events chan map[string]any
	socket string // through which operators reach the module
}

const prefix = "/shop/api"

// eachBed runs a test on both databases.
func eachBed(t *testing.T, test func(b *bed)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		test(newBed(t, url))
	})
}

// newBed starts a host; own adds routes of its own to it.
func newBed(t *testing.T, databaseURL string, own ...func(*fiber.App, *wechat.Module)) *bed {
	t.Helper()
	return newBedWith(t, databaseURL, nil, nil, own...)
}

// newBedWith is newBed with further options of the local WeChat and of the module.
func newBedWith(t *testing.T, databaseURL string, simOpts []wechattest.Option, opts []wechat.Option,
	own ...func(*fiber.App, *wechat.Module),
) *bed {
	t.Helper()
	return newBedFrom(t, databaseURL, simOpts, func(*bed) []wechat.Option { return opts }, own...)
}

// newBedFrom is newBedWith with options that are made from the bed, once its local WeChat is there; they win.
func newBedFrom(t *testing.T, databaseURL string, simOpts []wechattest.Option, opts func(*bed) []wechat.Option,
	own ...func(*fiber.App, *wechat.Module),
) *bed {
	t.Helper()
	listener := fasthttputil.NewInmemoryListener()
	host := &http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return listener.Dial() },
		DisableKeepAlives: true,
	}
	b := &bed{t: t, url: databaseURL, client: &http.Client{Transport: host, Timeout: 30 * time.Second}, events: make(chan map[string]any, 10_000)}
	b.sim = wechattest.New(t, append(simOpts, wechattest.WithNotifyTransport(host), wechattest.WithObserver(b.count))...)

	var err error
	all := append([]wechat.Option{wechat.WithTransport(b.sim.RoundTripper()), wechat.WithLogger(slog.New(b.capture()))}, opts(b)...)
	b.module, err = wechat.New(b.config(databaseURL), all...)
	require.NoError(t, err)
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	b.module.Mount(app.Group(prefix))
	for _, add := range own {
		add(app, b.module)
	}
	require.NoError(t, b.module.Start(t.Context()))
	require.NoError(t, b.module.WaitReady(t.Context()))
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()

	// Once it has answered it serves: a Fiber app that is shut down before that would never end.
	status, _ := b.call(http.MethodGet, prefix+"/wechat/health", "", nil)
	require.Equal(t, http.StatusOK, status)

	b.db, err = store.Open(databaseURL)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		require.NoError(t, app.ShutdownWithContext(ctx))
		require.NoError(t, <-served)
		require.NoError(t, b.module.Stop(ctx))
		require.NoError(t, b.module.Stop(ctx), "Stop is safe twice")
		require.NoError(t, b.db.Close())
	})
	return b
}

func (b *bed) config(databaseURL string) config.Config {
	dir := b.t.TempDir()
	require.NoError(b.t, b.sim.WriteMerchantFiles(dir))
	m, app := b.sim.Merchant(), b.sim.App()
	b.socket = filepath.Join(runDir(b.t), "c", "c.sock")
	return config.Config{
		Console:   config.Console{Socket: b.socket},
		PublicURL: "http://shop.test" + prefix,
		Pay: config.Pay{
			Active: true, MchID: m.MchID, CertificatePath: dir, CertificateName: wechattest.MerchantCertFile,
			KeyFilePath: filepath.Join(dir, wechattest.MerchantKeyFile), APIv3SecretKey: config.Secret(m.APIv3Key),
		},
		MiniApp:  config.MiniApp{Active: true, AppID: app.AppID, AppSecret: config.Secret(app.AppSecret)},
		Database: config.Database{URL: config.Secret(databaseURL), Unsafe: true},
		Delivery: config.Delivery{Poll: 20 * time.Millisecond, Lease: 4 * time.Second},
	}
}

func (b *bed) count(e wechattest.Exchange) {
	path, _, _ := strings.Cut(e.Path, "?")
	n, _ := b.calls.LoadOrStore(path, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}

// callsTo is how many calls the local WeChat got for a path.
func (b *bed) callsTo(path string) int64 {
	if n, ok := b.calls.Load(path); ok {
		return n.(*atomic.Int64).Load()
	}
	return 0
}

// capture logs to the test and passes the records of delivered events on: no plugin is configured, so they are logged.
func (b *bed) capture() slog.Handler {
	return slog.NewJSONHandler(writerFunc(func(line []byte) {
		var record map[string]any
		if json.Unmarshal(line, &record) == nil && record["content"] != nil {
			b.events <- record
		}
	}), nil)
}

type writerFunc func([]byte)

func (w writerFunc) Write(p []byte) (int, error) { w(p); return len(p), nil }

// event waits for the next event handed over.
func (b *bed) event(kind string) map[string]any {
	b.t.Helper()
	for {
		select {
		case e := <-b.events:
			if e["kind"] == kind {
				return e
			}
		case <-time.After(20 * time.Second):
			require.FailNow(b.t, "no event "+kind)
		}
	}
}

// call sends JSON and returns status and decoded answer.
func (b *bed) call(method, path, token string, body any) (int, map[string]any) {
	b.t.Helper()
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		require.NoError(b.t, err)
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, "http://shop.test"+path, reader)
	require.NoError(b.t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Token", token)
	}
	resp, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	answer := map[string]any{}
	if len(raw) > 0 {
		require.NoError(b.t, json.Unmarshal(raw, &answer), "%s", raw)
	}
	return resp.StatusCode, answer
}

// logIn logs a phone in and returns its token and state.
func (b *bed) logIn(phone *wechattest.Phone) (token, state string) {
	b.t.Helper()
	code, err := phone.Login(b.t.Context())
	require.NoError(b.t, err)
	status, answer := b.call(http.MethodPost, prefix+"/wechat/sign/default", "", map[string]string{"code": code})
	require.Equal(b.t, http.StatusOK, status, "%v", answer)
	token, state, found := strings.Cut(answer["data"].(string), "_")
	require.True(b.t, found)
	return token, state
}

// notify sends a forged or genuine notice and returns the status.
func (b *bed) notify(n wechattest.Notice) (int, string) {
	b.t.Helper()
	req, err := n.Request(b.t.Context(), "http://shop.test"+prefix+"/wechat/pay/notice")
	require.NoError(b.t, err)
	resp, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	return resp.StatusCode, string(body)
}

// place places an order for a logged-in phone.
func (b *bed) place(phone *wechattest.Phone, outTradeNo string, fen int64) payment.Prepay {
	b.t.Helper()
	prepay, err := b.module.Pay().PlaceOrder(b.t.Context(), payment.PlaceOrder{
		OutTradeNo: outTradeNo, Description: "一杯咖啡", AmountFen: fen, OpenID: phone.OpenID(),
	})
	require.NoError(b.t, err)
	return prepay
}

// allAccepted waits until so many notices were taken, retries that are not due yet included: Settle leaves those out.
func (b *bed) allAccepted(notices int) {
	b.t.Helper()
	accepted := func() (n int) {
		for _, notice := range b.sim.Notices() {
			if notice.Accepted {
				n++
			}
		}
		return n
	}
	require.Eventually(b.t, func() bool { return accepted() == notices }, time.Minute, 5*time.Millisecond)
}

// payEvents are the kept events that came from WeChat Pay.
func (b *bed) payEvents() (events []store.Event) {
	b.t.Helper()
	all, err := b.db.Events(b.t.Context(), 10_000)
	require.NoError(b.t, err)
	for _, e := range all {
		if e.WeChatType != "" {
			events = append(events, e)
		}
	}
	return events
}

// changeAmount changes a stored order behind the module's back, as a mix-up of configurations would.
func (b *bed) changeAmount(outTradeNo string, fen int64) {
	b.t.Helper()
	b.exec(fmt.Sprintf("UPDATE wechat_orders SET amount_fen = %d WHERE out_trade_no = '%s'", fen, outTradeNo))
}

// ageSessions makes all log-ins so much older.
func (b *bed) ageSessions(by time.Duration) {
	b.t.Helper()
	b.exec(fmt.Sprintf("UPDATE wechat_sessions SET created_at = created_at - %d", by.Milliseconds()))
}

// exec runs a statement on the module's database, past the module.
func (b *bed) exec(statement string) {
	b.t.Helper()
	driver, name := "pg", b.url
	if file, ok := strings.CutPrefix(b.url, "sqlite:"); ok {
		driver, name = "sqlite", file+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, name)
	require.NoError(b.t, err)
	defer db.Close()
	_, err = db.ExecContext(b.t.Context(), statement)
	require.NoError(b.t, err)
}
