package host

import (
	"slices"
	"sync"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// offer is HostService for one process, over go-plugin's broker: a socket of its own with the same mutual TLS.
type offer struct {
	id   uint32        // for the plugin to find it by
	done chan struct{} // closed when it serves no more

	mu      sync.Mutex
	server  *grpc.Server
	stopped bool
}

// newHostServer serves HostService to one plugin.
func newHostServer(services Services, g *guard, opts ...grpc.ServerOption) *grpc.Server {
	server := grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(wire.MaxMessage), grpc.UnaryInterceptor(g.intercept))...)
	pluginv1.RegisterHostServiceServer(server, hostService{services: services})
	return server
}

// newOffer begins to serve. The plugin must connect within five seconds.
func newOffer(broker *plugin.GRPCBroker, services Services, g *guard) *offer {
	o := &offer{id: broker.NextId(), done: make(chan struct{})}
	go func() {
		defer close(o.done)
		_ = safely(g.logger, "offering the host's services", func() error {
			broker.AcceptAndServe(o.id, func(opts []grpc.ServerOption) *grpc.Server {
				server := newHostServer(services, g, opts...)
				o.mu.Lock()
				defer o.mu.Unlock()
				if o.server = server; o.stopped {
					server.Stop() // it serves nothing yet: this does not wait
				}
				return server
			})
			return nil
		})
	}()
	return o
}

// stop ends it, without waiting for done: calls under way are cut, but a plugin that was stopped in the middle of its TLS
// handshake holds the server up until the plugin is gone. A nil offer was never made.
func (o *offer) stop() {
	if o == nil {
		return
	}
	o.mu.Lock()
	o.stopped = true
	server := o.server
	o.mu.Unlock()
	if server != nil {
		go server.Stop() // AcceptAndServe returns after it, and done says so
	}
}

// offerHost serves HostService to the process when it said that it would connect.
func (p *process) offerHost() {
	if !slices.Contains(p.features, wire.FeatureHostCalls) {
		return
	}
	p.offer = newOffer(p.broker, p.services, &guard{
		granted: p.plan.granted, timeout: p.plan.timeout, rate: p.calls, events: p.events, logger: p.logger,
		shadow: p.shadow,
	})
}

// offerID is where the plugin finds the offer; zero when there is none.
func (p *process) offerID() uint32 {
	if p.offer == nil {
		return 0
	}
	return p.offer.id
}
