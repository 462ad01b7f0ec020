package host

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// What one plugin may have at its host. Together they bound the host's memory: without them gRPC takes as many connections
// and calls as there come.
const (
	requestMax        = 64 << 10 // of a call, in bytes; a number or a name has less than 1 KiB
	requestHeadersMax = 16 << 10
	callsAtATime      = 64 // on one connection; a client of gRPC lets further ones wait
	connectionsMax    = 4  // a plugin needs one, and for a moment a second when it connects anew
)

// newHostServer serves HostService to one plugin.
func newHostServer(services Services, g *guard, opts ...grpc.ServerOption) *grpc.Server {
	server := grpc.NewServer(append(opts,
		grpc.MaxRecvMsgSize(requestMax), grpc.MaxHeaderListSize(requestHeadersMax), grpc.MaxConcurrentStreams(callsAtATime),
		grpc.UnaryInterceptor(g.intercept))...)
	pluginv1.RegisterHostServiceServer(server, hostService{services: services})
	return server
}

// offer is HostService for one process, on a socket of its own.
type offer struct {
	id     uint32 // for the plugin to find it by
	server *grpc.Server
	done   chan struct{} // closed when it serves no more
}

// newOffer begins to serve, and tells the plugin where over go-plugin's broker. The plugin must connect within five seconds.
func newOffer(broker *plugin.GRPCBroker, server *grpc.Server, logger *slog.Logger) *offer {
	o := &offer{id: broker.NextId(), server: server, done: make(chan struct{})}
	go func() {
		defer close(o.done)
		_ = safely(logger, "offering the host's services", func() error {
			listener, err := broker.Accept(o.id)
			if err == nil {
				err = server.Serve(newFewConns(listener, connectionsMax)) // closes it, also after stop
			}
			if err != nil && !errors.Is(err, grpc.ErrServerStopped) {
				logger.Warn("plugin cannot call the host", "error", err)
			}
			return nil
		})
	}()
	return o
}

// stop ends it, without waiting for done: calls under way are cut, but a plugin that was stopped in the middle of its TLS
// handshake holds the server up until the plugin is gone. A nil offer was never made.
func (o *offer) stop() {
	if o != nil {
		go o.server.Stop() // Serve returns after it, and done says so
	}
}

// offerHost serves HostService to the process when it said that it would connect.
func (p *process) offerHost() {
	if !slices.Contains(p.features, wire.FeatureHostCalls) {
		return
	}
	g := &guard{
		granted: p.plan.granted, timeout: p.plan.timeout, allowed: p.allowed, events: p.events, logger: p.logger, shadow: p.shadow,
	}
	// AutoMTLS has put there what both directions use. Were it not there, no handshake would succeed.
	keys := credentials.NewTLS(p.library.TLSConfig)
	p.offer = newOffer(p.broker, newHostServer(p.services, g, grpc.Creds(keys)), p.logger)
}

// offerID is where the plugin finds the offer; zero when there is none.
func (p *process) offerID() uint32 {
	if p.offer == nil {
		return 0
	}
	return p.offer.id
}
