package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHelpIsThere(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"-h"}, {"sim"}, {"sim", "--help"}} {
		status, out, _ := call(t, "", noEnvironment, args...)
		require.Zero(t, status)
		for _, v := range verbs() {
			require.Contains(t, out, v.name)
		}
	}
	for _, v := range verbs() {
		status, out, problems := call(t, "", noEnvironment, append(strings.Fields(v.name), "-h")...)
		require.Zero(t, status)
		require.Empty(t, problems)
		require.Contains(t, out, "Usage: wechatctl "+v.name)
		require.Contains(t, out, "Flags:")
	}
}

func TestWrongCommandLinesAreTold(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"simm", "sim dance", "sim list", "sim list cakes", "sim list orders phones", "sim trigger", "sim trigger a b",
		"sim trigger payment.succeeded -change total=1", "sim resend", "sim resend x -out-trade-no y", "sim phone alice",
		"sim phone alice dance", "sim phone alice pay", "sim run a b", "sim run a -stop", "sim list orders -colour",
		"sim trigger x -total much",
		"plugin dead dance", "plugin list x", "plugin reload a b", "plugin reload -force a", "plugin dead list x", "plugin dead show",
		"plugin dead requeue", "plugin dead requeue e", "plugin dead requeue -all", "plugin dead requeue e p -all -plugin p",
		"plugin dead requeue e p -code c", "plugin replay", "plugin replay -event e", "plugin replay -event e -plugin p x",
	} {
		status, out, problems := call(t, "", noEnvironment, strings.Fields(line)...)
		require.Equal(t, 2, status, line)
		require.Empty(t, out, line)
		require.True(t, strings.HasPrefix(problems, "wechatctl: "), line)
		require.Equal(t, 1, strings.Count(problems, "\n"), "one line: %s", problems)
	}
}

func TestNobodyThereIsTold(t *testing.T) {
	t.Parallel()
	status, _, problems := call(t, "", noEnvironment, "sim", "list", "orders", "-sim", "http://127.0.0.1:1")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "wechatctl sim serve")
	shop := newShop(t, http.StatusOK)
	_, _, problems = call(t, "", noEnvironment, "sim", "list", "orders", "-sim", shop)
	require.Contains(t, problems, "no local WeChat")
	for _, file := range [][]string{
		{"sim", "phone", "a", "pay", "-launch", "none.json"}, {"sim", "run", "none.yaml"}, {"sim", "trigger", "other", "-plaintext", "@none"},
	} {
		status, _, problems = call(t, "", noEnvironment, file...)
		require.Equal(t, 1, status)
		require.Contains(t, problems, "none")
	}
}

func TestTriggerListAndResend(t *testing.T) {
	t.Parallel()
	s := startServe(t, "-notify-url", newShop(t, http.StatusNoContent))
	status, out, problems := s.call(t, "", "sim", "trigger", "--out-trade-no", "ORDER-0001", "refund.succeeded", "--total", "1800", "--refund", "500", "--phone", "bob")
	require.Zero(t, status, problems)
	require.Contains(t, out, "Order ORDER-0001  REFUND  18.00 yuan  bob")
	require.Contains(t, out, "204")

	_, orders, _ := s.call(t, "", "sim", "list", "orders")
	require.Regexp(t, `ORDER-0001 +REFUND +18\.00 +JSAPI +bob`, orders)
	_, refunds, _ := s.call(t, "", "sim", "list", "refunds")
	require.Regexp(t, `SUCCESS +5\.00 +ORDER-0001`, refunds)
	_, phones, _ := s.call(t, "", "sim", "list", "phones")
	require.Contains(t, phones, "bob")
	_, notices, _ := s.call(t, "", "sim", "list", "notices")
	id := regexp.MustCompile(`(\S+) +TRANSACTION.SUCCESS +ORDER-0001 +1 +204 +-`).FindStringSubmatch(notices)
	require.NotNil(t, id, notices)

	status, out, problems = s.call(t, "", "sim", "resend", id[1])
	require.Zero(t, status, problems)
	require.Contains(t, out, id[1]+", delivery 2")
	status, out, _ = s.call(t, "", "sim", "resend", "--out-trade-no", "ORDER-0001")
	require.Zero(t, status)
	require.Contains(t, out, "delivery 3")
	status, _, problems = s.call(t, "", "sim", "resend", "none")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "no notice")
}

// A refund in the portal is told in the XML of API v2, whose answer must say SUCCESS in its body.
func TestTriggerRefundInThePortal(t *testing.T) {
	t.Parallel()
	var told atomic.Pointer[string]
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.HasPrefix(string(body), "<xml>") {
			told.Store(new(string(body)))
		}
		_, _ = io.WriteString(w, "<xml><return_code>SUCCESS</return_code></xml>")
	}))
	t.Cleanup(shop.Close)
	s := startServe(t, "-notify-url", shop.URL, "-api-v2-key", strings.Repeat("x", 32))
	status, out, problems := s.call(t, "", "sim", "trigger", "refund.portal", "-out-trade-no", "ORDER-0001", "-total", "100", "-refund", "40")
	require.Zero(t, status, problems)
	require.Contains(t, out, "REFUND")
	require.Contains(t, *told.Load(), "<req_info>")
	status, _, problems = s.call(t, "", "sim", "trigger", "refund.portal", "-out-trade-no", "ORDER-0001", "-refund", "61")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "剩余可退金额")

	s = startServe(t, "-notify-url", shop.URL)
	status, _, problems = s.call(t, "", "sim", "trigger", "refund.portal")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "-api-v2-key")
}

