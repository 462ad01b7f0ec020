package wxpay

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
)

// certificateList is the body of GET /v3/certificates.
func certificateList(t testing.TB, key config.Secret, pemBySerial map[string][]byte) string {
	t.Helper()
	data := []any{}
	for serial, text := range pemBySerial {
		data = append(data, map[string]any{
			"serial_no": serial, "effective_time": "2021-04-27T16:55:23+08:00", "expire_time": "2031-04-25T16:55:23+08:00",
			"encrypt_certificate": sealed(t, key, "certificate", text),
		})
	}
	return string(encode(t, map[string]any{"data": data}))
}

// second is another platform certificate than the fixture's.
func second(t testing.TB) (signer, []byte) {
	t.Helper()
	text := selfSigned(t, otherKey(), 0x7E57, testNow())
	return signer{"7E57", otherKey()}, text
}

// emptyRing knows nothing and has no public key.
func emptyRing(t *testing.T, w *world, f *fake, store KeyStore) *Ring {
	t.Helper()
	f.client(t, w) // sets w.ring's HTTP client
	ring, err := NewRing(RingOptions{
		Merchant: w.merchant, APIv3: w.apiV3, HTTP: w.ring.o.HTTP, Store: store, Now: testNow, Sleep: f.sleep,
	})
	require.NoError(t, err)
	return ring
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fresh, text := second(t)
	f := &fake{answers: []answer{signed(fresh, 200, certificateList(t, testAPIv3, map[string][]byte{
		"7E57": text, w.platform.serial: []byte(vector(t, "payv3-certificates-goSDK")["expected_certificate_pem"]),
	}))}}
	store := &memoryKeys{}
	ring := emptyRing(t, w, f, store)
	require.False(t, ring.Ready())
	require.NoError(t, ring.Refresh(t.Context()))
	require.True(t, ring.Ready())
	for _, serial := range []string{"7E57", w.platform.serial} {
		_, ok := ring.Key(serial)
		require.True(t, ok, serial)
	}
	require.Equal(t, "/v3/certificates", f.asked[0].uri)
	requireSignedBy(t, w.merchant, f.asked[0])
	status := ring.Status()
	require.Equal(t, testNow(), status.FetchedAt)
	require.Len(t, status.Certificates, 2)
	require.Equal(t, status.Certificates, store.keys)

	// A host that starts without network takes them from the store.
	offline := emptyRing(t, w, &fake{answers: []answer{broken(errors.New("no network"))}}, store)
	require.NoError(t, offline.Load(t.Context()))
	require.True(t, offline.Ready())
	require.Equal(t, status, offline.Status())
}

func TestDoubtfulCertificatesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fresh, text := second(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	list := func(serial string, text []byte) string {
		return certificateList(t, testAPIv3, map[string][]byte{serial: text})
	}
	good := list("7E57", text)
	for name, a := range map[string]answer{
		"unsigned":               unsigned(200, good),
		"signed by a stranger":   signed(signer{"7E57", w.merchant.key}, 200, good),
		"signed with no key":     signed(signer{"0000", otherKey()}, 200, good),
		"invented serial":        signed(fresh, 200, list("7E58", text)),
		"another APIv3 key":      signed(fresh, 200, certificateList(t, "another-key-another-key-another!", map[string][]byte{"7E57": text})),
		"not RSA":                signed(fresh, 200, list("07", selfSigned(t, ec, 7, testNow()))),
		"expired":                signed(fresh, 200, list("7E57", selfSigned(t, otherKey(), 0x7E57, testNow().AddDate(-9, 0, 0)))),
		"not yet valid":          signed(fresh, 200, list("7E57", selfSigned(t, otherKey(), 0x7E57, testNow().AddDate(1, 0, 0)))),
		"no certificate":         signed(fresh, 200, list("7E57", []byte("hello"))),
		"empty list":             signed(fresh, 200, `{"data":[]}`),
		"null":                   signed(fresh, 200, `null`),
		"odd nonce":              signed(fresh, 200, strings.Replace(good, "61f9c719728a", "61f9", 1)),
		"duplicate key":          signed(fresh, 200, strings.Replace(good, `"data"`, `"DATA":1,"data"`, 1)),
		"unsigned no-such-thing": unsigned(404, `{"code":"RESOURCE_NOT_EXISTS"}`),
		"no network":             broken(errors.New("no network")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &memoryKeys{}
			ring := emptyRing(t, newWorld(t), &fake{answers: []answer{a}}, store)
			err := ring.Refresh(t.Context())
			require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err), "%v", err)
			require.False(t, ring.Ready())
			require.Empty(t, store.keys)
			require.Error(t, ring.Status().LastError)

			// Keys that are in use stay.
			kept := newWorld(t).ring
			kept.o.HTTP = ring.o.HTTP
			require.Error(t, kept.Refresh(t.Context()))
			require.Len(t, kept.Status().Certificates, 1)
		})
	}
}

