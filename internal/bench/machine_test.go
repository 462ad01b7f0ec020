package bench

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

// machine says what was measured on. What a system does not tell is "unknown".
type machine struct {
	date, cpu, memory, system, kernel, disk string
	golang, postgres, sqlite, pgx           string
	loadBefore                              string
	cores                                   int
}

func describe(t *testing.T) machine {
	t.Helper()
	m := machine{
		date: time.Now().UTC().Format("2006-01-02"), cpu: "unknown", memory: "unknown", system: runtime.GOOS + "/" + runtime.GOARCH,
		kernel: told("uname", "-r"), cores: runtime.GOMAXPROCS(0), golang: runtime.Version(), pgx: told("go", "list", "-m", "-f", "{{.Version}}", "github.com/jackc/pgx/v5"),
		disk: diskOf(os.TempDir()), loadBefore: loadAverage(),
		postgres: "PostgreSQL " + ask(t, "pgx", dbtest.Postgres(t, dbtest.Durable), "SHOW server_version"),
		sqlite:   ask(t, "sqlite", ":memory:", "SELECT sqlite_version()"),
	}
	if text := valueIn("/proc/cpuinfo", "model name"); text != "" {
		m.cpu = text
	}
	if text := valueIn("/proc/meminfo", "MemTotal"); text != "" {
		m.memory = text
	}
	return m
}

func ask(t *testing.T, driver, dsn, query string) (answer string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&answer))
	require.NoError(t, db.Close())
	return answer
}

// told is what a program prints.
func told(program string, arguments ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, arguments...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// diskOf is the kind of file system below a folder, and its device.
func diskOf(dir string) string {
	lines := strings.Split(told("df", "-T", dir), "\n")
	if fields := strings.Fields(lines[len(lines)-1]); len(fields) > 2 {
		return fields[1] + ", " + fields[0]
	}
	return "unknown"
}

func valueIn(file, name string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); len(fields) > 0 {
		return fields[0]
	}
	return "unknown"
}
