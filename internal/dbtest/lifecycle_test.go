//go:build unix

package dbtest

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// endingEnv makes this test binary, started again as a child, start a server and end in the named way.
const endingEnv = "DBTEST_TEST_ENDING"

// TestChild is no test of its own: TestNothingIsLeftBehind runs it in a child process.
func TestChild(t *testing.T) {
	ending := os.Getenv(endingEnv)
	if ending == "" {
		return // this is not such a child
	}
	Postgres(t)
	running := servers.byKind[kind{}].server
	_, err := os.Stdout.WriteString("\nserver " + running.dir + " " + running.url.Host + "\n")
	require.NoError(t, err)
	switch ending {
	case "panic":
		panic("as asked for")
	case "exit":
		os.Exit(3)
	case "wait":
		select {}
	}
}

// The server and its folder must go, however the process that started them ends.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	if os.Getenv(externalServerEnv) != "" {
		t.Skip(externalServerEnv + " is set, so no server of ours is started")
	}
	for name, ending := range map[string]string{"Normal": "return", "Panic": "panic", "Exit": "exit", "Kill": "wait"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Postgres(t) // skips where no server can be started
			dir, address := runChild(t, ending)
			require.Eventually(t, func() bool {
				connection, err := net.Dial("tcp", address)
				if err == nil {
					_ = connection.Close()
				}
				_, statErr := os.Stat(dir)
				return err != nil && os.IsNotExist(statErr)
			}, 20*time.Second, 20*time.Millisecond, "the server at %s or its folder %s is still there", address, dir)
		})
	}
}

// runChild runs TestChild to its end and returns where its server was.
func runChild(t *testing.T, ending string) (dir, address string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), endingEnv+"="+ending)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 3 && fields[0] == "server" {
			dir, address = fields[1], fields[2]
			break
		}
	}
	require.NotEmpty(t, dir, "the child did not say where its server is")
	connection, err := net.Dial("tcp", address)
	require.NoError(t, err, "the server should be up while the child lives")
	require.NoError(t, connection.Close())
	if ending == "wait" {
		require.NoError(t, child.Process.Kill())
	}
	_ = child.Wait() // it ends as badly as it was told to
	return dir, address
}

// Two processes may be given the same free port; the slower one must notice and clean up before it tries another.
func TestTakenPortIsNoticed(t *testing.T) {
	t.Parallel()
	Postgres(t) // skips where no server can be started
	bins := findBinaries()
	if len(bins) == 0 {
		t.Skip(errNotInstalled)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)

	_, err = launch(bins[0], port, kind{})
	require.ErrorIs(t, err, errPortTaken)
}
