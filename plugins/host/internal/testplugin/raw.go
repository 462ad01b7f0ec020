package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// serveRaw is a plugin without the SDK: it answers 10 MB to a notice, or 64 MB, or what it should.
func serveRaw(cookie string) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: wire.MagicCookieKey, MagicCookieValue: cookie},
		VersionedPlugins: map[int]plugin.PluginSet{wire.ProtocolVersion: {wire.PluginName: raw{}}},
		GRPCServer:       plugin.DefaultGRPCServer,
	})
}

type raw struct {
	plugin.NetRPCUnsupportedPlugin
	pluginv1.UnimplementedPluginServiceServer
	pluginv1.UnimplementedNoticeHandlerServiceServer
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

func (raw) Status(context.Context, *pluginv1.StatusRequest) (*pluginv1.StatusResponse, error) {
	return &pluginv1.StatusResponse{Ready: true}, nil
}

func (raw) Drain(context.Context, *pluginv1.DrainRequest) (*pluginv1.DrainResponse, error) {
	return &pluginv1.DrainResponse{}, nil
}

func (raw) HandleNotice(_ context.Context, req *pluginv1.HandleNoticeRequest) (*pluginv1.HandleNoticeResponse, error) {
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
