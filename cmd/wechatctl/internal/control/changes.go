package control

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"wgink.ink/wechat/wechattest"
)

// Change is one way in which a notice can be wrong.
type Change struct {
	Name, Value, Does string

	make func(now time.Time, value string) (wechattest.NoticeChange, error)
}

// Changes are the ways there are.
func Changes() []Change {
	return []Change{
		{"total", "FEN", "another amount, rightly signed", number(wechattest.ChangeTotal)},
		{"refund", "FEN", "another refunded amount (with -out-refund-no)", number(wechattest.ChangeRefund)},
		{"currency", "CODE", "another currency", text(wechattest.ChangeCurrency)},
		{"appid", "APPID", "another app", text(wechattest.ChangeAppID)},
		{"mchid", "MCHID", "another merchant", text(wechattest.ChangeMchID)},
		{"payer", "OPENID", "another payer", text(wechattest.ChangePayer)},
		{"out-trade-no", "NO", "another order", text(wechattest.ChangeOutTradeNo)},
		{"event-type", "TYPE", "another kind of event", text(func(value string) wechattest.NoticeChange {
			return wechattest.ChangeEnvelope(func(body map[string]any) { body["event_type"] = value })
		})},
		{"seal-with", "KEY", "encrypted with another APIv3 key (32 bytes)", sealWith},
		{"sign-at", "DURATION", "signed at another time, such as -10m", signAt},
		{"serial", "SERIAL", "claims another signing key", text(wechattest.ClaimSerial)},
		{"flip-byte", "INDEX", "one bit of the body changed after signing; -1: in the last byte", flipByte},
		{"probe", "yes", "a signature probe (签名探测流量), which must be refused", probe},
	}
}

// noticeChanges turns names and values into changes, in the order of [Changes].
func (s *Server) noticeChanges(wanted map[string]string) ([]wechattest.NoticeChange, error) {
	var changes []wechattest.NoticeChange
	var known []string
	for _, c := range Changes() {
		known = append(known, c.Name)
		value, ok := wanted[c.Name]
		if !ok {
			continue
		}
		change, err := c.make(s.wechat.SigningTime(), value)
		if err != nil {
			return nil, invalid("change %s=%s: %v", c.Name, value, err)
		}
		changes = append(changes, change)
	}
	for name := range wanted {
		if !slices.Contains(known, name) {
			return nil, invalid("no change %q; known: %s", name, strings.Join(known, ", "))
		}
	}
	return changes, nil
}

func text(change func(string) wechattest.NoticeChange) func(time.Time, string) (wechattest.NoticeChange, error) {
	return func(_ time.Time, value string) (wechattest.NoticeChange, error) { return change(value), nil }
}

func number(change func(int64) wechattest.NoticeChange) func(time.Time, string) (wechattest.NoticeChange, error) {
	return func(_ time.Time, value string) (wechattest.NoticeChange, error) {
		fen, err := strconv.ParseInt(value, 10, 64)
		return change(fen), err
	}
}

func sealWith(_ time.Time, key string) (wechattest.NoticeChange, error) {
	if n := len(key); n != 16 && n != 24 && n != 32 {
		return nil, invalid("the key has %d bytes, not 16, 24 or 32", n)
	}
	return wechattest.SealWith(key), nil
}

func signAt(now time.Time, value string) (wechattest.NoticeChange, error) {
	off, err := time.ParseDuration(value)
	return wechattest.SignAt(now.Add(off)), err
}

func flipByte(_ time.Time, value string) (wechattest.NoticeChange, error) {
	index, err := strconv.Atoi(value)
	return wechattest.FlipBodyByte(index), err
}

func probe(time.Time, string) (wechattest.NoticeChange, error) {
	return wechattest.ProbeSignature(), nil
}
