package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	defaultAddress  = "127.0.0.1:8089"
	addressVariable = "WECHATCTL_SIM"
)

// client speaks to the control API of a running local WeChat.
type client struct{ base string }

// simFlag adds the flag that says which local WeChat is meant.
func simFlag(t terminal, flags *flag.FlagSet) *client {
	c := &client{}
	flags.StringVar(&c.base, "sim", cmp.Or(t.getenv(addressVariable), "http://"+defaultAddress),
		"`URL` of the running local WeChat; $"+addressVariable+" sets it, too")
	return c
}

// ask sends a request and decodes the answer's data.
func (c *client) ask(ctx context.Context, method, path string, body, into any) error {
	var content []byte
	switch body := body.(type) {
	case nil:
	case []byte:
		content = body
	default:
		var err error
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.base, "/")+"/_sim/v1/"+path, bytes.NewReader(content))
	if err != nil {
		return usageError{fmt.Sprintf("-sim %s: %v", c.base, err)}
	}
	request.Header.Set("Content-Type", "application/json")
	transport := &http.Transport{} // no proxy: it is on this machine
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if dialled, ok := errors.AsType[*net.OpError](err); ok && dialled.Op == "dial" {
		return fmt.Errorf("nobody answers at %s: start a local WeChat with `wechatctl sim serve`, or name a running one with -sim", c.base)
	}
	if err != nil {
		return fmt.Errorf("ask the local WeChat: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask the local WeChat: %w", err)
	}
	answer := struct {
		Msg  string          `json:"msg"`
		Data json.RawMessage `json:"data"`
	}{}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%s is no local WeChat: its answer is no JSON", c.base)
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(cmp.Or(answer.Msg, response.Status))
	}
	return json.Unmarshal(answer.Data, into)
}
