package wechattest_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wgink.ink/wechat/wechattest"
)

// BenchmarkRound measures whole rounds: the merchant places an order and signs a launch, the user pays, the notice is
// received and verified. Both sides sign with RSA-2048; `go test -bench Round -cpu 2` reports rounds per minute.
func BenchmarkRound(b *testing.B) {
	var accepted atomic.Int64
	var key *rsa.PublicKey
	var apiV3Key string
	sim := wechattest.New(b, wechattest.WithKeyMode(wechattest.PublicKey), wechattest.WithNotifyTransport(
		transport(func(r *http.Request) (*http.Response, error) {
			content, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			var notice body
			if err := errors.Join(verify(key, r.Header, string(content)), json.Unmarshal(content, &notice)); err != nil {
				return nil, err
			}
			if _, err := notice.Resource.tryOpen(apiV3Key); err != nil {
				return nil, err
			}
			accepted.Add(1)
			return answer(http.StatusNoContent), nil
		})))
	block, _ := pem.Decode(sim.PublicKeyPEM())
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		b.Fatal(err)
	}
	key = parsed.(*rsa.PublicKey)
	alice := sim.Phone("alice")
	apiV3Key = sim.Merchant().APIv3Key

	var number atomic.Int64
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			prepayID := placeOrder(sim, time.Now(), fmt.Sprintf("ROUND-%d", number.Add(1)), alice.OpenID())
			if err := alice.Pay(b.Context(), launch(sim, time.Now(), prepayID)); err != nil {
				b.Error(err)
			}
		}
	})
	if err := sim.Settle(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if accepted.Load() != int64(b.N) {
		b.Fatalf("%d of %d notices arrived", accepted.Load(), b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Minutes(), "rounds/min")
}

// BenchmarkSign is one RSA-2048 signature; a round has four, and as many are verified.
func BenchmarkSign(b *testing.B) {
	sim := wechattest.New(b)
	for b.Loop() {
		if merchantSign(sim, strings.Repeat("x", 400)) == "" {
			b.Fatal("no signature")
		}
	}
}

// BenchmarkNew is what a test pays for a WeChat of its own.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		sim, err := wechattest.Open()
		if err != nil {
			b.Fatal(err)
		}
		if err := sim.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
