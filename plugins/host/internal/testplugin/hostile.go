package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// hostile fills its host's memory: with "knocks" at go-plugin's broker, or with a "long-error".
type hostile struct {
	raw

	knocked chan struct{} // closed when all knocks were sent
}

func serveHostile(mode string) {
	h := hostile{raw: raw{mode: mode, asked: new(atomic.Int32)}, knocked: make(chan struct{})}
	serve(wire.MagicCookieValue, h, func(opts []grpc.ServerOption) *grpc.Server {
		if mode == "knocks" {
			opts = append(opts, grpc.StreamInterceptor(h.knock))
		}
		return grpc.NewServer(opts...)
	})
}

// GRPCServer registers this handler instead of raw's.
func (h hostile) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error { //nolint:unparam // the interface wants the error
	pluginv1.RegisterPluginServiceServer(s, h)
	pluginv1.RegisterNoticeHandlerServiceServer(s, h)
	return nil
}

// HandleNotice answers when all knocks were sent.
func (h hostile) HandleNotice(ctx context.Context, _ *pluginv1.HandleNoticeRequest) (*pluginv1.HandleNoticeResponse, error) {
	if h.mode == "long-error" {
		return nil, status.Error(codes.Unknown, strings.Repeat("x", 1<<20))
	}
	select {
	case <-h.knocked:
		return nil, status.Error(codes.InvalidArgument, "all were sent")
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

// knock is a grpc.StreamServerInterceptor that takes the place of go-plugin's broker: it sends the host a hundred long
// knocks, and as many long offers.
func (h hostile) knock(served any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if info.FullMethod != "/plugin.GRPCBroker/StartStream" {
		return next(served, stream)
	}
	for id := range uint32(200) {
		message, err := connInfo(1000+id, strings.Repeat("a", 100<<10), id%2 == 0)
		if err != nil {
			return err
		}
		if err := stream.SendMsg(message); err != nil {
			return err
		}
	}
	close(h.knocked)
	<-stream.Context().Done()
	return nil
}

// connInfo is a message of go-plugin's broker, whose Go type is internal.
func connInfo(id uint32, address string, knock bool) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName("plugin.ConnInfo")
	if err != nil {
		return nil, fmt.Errorf("find go-plugin's message: %w", err)
	}
	message, fields := kind.New(), kind.Descriptor().Fields()
	message.Set(fields.ByName("service_id"), protoreflect.ValueOfUint32(id))
	message.Set(fields.ByName("address"), protoreflect.ValueOfString(address))
	if knock {
		inner := message.Mutable(fields.ByName("knock")).Message()
		inner.Set(inner.Descriptor().Fields().ByName("knock"), protoreflect.ValueOfBool(true))
	}
	return message.Interface(), nil
}
