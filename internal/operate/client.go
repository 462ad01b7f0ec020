package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

// What keeps a command from reaching a host.
var (
	// ErrNotRunning says that nobody listens on the socket.
	ErrNotRunning = errors.New("no host runs there")
	// ErrNotYours says that this user may not open the socket.
	ErrNotYours = errors.New("this user may not open it; run the command as the host's user, or as root")
)

// maxAnswer bounds an answer, in bytes: crash reports and a page of dead letters fit many times.
const maxAnswer = 64 << 20

// Client asks one running host. Each call takes as long as its context; the host has limits of its own.
type Client struct{ socket string }

// At is the client of the host that listens on a socket.
func At(socket string) Client { return Client{socket} }

// Host asks the host who it is.
func (c Client) Host(ctx context.Context) (h Host, err error) {
	return h, c.ask(ctx, http.MethodGet, "/v1/host", nil, &h)
}

// Plugins lists its plugins.
func (c Client) Plugins(ctx context.Context) (p Plugins, err error) {
	return p, c.ask(ctx, http.MethodGet, "/v1/plugins", nil, &p)
}

// Reload reads the configuration again, and tells how the plugins are afterwards.
func (c Client) Reload(ctx context.Context, plugin string, force bool) (p Plugins, err error) {
	return p, c.ask(ctx, http.MethodPost, "/v1/plugins/reload", Command{Plugin: plugin, Force: force}, &p)
}

// DeadLetters gives a page of dead letters, the newest first.
func (c Client) DeadLetters(ctx context.Context, f DeadFilter) (d DeadLetters, err error) {
	query := url.Values{"plugin": {f.Plugin}, "code": {f.Code}, "after": {string(f.After)}, "limit": {strconv.Itoa(f.Limit)}}
	return d, c.ask(ctx, http.MethodGet, "/v1/dead?"+query.Encode(), nil, &d)
}

// Event tells what became of an event, with its content if payload says so.
func (c Client) Event(ctx context.Context, id string, payload bool) (e Event, err error) {
	if payload {
		return e, c.ask(ctx, http.MethodPost, "/v1/events/payload", Command{Event: id}, &e)
	}
	return e, c.ask(ctx, http.MethodGet, "/v1/events/"+url.PathEscape(id), nil, &e)
}

// Requeue hands a dead letter over again.
func (c Client) Requeue(ctx context.Context, event, plugin string) error {
	return c.ask(ctx, http.MethodPost, "/v1/dead/requeue", Command{Event: event, Plugin: plugin}, nil)
}

// RequeueAll hands all dead letters of a plugin over again, or those with a code.
func (c Client) RequeueAll(ctx context.Context, plugin, code string) (n int, err error) {
	var r Requeued
	err = c.ask(ctx, http.MethodPost, "/v1/dead/requeue", Command{All: true, Plugin: plugin, Code: code}, &r)
	return r.Events, err
}

// Replay hands an event to a plugin again.
func (c Client) Replay(ctx context.Context, event, plugin string) error {
	return c.ask(ctx, http.MethodPost, "/v1/replay", Command{Event: event, Plugin: plugin}, nil)
}

func (c Client) ask(ctx context.Context, method, path string, command, into any) error {
	var body io.Reader
	if command != nil {
		text, err := json.Marshal(command)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://host"+path, body)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "unix", c.socket)
	}}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return c.explain(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", c.socket, err)
	}
	var told struct {
		Data json.RawMessage `json:"data"`
		Code Code            `json:"code"`
		Msg  string          `json:"msg"`
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return fmt.Errorf("%s: what answers there is no host of ours: %w", c.socket, err)
	}
	if response.StatusCode != http.StatusOK {
		return newError(told.Code, told.Msg)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(told.Data, into)
}

func (c Client) explain(err error) error {
	dialled, ok := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w", c.socket, ErrNotYours)
	case ok && dialled.Op == "dial" && !dialled.Timeout():
		return fmt.Errorf("%s: %w", c.socket, ErrNotRunning)
	}
	return fmt.Errorf("%s: %w", c.socket, err)
}
