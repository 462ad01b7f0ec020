package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"wgink.ink/wechat/plugins/internal/wire"
)

// Serve runs the plugin until its host ends it; it never returns. The handler has at least one of OnPayment,
// OnUserEvent, OnRefund and OnNotice (see PaymentHandler, UserEventHandler, RefundHandler, NoticeHandler) and may have
// Start, Stop, HonoursShadow and Version. When it is a pointer to a struct, the plugin's configuration is decoded into it before Start.
//
// Serve takes over standard input, which ends with the host, and the signals INT, TERM and HUP, which a service manager
// sends to every process of the host while the host still drains. What is printed to standard output or standard error
// becomes records in the host's log.
func Serve(handler any) {
	os.Exit(serve(handler, os.Stderr)) //nolint:forbidigo // Serve is the whole of a plugin's main
}

// serve returns the exit status. stderr is the real one, from before go-plugin replaces it.
func serve(handler any, stderr io.Writer) int {
	logger := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: logLevel()}))
	s, err := newServer(handler, logger)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "wechat plugin:", err)
		return 1
	}
	if os.Getenv(wire.MagicCookieKey) != wire.MagicCookieValue {
		_, _ = fmt.Fprint(stderr, s.byHand())
		return 1
	}
	holdLifeline()
	catchSignals()
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey: wire.MagicCookieKey, MagicCookieValue: wire.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{wire.ProtocolVersion: {wire.PluginName: wirePlugin{server: s}}},
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(wire.MaxMessage))...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: stderr, JSONFormat: true}),
	})
	return 0
}

func logLevel() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(os.Getenv(wire.LogLevelEnv))); err != nil {
		return slog.LevelInfo
	}
	return l
}

// wirePlugin registers every service of a plugin on the one gRPC server that go-plugin makes.
type wirePlugin struct {
	plugin.NetRPCUnsupportedPlugin
	server *server
}

// GRPCServer is called in the plugin's process.
func (p wirePlugin) GRPCServer(broker *plugin.GRPCBroker, r *grpc.Server) error {
	p.server.dial = func(_ context.Context, id uint32) (grpc.ClientConnInterface, error) {
		return broker.DialWithOptions(id, // it waits for the offer, five seconds at most
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage)), grpc.WithIdleTimeout(0))
	}
	p.server.register(r)
	return nil
}

// GRPCClient is never called here: the host has its own half.
func (wirePlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("the host's half is in package host")
}

var _ plugin.GRPCPlugin = wirePlugin{}
