package host

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"wgink.ink/wechat/plugins/internal/wire"
)

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
		return errors.New("did not start: no handshake; is it built with the plugin SDK, and does it get as far as sdk.Serve?")
	case strings.HasPrefix(text, "timeout while waiting"):
		return errors.New("did not start: no handshake in time; does it get as far as sdk.Serve?")
	default:
		return fmt.Errorf("did not start: %w", err)
	}
}
