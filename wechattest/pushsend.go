package wechattest

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// pushDeliveries is how often WeChat delivers a message that nobody answers. "Three retries in total" may also mean
// three deliveries; this is the reading that asks more of a receiver.
const pushDeliveries = 4

// PushAttempt is one delivery of a message and what came of it.
type PushAttempt struct {
	At      time.Time
	Latency time.Duration // real time
	Status  int           // 0: no answer
	Error   string
}

// PushReply is what a user sees after a message or event.
type PushReply struct {
	Attempts []PushAttempt
	// Fields are the passive reply's, such as MsgType and Content; empty after "success" or an empty answer.
	Fields map[string]string
	// Failure is what WeChat shows the user when the server's answer is no reply; empty if all is well.
	Failure string
}

// pushFailure is shown for a server that answers wrongly or not at all.
const pushFailure = "该公众号提供的服务出现故障，请稍后再试"

// Push sends a message or event to the configured server and waits for what comes of it: up to four deliveries of five
// seconds each. A delivery that is answered in any way is not repeated. Fields stand in the message in this order.
func (s *Simulator) Push(ctx context.Context, fields ...PushField) (PushReply, error) {
	var push Push
	s.view(func(st *state) { push = st.Push })
	if push.URL == "" {
		return PushReply{}, ErrNoPush
	}
	var reply PushReply
	for range pushDeliveries {
		query, body, err := s.wrapPush(push, fields)
		if err != nil {
			return reply, err
		}
		attempt, started := PushAttempt{At: s.settings.clock.Now()}, time.Now()
		status, answer, err := s.askPush(ctx, http.MethodPost, push, query, body)
		attempt.Latency, attempt.Status = time.Since(started), status
		if err != nil {
			attempt.Error = err.Error()
		}
		reply.Attempts = append(reply.Attempts, attempt)
		s.observe(Exchange{
			At: attempt.At, Latency: attempt.Latency, Direction: FromWeChat, Method: http.MethodPost,
			Path: push.URL + "?" + query.Encode(), Status: status, RequestBody: body, ResponseBody: answer, Error: attempt.Error,
		})
		if err == nil {
			reply.Fields, reply.Failure = s.readReply(push, status, answer, fields)
			return reply, nil
		}
		if ctx.Err() != nil {
			return reply, ctx.Err()
		}
	}
	reply.Failure = pushFailure
	return reply, nil
}

// wrapPush puts a message into the mode's form, signed afresh.
func (s *Simulator) wrapPush(push Push, fields []PushField) (url.Values, string, error) {
	query := push.query(s.SigningTime().Unix())
	query.Set("openid", fieldOf(fields, "FromUserName"))
	if push.Mode == PlainPush {
		return query, push.write(fields), nil
	}
	key, err := pushKey(push.EncodingAESKey)
	if err != nil {
		return nil, "", err
	}
	encrypted, err := encryptPush(key, randomBytes(16), []byte(push.write(fields)), s.pushApp(push).AppID)
	if err != nil {
		return nil, "", err
	}
	query.Set("encrypt_type", "aes")
	query.Set("msg_signature", pushSignature(push.Token, query.Get("timestamp"), query.Get("nonce"), encrypted))
	shown := []PushField{{"ToUserName", fieldOf(fields, "ToUserName")}}
	if push.Mode == CompatiblePush {
		shown = fields
	}
	return query, push.write(append(slices.Clip(shown), PushField{"Encrypt", encrypted})), nil
}

func (s *Simulator) pushApp(push Push) App {
	if push.MiniProgram {
		return s.settings.app
	}
	return s.settings.account
}

func readerOf(body string) io.Reader {
	if body == "" {
		return http.NoBody
	}
	return strings.NewReader(body)
}
