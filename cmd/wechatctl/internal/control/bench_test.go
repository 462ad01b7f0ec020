package control_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

// bench is a local WeChat with its control API, and a shop that takes notices.
type bench struct {
	sim  *wechattest.Simulator
	api  string
	shop *shop
}

// shop answers notices with a status and remembers them.
type shop struct {
	url string

	mu     sync.Mutex
	status int
	taken  []string // bodies
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, string(body))
	w.WriteHeader(s.status)
}

func (s *shop) answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *shop) notices() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.taken...)
}

func setup(t *testing.T) bench {
	t.Helper()
	b := bench{sim: wechattest.New(t), shop: &shop{status: http.StatusNoContent}}
	receiver := httptest.NewServer(b.shop)
	t.Cleanup(receiver.Close)
	b.shop.url = receiver.URL + "/wechat/pay/notice"
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	server := httptest.NewServer(control.New(b.sim, control.Config{
		BaseURL: "http://127.0.0.1:8089", KeyFolder: "keys", NotifyURL: b.shop.url, Speed: 1, Transport: transport,
	}).Handler())
	t.Cleanup(server.Close)
	b.api = server.URL + "/_sim/"
	return b
}

// answer is what the control API said.
type answer struct {
	status int
	Now    time.Time       `json:"now"`
	Data   json.RawMessage `json:"data"`
	Code   string          `json:"code"`
	Msg    string          `json:"msg"`
}

// ask sends a request; body is a text or becomes JSON.
func (b bench) ask(t *testing.T, method, path string, body any) answer {
	t.Helper()
	content, isText := body.(string)
	if !isText && body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		content = string(encoded)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, b.api+path, bytes.NewBufferString(content))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var a answer
	require.NoError(t, json.NewDecoder(response.Body).Decode(&a))
	a.status = response.StatusCode
	require.False(t, a.Now.IsZero(), "every answer tells the time")
	return a
}

// get asks for something that must succeed.
func get[T any](t *testing.T, b bench, path string) T {
	t.Helper()
	return decoded[T](t, b.ask(t, http.MethodGet, path, nil))
}

// post does something that must succeed.
func post[T any](t *testing.T, b bench, path string, body any) T {
	t.Helper()
	return decoded[T](t, b.ask(t, http.MethodPost, path, body))
}

func decoded[T any](t *testing.T, a answer) (data T) {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, a.Msg)
	require.NoError(t, json.Unmarshal(a.Data, &data))
	return data
}

// refusedWith does something that must fail.
func (b bench) refusedWith(t *testing.T, status int, path string, body any) string {
	t.Helper()
	a := b.ask(t, http.MethodPost, path, body)
	require.Equal(t, status, a.status, a.Msg)
	require.NotEmpty(t, a.Code)
	require.Empty(t, a.Data)
	return a.Msg
}