func TestTriggerTellsWhatTheShopSaid(t *testing.T) {
	t.Parallel()
	s := startServe(t, "-notify-url", newShop(t, http.StatusInternalServerError))
	status, _, problems := s.call(t, "", "sim", "trigger", "payment.succeeded")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "it answered 500")
	status, out, _ := s.call(t, "", "sim", "trigger", "notice", "-change", "total=1", "-change", "sign-at=-10m")
	require.Zero(t, status, "whether the shop refuses a wrong notice is for the shop to decide")
	require.Contains(t, out, "  500  ")
	status, _, problems = s.call(t, "", "sim", "trigger", "notice", "-notify-url", "http://127.0.0.1:1/x")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "refused")
	status, _, problems = s.call(t, "", "sim", "trigger", "other", "-type", "A.B", "-plaintext", "{}", "-notify-url", "http://127.0.0.1:1/x")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "no answer")
}

func TestPhoneDrivesAShop(t *testing.T) {
	t.Parallel()
	s := startServe(t, "-notify-url", newShop(t, http.StatusNoContent))
	status, code, problems := s.call(t, "", "sim", "phone", "alice", "login")
	require.Zero(t, status, problems)
	require.Len(t, strings.TrimSpace(code), 32)
	_, code, _ = s.call(t, "", "sim", "phone", "alice", "grant-phone")
	require.Len(t, strings.TrimSpace(code), 64)

	_, _, problems = s.call(t, "", "sim", "trigger", "notice", "-trade-type", "NATIVE", "-out-trade-no", "ORDER-0001")
	require.Empty(t, problems)
	_, orders, _ := s.call(t, "", "sim", "list", "orders", "-json")
	codeURL := regexp.MustCompile(`weixin://[^"]+`).FindString(orders)
	status, out, problems := s.call(t, codeURL+"\n", "sim", "phone", "alice", "pay", "--launch", "-")
	require.Zero(t, status, problems)
	require.Contains(t, out, "requestPayment:ok")
	require.Contains(t, out, "204")

	file := filepath.Join(t.TempDir(), "launch.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"data":{"code_url":"`+codeURL+`"}}`), 0o600))
	status, _, problems = s.call(t, "", "sim", "phone", "alice", "pay", "-launch", file)
	require.Equal(t, 1, status)
	require.Contains(t, problems, "该订单已支付")
}

func TestRunPlaysScripts(t *testing.T) {
	t.Parallel()
	s := startServe(t, "-notify-url", newShop(t, http.StatusNoContent))
	_, out, _ := call(t, "", noEnvironment, "sim", "run", "-list")
	require.Regexp(t, `deaf-wechat +The shop answers 204`, out)
	status, out, problems := s.call(t, "", "sim", "run", "lost-notice")
	require.Zero(t, status, problems)
	require.Regexp(t, `lost-notice +0 +on: notice`, out)
	file := filepath.Join(t.TempDir(), "own.yaml")
	require.NoError(t, os.WriteFile(file, []byte("name: own\nfaults: [{on: notice, delay: 1h}]\n"), 0o600))
	status, out, problems = s.call(t, "", "sim", "run", file)
	require.Zero(t, status, problems)
	require.Regexp(t, `own +0 +on: notice, delay: 1h`, out)
	status, out, problems = s.call(t, "", "sim", "trigger", "payment.succeeded")
	require.Zero(t, status, problems)
	require.Contains(t, out, "not delivered yet")
	_, out, _ = s.call(t, "", "sim", "run", "-stop")
	require.Regexp(t, `own +1 +on: notice`, out)
	status, _, _ = s.call(t, "", "sim", "run", "none")
	require.Equal(t, 1, status)
}

func TestPushReachesAShop(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, r.URL.Query().Get("echostr"))
			return
		}
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "subscribe") {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(shop.Close)
	status, _, problems := s.call(t, "", "sim", "trigger", "message.text", "-text", "hello")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "wechatctl sim push")
	status, out, problems := s.call(t, "", "sim", "push", "-url", shop.URL, "-token", "token")
	require.Zero(t, status, problems)
	require.Contains(t, out, "mode plain")
	status, out, problems = s.call(t, "", "sim", "trigger", "message.text", "-text", "hello")
	require.Zero(t, status, problems)
	require.Contains(t, out, "Delivery 1  200")
	status, out, problems = s.call(t, "", "sim", "trigger", "message.event", "-type", "SCAN", "-field", "EventKey=door", "-phone", "bob")
	require.Zero(t, status, problems)
	require.Contains(t, out, "Delivery 1  200")
	status, _, problems = s.call(t, "", "sim", "trigger", "message.event", "-type", "subscribe")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "the user sees: 该公众号")
	status, _, _ = s.call(t, "", "sim", "push", "-url", shop.URL)
	require.Equal(t, 2, status)
}
