package operate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// How long a request may take. A reload waits for processes that start and drain.
const (
	lookWithin   = 15 * time.Second
	changeWithin = 30 * time.Second
	reloadWithin = time.Minute
	writeWithin  = reloadWithin + 10*time.Second // ends a connection whose handler is stuck
	stopWithin   = 5 * time.Second
)

// Server serves the API of one running host.
type Server struct {
	module Module
	host   Host
	log    *slog.Logger
	http   *http.Server

	changes context.Context //nolint:containedctx // what a change runs under: it goes on when the client has left
	end     context.CancelFunc
	serving sync.WaitGroup

	mu       sync.Mutex
	stopping bool
	requests sync.WaitGroup
}

// Start listens at path until Stop. The configuration file is told to those who look for the host by it.
func Start(ctx context.Context, path, configFile string, module Module, log *slog.Logger) (*Server, error) {
	l, err := listen(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	s := &Server{
		module: module, log: log,
		host: Host{PID: os.Getpid(), Started: time.Now().UTC(), ConfigFile: configFile, Socket: path},
	}
	s.changes, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.http = &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: lookWithin, ReadTimeout: lookWithin, WriteTimeout: writeWithin, IdleTimeout: lookWithin,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn)
		},
	}
	s.serving.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.ErrorContext(ctx, "control socket: no command reaches this host any more", "socket", path, "error", err)
		}
	})
	return s, nil
}

type connKey struct{}

// Stop takes no new request, breaks changes that are under way off, and waits for what is left until ctx ends.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.end()
	err := s.http.Shutdown(ctx) // closes the socket, which removes its file
	if err != nil {
		err = s.http.Close()
	}
	s.serving.Wait()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.requests.Wait()
	}()
	select {
	case <-done:
		return err
	case <-ctx.Done():
		return errors.Join(err, fmt.Errorf("control socket: a command goes on: %w", context.Cause(ctx)))
	}
}

// enter counts a request that Stop waits for.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		s.requests.Add(1)
	}
	return !s.stopping
}
