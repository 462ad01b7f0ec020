package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// process is one run of a plugin's executable, from exec to the last trace of it. It is used once.
type process struct {
	plan   *plan
	limits timing
	logger *slog.Logger

	runner  *processRunner
	dir     *runDir
	staged  string // the copy's executable
	release sync.Once
	work    string               // its folder
	library *plugin.ClientConfig // go-plugin adds its keys to it
	client  *plugin.Client
	conn    *grpc.ClientConn
	broker  *plugin.GRPCBroker
	control pluginv1.PluginServiceClient

	takes, features []string   // handler services and abilities, as Describe told them
	services        Services   // what it may ask the host, if granted
	allowed         *allowance // to all processes of its plugin
	shadow          *notes     // of the calls that would change something; nil unless it runs in the shadow
	events          *underWay
	offer           *offer // of those services; nil before introduce

	memory      int64         // last seen, in bytes; the supervisor's mu guards it
	hand        *hand         // events under way; the supervisor's mu guards it
	told        told          // hears every answer to Status; its supervisor sets it before the first
	took        time.Duration // from exec to ready
	stopping    atomic.Bool   // the host is ending it on purpose
	unreachable chan struct{} // closed when a call found no connection although the process lives
	overdue     chan struct{} // an event came to its time limit: does the process still live?
	lost        sync.Once
}

// told hears what a plugin says of its handlers: when it was asked, when the answer was there, and the answer.
type told func(asked, answered time.Time, st *pluginv1.StatusResponse)

// surroundings is what all supervisors of a host share.
type surroundings struct {
	dir      *runDir
	launcher *launcher
	logger   *slog.Logger
	limits   timing
	version  string // the host's
	services Services
	past     Past   // nil when there is none
	shadow   *notes // for a process in the shadow; nil for all others
	changed  func() // a plugin's state changed
}

func newProcess(ctx context.Context, p *plan, s *surroundings, a *allowance) (_ *process, err error) {
	executable, err := s.dir.stage(ctx, p)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.dir.release(executable)
		}
	}()
	work, err := s.dir.work(p.id)
	if err != nil {
		return nil, err
	}
	group := ""
	if p.owner != nil {
		copied := strings.TrimSuffix(executable, string(filepath.Separator)+filepath.FromSlash(p.executable))
		if err := errors.Join(p.owner.mayRun(s.dir, copied), p.owner.own(work)); err != nil {
			_ = os.RemoveAll(work)
			return nil, fmt.Errorf("let the plugin's user run it: %w", err)
		}
		group = strconv.Itoa(p.owner.gid)
	}
	logger := s.logger.With("plugin", p.id, "plugin_version", p.version)
	out := newOutput(logger, newCleaner(p.secrets), a.log)
	r := newProcessRunner(s.launcher, out)
	r.owner = p.owner
	r.data = max(4*p.memory, s.limits.dataMin)
	library := &plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey: wire.MagicCookieKey, MagicCookieValue: wire.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{wire.ProtocolVersion: {wire.PluginName: connPlugin{}}},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, tmpDir string) (runner.Runner, error) {
			r.tmpDir = tmpDir
			r.cmd = &exec.Cmd{
				Path: executable, Args: append([]string{executable}, p.manifest.Args...), Dir: work,
				Env: environment(spec.Env, work, p.memory, s.logger),
			}
			return r, nil
		},
		StartTimeout:     s.limits.start,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: s.dir.path, Group: group},
		SyncStdout:       &lineWriter{take: out.line},
		SyncStderr:       &lineWriter{take: out.line},
		Logger:           libraryLogger(out),
		GRPCDialOptions:  dialOptions(),
	}
	services := s.services
	if s.shadow != nil {
		services = services.inShadow()
	}
	return &process{
		plan: p, limits: s.limits, logger: logger, runner: r, library: library, client: plugin.NewClient(library),
		services: services, allowed: a, shadow: s.shadow, events: newUnderWay(), hand: newHand(),
		dir: s.dir, staged: executable, work: work,
		unreachable: make(chan struct{}), overdue: make(chan struct{}, 1),
	}, nil
}

// start brings the process from exec to a checked connection. It returns at once when ctx ends; the process is then
// killed. After an error the process still needs end.
func (p *process) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.limits.start+p.limits.describe)
	defer cancel()
	stop := context.AfterFunc(ctx, p.runner.kill) // the only way to interrupt go-plugin
	defer stop()
	err := p.connect()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("did not start: %w", context.Cause(ctx))
	}
	return startError(err)
}

// connect starts the process through go-plugin and takes the connection from it.
func (p *process) connect() error {
	if _, err := p.client.Start(); err != nil {
		return err
	}
	proto, err := p.client.Client()
	if err != nil {
		return err
	}
	dispensed, err := proto.Dispense(wire.PluginName)
	if err != nil {
		return err
	}
	c, ok := dispensed.(connection)
	if !ok {
		return fmt.Errorf("go-plugin gave a %T instead of the connection", dispensed)
	}
	p.conn, p.broker = c.conn, c.broker
	p.control = pluginv1.NewPluginServiceClient(p.conn)
	return nil
}

// drain tells the plugin to finish, and waits for the answers to the calls under way: the plugin's own answer can
// overtake them. It reports whether the plugin answered in time.
func (p *process) drain(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, p.limits.drainCall)
	defer cancel()
	resp, err := p.control.Drain(ctx, &pluginv1.DrainRequest{Wait: durationpb.New(p.limits.drainWait)})
	if err != nil {
		p.logger.WarnContext(ctx, "plugin did not drain", "error", p.cleanError(err, p.limits.drainCall))
		return false
	}
	if n := resp.GetRunning(); n > 0 {
		p.logger.WarnContext(ctx, "plugin stops with events under way; they will be handed over again", "events", n)
		return true
	}
	waitFor(p.hand.idle, p.limits.settle)
	return true
}

// end makes sure that nothing of the process is left, gracefully if it is still able to answer, and always in bounded
// time: kill + exit of timing.
func (p *process) end(graceful bool) {
	p.offer.stop()
	if !graceful || p.conn == nil {
		p.runner.kill()
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		// Kill has no time limit of its own, and opens a new connection when there was none.
		if p.conn != nil {
			p.runner.guard("ending a process", p.client.Kill)
		}
	}()
	if !p.awaitExit(p.limits.kill) {
		p.runner.kill()
		if !p.awaitExit(p.limits.exit) {
			p.logger.Error("plugin process cannot be killed", "pid", p.runner.pid())
		}
	}
	waitFor(closed, p.limits.exit)
	if p.offer != nil {
		waitFor(p.offer.done, p.limits.exit)
	}
	if p.runner.tmpDir != "" {
		_ = os.RemoveAll(p.runner.tmpDir)
	}
	_ = os.RemoveAll(p.work)
	p.release.Do(func() { p.dir.release(p.staged) })
	p.allowed.log.end(p.logger)
	p.allowed.vain.end(p.logger)
}

// connection is what go-plugin made: to the plugin, and a way for it to reach us.
type connection struct {
	conn   *grpc.ClientConn
	broker *plugin.GRPCBroker
}

// connPlugin is the host's half of the one go-plugin "plugin": it hands out the connection.
type connPlugin struct{ plugin.NetRPCUnsupportedPlugin }

// GRPCServer is the plugin's half, in package sdk.
func (connPlugin) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("the plugin's half is in package sdk")
}

// GRPCClient hands out the connection.
func (connPlugin) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return connection{conn: conn, broker: broker}, nil
}

var _ plugin.GRPCPlugin = connPlugin{}
