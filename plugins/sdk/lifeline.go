package sdk

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"wgink.ink/wechat/plugins/internal/wire"
)

// exitHostGone is the exit status of a plugin whose host ended without ending it.
const exitHostGone = 3

// holdLifeline ends the process, and the children it started, when standard input does: the host holds its other end and
// is gone then, however it died. On Linux the kernel says so with a signal, too. Work under way is cut; the next host
// hands it over again. Nothing is printed: nobody is left to read it, and a write to a pipe without a reader would end
// this process before its children.
func holdLifeline() {
	if os.Getenv(wire.LifelineEnv) != "stdin" {
		return
	}
	line := os.Stdin
	if null, err := os.Open(os.DevNull); err == nil {
		os.Stdin = null // the author's code, and its children, must not read from the life line
	}
	go func() {
		_, _ = io.Copy(io.Discard, line)
		endGroup()
	}()
	orphaned := make(chan os.Signal, 1)
	notifyOrphaned(orphaned)
	go func() {
		<-orphaned
		endGroup()
	}()
}

// endGroup ends this process with its children.
func endGroup() {
	killGroup()
	os.Exit(exitHostGone) //nolint:forbidigo // a plugin is nothing but Serve, and must not outlive its host
}

// catchSignals makes INT, TERM and HUP do nothing. Caught rather than ignored, so that child processes of the plugin
// keep the usual behaviour.
func catchSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
}
