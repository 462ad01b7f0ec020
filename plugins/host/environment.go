package host

import (
	"context"
	"log/slog"
	"os"
	"runtime"

	"wgink.ink/wechat/plugins/internal/wire"
)

// environment is all a plugin gets: a few harmless variables of the host, our own, and go-plugin's. Never the host's
// whole environment, which holds database passwords and keys; plugins get secrets through Configure.
func environment(goPlugin []string, workDir string, memory int64, logger *slog.Logger) []string {
	inherited := []string{"PATH", "LANG", "LC_ALL", "TZ"}
	temp := []string{"TMPDIR"}
	if runtime.GOOS == "windows" {
		inherited = append(inherited, "SYSTEMROOT")
		temp = []string{"TMP", "TEMP"}
	}
	var env []string
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for _, name := range temp {
		env = append(env, name+"="+workDir)
	}
	level := slog.LevelInfo
	if logger.Enabled(context.Background(), slog.LevelDebug) {
		level = slog.LevelDebug
	}
	env = append(env, "GOMEMLIMIT="+softMemory(memory), wire.LifelineEnv+"=stdin", wire.LogLevelEnv+"="+level.String())
	return append(env, goPlugin...)
}
