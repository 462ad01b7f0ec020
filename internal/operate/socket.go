package operate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

// probeWithin is how long somebody who listens on a socket may take to be noticed.
const probeWithin = time.Second

// SocketName is the path of the socket below a host's private folder.
func SocketName(privateDir string) string {
	return filepath.Join(privateDir, "control", "control.sock")
}

// socket is a listener whose file only this user can open.
type socket struct {
	net.Listener
	path string
	file fs.FileInfo
}

// listen makes the file, mode 0600 in a folder of mode 0700, which is made if it is missing. A socket that a killed host
// left is replaced; one that somebody listens on is not. On Windows there are no such modes: there the folder's access
// list decides who may open it, and that of the temp folder is the user's own.
func listen(ctx context.Context, path string) (*socket, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := checkPrivate(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if err := sweep(ctx, path); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if unix, ok := l.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // it would remove whatever has the name then
	}
	err = keepPrivate(path)
	file, statErr := os.Lstat(path)
	if err = errors.Join(err, statErr); err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(path))
	}
	return &socket{Listener: l, path: path, file: file}, nil
}

// sweep removes a socket that nobody listens on.
func sweep(ctx context.Context, path string) error {
	file, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case file.Mode().IsRegular() || file.IsDir():
		return fmt.Errorf("%s is there and is no socket", path)
	}
	dialer := net.Dialer{Timeout: probeWithin}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("%s belongs to another host that runs: give each host a path of its own", path), conn.Close())
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || ctx.Err() != nil {
		return fmt.Errorf("%s may belong to another host, which does not answer: %w", path, err)
	}
	return os.Remove(path)
}

// Close ends the listener and removes its file.
func (s *socket) Close() error {
	err := s.Listener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil // the server did
	}
	if now, statErr := os.Lstat(s.path); statErr == nil && os.SameFile(s.file, now) {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}
