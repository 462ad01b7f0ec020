package host

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"wgink.ink/wechat/plugins/internal/wire"
)

// errNoHandshake is all that go-plugin knows of a program that is no plugin, and of one that fails early.
var errNoHandshake = errors.New("did not start: no handshake; is it built with the plugin SDK, and does it get as far as sdk.Serve?")

// noPluginAfter is how often a program may end well and without a handshake, until it counts as none of ours.
const noPluginAfter = 3

// foreign looks closer at a start that failed, once the process is gone: some programs will never be plugins of ours.
func (s *supervisor) foreign(p *process, err error) error {
	if !errors.Is(err, errNoHandshake) {
		return err
	}
	tail, _ := p.runner.out.last()
	if slices.ContainsFunc(tail, func(line string) bool { return strings.HasPrefix(line, "This binary is a plugin") }) {
		return permanent(errors.New("did not start: this binary is a plugin for another program"))
	}
	if p.exitStatus() != "exit status 0" {
		return err
	}
	s.mu.Lock()
	s.noPlugin++
	times := s.noPlugin
	s.mu.Unlock()
	if times >= noPluginAfter {
		return permanent(fmt.Errorf("ended well without a handshake %d times, it is no plugin: %w", times, err))
	}
	return err
}

// startError says in the operator's terms why a process did not get as far as a connection, and whether a restart may
// help. go-plugin gives some of its reasons as text only.
func startError(err error) error {
	switch text := err.Error(); {
	case errors.Is(err, syscall.ENOEXEC):
		return permanent(fmt.Errorf("did not start: the file is no program for %s: %w", platform(), err))
	case errors.Is(err, fs.ErrPermission):
		return permanent(fmt.Errorf("did not start: %w; is plugins.run-dir on a file system mounted noexec?", err))
	case errors.Is(err, fs.ErrNotExist):
		return permanent(fmt.Errorf("did not start: %w", err))
	case strings.HasPrefix(text, "incompatible"), strings.HasPrefix(text, "unsupported plugin protocol"):
		return permanent(fmt.Errorf("did not start: built for another protocol than this host's %d: %w", wire.ProtocolVersion, err))
	case strings.HasPrefix(text, "Unrecognized remote plugin message"), strings.HasPrefix(text, "plugin exited before"):
		return errNoHandshake
	case strings.HasPrefix(text, "timeout while waiting"):
		return errors.New("did not start: no handshake in time; does it get as far as sdk.Serve?")
	default:
		return fmt.Errorf("did not start: %w", err)
	}
}
