package bench

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hostProcess is a running host.
type hostProcess struct {
	hostSettings

	name  string
	addr  string
	pid   int
	input io.WriteCloser // the host lives as long as this is open
	db    *database
}

// startHost starts a host on a fresh database that holds the orders. It ends with the test.
func startHost(t *testing.T, name string, set hostSettings, db *database) *hostProcess {
	t.Helper()
	set.Database = db.url
	text, err := json.Marshal(set)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), hostEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	h := &hostProcess{hostSettings: set, name: name, db: db}
	h.input, err = cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	h.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = h.input.Close()
		limit := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		defer limit.Stop()
		require.NoError(t, cmd.Wait(), name)
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "%s does not serve", name)
	h.addr = strings.TrimSpace(line)
	return h
}

// profile makes the host write a CPU profile to a file until it is called with none.
func (h *hostProcess) profile(t *testing.T, file string) {
	t.Helper()
	_, err := io.WriteString(h.input, file+"\n")
	require.NoError(t, err)
}
