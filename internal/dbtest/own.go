//go:build unix

package dbtest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
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
	group := s.server.shell.Process.Pid
	s.signal(syscall.SIGKILL)
	_ = s.server.shell.Wait() // killed
	s.running = false
	_ = s.server.hold.Close()
	for deadline := time.Now().Add(stopLimit); alive(group); time.Sleep(5 * time.Millisecond) {
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
func (s *Server) Stop() { s.t.Helper(); s.signal(syscall.SIGSTOP) }

// Continue ends a Stop.
func (s *Server) Continue() { s.t.Helper(); s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(-s.server.shell.Process.Pid, sig); err != nil {
		s.t.Fatalf("dbtest: signal %v to the server: %v", sig, err)
	}
}

func (s *Server) end() {
	if !s.running { // and not started again: nobody else removes its folder
		_ = os.RemoveAll(s.server.dir)
		return
	}
	_ = syscall.Kill(-s.server.shell.Process.Pid, syscall.SIGCONT)
	if err := s.server.stop(); err != nil {
		s.t.Errorf("dbtest: %v", err)
	}
}

// alive tells whether a process group has members that are more than zombies, which somebody else must reap.
func alive(group int) bool {
	if syscall.Kill(-group, 0) != nil {
		return false
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return true // no /proc here: the signal's answer counts
	}
	for _, name := range stats {
		text, err := os.ReadFile(name)
		_, rest, found := strings.Cut(string(text), ") ") // pid (name) state parent group …
		if err != nil || !found {
			continue
		}
		if fields := strings.Fields(rest); len(fields) > 2 && fields[2] == strconv.Itoa(group) && fields[0] != "Z" {
			return true
		}
	}
	return false
}

func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}
