package wechattest

import (
	"context"
	"net/http"
	"time"
)

// Notice is a payment notice ready to be sent, right or deliberately wrong.
type Notice struct {
	Header http.Header
	Body   []byte
}

// Request is the notice as an HTTP request to url.
func (n Notice) Request(ctx context.Context, url string) (*http.Request, error) { panic("soon") }

// NoticeChange makes a notice differ from the one WeChat would send.
type NoticeChange func(*noticeDraft)

type noticeDraft struct{}

func (s *Simulator) Notice(outTradeNo string, changes ...NoticeChange) (Notice, error) { panic("soon") }
func (s *Simulator) SignBody(body []byte) http.Header                                  { panic("soon") }

func ChangeTotal(fen int64) NoticeChange                         { panic("soon") }
func ChangeCurrency(currency string) NoticeChange                { panic("soon") }
func ChangeAppID(appID string) NoticeChange                      { panic("soon") }
func ChangeMchID(mchID string) NoticeChange                      { panic("soon") }
func ChangePayer(openID string) NoticeChange                     { panic("soon") }
func ChangeTransaction(change func(map[string]any)) NoticeChange { panic("soon") }
func ChangePlaintext(plaintext []byte) NoticeChange              { panic("soon") }
func ChangeEnvelope(change func(map[string]any)) NoticeChange    { panic("soon") }
func ChangeBody(change func(body []byte) []byte) NoticeChange    { panic("soon") }
func SealWith(apiV3Key string) NoticeChange                      { panic("soon") }
func SignAt(t time.Time) NoticeChange                            { panic("soon") }
func ClaimSerial(serial string) NoticeChange                     { panic("soon") }
func ProbeSignature() NoticeChange                               { panic("soon") }
func FlipBodyByte(index int) NoticeChange                        { panic("soon") }
