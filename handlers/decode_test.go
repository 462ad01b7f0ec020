package handlers_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/handlers"
	"wgink.ink/wechat/internal/identity"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/routes"
)

// eachFiber serves the routes on a port, once with bodies that Fiber reads in full and once with streams.
func eachFiber(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	for name, stream := range map[string]bool{"InFull": false, "AsAStream": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := fiber.New(fiber.Config{StreamRequestBody: stream, DisableStartupMessage: true})
			routes.Mount(app, &handlers.Handlers{
				Payment: &payment.Service{}, Identity: &identity.Service{}, Log: slog.New(slog.DiscardHandler),
			})
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			require.NoError(t, err)
			ended := make(chan error, 1)
			go func() { ended <- app.Listener(l) }()
			t.Cleanup(func() { // a Fiber app that is shut down before it serves would never end
				require.Eventually(t, func() bool { return app.ShutdownWithTimeout(time.Minute) == nil }, time.Minute, time.Millisecond)
				require.NoError(t, <-ended)
			})
			test(t, l.Addr().String())
		})
	}
}

func TestOversizeBodies(t *testing.T) {
	t.Parallel()
	eachFiber(t, func(t *testing.T, address string) {
		for name, tc := range map[string]struct {
			path    string
			body    io.Reader
			header  http.Header
			want    int
			answers string
		}{
			"Notice":          {"/wechat/pay/notice", strings.NewReader(strings.Repeat(" ", 2<<20+1)), nil, 413, `"FAIL"`},
			"NoticeInChunks":  {"/wechat/pay/notice", io.MultiReader(strings.NewReader(strings.Repeat(" ", 2<<20+1))), nil, 413, `"FAIL"`},
			"LogIn":           {"/wechat/sign/default", strings.NewReader(strings.Repeat(" ", 64<<10+1)), nil, 413, "too-large"},
			"LogInInChunks":   {"/wechat/sign/default", io.MultiReader(strings.NewReader(strings.Repeat(" ", 64<<10+1))), nil, 413, "too-large"},
			"CompressedLogIn": {"/wechat/sign/default", strings.NewReader("{}"), http.Header{"Content-Encoding": {"gzip"}}, 415, "media"},
			"Brotli":          {"/wechat/pay/notice", strings.NewReader("{}"), http.Header{"Content-Encoding": {"br"}}, 415, `"FAIL"`},
			"LogInThatFits":   {"/wechat/sign/default", strings.NewReader(strings.Repeat(" ", 64<<10)), nil, 400, "bad-request"},
		} {
			t.Run(name, func(t *testing.T) {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+tc.path, tc.body)
				require.NoError(t, err)
				if tc.header != nil {
					req.Header = tc.header
				}
				req.Header.Set("Content-Type", "application/json")
				resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, tc.want, resp.StatusCode, "%s", text)
				require.Contains(t, string(text), tc.answers)
			})
		}
	})
}

// A stranger who sends without an end is cut off soon after the limit, whatever the host lets Fiber do with bodies.
func TestBodiesWithoutAnEndAreCutOff(t *testing.T) {
	t.Parallel()
	eachFiber(t, func(t *testing.T, address string) {
		for _, path := range []string{"/wechat/pay/notice", "/wechat/sign/default"} {
			c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			require.NoError(t, err)
			defer c.Close()
			_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", path)
			require.NoError(t, err)
			answered := make(chan int, 1)
			go func() {
				resp, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil { // the end of the connection overtook the answer
					answered <- http.StatusRequestEntityTooLarge
					return
				}
				_ = resp.Body.Close()
				answered <- resp.StatusCode
			}()
			piece, sent := make([]byte, 64<<10), 0
			for sent < 64<<20 {
				if _, err := fmt.Fprintf(c, "%x\r\n%s\r\n", len(piece), piece); err != nil {
					break
				}
				sent += len(piece)
			}
			require.Less(t, sent, 64<<20, "nobody cut it off")
			require.Equal(t, http.StatusRequestEntityTooLarge, <-answered)
		}
	})
}
