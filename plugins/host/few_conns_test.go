package host

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSurplusConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	few := newFewConns(inner, 2)
	taken := make(chan net.Conn)
	go func() {
		defer close(taken)
		for {
			conn, err := few.Accept()
			if err != nil {
				return
			}
			taken <- conn
		}
	}()
	first, second := dialed(t, inner.Addr()), dialed(t, inner.Addr())
	held, other := <-taken, <-taken
	requireClosed(t, dialed(t, inner.Addr()))

	require.NoError(t, held.Close())
	require.Error(t, held.Close(), "a second time gives no second place")
	requireClosed(t, first)
	dialed(t, inner.Addr())
	again := <-taken
	requireClosed(t, dialed(t, inner.Addr()))

	require.NoError(t, inner.Close())
	_, open := <-taken
	require.False(t, open)
	require.NoError(t, other.Close())
	require.NoError(t, again.Close())
	requireClosed(t, second)
}

func dialed(t *testing.T, to net.Addr) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), to.Network(), to.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// requireClosed waits until the other side has closed the connection.
func requireClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(testLimit)))
	_, err := conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}
