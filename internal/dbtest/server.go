package dbtest

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// startLimit bounds initdb and start together. They take about a second; a loaded machine may need many.
	startLimit = 60 * time.Second
	// stopLimit bounds an immediate stop, which takes some ten milliseconds.
	stopLimit = 20 * time.Second
	// portAttempts is how often another port is tried when someone was quicker to take ours.
	portAttempts = 5
)

//go:embed supervise.sh
var superviseScript string

// servers are the running servers of this process, by kind. A failure is kept too, so that a hundred tests do not wait
// for a hundred failing starts.
//
//nolint:gochecknoglobals // one server per process is the point
var servers = struct {
	sync.Mutex
	byKind map[kind]entry
}{byKind: map[kind]entry{}}

type entry struct {
	server *server
	url    *url.URL
	err    error
}

// serverFor returns the URL of a server of this kind, and starts it when there is none yet.
func serverFor(k kind) (*url.URL, error) {
	servers.Lock()
	defer servers.Unlock()
	if e, ok := servers.byKind[k]; ok {
		return e.url, e.err
	}
	var e entry
	if external := os.Getenv(externalServerEnv); external != "" {
		e.url, e.err = externalServer(external, k)
	} else if e.server, e.err = startServer(k); e.err == nil {
		e.url = e.server.url
	}
	servers.byKind[k] = e
	return e.url, e.err
}

// server is one PostgreSQL server and the shell that supervises it.
type server struct {
	bin   string
	kind  kind
	user  runAs
	url   *url.URL
	dir   string
	shell *exec.Cmd
	hold  *os.File // the server lives as long as this end of the pipe is open
}

// startServer starts a server with the first installed PostgreSQL that works.
func startServer(k kind) (*server, error) {
	bins := findBinaries()
	if len(bins) == 0 {
		return nil, errNotInstalled
	}
	var problems []error
	for _, bin := range bins {
		for range portAttempts {
			port, err := freePort()
			if err != nil {
				return nil, err
			}
			s, err := launch(bin, port, k)
			if err == nil {
				return s, nil
			}
			problems = append(problems, err)
			if !errors.Is(err, errPortTaken) {
				break
			}
		}
	}
	return nil, errors.Join(problems...)
}

// launch makes one attempt: a new folder, a new cluster, a server on this port.
func launch(bin, port string, k kind) (*server, error) {
	user, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(dataDir(k, user), "dbtest-")
	if err != nil {
		return nil, fmt.Errorf("make the server's folder: %w", err)
	}
	password, passwordFile := rand.Text(), filepath.Join(dir, "password")
	if err := errors.Join(os.WriteFile(passwordFile, []byte(password+"\n"), 0o600), user.own(dir, passwordFile)); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the server's folder: %w", err), os.RemoveAll(dir))
	}
	s := &server{bin: bin, kind: k, user: user, dir: dir, url: &url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("postgres", password),
		Host:     net.JoinHostPort("127.0.0.1", port),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.awaitReady(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", filepath.Join(bin, "postgres"), err), s.stop())
	}
	return s, nil
}

// start runs the supervising shell, in its own process group so that a Ctrl-C at the terminal does not end it before
// it has cleaned up.
func (s *server) start() error {
	read, hold, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = read.Close() }()
	args := append([]string{"-c", superviseScript, "supervise.sh", s.bin, s.dir, s.url.Port(), locale()}, settings(s.kind)...)
	s.shell = exec.CommandContext(context.Background(), "/bin/sh", args...) // it outlives the test that needed it first
	s.shell.Dir = s.dir
	s.shell.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	s.shell.Stdin = read
	s.shell.SysProcAttr = s.user.attributes()
	if err := s.shell.Start(); err != nil {
		return errors.Join(fmt.Errorf("start the supervising shell: %w", err), hold.Close())
	}
	s.hold = hold
	return nil
}

// awaitReady waits until PostgreSQL says so in its pid file, as pg_ctl does, or says in its log why it did not start.
func (s *server) awaitReady() error {
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		status, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
		if lines := strings.Split(string(status), "\n"); err == nil && len(lines) >= 8 && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
		log, err := os.ReadFile(filepath.Join(s.dir, "log"))
		switch {
		case err != nil || !bytes.Contains(log, []byte("FATAL:")):
		case bytes.Contains(log, []byte("could not create any TCP/IP sockets")):
			return errPortTaken
		default:
			return fmt.Errorf("the log says:\n%s", log)
		}
	}
	log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return fmt.Errorf("not ready after %v; the log says:\n%s", startLimit, log)
}

// stop ends the server at once and waits until its processes and its folder are gone.
func (s *server) stop() error {
	err := s.hold.Close()
	limit := time.AfterFunc(stopLimit, func() { _ = s.shell.Process.Kill() })
	defer limit.Stop()
	if waited := s.shell.Wait(); waited != nil {
		err = errors.Join(err, fmt.Errorf("stop PostgreSQL: %w", waited))
	}
	return err
}

// dataDir is the folder in which a server of this kind gets its own: in memory where losing it is no loss.
func dataDir(k kind, user runAs) string {
	if k.dir != "" {
		return k.dir
	}
	if dir := memoryDir(); dir != "" && !k.durable {
		return dir
	}
	return user.tempDir
}

// settings are the options of postgres. Schedules, plans and isolation stay as they are in production.
func settings(k kind) []string {
	options := []string{
		"max_connections=200",
		// Our users' servers stand in China; code that only works in UTC should fail here first.
		"timezone=Asia/Shanghai",
		"log_timezone=UTC",
	}
	if !k.durable {
		options = append(options, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	var args []string
	for _, option := range options {
		args = append(args, "-c", option)
	}
	return args
}

var errPortTaken = errors.New("the port was taken by another process")

// freePort asks the kernel for a port nobody listens on. Someone may take it before PostgreSQL does; launch is then
// tried again.
func freePort() (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}
