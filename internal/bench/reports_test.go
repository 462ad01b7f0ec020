package bench

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// reports are what plugins tell: which order's event they have.
type reports struct {
	addr string

	mu      sync.Mutex
	waiting map[string]chan time.Time // by order number
}

// listenForReports takes reports until the test ends.
func listenForReports(t *testing.T) *reports {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &reports{addr: conn.LocalAddr().String(), waiting: map[string]chan time.Time{}}
	var reader sync.WaitGroup
	reader.Go(func() {
		buffer := make([]byte, 256)
		for {
			n, _, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			r.arrived(string(buffer[:n]), time.Now())
		}
	})
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		reader.Wait()
	})
	return r
}

// expect gives a channel that receives when a plugin has the event of an order.
func (r *reports) expect(outTradeNo string) <-chan time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	arrived := make(chan time.Time, 1)
	r.waiting[outTradeNo] = arrived
	return arrived
}

func (r *reports) arrived(outTradeNo string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if waiting, ok := r.waiting[outTradeNo]; ok {
		waiting <- at
		delete(r.waiting, outTradeNo)
	}
}
