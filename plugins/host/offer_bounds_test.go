//go:build unix

package host

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"wgink.ink/wechat/plugins/pluginv1"
	"wgink.ink/wechat/plugins/sdk"
)

// hostConn is a connection to the host's services, as a plugin has it.
func hostConn(t *testing.T) *grpc.ClientConn {
	t.Helper()
	closeOrder := func(context.Context, string) error { return nil }
	conn, stop, err := inMemory(newHostServer(Services{CloseOrder: closeOrder}, &guard{
		granted: Permissions(), timeout: testLimit, allowed: newAllowance(time.Now()), events: newUnderWay(), logger: slog.New(slog.DiscardHandler),
	}))
	require.NoError(t, err)
	t.Cleanup(stop)
	return conn
}

func TestCallsOfTheHostAreBoundedInSize(t *testing.T) {
	t.Parallel()
	client := pluginv1.NewHostServiceClient(hostConn(t))
	ask := func(size int, headers ...string) error {
		ctx := metadata.AppendToOutgoingContext(t.Context(), headers...)
		_, err := client.CloseOrder(ctx, &pluginv1.CloseOrderRequest{OutTradeNo: strings.Repeat("x", size)})
		return err
	}
	require.NoError(t, ask(requestMax-100))
	require.Equal(t, codes.ResourceExhausted, status.Code(ask(requestMax)))
	require.ErrorContains(t, ask(10, "note", strings.Repeat("x", requestHeadersMax)), "header list size")
	require.NoError(t, ask(10), "the connection goes on")
}

// openCall begins a call and leaves it open.
func openCall(ctx context.Context, conn *grpc.ClientConn) (grpc.ClientStream, error) {
	return conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, pluginv1.HostService_CloseOrder_FullMethodName)
}

func TestOpenCallsOfTheHostAreBounded(t *testing.T) {
	t.Parallel()
	conn := hostConn(t)
	for range callsAtATime {
		_, err := openCall(t.Context(), conn)
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := openCall(ctx, conn)
	require.Equal(t, codes.DeadlineExceeded, status.Code(err), "%v", err)
}

// A plugin gets no more than a few connections to its host, and asking for more does not cut the one it uses.
func TestConnectionsToTheHostAreBounded(t *testing.T) {
	t.Parallel()
	query := func(context.Context, string, string) (*sdk.Order, error) { return &sdk.Order{}, nil }
	s := asking(t, Services{QueryOrder: query}, "orders.read")
	h := s.ready(t)
	require.Contains(t, do(t, h, "e1", "query").Message, "<nil>", "it has one connection")
	address := offeredAt(t, current(t, h))
	var last net.Conn
	for range connectionsMax {
		last = dialed(t, address)
	}
	requireClosed(t, last)
	require.Contains(t, do(t, h, "e2", "query").Message, "<nil>")
}

// offeredAt is the host's socket for the process: the one of the two that the plugin has not made.
func offeredAt(t *testing.T, p *process) net.Addr {
	t.Helper()
	sockets, err := filepath.Glob(filepath.Join(p.runner.tmpDir, "*"))
	require.NoError(t, err)
	plugins := p.client.ReattachConfig().Addr.String()
	sockets = slices.DeleteFunc(sockets, func(path string) bool { return path == plugins })
	require.Len(t, sockets, 1)
	return &net.UnixAddr{Net: "unix", Name: sockets[0]}
}

// Only the process itself has the key to call the host in its name.
func TestNobodyCallsTheHostInAPluginsName(t *testing.T) {
	t.Parallel()
	h := asking(t, Services{}).ready(t)
	raw := dialed(t, offeredAt(t, current(t, h)))
	require.NoError(t, raw.SetDeadline(time.Now().Add(testLimit)))
	conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	require.NoError(t, conn.HandshakeContext(t.Context()))
	_, err := conn.Read(make([]byte, 1))
	require.ErrorContains(t, err, "certificate required")
}

// A plugin that asks too much in one call learns so.
func TestPluginLearnsThatItsCallIsTooLong(t *testing.T) {
	t.Parallel()
	a := &asker{call: func(ctx context.Context, h *sdk.Host) error {
		return h.CloseOrder(ctx, strings.Repeat("x", requestMax))
	}}
	i := inProcess(t, a, InProcessOptions{Granted: Permissions()})
	require.Equal(t, Done, i.Deliver(t.Context(), payment("e1")).Result)
	require.ErrorIs(t, a.got, sdk.ErrInvalid)
	require.ErrorContains(t, a.got, "host: close order: bad-request: grpc: received message larger than max")
}
