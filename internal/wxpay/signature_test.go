package wxpay

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
)

// The matrix of everything that may be wrong with a signature (T11): nothing but the genuine notice passes.
func TestSignatureMatrix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := noticeBody(t, OriginalTransaction, paidTransaction)
	good := w.platform.header(body, testNow())
	merchant := signer{w.platform.serial, w.merchant.key}
	swapped := signer{w.public.serial, w.platform.key}
	with := func(change func(*NoticeHeader)) NoticeHeader {
		h := good
		change(&h)
		return h
	}
	for name, c := range map[string]struct {
		header NoticeHeader
		body   []byte
		want   Reason
	}{
		"genuine, certificate":         {good, body, ""},
		"genuine, public key":          {w.public.header(body, testNow()), body, ""},
		"genuine, no signature type":   {with(func(h *NoticeHeader) { h.SignatureType = "" }), body, ""},
		"299 seconds late":             {w.platform.header(body, testNow().Add(-299*time.Second)), body, ""},
		"300 seconds late":             {w.platform.header(body, testNow().Add(-300*time.Second)), body, ReasonStale},
		"300 seconds early":            {w.platform.header(body, testNow().Add(300*time.Second)), body, ReasonStale},
		"wrong key":                    {merchant.header(body, testNow()), body, ReasonBadSignature},
		"serial of the other key kind": {swapped.header(body, testNow()), body, ReasonBadSignature},
		"unknown serial":               {with(func(h *NoticeHeader) { h.Serial = "0123ABCD" }), body, ReasonUnknownSerial},
		"merchant's serial":            {with(func(h *NoticeHeader) { h.Serial = w.merchant.serial }), body, ReasonUnknownSerial},
		"serial in lower case":         {with(func(h *NoticeHeader) { h.Serial = strings.ToLower(h.Serial) }), body, ReasonUnknownSerial},
		"serial with blank":            {with(func(h *NoticeHeader) { h.Serial += " " }), body, ReasonHeaderMalformed},
		"serial too long":              {with(func(h *NoticeHeader) { h.Serial = strings.Repeat("A", 65) }), body, ReasonHeaderMalformed},
		"body one byte longer":         {good, append(bytes.Clone(body), ' '), ReasonBadSignature},
		"body one byte shorter":        {good, body[:len(body)-1], ReasonBadSignature},
		"empty body":                   {good, nil, ReasonBadSignature},
		"LF to CRLF": {with(func(h *NoticeHeader) {
			h.Signature = w.platform.sign(h.Timestamp + "\r\n" + h.Nonce + "\r\n" + string(body) + "\r\n")
		}), body, ReasonBadSignature},
		"no last LF": {with(func(h *NoticeHeader) {
			h.Signature = w.platform.sign(h.Timestamp + "\n" + h.Nonce + "\n" + string(body))
		}), body, ReasonBadSignature},
		"other nonce":             {with(func(h *NoticeHeader) { h.Nonce = "other" }), body, ReasonBadSignature},
		"nonce with line feed":    {with(func(h *NoticeHeader) { h.Nonce = "a\nb" }), body, ReasonHeaderMalformed},
		"nonce too long":          {with(func(h *NoticeHeader) { h.Nonce = strings.Repeat("n", 65) }), body, ReasonHeaderMalformed},
		"other timestamp":         {with(func(h *NoticeHeader) { h.Timestamp = "1795334401" }), body, ReasonBadSignature},
		"timestamp with plus":     {with(func(h *NoticeHeader) { h.Timestamp = "+" + h.Timestamp[1:] }), body, ReasonHeaderMalformed},
		"timestamp with zeros":    {with(func(h *NoticeHeader) { h.Timestamp = "00" + h.Timestamp }), body, ReasonHeaderMalformed},
		"timestamp with blank":    {with(func(h *NoticeHeader) { h.Timestamp = " " + h.Timestamp }), body, ReasonHeaderMalformed},
		"no timestamp":            {with(func(h *NoticeHeader) { h.Timestamp = "" }), body, ReasonHeaderMissing},
		"no nonce":                {with(func(h *NoticeHeader) { h.Nonce = "" }), body, ReasonHeaderMissing},
		"no serial":               {with(func(h *NoticeHeader) { h.Serial = "" }), body, ReasonHeaderMissing},
		"no signature":            {with(func(h *NoticeHeader) { h.Signature = "" }), body, ReasonHeaderMissing},
		"nothing at all":          {NoticeHeader{}, body, ReasonHeaderMissing},
		"signature cut":           {with(func(h *NoticeHeader) { h.Signature = h.Signature[:340] }), body, ReasonHeaderMalformed},
		"signature not base64":    {with(func(h *NoticeHeader) { h.Signature = "!" + h.Signature[1:] }), body, ReasonHeaderMalformed},
		"signature with LF":       {with(func(h *NoticeHeader) { h.Signature = h.Signature[:10] + "\n" + h.Signature[11:] }), body, ReasonHeaderMalformed},
		"SM2 signature type":      {with(func(h *NoticeHeader) { h.SignatureType = "WECHATPAY2-SM2-WITH-SM3" }), body, ReasonHeaderMalformed},
		"probe":                   {with(func(h *NoticeHeader) { h.Signature = probePrefix + h.Signature[19:] }), body, ReasonProbe},
		"probe + valid signature": {with(func(h *NoticeHeader) { h.Signature = probePrefix + h.Signature }), body, ReasonProbe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notice, err := w.opener().Open(c.header, c.body, testNow())
			require.Equal(t, c.want, ReasonOf(err))
			if c.want == "" {
				require.NoError(t, err)
				require.True(t, bytes.Equal([]byte(paidTransaction), notice.Plaintext))
				return
			}
			require.Equal(t, fault.NoticeUnverified, fault.CodeOf(err))
			require.Zero(t, notice)
		})
	}
}

