package wechattest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// listener is the real port of a simulator, if it has one.
type listener struct {
	mu     sync.Mutex
	server *http.Server
}

// Listen serves this WeChat on a TCP address such as "127.0.0.1:0" until Close, and returns its base URL. Both of
// WeChat's hosts answer there, since their paths do not collide.
func (s *Simulator) Listen(addr string) (baseURL string, err error) {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	if s.ctx.Err() != nil {
		return "", ErrClosed
	}
	if s.listener.server != nil {
		return "", errors.New("wechattest: the simulator listens already")
	}
	socket, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("wechattest: %w", err)
	}
	s.listener.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	server := s.listener.server
	s.tasks.Go(func() { _ = server.Serve(socket) }) // ends with http.ErrServerClosed
	return "http://" + socket.Addr().String(), nil
}

func (l *listener) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := l.server.Shutdown(ctx); err != nil {
		return l.server.Close()
	}
	return nil
}
