package wxpay

import (
	"errors"

	"wgink.ink/wechat/internal/fault"
)

// Reason says which check a notice failed: a fixed set, so that refusals can be counted.
type Reason string

// The reasons. All up to ReasonBadSignature come with fault.NoticeUnverified, the others with fault.NoticeMalformed.
const (
	ReasonHeaderMissing   Reason = "header-missing"   // a Wechatpay-* header is absent or empty
	ReasonHeaderMalformed Reason = "header-malformed" // a header does not have its exact form
	ReasonStale           Reason = "stale"            // the timestamp is 300 seconds or more away
	ReasonUnknownSerial   Reason = "unknown-serial"   // we hold no valid key of that serial
	ReasonProbe           Reason = "probe"            // WeChat's own test (WECHATPAY/SIGNTEST/): normal, not an attack
	ReasonBadSignature    Reason = "bad-signature"    // the signature does not fit the body
	ReasonTooLarge        Reason = "too-large"        // the body is larger than MaxNoticeBody
	ReasonEnvelope        Reason = "envelope"         // signed, but not a notice: an API answer, for example
	ReasonUndecryptable   Reason = "undecryptable"    // none of the APIv3 keys opens it: key changed at WeChat, not here?
	ReasonPlaintext       Reason = "plaintext"        // decrypted, but not what the kind of notice documents
)

// NoticeError is the cause inside the fault of a refused notice. Its text never holds anything of the body.
type NoticeError struct {
	Reason Reason
	Detail string // for logs: which header or field, lengths, a short hash
}

// Error implements error.
func (e *NoticeError) Error() string {
	if e.Detail == "" {
		return string(e.Reason)
	}
	return string(e.Reason) + ": " + e.Detail
}

// ReasonOf finds the reason in err's chain; empty when there is none.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*NoticeError](err); ok {
		return e.Reason
	}
	return ""
}

func unverified(reason Reason, detail string) error {
	return fault.New(fault.NoticeUnverified, &NoticeError{Reason: reason, Detail: detail})
}

func malformed(reason Reason, detail string) error {
	return fault.New(fault.NoticeMalformed, &NoticeError{Reason: reason, Detail: detail})
}