func TestHeaderThatCameTwiceIsRefused(t *testing.T) {
	t.Parallel()
	h := http.Header{"Wechatpay-Serial": {"A", "B"}}
	_, refused := headerOf(h)
	require.Equal(t, ReasonHeaderMalformed, refused.Reason)
}

// A key outside its certificate's time verifies nothing, whoever signed.
func TestCertificateOutsideItsTimeIsNoKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := noticeBody(t, OriginalTransaction, paidTransaction)
	for _, now := range []time.Time{time.Date(2021, 4, 27, 8, 55, 22, 0, time.UTC), time.Date(2031, 4, 25, 8, 55, 24, 0, time.UTC)} {
		w.ring.o.Now = func() time.Time { return now }
		_, err := w.opener().Open(w.platform.header(body, now), body, now)
		require.Equal(t, ReasonUnknownSerial, ReasonOf(err))
	}
	inside := time.Date(2021, 4, 27, 8, 55, 23, 0, time.UTC)
	w.ring.o.Now = func() time.Time { return inside }
	_, err := w.opener().Open(w.platform.header(body, inside), body, inside)
	require.NoError(t, err)
}

// FuzzHeader: whatever headers are accepted have the one canonical form (F1).
func FuzzHeader(f *testing.F) {
	w := newWorld(f)
	body := []byte("{}")
	good := w.platform.header(body, testNow())
	f.Add(good.Timestamp, good.Nonce, good.Signature, good.Serial, good.SignatureType)
	f.Add("+795334400", good.Nonce, good.Signature, good.Serial, "")
	f.Add(good.Timestamp, "a\nb", good.Signature, good.Serial, "")
	f.Add(good.Timestamp, good.Nonce, good.Signature[:343]+"\n", good.Serial, "")
	f.Add(good.Timestamp, good.Nonce, probePrefix+good.Signature, good.Serial, "")
	f.Add("", "", "", "", "")
	f.Fuzz(func(t *testing.T, timestamp, nonce, signature, serial, kind string) {
		h := NoticeHeader{timestamp, nonce, signature, serial, kind}
		if refused := verify(h, body, testNow(), w.ring.Key); refused != nil {
			require.NotEmpty(t, refused.Reason)
			return
		}
		require.Regexp(t, `^[0-9]{10}$`, timestamp)
		require.Regexp(t, `^[!-~]{1,64}$`, nonce)
		require.Regexp(t, `^[A-Za-z0-9+/]{342}==$`, signature)
		require.Contains(t, []string{w.platform.serial, w.public.serial}, serial)
		require.Contains(t, []string{"", authorizationScheme}, kind)
	})
}
