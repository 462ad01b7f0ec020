//go:build unix

package dbtest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a PostgreSQL server that belongs to one test, which may kill it and stop it. It is always started, whatever
// TEST_DATABASE_URL says.
type Server struct {
	t        testing.TB
	server   *server
	database string
	running  bool
}

// Own starts a server for this test alone. It ends with the test.
func Own(t testing.TB, options ...Option) *Server {
	t.Helper()
	var k kind
	for _, option := range options {
		option(&k)
	}
	started, err := startServer(k)
	if err != nil {
		missing(t, err)
	}
	s := &Server{t: t, server: started, running: true}
	t.Cleanup(s.end)
	if s.database, err = createDatabase(started.url, t.Name()); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return s
}

// URL is that of a database on the server, the same through all its lives.
func (s *Server) URL() string { return withDatabase(s.server.url, s.database) }

// Kill ends all of the server's processes with SIGKILL and returns when they are gone.
func (s *Server) Kill() {
	s.t.Helper()
	all := s.halt()
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = s.server.shell.Wait() // killed
	s.running = false
	_ = s.server.hold.Close()
	for deadline := time.Now().Add(stopLimit); slices.ContainsFunc(all, alive); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("dbtest: processes of a killed server live on after %v", stopLimit)
		}
	}
}

// Restart starts a killed server on the data it left, and returns when it has recovered.
func (s *Server) Restart() {
	s.t.Helper()
	status := filepath.Join(s.server.dir, "data", "postmaster.pid")
	// Nobody of the group lives, so the file is stale. A number in it that somebody else has now would keep the server away.
	if err := os.Remove(status); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatalf("dbtest: %v", err)
	}
	if err := s.server.start(); err != nil {
		s.t.Fatalf("dbtest: %v", err)
	}
	s.running = true
	// The log is full of refused clients by now, so only the file counts.
	for deadline := time.Now().Add(startLimit); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(status)
		if lines := strings.Split(string(text), "\n"); err == nil && len(lines) >= 8 && strings.TrimSpace(lines[7]) == "ready" {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("dbtest: the killed server did not come back within %v; its log: %s", startLimit, tail(filepath.Join(s.server.dir, "log")))
		}
	}
}

// Stop halts all of the server's processes: connections stay open, nothing is answered.
func (s *Server) Stop() {
	s.t.Helper()
	s.halt()
}

// Continue ends a Stop.
func (s *Server) Continue() {
	s.t.Helper()
	for _, pid := range family(s.server.shell.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}

// halt stops the server's processes and lists them. They are no process group: each of PostgreSQL's has its own. One may
// start another before it stops, so it looks until there is no new one.
func (s *Server) halt() (all []int) {
	s.t.Helper()
	for fresh := true; fresh; {
		fresh = false
		for _, pid := range family(s.server.shell.Process.Pid) {
			if !slices.Contains(all, pid) {
				all, fresh = append(all, pid), true
				_ = syscall.Kill(pid, syscall.SIGSTOP)
			}
		}
	}
	return all
}

func (s *Server) end() {
	if !s.running { // and not started again: nobody else removes its folder
		_ = os.RemoveAll(s.server.dir)
		return
	}
	s.Continue()
	if err := s.server.stop(); err != nil {
		s.t.Errorf("dbtest: %v", err)
	}
}

func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}