// A certificate that is not RSA stands beside a good one in the list of a merchant with SM2: it is skipped.
func TestUnusableEntryIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fresh, text := second(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	body := certificateList(t, testAPIv3, map[string][]byte{"7E57": text, "07": selfSigned(t, crypto.Signer(ec), 7, testNow())})
	ring := emptyRing(t, w, &fake{answers: []answer{signed(fresh, 200, body)}}, nil)
	require.NoError(t, ring.Refresh(t.Context()))
	require.Len(t, ring.Status().Certificates, 1)
}

func TestMerchantWithPublicKeyOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{signed(w.public, 404, `{"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书"}`)}}
	f.client(t, w)
	require.ErrorIs(t, w.ring.Refresh(t.Context()), ErrNoCertificates)
	require.NoError(t, w.ring.Status().LastError)
	require.Equal(t, testPublicID, f.asked[0].header.Get("Wechatpay-Serial"))
}

// A serial that only WeChat's answer names makes the client fetch the certificates, once a minute at most.
func TestUnknownSerialOnAnAnswerFetchesTheKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fresh, text := second(t)
	f := &fake{}
	f.answers = []answer{
		signed(fresh, 200, paidTransaction),
		signed(fresh, 200, certificateList(t, testAPIv3, map[string][]byte{"7E57": text})),
	}
	got, err := f.client(t, w).QueryByOutTradeNo(t.Context(), outTradeNo)
	require.NoError(t, err)
	require.True(t, got.Paid())
	require.Equal(t, 2, f.calls())

	f = &fake{answers: []answer{signed(signer{"ABCD", otherKey()}, 200, paidTransaction)}}
	w = newWorld(t)
	c := f.client(t, w)
	for range 3 {
		_, err = c.QueryByOutTradeNo(t.Context(), outTradeNo)
		require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err))
	}
	fetches := 0
	for _, a := range f.asked {
		if a.uri == "/v3/certificates" {
			fetches++
		}
	}
	require.Equal(t, 1, fetches)
}

// A stranger's notice with an invented serial must not make us call anybody.
func TestUnknownSerialOnANoticeCallsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{broken(errors.New("called"))}}
	f.client(t, w)
	body := noticeBody(t, OriginalTransaction, paidTransaction)
	for range 10 {
		_, err := w.opener().Open(signer{"ABCD", otherKey()}.header(body, testNow()), body, testNow())
		require.Equal(t, ReasonUnknownSerial, ReasonOf(err))
	}
	require.Zero(t, f.calls())
}

func TestUnusableStoredKeysAreSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, text := second(t)
	store := &memoryKeys{keys: []StoredKey{
		{Serial: "7E57", PEM: string(text), FetchedAt: testNow()},
		{Serial: "7E58", PEM: string(text), FetchedAt: testNow()},
		{Serial: "01", PEM: "nonsense", FetchedAt: testNow()},
	}}
	ring := emptyRing(t, w, &fake{}, store)
	require.NoError(t, ring.Load(t.Context()))
	require.Len(t, ring.Status().Certificates, 1)
	store.err = errors.New("database away")
	require.Error(t, ring.Load(t.Context()))
	require.True(t, ring.Ready())
}

