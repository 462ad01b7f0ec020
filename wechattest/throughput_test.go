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
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const (
	roundsMin   = 2000            // a minute, on two cores
	roundsSpan  = 2 * time.Second // of measuring, before it is judged
	othersLimit = 1               // programs of others that may run meanwhile, by the load average
)

// tooSlow says why so many rounds in a span break the goal; busy is true when it cannot be told, because others had the
// cores. load is the machine's load average, 0 if the system tells none.
func tooSlow(rounds int, span time.Duration, load float64, cores int) (why string, busy bool) {
	rate := float64(rounds) / span.Minutes()
	if span < roundsSpan || rate >= roundsMin {
		return "", false
	}
	why = fmt.Sprintf("%.0f rounds a minute, at least %d are promised (load average %.1f on %d cores)", rate, roundsMin, load, cores)
	return why, load > float64(cores+othersLimit)
}

func TestThroughputIsJudged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rounds     int
		span       time.Duration
		load       float64
		slow, busy bool
	}{
		"Fast":           {200, 4 * time.Second, 2, false, false},
		"Goal":           {100, 3 * time.Second, 2, false, false},
		"Slow":           {99, 3 * time.Second, 2, true, false},
		"NoLoadIsTold":   {99, 3 * time.Second, 0, true, false},
		"BusyMachine":    {99, 3 * time.Second, 3.1, true, true},
		"FastAllTheSame": {200, 4 * time.Second, 30, false, false},
		"TooShort":       {1, time.Second, 2, false, false},
	} {
		why, busy := tooSlow(c.rounds, c.span, c.load, 2)
		require.Equal(t, c.slow, why != "", name)
		require.Equal(t, c.busy, busy, name)
	}
}

// loadAverage is the machine's, of the last minute; 0 where it is not told.
func loadAverage() (load float64) {
	text, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		_, _ = fmt.Sscan(string(text), &load)
	}
	return load
}

// BenchmarkRound measures whole rounds: the merchant places an order and signs a launch, the user pays, the notice is
// received and verified. Both sides sign with RSA-2048. `go test -run '^$' -bench Round -cpu 2 -benchtime 4s` reports
// rounds a minute, and fails when they are fewer than promised.
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
	switch why, busy := tooSlow(b.N, b.Elapsed(), loadAverage(), runtime.GOMAXPROCS(0)); {
	case busy:
		b.Logf("not judged, since the machine is busy: %s", why)
	case why != "":
		b.Error(why)
	}
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
