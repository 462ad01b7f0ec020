package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

// rawCommits is the third baseline: no HTTP, no cryptography, a row and a commit.
const rawCommits = "raw commits"

// contender is something that is measured.
type contender struct {
	name     string
	kind     string
	postgres bool
	delivers bool

	host *hostProcess  // nil for raw commits
	pool *pgxpool.Pool // of raw commits
	db   *database
}

// contenders in the order of the tables. The first one is what the others are compared with.
func contenders() []*contender {
	return []*contender{
		{name: nameOne, kind: handOne, postgres: true},
		{name: nameThree, kind: handThree, postgres: true},
		{name: nameRaw, kind: rawCommits, postgres: true},
		{name: nameModule, kind: moduleAlone, postgres: true},
		{name: nameModuleSQLite, kind: moduleAlone},
		{name: nameNoop, kind: moduleNoop, postgres: true, delivers: true},
		{name: namePlugin, kind: modulePlugin, postgres: true, delivers: true},
		{name: nameNoopSQLite, kind: moduleNoop, delivers: true},
		{name: namePluginSQLite, kind: modulePlugin, delivers: true},
	}
}

// inFlights are how many notices are in flight at once.
func inFlights() []int { return []int{1, 16, deliveryInFlight, 256} }

// TestBench measures everything in turns, so that what slows the machine down slows all of them down.
func TestBench(t *testing.T) {
	began := time.Now()
	require.Less(t, args.events, args.notices+1, "-events needs as many -notices")
	dbtest.Postgres(t, dbtest.Durable) // skips where there is none
	about := describe(t)
	notices := signNotices(t, args.notices)
	_, _ = fmt.Fprintf(os.Stderr, "%d notices signed after %v\n", len(notices), time.Since(began).Round(time.Second))

	if args.profile != "" {
		require.NoError(t, os.MkdirAll(args.profile, 0o755))
	}
	var all []*contender
	reports := listenForReports(t)
	dir, plugins := t.TempDir(), installPlugin(t)
	writeMerchantFiles(t, dir)
	for _, c := range contenders() {
		if c.wanted() {
			c.start(t, hostSettings{Kind: c.kind, Dir: dir, Plugins: plugins, Report: reports.addr}, notices)
			all = append(all, c)
		}
	}
	r := newResults()
	for round := range args.rounds {
		for _, inFlight := range inFlights() {
			for i := range all { // another one is first in each round
				c := all[(i+round)%len(all)]
				if !c.delivers {
					r.add(c.name, inFlight, c.measure(t, inFlight, args.span, notices))
				} else if inFlight == deliveryInFlight {
					r.add(c.name, inFlight, c.measure(t, inFlight, time.Minute, notices[:args.events]))
				}
			}
		}
		_, _ = fmt.Fprintf(os.Stderr, "round %d of %d done after %v\n", round+1, args.rounds, time.Since(began).Round(time.Second))
	}
	for _, c := range all {
		if c.kind == modulePlugin && args.latency > 0 {
			r.latency[c.name] = c.measureLatency(t, notices, reports)
		}
	}
	report(t, r, about, time.Since(began))
}

// wanted says whether -only names it.
func (c *contender) wanted() bool {
	return slices.ContainsFunc(strings.Split(args.only, "+"), func(part string) bool { return strings.Contains(c.name, part) })
}

func (c *contender) start(t *testing.T, set hostSettings, notices []notice) {
	t.Helper()
	c.db = newDatabase(t, c.kind, c.postgres, notices)
	if c.kind != rawCommits {
		c.host = startHost(t, c.name, set, c.db)
		return
	}
	var err error
	c.pool, err = openPool(t.Context(), c.db.url)
	require.NoError(t, err)
	t.Cleanup(c.pool.Close)
}

// measure makes one measurement, from emptied tables.
func (c *contender) measure(t *testing.T, inFlight int, span time.Duration, notices []notice) measured {
	t.Helper()
	c.db.exec(t, c.db.reset...)
	hostBefore, serverBefore := c.cpuOf(t)
	m := c.run(t, inFlight, span, notices)
	hostAfter, serverAfter := c.cpuOf(t)
	m.hostCPU, m.serverCPU = hostAfter-hostBefore, serverAfter-serverBefore
	c.db.requireKept(t, m.count)
	return m
}

func (c *contender) run(t *testing.T, inFlight int, span time.Duration, notices []notice) measured {
	t.Helper()
	if c.kind == rawCommits {
		f, err := flood(inFlight, 1<<30, span, func(_, number int) error {
			_, err := c.pool.Exec(context.Background(), "INSERT INTO notices VALUES ($1, $2)", number, notices[0].request[:1500])
			return err
		})
		require.NoError(t, err)
		return measured{figures: f}
	}
	if args.profile != "" && (inFlight == 1 || inFlight == deliveryInFlight) {
		c.host.profile(t, filepath.Join(args.profile, fmt.Sprintf("%s-%d.prof", strings.ReplaceAll(c.name, " ", "-"), inFlight)))
		defer c.host.profile(t, "")
	}
	began := time.Now()
	f, err := sendAll(c.host.addr, inFlight, span, notices)
	require.NoError(t, err, c.name)
	m := measured{figures: f}
	if c.delivers {
		c.db.awaitHandled(t)
		m.handled = float64(f.count) / time.Since(began).Seconds()
	}
	return m
}

// measureLatency sends ten notices a second and waits for each in the plugin.
func (c *contender) measureLatency(t *testing.T, notices []notice, from *reports) latencies {
	t.Helper()
	c.db.exec(t, c.db.reset...)
	l, err := dial(c.host.addr)
	require.NoError(t, err)
	defer func() { _ = l.conn.Close() }()
	tick := time.NewTicker(latencyTickMillis * time.Millisecond)
	defer tick.Stop()
	var found latencies
	for i := range min(int(args.latency/(latencyTickMillis*time.Millisecond)), len(notices)) {
		<-tick.C
		arrived := from.expect(notices[i].outTradeNo)
		began := time.Now()
		require.NoError(t, l.send(notices[i]))
		found.answered = append(found.answered, time.Since(began))
		select {
		case at := <-arrived:
			found.handled = append(found.handled, at.Sub(began))
		case <-time.After(answerLimit):
			require.FailNow(t, "the plugin gets nothing")
		}
	}
	slices.Sort(found.answered)
	slices.Sort(found.handled)
	return found
}
