package wechattest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// gatewayPage is what the web server in front of WeChat answers when a request does not get through.
const gatewayPage = "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n" +
	"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

// replaces says whether there is another answer than WeChat's own.
func (f AnswerFault) replaces() bool { return f.Status != 0 || f.HTML != 0 || f.Errcode != 0 }

// before says whether the request is not carried out.
func (f AnswerFault) before() bool { return f.When == "before" || (f.When == "" && f.replaces()) }

// answer carries a request out and lets a fault have its way with the answer.
func (s *Simulator) answer(answer *recorder, r *http.Request) Fault {
	fault := s.faults.strike(occasion{on: OnAnswer, method: r.Method, path: r.URL.Path})
	s.pause(r, fault.Delay)
	if !fault.before() {
		s.routes.ServeHTTP(answer, r)
	}
	if fault.replaces() {
		*answer = *newRecorder()
		s.writeFault(answer, fault)
	}
	if fault.Signature != "" && answer.header.Get("Wechatpay-Signature") != "" {
		s.spoil(answer.header, answer.body.Bytes(), fault.Signature)
	}
	answer.header.Set("Date", s.SigningTime().UTC().Format(http.TimeFormat))
	return fault
}

func (s *Simulator) writeFault(answer *recorder, f Fault) {
	switch {
	case f.HTML != 0:
		answer.header.Set("Content-Type", "text/html")
		answer.status = f.HTML
		text := http.StatusText(f.HTML)
		_, _ = fmt.Fprintf(answer, gatewayPage, f.HTML, text, f.HTML, text)
	case f.Errcode != 0:
		text := f.Message
		if text == "" {
			text = errcodeText(f.Errcode)
		}
		answer.header.Set("Content-Type", "application/json; encoding=utf-8")
		_, _ = answer.Write(compactJSON(refusal{f.Errcode, text}.answer(s.SigningTime())))
	default:
		pair := new(s.signingKey())
		if f.Status == http.StatusUnauthorized { // who was not recognised gets no signature
			pair = nil
		}
		refused := &payError{f.Status, 268435457, f.Code, f.Message, nil}
		s.writeAnswer(answer, pair, payAnswer{f.Status, refused}, refused.resultCode)
	}
}

// errcodeText is WeChat's text for the codes that scripts use most, and for those that this WeChat has no cause of its
// own for. Source: developers.weixin.qq.com, 返回码.
func errcodeText(code int) string {
	known := map[int]string{
		-1: "system error", 40001: "invalid credential, access_token is invalid or not latest", 40029: "invalid code",
		40163: "code been used", 40164: "invalid ip 127.0.0.1, not in whitelist", 40169: "invalid scene",
		40243: "appsecret is frozen", 42001: "access_token expired", 43107: "subscribe message capability is banned",
		43108: "concurrent sends to one user", 44991: "reach max api minute quota limit",
		45009: "reach max api daily quota limit", 45011: "api minute-quota reach limit, mustslower, retry next minute",
		45063: "reach max code quota limit", 50001: "user unauthorized", 50004: "forbidden user", 50007: "user is frozen",
		89503: "the ip waits for the administrator's consent", 89506: "the administrator refused the ip",
		89507: "the administrator refused the ip twice",
	}
	if text, found := known[code]; found {
		return text
	}
	return "error " + strconv.Itoa(code)
}

// cuts says whether an answer ends too early.
func (f AnswerFault) cuts(answer *recorder) bool { return f.Cut > 0 && f.Cut < answer.body.Len() }

// arrives is the status that reaches the client, or 0, and what keeps the rest from it.
func (f AnswerFault) arrives(answer *recorder) (status int, problem string) {
	switch {
	case f.Timeout:
		return 0, fmt.Sprintf("the answer %d was kept back by a script", answer.status)
	case f.Lost:
		return 0, fmt.Sprintf("the answer %d was lost by a script", answer.status)
	case f.cuts(answer):
		return answer.status, fmt.Sprintf("the answer was cut by a script after %d of %d bytes", f.Cut, answer.body.Len())
	}
	return answer.status, ""
}

// send passes an answer on as far as the fault lets it.
func (s *Simulator) send(w http.ResponseWriter, r *http.Request, answer *recorder, fault Fault) {
	if fault.Timeout {
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
	}
	if fault.Lost || fault.Timeout {
		panic(http.ErrAbortHandler) // the documented way to cut a connection
	}
	if fault.cuts(answer) {
		answer.header.Set("Content-Length", strconv.Itoa(answer.body.Len()))
		answer.body.Truncate(fault.Cut)
		answer.copyTo(w)
		if flusher, can := w.(http.Flusher); can {
			flusher.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	answer.copyTo(w)
}

// pause waits by the simulator's clock, but not longer than the client.
func (s *Simulator) pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	wake, stop := s.settings.clock.WakeAt(s.settings.clock.Now().Add(d))
	defer stop()
	select {
	case <-wake:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}

// spoil makes a signature wrong.
func (s *Simulator) spoil(header http.Header, body []byte, how BadSignature) {
	const signature, serial = "Wechatpay-Signature", "Wechatpay-Serial"
	switch how {
	case SignatureProbe:
		header.Set(signature, "WECHATPAY/SIGNTEST/"+header.Get(signature))
	case SignatureForged:
		message := answerMessage(header.Get("Wechatpay-Timestamp"), header.Get("Wechatpay-Nonce"), body)
		forged, _ := sign(s.keys.merchant.private, message) // the embedded keys can sign
		header.Set(signature, forged)
	case SignatureSerial:
		header.Set(serial, SerialPrefix+"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")
	case SignatureMissing:
		for _, name := range []string{signature, serial, "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature-Type"} {
			header.Del(name)
		}
	}
}