func TestRunPauses(t *testing.T) {
	t.Parallel()
	fresh, text := second(t)
	works := signed(fresh, 200, certificateList(t, testAPIv3, map[string][]byte{"7E57": text}))
	down := broken(errors.New("no network"))
	none := signed(newWorld(t).public, 404, `{"code":"RESOURCE_NOT_EXISTS"}`)
	bomb := func(*http.Request) (*http.Response, error) { panic("bomb") }
	for name, c := range map[string]struct {
		answers   []answer
		publicKey bool
		want      []time.Duration
	}{
		"works":                    {[]answer{works}, false, []time.Duration{time.Hour, time.Hour}},
		"no key at all":            {[]answer{down, down, down, down, down, down, works}, false, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour}},
		"fails with keys":          {[]answer{works, down, down}, false, []time.Duration{time.Hour, time.Hour, time.Hour}},
		"public key only":          {[]answer{none}, true, []time.Duration{24 * time.Hour, 24 * time.Hour}},
		"public key, network down": {[]answer{down}, true, []time.Duration{time.Hour, time.Hour}},
		"panic":                    {[]answer{bomb, works}, false, []time.Duration{time.Minute, time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			f := &fake{answers: c.answers}
			ring := emptyRing(t, w, f, nil)
			if c.publicKey {
				ring.publicKeyID, ring.publicKey = testPublicID, &w.public.key.PublicKey
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ring.o.Sleep = func(ctx context.Context, d time.Duration) error {
				f.slept = append(f.slept, d)
				if len(f.slept) == len(c.want) {
					cancel()
				}
				return ctx.Err()
			}
			ring.Run(ctx)
			require.Len(t, f.slept, len(c.want))
			for i, want := range c.want {
				require.InDelta(t, want, f.slept[i], 0.11*float64(want), "pause %d", i)
			}
		})
	}
}

// The host's database panics, or its driver: the ring goes on without it.
func TestRunSurvivesAPanicOfItsStore(t *testing.T) {
	t.Parallel()
	fresh, text := second(t)
	works := signed(fresh, 200, certificateList(t, testAPIv3, map[string][]byte{"7E57": text}))
	f := &fake{answers: []answer{works, works}}
	ring := emptyRing(t, newWorld(t), f, panickingStore{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pauses := 0
	ring.o.Sleep = func(ctx context.Context, _ time.Duration) error {
		if pauses++; pauses == 2 {
			cancel()
		}
		return ctx.Err()
	}
	ring.Run(ctx)
	require.Equal(t, 2, pauses)
}

// panickingStore panics.
type panickingStore struct{}

// LoadPlatformKeys panics.
func (panickingStore) LoadPlatformKeys(context.Context, string) ([]StoredKey, error) {
	panic("load")
}

// SavePlatformKeys panics.
func (panickingStore) SavePlatformKeys(context.Context, string, []StoredKey) error { panic("save") }

// A fresh set from the store is not fetched again at once.
func TestRunTrustsAFreshSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{broken(errors.New("called"))}}
	f.client(t, w)
	var first atomic.Int64
	w.ring.o.Sleep = func(_ context.Context, d time.Duration) error {
		first.Store(int64(d))
		return context.Canceled
	}
	w.ring.Run(t.Context())
	require.Zero(t, f.calls())
	require.InDelta(t, time.Hour, first.Load(), 0.11*float64(time.Hour))
}

func TestRingOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.ring.o
	for name, change := range map[string]func(*RingOptions){
		"no merchant":    func(o *RingOptions) { o.Merchant = nil },
		"no keys":        func(o *RingOptions) { o.APIv3 = nil },
		"no client":      func(o *RingOptions) { o.HTTP = nil },
		"id without key": func(o *RingOptions) { o.PublicKeyPEM = nil },
		"key without id": func(o *RingOptions) { o.PublicKeyID = "" },
		"other id":       func(o *RingOptions) { o.PublicKeyID = "7E57" },
		"no PEM":         func(o *RingOptions) { o.PublicKeyPEM = bytes.Repeat([]byte("x"), 9) },
	} {
		o := good
		change(&o)
		_, err := NewRing(o)
		require.Error(t, err, name)
	}
}
