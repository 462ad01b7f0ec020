package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

// pages are the document in both languages.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, folder := range []string{"docs", "docs/zh-CN"} {
		text, err := os.ReadFile(filepath.Join("..", "..", folder, "local-wechat.md"))
		require.NoError(t, err)
		texts[folder] = string(text)
	}
	return texts
}

func fences(text, language string) (blocks []string) {
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, block[1])
	}
	return blocks
}

// Every shell command of the document runs, against a program that was started as the document says.
func TestDocumentedCommandsRun(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s", tool)
		}
	}
	program := buildProgram(t)
	for folder, text := range pages(t) {
		t.Run(strings.ReplaceAll(folder, "/", "-"), func(t *testing.T) {
			t.Parallel()
			shop := newDocumentedShop(t)
			dir := t.TempDir()
			require.NoError(t, os.Symlink(program, filepath.Join(dir, "wechatctl")))
			ran := 0
			for _, block := range fences(text, "sh") {
				switch line := strings.Split(strings.TrimSpace(block), "\n"); {
				case strings.HasPrefix(block, "go run "), strings.HasPrefix(block, "go test "): // these have runs of their own
				case strings.HasPrefix(block, "go build "):
					require.Equal(t, "go build -o wechatctl ./cmd/wechatctl", line[0])
					words := strings.Fields(strings.ReplaceAll(line[1], "http://127.0.0.1:8080", shop.url))
					shop.wechat.Store(&startProgram(t, program, dir, append(words[1:], "-listen", "127.0.0.1:0")...).url)
				default:
					wechat := *shop.wechat.Load()
					block = strings.NewReplacer("http://127.0.0.1:8080", shop.url, "http://127.0.0.1:8089", wechat).Replace(block)
					shell := exec.CommandContext(t.Context(), "sh", "-e", "-c", block)
					shell.Dir, shell.Env = dir, append(os.Environ(), addressVariable+"="+wechat)
					out, err := shell.CombinedOutput()
					require.NoError(t, err, "%s\n%s", block, out)
					require.NotContains(t, string(out), `"msg"`, block)
					ran++
				}
			}
			require.GreaterOrEqual(t, ran, 4)
		})
	}
}

// documentedShop has the routes that the document's shop has.
type documentedShop struct {
	url    string
	wechat atomic.Pointer[string] // the local WeChat's address
	t      *testing.T
}

func newDocumentedShop(t *testing.T) *documentedShop {
	t.Helper()
	shop := &documentedShop{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /wechat/pay/notice", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /login", shop.logIn)
	mux.HandleFunc("POST /phone", func(_ http.ResponseWriter, r *http.Request) { shop.code(r) })
	mux.HandleFunc("POST /orders", shop.order)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	shop.url = server.URL
	return shop
}

func (s *documentedShop) code(r *http.Request) string {
	var body struct {
		Code string `json:"code"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Code == "" {
		s.t.Errorf("no code: %v", err)
	}
	return body.Code
}

func (s *documentedShop) logIn(w http.ResponseWriter, r *http.Request) {
	merchant := wechattest.New(s.t).App() // the fixed test values
	query := url.Values{
		"appid": {merchant.AppID}, "secret": {merchant.AppSecret}, "js_code": {s.code(r)}, "grant_type": {"authorization_code"},
	}
	request, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, *s.wechat.Load()+"/sns/jscode2session?"+query.Encode(), http.NoBody)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Error(err)
		return
	}
	answer, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if !strings.Contains(string(answer), `"openid"`) {
		s.t.Errorf("log-in refused: %s", answer)
	}
	_, _ = io.WriteString(w, `{"data":"logged in"}`)
}

// order places a native order, by the control API for want of a merchant's code, and answers as a shop does.
func (s *documentedShop) order(w http.ResponseWriter, r *http.Request) {
	var placed control.Triggered
	wish := control.Trigger{Event: "notice", TradeType: wechattest.Native}
	if err := (&client{*s.wechat.Load()}).ask(r.Context(), http.MethodPost, "trigger", wish, &placed); err != nil {
		s.t.Error(err)
		return
	}
	_, _ = io.WriteString(w, `{"data":{"code_url":"`+placed.Result.Order.CodeURL+`"}}`)
}

// Readers copy what was compiled and run; comments are translated.
func TestDocumentedGoIsCompiled(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join("..", "..", "wechattest", "example_shop_test.go"))
	require.NoError(t, err)
	bare := func(text string) string {
		return strings.Join(strings.Fields(regexp.MustCompile(`(?m)\s//.*$|^\s*t\.Parallel\(\)$`).ReplaceAllString(text, "")), " ")
	}
	for folder, text := range pages(t) {
		blocks := fences(text, "go")
		require.Len(t, blocks, 4, folder)
		for _, block := range blocks {
			require.Contains(t, bare(string(source)), bare(block), folder)
		}
		for _, script := range fences(text, "yaml") {
			_, err := wechattest.ParseScript([]byte(script))
			require.NoError(t, err, folder)
		}
	}
}

func TestEverythingIsDocumented(t *testing.T) {
	t.Parallel()
	routes, err := os.ReadFile(filepath.Join("internal", "control", "server.go"))
	require.NoError(t, err)
	paths := regexp.MustCompile(`"((?:GET|POST) )/_sim/v1(/[^"]+)"`).FindAllStringSubmatch(string(routes), -1)
	require.Greater(t, len(paths), 20)
	var serve serveSettings
	flags := newFlags(terminal{}, "sim serve", "")
	serve.flags(flags)
	for folder, text := range pages(t) {
		for _, path := range paths {
			require.Contains(t, text, "`"+path[1]+path[2]+"`", folder)
		}
		for _, kind := range control.TriggerKinds() {
			require.Contains(t, text, "`"+kind.Name+"`", folder)
		}
		for _, change := range control.Changes() {
			require.Contains(t, text, "`"+change.Name+"="+change.Value+"`", folder)
		}
		for _, flag := range regexp.MustCompile("(?m)^\\| `-([a-z0-9-]+)").FindAllStringSubmatch(text, -1) {
			if flag[1] != "change" {
				require.NotNil(t, flags.Lookup(flag[1]), "%s: -%s", folder, flag[1])
			}
		}
	}
}
