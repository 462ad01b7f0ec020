package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// serveRaw is a plugin without the SDK: it answers 10 MB to a notice, or 64 MB, or what it should. A mode makes it
// refuse every notice as "busy", and say that it is not ready any more, too: "unready"; or answer with an "empty" outcome.
func serveRaw(cookie, mode string) {
	serve(cookie, raw{mode: mode, asked: new(atomic.Int32)}, plugin.DefaultGRPCServer)
}

func serve(cookie string, p plugin.Plugin, server func([]grpc.ServerOption) *grpc.Server) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: wire.MagicCookieKey, MagicCookieValue: cookie},
		VersionedPlugins: map[int]plugin.PluginSet{wire.ProtocolVersion: {wire.PluginName: p}},
		GRPCServer:       server,
	})
}

type raw struct {
	plugin.NetRPCUnsupportedPlugin
	pluginv1.UnimplementedPluginServiceServer
	pluginv1.UnimplementedNoticeHandlerServiceServer

	mode  string
	asked *atomic.Int32 // for its status
}

func (r raw) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error { //nolint:unparam // the interface wants the error
	pluginv1.RegisterPluginServiceServer(s, r)
	pluginv1.RegisterNoticeHandlerServiceServer(s, r)
	return nil
}

func (raw) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is the plugin's half")
}

func (raw) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return &pluginv1.DescribeResponse{Services: []string{wire.KindNotice.Service()}}, nil
}

func (raw) Configure(context.Context, *pluginv1.ConfigureRequest) (*pluginv1.ConfigureResponse, error) {
	return &pluginv1.ConfigureResponse{}, nil
}

func (r raw) Status(context.Context, *pluginv1.StatusRequest) (*pluginv1.StatusResponse, error) {
	if r.asked.Add(1) > 1 && r.mode == "unready" {
		return &pluginv1.StatusResponse{Reason: "the ledger is away"}, nil
	}
	return &pluginv1.StatusResponse{Ready: true}, nil
}

func (raw) Drain(context.Context, *pluginv1.DrainRequest) (*pluginv1.DrainResponse, error) {
	return &pluginv1.DrainResponse{}, nil
}

func (r raw) HandleNotice(_ context.Context, req *pluginv1.HandleNoticeRequest) (*pluginv1.HandleNoticeResponse, error) {
	switch r.mode {
	case "busy", "unready":
		return nil, status.Error(codes.FailedPrecondition, "full")
	case "empty":
		return &pluginv1.HandleNoticeResponse{}, nil
	}
	var event struct {
		Do string `json:"do"`
	}
	if err := json.Unmarshal(req.GetNotice().GetRawJson(), &event); err != nil {
		return nil, err
	}
	if event.Do == "nothing" {
		done := &pluginv1.Outcome{Result: &pluginv1.Outcome_Done{Done: &pluginv1.Done{}}}
		return &pluginv1.HandleNoticeResponse{Outcome: done}, nil
	}
	size := 10 << 20
	if event.Do == "64" {
		size = 64 << 20
	}
	reject := &pluginv1.Reject{Reason: strings.Repeat("x", size)}
	return &pluginv1.HandleNoticeResponse{Outcome: &pluginv1.Outcome{Result: &pluginv1.Outcome_Reject{Reject: reject}}}, nil
}
