package wechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/wechattest"
)

// exampleHost is a host with the module, beside a local WeChat; nothing leaves the process.
type exampleHost struct {
	local  *wechattest.Simulator
	module *wechat.Module
	app    *fiber.App
	data   string
}

// startHost runs one. A host of yours calls New, Mount and Start, too; the options are what makes it play.
func startHost() *exampleHost {
	h := &exampleHost{app: fiber.New(fiber.Config{DisableStartupMessage: true}), data: tempDir()}
	h.local = must(wechattest.Open(wechattest.WithNotifyTransport(inApp{h.app})))
	h.module = must(wechat.New(localConfig(h.local, h.data, "http://shop.example.com"),
		wechat.WithTransport(h.local.RoundTripper()), wechat.WithLogger(slog.New(slog.DiscardHandler))))
	h.module.Mount(h.app)
	check(h.module.Start(context.Background()))
	check(h.module.WaitReady(context.Background()))
	return h
}

func (h *exampleHost) stop() {
	check(h.module.Stop(context.Background()))
	check(h.local.Close())
	check(os.RemoveAll(h.data))
}

// call sends a request as a mini-program does, and returns status and body.
func (h *exampleHost) call(method, path, token string, body any) (status int, answer string) {
	request := httptest.NewRequestWithContext(context.Background(), method, path, bytes.NewReader(must(json.Marshal(body))))
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Token", token)
	}
	response := must(h.app.Test(request, -1))
	return response.StatusCode, string(must(io.ReadAll(response.Body)))
}

// logIn is what a mini-program does when it starts; it returns the token.
func (h *exampleHost) logIn(phone *wechattest.Phone) (token string) {
	code := must(phone.Login(context.Background()))
	_, answer := h.call(http.MethodPost, "/wechat/sign/default", "", map[string]string{"code": code})
	token, _ = tokenAndState(answer)
	return token
}

// tokenAndState takes {"data":"<token>_<state>"} apart.
func tokenAndState(answer string) (token, state string) {
	var in struct {
		Data string `json:"data"`
	}
	check(json.Unmarshal([]byte(answer), &in))
	at := len(in.Data) - 2
	return in.Data[:at], in.Data[at+1:]
}

// inApp sends the local WeChat's notices into an app, without a network.
type inApp struct{ app *fiber.App }

func (i inApp) RoundTrip(r *http.Request) (*http.Response, error) { return i.app.Test(r, -1) }

// localConfig fits a local WeChat; everything is kept in dir.
func localConfig(local *wechattest.Simulator, dir, publicURL string) config.Config {
	check(local.WriteMerchantFiles(dir))
	merchant, app := local.Merchant(), local.App()
	return config.Config{
		PublicURL: publicURL,
		Pay: config.Pay{
			Active: true, MchID: merchant.MchID, APIv3SecretKey: config.Secret(merchant.APIv3Key),
			CertificatePath: dir, KeyFilePath: filepath.Join(dir, wechattest.MerchantKeyFile),
		},
		MiniApp:  config.MiniApp{Active: true, AppID: app.AppID, AppSecret: config.Secret(app.AppSecret)},
		Database: config.Database{URL: config.Secret("sqlite:" + filepath.Join(dir, "wechat.db"))},
	}
}

// writeConfig writes the same settings as a file, for a local WeChat that listens on a port.
func writeConfig(local *wechattest.Simulator, dir, publicURL string) (file string) {
	check(local.WriteMerchantFiles(dir))
	weChatURL := must(local.Listen("127.0.0.1:0"))
	file = filepath.Join(dir, "application.yml")
	check(os.WriteFile(file, fmt.Appendf(nil, `open-platform:
  wechat:
    public-url: %q
    pay: {active: true, base-url: %q, mchid: %q, certificate-path: %q, key-file-path: %q, api-v3-secretkey: %q}
    mini-app: {active: true, base-url: %q, app-id: %q, app-secret: %q}
    database: {url: %q}
`, publicURL, weChatURL, local.Merchant().MchID, dir, filepath.Join(dir, wechattest.MerchantKeyFile), local.Merchant().APIv3Key,
		weChatURL, local.App().AppID, local.App().AppSecret, "sqlite:"+filepath.Join(dir, "wechat.db")), 0o600))
	return file
}

// tempDir is a folder for what an example keeps. It also silences the default logger, which would write between results.
func tempDir() string {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	return must(os.MkdirTemp("", "wechat-example"))
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
