package host

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"wgink.ink/wechat/config"
)

// helperDirEnv turns the test binary into a host that a test can kill.
const helperDirEnv = "WECHAT_TEST_HOST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDirEnv); dir != "" {
		runHelperHost(dir)
		return
	}
	if err := os.Setenv("DB_DSN", "postgres://host:secret@db/wechat"); err != nil { // no plugin may see it
		panic(err)
	}
	dir, err := os.MkdirTemp("", "wxbin")
	if err != nil {
		panic(err)
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "testplugin"), "./internal/testplugin")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build test plugin: %v\n%s", err, out))
	}
	if err := os.Chmod(filepath.Join(dir, "testplugin"), 0o755); err != nil { // whatever the umask
		panic(err)
	}
	testBinary = filepath.Join(dir, "testplugin")
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// testBinary is the built test plugin; set once, before any test.
var testBinary string

// runHelperHost runs the plugins in dir until it is killed. When the first is ready it prints its process id, and those of
// a child of its own, of a child that has left its group, and of its canary if a version 1.5.0 lies there.
func runHelperHost(dir string) {
	fulfil := config.Plugin{Version: "1.4.0"}
	if _, err := os.Stat(filepath.Join(dir, "plugins", "fulfil", "1.5.0")); err == nil {
		fulfil.Canary = config.Canary{Version: "1.5.0", Share: 1}
	}
	h, err := New(config.Plugins{
		Dir: filepath.Join(dir, "plugins"), RunDir: filepath.Join(dir, "run"),
		Enabled: map[string]config.Plugin{"fulfil": fulfil},
	}, Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	ctx, cancel := contextWithTestLimit()
	defer cancel()
	if err := h.Start(ctx); err != nil {
		panic(err)
	}
	if err := h.WaitReady(ctx); err != nil {
		panic(err)
	}
	child := h.Deliver(ctx, "fulfil", event("e1", "child"))
	far := h.Deliver(ctx, "fulfil", event("e2", "far-child"))
	fmt.Println(h.List()[0].PID, child.Message, far.Message, canaryPID(h))
	select {}
}

// canaryPID waits for the canary's process; it is 0 without a canary.
func canaryPID(h *Host) int {
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		c := h.List()[0].Canary
		switch {
		case c == nil:
			return 0
		case c.Process != nil && c.Process.State == Ready:
			return c.Process.PID
		}
		<-changed
	}
}
