package wxpay

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"wgink.ink/wechat/internal/strictjson"
)

const (
	// MaxNoticeBody bounds a notice's body, in bytes: the ciphertext alone may have 1 MiB.
	MaxNoticeBody = 2 << 20
	noticeIDMax   = 36
	eventTypeMax  = 64 // documented as 32, but MCHTRANSFER.AUTHORIZATION.CONFIRMED has 35
	resourceType  = "encrypt-resource"
)

// NoticeOpener verifies and decrypts notices. It calls nobody: a notice with an unknown serial is refused, the ring's
// own refresh finds the new key and WeChat sends the notice again.
type NoticeOpener struct {
	ring  *Ring
	apiV3 *APIv3Keys
}

// NewNoticeOpener makes a NoticeOpener over the ring's keys.
func NewNoticeOpener(ring *Ring, apiV3 *APIv3Keys) *NoticeOpener {
	return &NoticeOpener{ring: ring, apiV3: apiV3}
}

// envelope is a notice's body as WeChat writes it.
type envelope struct {
	ID           string    `json:"id"`
	CreateTime   string    `json:"create_time"`
	ResourceType string    `json:"resource_type"`
	EventType    string    `json:"event_type"`
	Summary      string    `json:"summary"`
	Resource     *resource `json:"resource"`
}

// Open verifies a notice over its raw body, then decrypts and parses it (验签、解密). now is the time of receipt. Errors
// are NoticeUnverified or NoticeMalformed with a *NoticeError inside, see ReasonOf.
func (o *NoticeOpener) Open(header NoticeHeader, body []byte, now time.Time) (Notice, error) {
	if len(body) > MaxNoticeBody {
		return Notice{}, malformed(ReasonTooLarge, fmt.Sprintf("%d bytes", len(body)))
	}
	if refused := verify(header, body, now, o.ring.Key); refused != nil {
		return Notice{}, unverified(refused.Reason, refused.Detail)
	}
	var e envelope
	if err := strictjson.Unmarshal(body, &e); err != nil {
		return Notice{}, malformed(ReasonEnvelope, err.Error()+", "+bodyHint(body))
	}
	if problem := e.check(); problem != "" {
		return Notice{}, malformed(ReasonEnvelope, problem+", "+bodyHint(body))
	}
	plaintext, err := o.apiV3.open(*e.Resource)
	if errors.Is(err, errUndecryptable) {
		return Notice{}, malformed(ReasonUndecryptable, "notice "+e.ID+", "+bodyHint(body))
	}
	if err != nil {
		return Notice{}, malformed(ReasonEnvelope, err.Error()+", "+bodyHint(body))
	}
	created, _ := parseTime("create_time", e.CreateTime) // of use to people only
	n := Notice{
		ID: e.ID, CreateTime: created, EventType: e.EventType, Summary: e.Summary,
		OriginalType: e.Resource.OriginalType, Plaintext: plaintext,
	}
	if err := n.parse(); err != nil {
		return Notice{}, err
	}
	return n, nil
}

// parse reads the plaintext by its kind. One that we have no type for must be an object, like all others.
func (n *Notice) parse() (err error) {
	switch {
	case n.EventType == "TRANSACTION.SUCCESS":
		var t Transaction
		t, err = ParseTransaction(n.Plaintext)
		n.Transaction = &t
	case strings.HasPrefix(n.EventType, "REFUND."):
		var r RefundNotice
		r, err = ParseRefundNotice(n.Plaintext)
		n.Refund = &r
	default:
		if err := strictjson.Unmarshal(n.Plaintext, &struct{}{}); err != nil {
			return malformed(ReasonPlaintext, "notice "+n.ID+": "+err.Error())
		}
		return nil
	}
	if err == nil {
		return nil
	}
	merchant, other := otherMerchant(n.Plaintext)
	if !other {
		return err
	}
	n.Transaction, n.Refund, n.Merchant = nil, nil, merchant
	return nil
}

// check names the first rule the envelope breaks. An API answer, which is signed in the same way, breaks all of them.
func (e envelope) check() string {
	switch {
	case !validNumber(e.ID, noticeIDMax):
		return "id is missing or malformed"
	case !validNumber(e.EventType, eventTypeMax):
		return "event_type is missing or malformed"
	case e.ResourceType != resourceType:
		return "resource_type is not " + resourceType
	case e.Resource == nil:
		return "resource is missing"
	default:
		return ""
	}
}
