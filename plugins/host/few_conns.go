package host

import (
	"net"
	"sync"
)

// fewConns is a listener that closes what comes while so many connections are open. golang.org/x/net/netutil would let
// them wait, and a plugin that connects anew after a fault would wait, too, without a word.
type fewConns struct {
	net.Listener

	places chan struct{} // one token for each open connection
}

func newFewConns(l net.Listener, most int) *fewConns {
	return &fewConns{Listener: l, places: make(chan struct{}, most)}
}

// Accept waits for a connection that has a place.
func (l *fewConns) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.places <- struct{}{}:
			return &placedConn{Conn: conn, leave: sync.OnceFunc(func() { <-l.places })}, nil
		default:
			_ = conn.Close()
		}
	}
}

// placedConn gives its place back when it is closed.
type placedConn struct {
	net.Conn

	leave func()
}

// Close closes it; a second time, too, it gives back one place only.
func (c *placedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
