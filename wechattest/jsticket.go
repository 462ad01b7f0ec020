package wechattest

import (
	"crypto/sha1" //nolint:gosec // the signature WeChat documents
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// ticket is a jsapi_ticket.
type ticket struct {
	Value     string    `json:"value"`
	ExpiresAt time.Time `json:"expires_at"`
}

// JSConfig is what a page hands to wx.config. The JSON names are those of the client.
type JSConfig struct {
	AppID     string `json:"appId"`
	Timestamp int64  `json:"timestamp"` // Unix seconds
	NonceStr  string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// jsTicket is GET /cgi-bin/ticket/getticket: the same ticket while it lives, with the rest of its life.
// Source: developers.weixin.qq.com, JS-SDK说明文档.
func (s *Simulator) jsTicket(call openCall) any {
	if call.URL.Query().Get("type") != "jsapi" {
		return refusal{40097, "invalid args: type"}
	}
	var present ticket
	s.update(func(st *state) {
		appID := s.settings.account.AppID
		if !call.now.Before(st.Tickets[appID].ExpiresAt) {
			st.Tickets[appID] = ticket{randomSecret(86), call.now.Add(tokenLife)}
		}
		present = st.Tickets[appID]
	})
	return struct {
		errcode
		Ticket    string `json:"ticket"`
		ExpiresIn int    `json:"expires_in"` // seconds
	}{errcode{0, "ok"}, present.Value, int(present.ExpiresAt.Sub(call.now) / time.Second)}
}

// CheckJSConfig is wx.config on a page of the official account at this URL: false is config:invalid signature. The part
// of the URL behind # does not count.
func (s *Simulator) CheckJSConfig(pageURL string, config JSConfig) bool {
	var present ticket
	s.view(func(st *state) { present = st.Tickets[s.settings.account.AppID] })
	page, _, _ := strings.Cut(pageURL, "#")
	return config.AppID == s.settings.account.AppID && s.settings.clock.Now().Before(present.ExpiresAt) &&
		config.Signature == jsSignature(present.Value, config.NonceStr, strconv.FormatInt(config.Timestamp, 10), page)
}

// jsSignature is hex(SHA-1) over four pairs in this order, none of them escaped.
func jsSignature(ticket, nonce, timestamp, page string) string {
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce + "&timestamp=" + timestamp + "&url=" + page)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}
