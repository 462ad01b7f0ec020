package wechattest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// PushMode (消息加解密方式) is how messages to a server are protected.
type PushMode string

// The three modes. Only in SafePush is the whole message authenticated and secret.
const (
	PlainPush      PushMode = "plain"      // 明文模式
	CompatiblePush PushMode = "compatible" // 兼容模式: plain and encrypted
	SafePush       PushMode = "safe"       // 安全模式
)

// Push is an account's server configuration (服务器配置).
type Push struct {
	URL            string   `json:"url"`
	Token          string   `json:"token"`
	EncodingAESKey string   `json:"encoding_aes_key"` // 43 characters; not needed in PlainPush
	Mode           PushMode `json:"mode"`
	JSON           bool     `json:"json"` // mini-programs may choose JSON instead of XML
	MiniProgram    bool     `json:"mini_program"`
}

// ConfigurePush saves the server configuration of the official account, or of the mini-program. As WeChat does, it asks
// the URL first: it must answer with the echostr of a signed GET, in clear in every mode.
func (s *Simulator) ConfigurePush(ctx context.Context, p Push) error {
	if p.Mode != PlainPush {
		if _, err := pushKey(p.EncodingAESKey); err != nil {
			return fmt.Errorf("wechattest: %w", err)
		}
	}
	query, echo := p.query(s.SigningTime().Unix()), randomDigits(19)
	query.Set("echostr", echo)
	status, answer, err := s.askPush(ctx, http.MethodGet, p, query, "")
	switch {
	case err != nil:
		return fmt.Errorf("wechattest: URL verification: %w", err)
	case status != http.StatusOK || answer != echo:
		return fmt.Errorf("wechattest: URL verification: status %d, and the answer is not the echostr", status)
	}
	s.update(func(st *state) { st.Push = p })
	return nil
}

// ErrNoPush is the answer to a message or event while no server is configured for them.
var ErrNoPush = errors.New("wechattest: no server is configured: call ConfigurePush first")

// query is what every call to the server carries.
func (p Push) query(unix int64) url.Values {
	timestamp, nonce := strconv.FormatInt(unix, 10), randomDigits(10)
	return url.Values{
		"signature": {pushSignature(p.Token, timestamp, nonce)}, "timestamp": {timestamp}, "nonce": {nonce},
	}
}

// askPush makes one call to the configured server.
func (s *Simulator) askPush(ctx context.Context, method string, p Push, query url.Values, body string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	target, err := url.Parse(p.URL)
	if err != nil {
		return 0, "", err
	}
	maps.Copy(query, target.Query()) // a configured URL may have a query of its own
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, target.String(), readerOf(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("User-Agent", "Mozilla/4.0")
	request.Header.Set("Accept", "*/*")
	if body != "" {
		request.Header.Set("Content-Type", p.contentType())
	}
	response, err := s.notifier.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxNoticeAnswer))
	if err != nil {
		return 0, "", fmt.Errorf("read the answer: %w", err)
	}
	return response.StatusCode, string(answer), nil
}

func (p Push) contentType() string {
	if p.JSON {
		return "application/json"
	}
	return "text/xml"
}
