package wechattest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// received is a notice after a receiver's steps; the first one that failed leaves the rest empty.
type received struct {
	signature, opened error
	envelope          body
	transaction       map[string]any
}

func (b bench) receive(t *testing.T, n wechattest.Notice) (r received) {
	t.Helper()
	serial := b.sim.PlatformSerials()[0]
	if r.signature = verify(b.publicKey(t, serial), n.Header, string(n.Body)); r.signature != nil {
		return r
	}
	if json.Unmarshal(n.Body, &r.envelope) != nil {
		return r
	}
	plaintext, err := r.envelope.Resource.tryOpen(b.merchant.APIv3Key)
	if r.opened = err; err == nil {
		_ = json.Unmarshal(plaintext, &r.transaction)
	}
	return r
}

func TestUnchangedNoticeIsTheOneThatWasSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buy(t, "NO-0001")
	b.settle(t)
	b.clock.Advance(time.Minute)
	notice, err := b.sim.Notice("NO-0001")
	require.NoError(t, err)
	headers, bodies := b.inbox.received()
	require.Equal(t, bodies[0], string(notice.Body))
	require.NotEqual(t, headers[0].Get("Wechatpay-Signature"), notice.Header.Get("Wechatpay-Signature"))
	require.Equal(t, "1772337660", notice.Header.Get("Wechatpay-Timestamp"))
	require.NoError(t, b.receive(t, notice).signature)
}

func TestChangedNoticesAreWrongInOneWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buy(t, "NO-0001")
	b.settle(t)
	build := func(t *testing.T, changes ...wechattest.NoticeChange) (wechattest.Notice, received) {
		t.Helper()
		notice, err := b.sim.Notice("NO-0001", changes...)
		require.NoError(t, err)
		return notice, b.receive(t, notice)
	}
	amount := func(r received) map[string]any { return r.transaction["amount"].(map[string]any) }

	t.Run("Content", func(t *testing.T) {
		t.Parallel()
		_, r := build(t, wechattest.ChangeTotal(1), wechattest.ChangeCurrency("USD"), wechattest.ChangeAppID("wx0"),
			wechattest.ChangeMchID("1"), wechattest.ChangePayer("o"), wechattest.ChangeOutTradeNo("NO-0002"))
		require.InDelta(t, 1, amount(r)["total"], 0)
		require.Equal(t, "USD", amount(r)["currency"])
		require.Equal(t, "wx0", r.transaction["appid"])
		require.Equal(t, "1", r.transaction["mchid"])
		require.Equal(t, "NO-0002", r.transaction["out_trade_no"])
		require.Equal(t, map[string]any{"openid": "o"}, r.transaction["payer"])
		sent := b.sim.Attempts("NO-0001")[0].NoticeID
		require.Equal(t, sent, r.envelope.ID)
	})
	t.Run("AnyContent", func(t *testing.T) {
		t.Parallel()
		_, r := build(t, wechattest.ChangeTransaction(without("amount")))
		require.NotContains(t, r.transaction, "amount")
		_, r = build(t, wechattest.ChangePlaintext([]byte("null")))
		require.NoError(t, r.opened)
		require.Nil(t, r.transaction)
		_, r = build(t, wechattest.ChangeEnvelope(set("event_type", "TRANSACTION.FAIL")))
		require.Equal(t, "TRANSACTION.FAIL", r.envelope.EventType)
		notice, r := build(t, wechattest.ChangeBody(func([]byte) []byte { return []byte("null") }))
		require.NoError(t, r.signature)
		require.Equal(t, "null", string(notice.Body))
	})
	t.Run("OtherAPIv3Key", func(t *testing.T) {
		t.Parallel()
		_, r := build(t, wechattest.SealWith(strings.Repeat("k", 32)))
		require.NoError(t, r.signature)
		require.Error(t, r.opened)
		_, err := b.sim.Notice("NO-0001", wechattest.SealWith("short"))
		require.Error(t, err)
	})
	t.Run("Stale", func(t *testing.T) {
		t.Parallel()
		notice, r := build(t, wechattest.SignAt(noon().Add(-time.Hour)))
		require.NoError(t, r.signature)
		require.Equal(t, "1772334000", notice.Header.Get("Wechatpay-Timestamp"))
	})
	t.Run("UnknownSerial", func(t *testing.T) {
		t.Parallel()
		notice, _ := build(t, wechattest.ClaimSerial("444F4864EA9B34415A7A2A1C37B6C1F0F4B2AC17"))
		require.Equal(t, "444F4864EA9B34415A7A2A1C37B6C1F0F4B2AC17", notice.Header.Get("Wechatpay-Serial"))
	})
	t.Run("Probe", func(t *testing.T) {
		t.Parallel()
		notice, r := build(t, wechattest.ProbeSignature())
		require.True(t, strings.HasPrefix(notice.Header.Get("Wechatpay-Signature"), "WECHATPAY/SIGNTEST/"))
		require.Error(t, r.signature)
	})
	t.Run("FlippedByte", func(t *testing.T) {
		t.Parallel()
		for _, index := range []int{0, 100, -1} {
			_, r := build(t, wechattest.FlipBodyByte(index))
			require.Error(t, r.signature)
		}
	})
}

func TestForgedNoticeOfAnUnpaidOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.place(t, "NO-0001")
	notice, err := b.sim.Notice("NO-0001")
	require.NoError(t, err)
	r := b.receive(t, notice)
	require.NoError(t, r.signature)
	require.Equal(t, "SUCCESS", r.transaction["trade_state"])
	require.Equal(t, "NOTPAY", b.query(t, "NO-0001").field("trade_state"))
	_, err = b.sim.Notice("NO-9999")
	require.Error(t, err)
}

func TestSignBodySignsAnything(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, body := range []string{"null", "", "{}", "\xff"} {
		header := b.sim.SignBody([]byte(body))
		require.NoError(t, verify(b.publicKey(t, header.Get("Wechatpay-Serial")), header, body))
	}
	request, err := wechattest.Notice{Header: b.sim.SignBody([]byte("null")), Body: []byte("null")}.Request(t.Context(), "https://shop.example.com/n")
	require.NoError(t, err)
	require.Equal(t, http.MethodPost, request.Method)
	require.Equal(t, "Mozilla/4.0", request.UserAgent())
}
