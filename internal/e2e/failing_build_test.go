//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/lanetest"
)

// failingBuild compiles this package's tests once more, with fail points in them, and returns the program. The normal
// build has none, so that no setting whatever can make a host of ours fail.
func failingBuild(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "e2e.test")
	args := []string{"test", "-c", "-tags=failpoint", "-o", program}
	if lanetest.Raced() {
		args = append(args, "-race")
	}
	out, err := exec.CommandContext(t.Context(), "go", append(args, ".")...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// arm makes the place of that name fail once: exit, panic, error, or delay and for how long.
func (b *bed) arm(place, kind string) {
	b.t.Helper()
	file := filepath.Join(b.path("failpoints"), place)
	require.NoError(b.t, os.WriteFile(file+".new", []byte(kind), 0o600))
	require.NoError(b.t, os.Rename(file+".new", file)) // whoever reads it reads all of it
}

// armed tells whether the place has not failed yet.
func (b *bed) armed(place string) bool {
	_, err := os.Stat(filepath.Join(b.path("failpoints"), place))
	return err == nil
}

// revive starts the host again, and again when it dies while it starts.
func (b *bed) revive() {
	b.t.Helper()
	for range 5 {
		<-b.host.ended
		_ = b.host.hold.Close()
		if b.launch(); b.host.serves() {
			return
		}
	}
	require.FailNow(b.t, "the host does not live", "%s", b.host.output)
}
