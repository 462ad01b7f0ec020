package config

import (
	"path/filepath"
	"runtime"
)

// Console is what operators use at run time. Key: console.
type Console struct {
	// Socket is the unix socket through which wechatctl reaches the running host: an absolute path in a folder of mode
	// 0700, or SocketOff. Key: socket. Default: control.sock in the host's own folder below plugins.run-dir.
	Socket string
}

// SocketOff is what console.socket says to have none.
const SocketOff = "off"

func (c *Console) keys() []key {
	return []key{
		{path: "console.socket", to: &c.Socket, auto: "control.sock in the host's own folder below plugins.run-dir",
			doc: "Unix socket through which wechatctl reaches the running host; only the host's user and root can open it. An absolute path in a folder of mode 0700, different for each host, or off."},
	}
}

// maxSocketPath is what fits into a socket's address, in bytes.
func maxSocketPath() int {
	if runtime.GOOS == "linux" {
		return 107
	}
	return 103
}

func (k *checker) console() {
	switch socket := k.Console.Socket; {
	case socket == "" || socket == SocketOff:
	case !filepath.IsAbs(socket):
		k.failf("console.socket", "must be an absolute path, or %s", SocketOff)
	case len(socket) > maxSocketPath():
		k.failf("console.socket", "has %d bytes, and the path of a unix socket has room for %d; choose a shorter one", len(socket), maxSocketPath())
	}
}
