package host

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
	"wgink.ink/wechat/plugins/sdk"
)

// InProcess is a handler that runs in this process instead of one of its own. It is called through the same contract,
// over gRPC in memory, so that outcomes, limits and host calls are those of a plugin. What a process of its own protects
// from is missing: a panic in a goroutine the handler starts ends the host, and a handler that never returns stays.
type InProcess struct {
	id       string
	opts     InProcessOptions
	register func(grpc.ServiceRegistrar)
	clean    cleaner
	events   *underWay
	allowed  *allowance

	mu      sync.Mutex
	ready   bool
	running int
	takes   []string // handler services, as Describe tells them
	conn    *grpc.ClientConn
	stops   []func()
}

// InProcessOptions are what a handler in process gets.
type InProcessOptions struct {
	// Logger is Env.Logger and receives the host's records. Optional. Default: slog.Default().
	Logger *slog.Logger
	// Services are what the handler may ask, as far as Granted says. Optional. Default: nothing.
	Services Services
	// Granted lists permissions. Optional. Default: none.
	Granted []string
	// Config is decoded into the handler, a JSON object. Optional.
	Config []byte
	// Secrets become Env.Secrets. Optional.
	Secrets map[string]string
	// WorkDir becomes Env.WorkDir. Optional.
	WorkDir string
	// Timeout is for one event. Optional. Default: 15s.
	Timeout time.Duration
	// Concurrency is how many events the handler may have at once. Optional. Default: 8.
	Concurrency int
}

// Permissions lists everything a plugin may be allowed to ask.
func Permissions() []string { return wire.Permissions() }

// NewInProcess looks at what the handler can do; see sdk.Serve. It starts nothing.
func NewInProcess(id string, handler any, opts InProcessOptions) (*InProcess, error) {
	if !config.ValidPluginID(id) {
		return nil, fmt.Errorf("%q is no id: want a lower-case letter, then letters, digits or dashes", id)
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	opts.Timeout, opts.Concurrency = cmp.Or(opts.Timeout, timeoutDefault), cmp.Or(opts.Concurrency, concurrencyDefault)
	opts.Logger = opts.Logger.With("plugin", id)
	i := &InProcess{id: id, opts: opts, clean: newCleaner(opts.Secrets), events: newUnderWay(), allowed: newAllowance(time.Now())}
	var err error
	i.register, err = sdk.Embed(handler, sdk.Surroundings{Logger: opts.Logger, WorkDir: opts.WorkDir, Dial: i.dialHost})
	if err != nil {
		return nil, fmt.Errorf("handler %s: %w", id, err)
	}
	i.takes = services(i.register)
	return i, nil
}

// services lists the handler services that would be registered.
func services(register func(grpc.ServiceRegistrar)) []string {
	var list serviceList
	register(&list)
	return list
}

type serviceList []string

// RegisterService notes the name.
func (l *serviceList) RegisterService(desc *grpc.ServiceDesc, _ any) {
	*l = append(*l, desc.ServiceName)
}

// dialHost serves HostService to the handler, and to nobody else. It is called inside Start.
func (i *InProcess) dialHost(context.Context) (grpc.ClientConnInterface, error) {
	conn, stop, err := inMemory(newHostServer(i.opts.Services, &guard{
		granted: i.opts.Granted, timeout: i.opts.Timeout, allowed: i.allowed, events: i.events, logger: i.opts.Logger,
	}))
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stops = append(i.stops, stop)
	return conn, nil
}

// Start hands over the configuration and calls the handler's Start. An error leaves nothing running.
func (i *InProcess) Start(ctx context.Context) error {
	server := grpc.NewServer(grpc.MaxRecvMsgSize(wire.MaxMessage))
	i.register(server)
	conn, stop, err := inMemory(server)
	if err != nil {
		return err
	}
	i.mu.Lock()
	i.conn, i.stops = conn, append(i.stops, stop)
	i.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, defaultTiming().configure)
	defer cancel()
	_, err = pluginv1.NewPluginServiceClient(conn).Configure(ctx, &pluginv1.ConfigureRequest{
		Id: i.id, ConfigJson: i.opts.Config, Secrets: i.opts.Secrets,
		MaxConcurrency: uint32(i.opts.Concurrency), //nolint:gosec // never negative, never near the limit
		HostFeatures:   i.opts.Services.features(), HostBrokerId: 1, Permissions: i.opts.Granted,
	})
	if err != nil {
		i.close()
		return fmt.Errorf("start handler %s: %s", i.id, i.clean.text(status.Convert(err).Message()))
	}
	i.mu.Lock()
	i.ready = true
	i.mu.Unlock()
	return nil
}

// Stop takes no new event, waits for those under way until ctx ends (at most the time of one event), and calls the
// handler's Stop. Before Start it does nothing.
func (i *InProcess) Stop(ctx context.Context) error {
	i.mu.Lock()
	was, conn := i.ready, i.conn
	i.ready = false
	i.mu.Unlock()
	if !was {
		return nil
	}
	defer i.close()
	wait := i.opts.Timeout
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, max(0, time.Until(deadline)-defaultTiming().settle))
	}
	ctx, cancel := context.WithTimeout(ctx, i.opts.Timeout+defaultTiming().settle)
	defer cancel()
	resp, err := pluginv1.NewPluginServiceClient(conn).Drain(ctx, &pluginv1.DrainRequest{Wait: durationpb.New(wait)})
	switch {
	case err != nil:
		return fmt.Errorf("stop handler %s: %s", i.id, i.clean.text(status.Convert(err).Message()))
	case resp.GetRunning() > 0:
		return fmt.Errorf("stop handler %s: %d events are still running", i.id, resp.GetRunning())
	default:
		return nil
	}
}

func (i *InProcess) close() {
	i.mu.Lock()
	stops := i.stops
	i.stops = nil
	i.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
	i.allowed.vain.end(i.opts.Logger)
}

// ID is the subscriber's name, under which the queue keeps its deliveries.
func (i *InProcess) ID() string { return i.id }

// Handles tells whether the handler has a method for the event type.
func (i *InProcess) Handles(eventType string) bool {
	_, ok := wire.KindOf(eventType).In(i.takes)
	return ok
}

// Slots is how many events the handler takes at once: zero before Start and after Stop.
func (i *InProcess) Slots() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.ready {
		return 0
	}
	return i.opts.Concurrency
}

// Deliver hands one event to the handler, as Host.Deliver does.
func (i *InProcess) Deliver(ctx context.Context, ev Event) Outcome {
	call, err := newRequest(ev, i.takes)
	if err != nil {
		return Outcome{Result: Reject, Code: "payload", Message: err.Error()}
	}
	conn := i.acquire()
	if conn == nil {
		return Outcome{Result: NotReady, Code: "not-ready", Message: "the handler takes no event now"}
	}
	defer i.release()
	end := time.Now().Add(i.opts.Timeout)
	defer i.events.enter(ev.ID, end)()
	limited, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	out, err := call(limited, conn)
	switch code := status.Code(err); {
	case err == nil:
		return verdict(out, i.clean.text)
	case code == codes.Unavailable, code == codes.Canceled && ctx.Err() == nil:
		return Outcome{Result: NotReady, Code: "stopping", Message: "the host stopped the handler during the call"}
	default:
		return failure(err, i.opts.Timeout, i.clean.text)
	}
}

func (i *InProcess) acquire() *grpc.ClientConn {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.ready || i.running >= i.opts.Concurrency {
		return nil
	}
	i.running++
	return i.conn
}

func (i *InProcess) release() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.running--
}
