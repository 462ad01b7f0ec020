package bench

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/plugins/sdk"
)

// hostEnv holds the settings of a host and turns the test binary into one.
const hostEnv = "WECHAT_BENCH_HOST"

// flags of the benchmark; make bench passes BENCH_FLAGS on.
type flags struct {
	rounds  int
	span    time.Duration // of one measurement
	events  int           // of one measurement with delivery
	latency time.Duration
	notices int
	profile string // folder
	write   string // folder
	only    string
}

// args are filled before the test runs.
var args flags

// TestMain decides which part this process plays. A plugin is known by its file's name, since its environment is not
// ours to choose.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == pluginID {
		sdk.Serve(&noop{})
	}
	if settings := os.Getenv(hostEnv); settings != "" {
		os.Exit(serveHost(settings))
	}
	flag.IntVar(&args.rounds, "rounds", 5, "rounds; the figures are their medians")
	flag.DurationVar(&args.span, "span", 800*time.Millisecond, "length of one measurement of answers")
	flag.IntVar(&args.events, "events", 4000, "notices of one measurement with delivery")
	flag.DurationVar(&args.latency, "latency", 15*time.Second, "length of the latency measurement, for each database")
	flag.IntVar(&args.notices, "notices", 7000, "notices to sign beforehand")
	flag.StringVar(&args.profile, "profile", "", "write CPU profiles of the hosts at 1 and 64 in flight to this folder")
	flag.StringVar(&args.write, "write", "", "write the tables into benchmarks.md in this folder and in its zh-CN")
	flag.StringVar(&args.only, "only", "", "measure only those whose name contains one of these texts, with + between")
	flag.Parse()
	dbtest.Main(m)
}
