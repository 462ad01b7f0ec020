package control_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

func TestOnlyThisMachineIsLetIn(t *testing.T) {
	t.Parallel()
	handler := control.New(wechattest.New(t), control.Config{}).Handler()
	const state, act, page = "GET /_sim/v1/state", "POST /_sim/v1/phones/alice/login", "GET /_sim/"
	for name, c := range map[string]struct {
		call, peer, host string
		header           map[string]string
		status           int
	}{
		"the page itself":      {state, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		"a program":            {act, "127.0.0.1:4", "localhost:8089", nil, 200},
		"IPv6":                 {act, "[::1]:4", "[::1]:8089", nil, 200},
		"mapped IPv4":          {act, "[::ffff:127.0.0.1]:4", "127.0.0.1", nil, 200},
		"typed in a browser":   {page, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Sec-Fetch-Site": "none"}, 200},
		"followed a link":      {page, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200},
		"the same origin":      {act, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Origin": "http://127.0.0.1:8089"}, 200},
		"another machine":      {state, "192.0.2.7:4", "127.0.0.1:8089", nil, 403},
		"rebound name":         {state, "127.0.0.1:4", "evil.example:8089", nil, 403},
		"localhost.evil":       {state, "127.0.0.1:4", "localhost.evil.example", nil, 403},
		"no host":              {state, "127.0.0.1:4", "", nil, 403},
		"another site's form":  {act, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Origin": "https://evil.example"}, 403},
		"another site's fetch": {act, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"a sandboxed frame":    {act, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Origin": "null"}, 403},
		"another local server": {act, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Origin": "http://127.0.0.1:9000"}, 403},
		"another site's image": {state, "127.0.0.1:4", "127.0.0.1:8089", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(c.call, " ")
			request := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
			request.RemoteAddr, request.Host = c.peer, c.host
			for header, value := range c.header {
				request.Header.Set(header, value)
			}
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			require.Equal(t, c.status, answer.Code)
			require.Empty(t, answer.Header().Get("Access-Control-Allow-Origin"))
		})
	}
}
