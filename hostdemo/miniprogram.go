package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"wgink.ink/wechat/wechattest"
)

// miniProgram is the program on a phone: it knows the host's address, keeps the token, and asks the phone for codes. The
// page's script does the same.
type miniProgram struct {
	phone *wechattest.Phone
	host  string
	http  *http.Client
	token string
}

// logIn is what a mini-program does at its start. initial says that the account has no phone number yet.
func (m *miniProgram) logIn(ctx context.Context) (initial bool, err error) {
	code, err := m.phone.Login(ctx)
	if err != nil {
		return false, fmt.Errorf("wx.login: %w", err)
	}
	var data string
	if err := m.ask(ctx, http.MethodPost, "/wechat/sign/default", map[string]string{"code": code}, &data); err != nil {
		return false, err
	}
	return m.keep(data)
}

// keep takes the token out of "<token>_<state>".
func (m *miniProgram) keep(data string) (initial bool, err error) {
	token, state, ok := strings.Cut(data, "_")
	if !ok || token == "" || state != "0" && state != "1" {
		return false, errors.New("the answer to the log-in is not <token>_<0 or 1>")
	}
	m.token = token
	return state == "1", nil
}

// bindPhone is a tap on the getPhoneNumber button; the host answers with a new token.
func (m *miniProgram) bindPhone(ctx context.Context) (initial bool, err error) {
	code, err := m.phone.GrantPhone(ctx)
	if err != nil {
		return false, fmt.Errorf("getPhoneNumber: %w", err)
	}
	var data string
	if err := m.ask(ctx, http.MethodPut, "/app/miniapp/update-phone", map[string]string{"code": code}, &data); err != nil {
		return false, err
	}
	return m.keep(data)
}

func (m *miniProgram) updateProfile(ctx context.Context, nickname, avatar string) error {
	return m.ask(ctx, http.MethodPut, "/wechat/app/miniapp/user/update-info",
		map[string]string{"nickName": nickname, "avatarUrl": avatar}, nil)
}

// order is what the shop answers about an order.
type order struct {
	No        string `json:"no"`
	AmountFen int64  `json:"amount_fen"`
	State     string `json:"state"`
}

func (m *miniProgram) placeOrder(ctx context.Context, goods string) (placed order, launch wechattest.Launch, err error) {
	var answer struct {
		Order  order             `json:"order"`
		Launch wechattest.Launch `json:"launch"`
	}
	err = m.ask(ctx, http.MethodPost, "/shop/orders", map[string]string{"goods": goods}, &answer)
	return answer.Order, answer.Launch, err
}

func (m *miniProgram) showOrder(ctx context.Context, no string) (o order, err error) {
	return o, m.ask(ctx, http.MethodGet, "/shop/orders/"+no, nil, &o)
}

// ask sends a request as wx.request does, and reads the answer's data into v unless that is nil.
func (m *miniProgram) ask(ctx context.Context, method, path string, body, v any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, m.host+path, content)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if m.token != "" {
		req.Header.Set("Token", m.token) // header names know no case
	}
	resp, err := m.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
		Code string          `json:"code"`
		Msg  string          `json:"msg"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%s %s: status %d and no JSON", method, path, resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: expected status 200, got %d %s (%s)", method, path, resp.StatusCode, answer.Code, answer.Msg)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Data, v); err != nil {
		return fmt.Errorf("%s %s: the answer's data is not what was expected: %w", method, path, err)
	}
	return nil
}
