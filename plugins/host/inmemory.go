package host

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"wgink.ink/wechat/plugins/internal/wire"
)

// pipeSize is what one side of a connection in memory may send before the other reads.
const pipeSize = 64 << 10

// inMemory serves over a connection within this process, and gives that connection. stop cuts the calls under way.
func inMemory(server *grpc.Server) (conn *grpc.ClientConn, stop func(), err error) {
	listener := bufconn.Listen(pipeSize)
	conn, err = grpc.NewClient("passthrough:memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage)), grpc.WithIdleTimeout(0))
	if err != nil {
		return nil, nil, err
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with stop
	}()
	return conn, func() {
		_ = conn.Close()
		server.Stop()
		<-served
	}, nil
}
