//go:build linux

package e2e

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between a host and its database server. Frozen, it is a network that swallows everything: connections
// stay open, nothing comes through.
type proxy struct {
	listener net.Listener
	target   string
	work     sync.WaitGroup

	mu     sync.Mutex
	thawed chan struct{} // closed unless frozen
	conns  []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: listener, target: target, thawed: make(chan struct{})}
	close(p.thawed)
	p.work.Go(p.serve)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// freeze lets nothing through until thaw is called.
func (p *proxy) freeze() (thaw func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gate := make(chan struct{})
	p.thawed = gate
	return sync.OnceFunc(func() { close(gate) })
}

func (p *proxy) pass() {
	p.mu.Lock()
	gate := p.thawed
	p.mu.Unlock()
	<-gate
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.keep(client)
		p.work.Go(func() {
			p.pass()
			server, err := net.Dial("tcp", p.target)
			if err != nil {
				_ = client.Close()
				return
			}
			p.keep(server)
			p.work.Go(func() { p.copy(client, server) })
			p.copy(server, client)
		})
	}
}

// copy carries one direction and ends both with it.
func (p *proxy) copy(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.pass()
		if _, failed := to.Write(buf[:n]); failed != nil || err != nil {
			return
		}
	}
}

func (p *proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
}

func (p *proxy) close() {
	p.mu.Lock()
	for _, c := range append([]io.Closer{p.listener}, closers(p.conns)...) {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
}

func closers(conns []net.Conn) (all []io.Closer) {
	for _, c := range conns {
		all = append(all, c)
	}
	return all
}
