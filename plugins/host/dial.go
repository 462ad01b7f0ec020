package host

import (
	"context"

	"google.golang.org/grpc"

	"wgink.ink/wechat/plugins/internal/wire"
)

// headersMax bounds the headers and trailers of an answer, the text of an error among them: gRPC would take 16 MiB.
const headersMax = 64 << 10

// dialOptions are those of the host's connection to a plugin. They bound what the plugin makes the host keep in memory.
func dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage)),
		grpc.WithMaxHeaderListSize(headersMax),
		grpc.WithStreamInterceptor(deafBroker),
		grpc.WithIdleTimeout(0), // a plugin in another language may not be there for a second connection
	}
}

// brokerStream carries go-plugin's offers. The host makes all of them and takes none, but GRPCBroker keeps what a plugin
// sends: a knock for ever, anything else for five seconds.
const brokerStream = "/plugin.GRPCBroker/StartStream"

// deafBroker is a grpc.StreamClientInterceptor that keeps the plugin's messages from go-plugin's broker.
func deafBroker(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, conn, method, opts...)
	if err != nil || method != brokerStream {
		return stream, err
	}
	return deafStream{stream}, nil
}

// deafStream receives nothing but the stream's end.
type deafStream struct{ grpc.ClientStream }

// RecvMsg throws every message away; unread ones would pile up.
func (s deafStream) RecvMsg(into any) error {
	for {
		if err := s.ClientStream.RecvMsg(into); err != nil {
			return err
		}
	}
}
