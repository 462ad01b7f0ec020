package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/payment"
)

// A host with the module starts with the written file as it is, and a user from the shell logs in and pays.
func TestModuleRunsOnTheServedConfiguration(t *testing.T) {
	t.Parallel()
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	host := "http://" + socket.Addr().String()
	s := startServe(t, "-notify-url", host+"/wechat/pay/notice")
	module := startHost(t, s, socket)

	_, code, _ := s.call(t, "", "sim", "phone", "alice", "login")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, host+"/wechat/sign/default", strings.NewReader(`{"code":"`+strings.TrimSpace(code)+`"}`))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	_, list, _ := s.call(t, "", "sim", "list", "phones", "-json")
	var phones []control.Phone
	require.NoError(t, json.Unmarshal([]byte(list), &phones))
	prepay, err := module.Pay().PlaceOrder(t.Context(), payment.PlaceOrder{
		OutTradeNo: "ORDER-0001", Description: "tea", AmountFen: 1800, OpenID: phones[0].OpenID,
	})
	require.NoError(t, err)
	launch, err := json.Marshal(map[string]any{"data": prepay.Launch})
	require.NoError(t, err)
	status, out, problems := s.call(t, string(launch), "sim", "phone", "alice", "pay", "-launch", "-")
	require.Zero(t, status, problems)
	require.Contains(t, out, "Order ORDER-0001  SUCCESS  18.00 yuan  alice")
	require.Contains(t, out, "  204  ")
	order, err := module.Pay().GetBusinessOrder(t.Context(), "ORDER-0001")
	require.NoError(t, err)
	require.True(t, order.State.Paid())

	status, out, _ = s.call(t, "", "sim", "trigger", "notice", "-out-trade-no", "ORDER-0001", "-change", "probe=yes")
	require.Zero(t, status)
	require.NotContains(t, out, "  204  ", "a signature probe is refused")
}

// startHost runs the module on what sim serve wrote, with a database of the test's own.
func startHost(t *testing.T, s *served, socket net.Listener) *wechat.Module {
	t.Helper()
	cfg, err := config.Load(filepath.Join(s.keys, configFile))
	require.NoError(t, err)
	cfg.Database.URL = config.Secret("sqlite:" + filepath.Join(t.TempDir(), "wechat.db"))
	module, err := wechat.New(cfg, wechat.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	module.Mount(app)
	require.NoError(t, module.Start(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(socket) }()
	t.Cleanup(func() {
		require.NoError(t, app.Shutdown())
		require.NoError(t, <-ended)
		require.NoError(t, module.Stop(context.Background()))
	})
	return module
}
