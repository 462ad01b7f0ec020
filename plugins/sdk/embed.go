package sdk

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc"
)

// Surroundings are what a handler runs in when it is not a process of its own.
type Surroundings struct {
	Logger *slog.Logger // becomes Env.Logger. Required.
	// WorkDir becomes Env.WorkDir.
	WorkDir string
	// Dial connects to the host's end, HostService. Optional. Default: the host offers nothing.
	Dial func(ctx context.Context) (grpc.ClientConnInterface, error)
}

// Embed gives the services of a handler that runs inside another program: a host's own handlers, and test kits. Call
// what it returns with a gRPC server. A plugin calls Serve instead.
func Embed(handler any, in Surroundings) (register func(grpc.ServiceRegistrar), err error) {
	if in.Logger == nil {
		return nil, errors.New("sdk.Embed needs a logger")
	}
	s, err := newServer(handler, in.Logger)
	if err != nil {
		return nil, err
	}
	s.workDir = func() (string, error) { return in.WorkDir, nil }
	if in.Dial != nil {
		s.dial = func(ctx context.Context, _ uint32) (grpc.ClientConnInterface, error) { return in.Dial(ctx) }
	}
	return s.register, nil
}
