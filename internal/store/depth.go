package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// DepthCounted is up to where rows are counted: the queue must not wait for somebody who looks at it.
const DepthCounted = 100_000

// Depth is how much one plugin has to do. A count of DepthCounted means: that many or more.
type Depth struct {
	Plugin  string
	Pending int
	Running int
	Dead    int
	Oldest  time.Duration // how long the oldest of the pending that were counted has been waiting
}

// Depths lists every plugin that has something to do or dead, enabled or not, by name.
func (q Queries) Depths(ctx context.Context) ([]Depth, error) {
	var all []Depth
	for last := ""; ; {
		d, found, err := q.pendingAfter(ctx, last)
		if err != nil {
			return nil, err
		}
		if !found {
			break
		}
		all, last = append(all, d), d.Plugin
	}
	for state, count := range map[string]func(*Depth, int){
		Running: func(d *Depth, n int) { d.Running = n },
		Dead:    func(d *Depth, n int) { d.Dead = n },
	} {
		var rows []struct {
			Plugin string `bun:"plugin"`
			N      int    `bun:"n"`
		}
		err := q.db.NewRaw("SELECT plugin, COUNT(*) AS n FROM ("+countedSQL(state)+") AS c GROUP BY plugin", DepthCounted).Scan(ctx, &rows)
		if err != nil {
			return nil, fmt.Errorf("count %s deliveries: %w", state, err)
		}
		for _, r := range rows {
			at := 0
			for at < len(all) && all[at].Plugin < r.Plugin {
				at++
			}
			if at == len(all) || all[at].Plugin != r.Plugin {
				all = append(all[:at], append([]Depth{{Plugin: r.Plugin}}, all[at:]...)...)
			}
			count(&all[at], r.N)
		}
	}
	return all, nil
}

// countedSQL has one placeholder, the limit. The order walks the index of each state.
func countedSQL(state string) string {
	if state == Dead {
		return "SELECT plugin FROM wechat_deliveries WHERE state = 'dead' ORDER BY updated_at DESC LIMIT ?"
	}
	return "SELECT plugin FROM wechat_deliveries WHERE state = 'running' ORDER BY wake_at LIMIT ?"
}

// pluginAfter finds the plugin that comes next in the alphabet and has a row in a state, each of which has an index that
// begins with the plugin.
func (q Queries) pluginAfter(ctx context.Context, state, last string) (plugin string, found bool, err error) {
	var next *string
	err = q.db.NewRaw("SELECT MIN(plugin) FROM wechat_deliveries WHERE ? AND plugin > ?", bun.Safe(state), last).Scan(ctx, &next)
	if err != nil {
		return "", false, fmt.Errorf("look for the next plugin: %w", err)
	}
	if next == nil {
		return "", false, nil
	}
	return *next, true, nil
}

// pendingAfter counts what is pending for the plugin that comes next in the alphabet.
func (q Queries) pendingAfter(ctx context.Context, last string) (d Depth, found bool, err error) {
	d.Plugin, found, err = q.pluginAfter(ctx, "state = 'pending'", last)
	if err != nil || !found {
		return d, false, err
	}
	var row struct {
		N   int   `bun:"n"`
		Age int64 `bun:"age"`
	}
	err = q.db.NewRaw("SELECT COUNT(*) AS n, COALESCE(? - MIN(since_at), 0) AS age FROM ("+pendingSQL+") AS c",
		q.nowSQL(), d.Plugin, DepthCounted).Scan(ctx, &row)
	if err != nil {
		return d, false, fmt.Errorf("count pending deliveries of %s: %w", d.Plugin, err)
	}
	d.Pending, d.Oldest = row.N, time.Duration(max(row.Age, 0))*time.Millisecond
	return d, true, nil
}

const pendingSQL = "SELECT since_at FROM wechat_deliveries WHERE plugin = ? AND state = 'pending' ORDER BY wake_at LIMIT ?"
