package sdk

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// version is set when linking: -ldflags "-X wgink.ink/wechat/plugins/sdk.version=1.4.0".
var version string

// Describe says what the plugin is.
func (s *server) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	resp := &pluginv1.DescribeResponse{Version: s.version(), Sdk: "wechat-go " + sdkVersion(), Features: []string{wire.FeatureHostCalls}}
	if s.shadow {
		resp.Features = append(resp.Features, wire.FeatureShadow)
	}
	for _, k := range s.kinds() {
		resp.Services = append(resp.Services, k.Service())
	}
	return resp, nil
}

// Configure decodes the configuration into the handler and starts it. Once per process.
func (s *server) Configure(ctx context.Context, req *pluginv1.ConfigureRequest) (*pluginv1.ConfigureResponse, error) {
	err := status.Error(codes.FailedPrecondition, "configured already")
	s.configured.Do(func() { err = s.configure(ctx, req) })
	if err != nil {
		return nil, err
	}
	return &pluginv1.ConfigureResponse{}, nil
}

func (s *server) configure(ctx context.Context, req *pluginv1.ConfigureRequest) error {
	host, err := s.connectHost(ctx, req) // first: the host's offer ends after five seconds
	if err != nil {
		return status.Error(codes.Unavailable, clip("connect to the host: "+err.Error()))
	}
	if err := decodeConfig(req.GetConfigJson(), s.handler); err != nil {
		return status.Error(codes.InvalidArgument, clip(err.Error()))
	}
	dir, err := s.workDir()
	if err != nil {
		return status.Errorf(codes.Internal, "work dir: %v", err)
	}
	if starter, ok := s.handler.(Starter); ok {
		err := s.guard(ctx, "Start", func() error {
			err := starter.Start(ctx, Env{
				ID: req.GetId(), Version: req.GetVersion(), Logger: s.logger,
				Secrets: maps.Clone(req.GetSecrets()), WorkDir: dir,
				Host: host, Permissions: req.GetPermissions(), Shadow: req.GetShadow(),
			})
			if err != nil {
				return errors.New(err.Error()) // in here, because that panics with a typed nil
			}
			return nil
		})
		if err != nil {
			return status.Error(codes.FailedPrecondition, clip("Start: "+err.Error()))
		}
	}
	s.gate.open(int(req.GetMaxConcurrency()))
	return nil
}

func (s *server) connectHost(ctx context.Context, req *pluginv1.ConfigureRequest) (*Host, error) {
	if req.GetHostBrokerId() == 0 || s.dial == nil {
		return &Host{}, nil
	}
	conn, err := s.dial(ctx, req.GetHostBrokerId())
	if err != nil {
		return nil, err
	}
	return &Host{client: pluginv1.NewHostServiceClient(conn)}, nil
}

// Status is polled by the host.
func (s *server) Status(context.Context, *pluginv1.StatusRequest) (*pluginv1.StatusResponse, error) {
	open, running, oldest := s.gate.status()
	resp := &pluginv1.StatusResponse{Ready: open, Running: running, OldestRunning: durationpb.New(oldest)}
	if !open {
		resp.Reason = "not configured, or draining"
	}
	return resp, nil
}

// Drain refuses new events, waits for those under way, and stops the handler.
func (s *server) Drain(ctx context.Context, req *pluginv1.DrainRequest) (*pluginv1.DrainResponse, error) {
	wait, cancel := context.WithTimeout(ctx, req.GetWait().AsDuration())
	defer cancel()
	left := s.gate.drain(wait)
	s.stopped.Do(func() {
		stopper, ok := s.handler.(Stopper)
		if !ok {
			return
		}
		if err := s.guard(ctx, "Stop", func() error { return stopper.Stop(ctx) }); err != nil {
			s.logger.ErrorContext(ctx, "plugin did not stop cleanly", "error", err)
		}
	})
	return &pluginv1.DrainResponse{Running: left}, nil
}

// version is what the plugin says of itself; empty when it says nothing.
func (s *server) version() string {
	if v, ok := s.handler.(Versioner); ok {
		return v.Version()
	}
	return version
}

func (s *server) describeVersion() string {
	if v := s.version(); v != "" {
		return "version " + v
	}
	return "version as in plugin.yaml"
}

// sdkVersion is the version of this module in the plugin, and the toolchain's.
func sdkVersion() string {
	const module = "wgink.ink/wechat"
	v := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == module {
				v = dep.Version
			}
		}
	}
	return v + " " + runtime.Version()
}
