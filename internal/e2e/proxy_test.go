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
	thaw   func()
	open   []io.Closer
	closed bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: listener, target: target, open: []io.Closer{listener}}
	p.freeze()()
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
	p.thawed, p.thaw = gate, sync.OnceFunc(func() { close(gate) })
	return p.thaw
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

// keep remembers a connection for the end, or ends it when that has come.
func (p *proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = c.Close()
	}
	p.open = append(p.open, c)
}

func (p *proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.thaw()
	for _, c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
}
