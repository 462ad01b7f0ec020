package host

import (
	"syscall"

	"wgink.ink/wechat/plugins/internal/wire"
)

// processAttributes puts the plugin into a process group of its own, out of reach of the terminal's signals, and has the
// kernel tell it when the host dies, in case it does not read its life line. A plugin that is stopped then is continued
// by the kernel, because its group has become an orphan; what is left all the same is killed by the next host.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: wire.OrphanedSignal}
}
