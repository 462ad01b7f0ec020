//go:build linux

package e2e

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
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
	cuts   int // so many answers to writing statements are still to be lost
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
			wrote := new(atomic.Bool)
			p.work.Go(func() { p.copy(client, server, func([]byte) bool { return wrote.Swap(false) && p.cut() }) })
			p.copy(server, client, func(text []byte) bool {
				if writes(text) {
					wrote.Store(true)
				}
				return false
			})
		})
	}
}

// cutAnswers loses the next answers to statements that write: their connections end when the server has answered, so
// what they wrote is committed and nobody was told.
func (p *proxy) cutAnswers(count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts = count
}

func (p *proxy) cut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts--
	return p.cuts >= 0
}

// writes tells whether a host's message is one that commits by itself: intake, claim or outcome.
func writes(message []byte) bool {
	return bytes.Contains(message, []byte("EXECUTE wechat_intake")) || bytes.Contains(message, []byte("UPDATE wechat_deliveries"))
}

// copy carries one direction and ends both with it, also when lost says that this piece is not to arrive.
func (p *proxy) copy(to, from net.Conn, lost func([]byte) bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.pass()
		if n > 0 && lost(buf[:n]) {
			return
		}
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
