package bench

import "fmt"

// The contenders by name, as the tables have them.
const (
	nameOne           = "(a) by hand, one insert"
	nameThree         = "(a2) by hand, three writes"
	nameRaw           = "(b) raw commits"
	nameModule        = "module, PostgreSQL"
	nameModuleSQLite  = "module, SQLite"
	nameNoop          = "no-op receiver, PostgreSQL"
	namePlugin        = "plugin process, PostgreSQL"
	nameNoopSQLite    = "no-op receiver, SQLite"
	namePluginSQLite  = "plugin process, SQLite"
	p50Goal, p99Goal  = 8, 60 // milliseconds
	deliveryInFlight  = 64    // notices in flight when events are handed over, too
	latencyPerSecond  = 10
	latencyTickMillis = 1000 / latencyPerSecond
)

// goal is what a figure should be.
type goal struct {
	en, zh string
	unit   string
	limit  float64
	most   bool // the figure must not be above the limit; else not below
	found  spread
}

func (g goal) met() bool {
	if g.most {
		return g.found.median <= g.limit
	}
	return g.found.median >= g.limit
}

// goals are those of two cores, and what was found.
func (r *results) goals() (all []goal) {
	against := func(name, baseline, letter string, inFlight int, limit float64) {
		at := cell{name, inFlight}
		if len(r.cells[at]) == 0 || len(r.cells[cell{baseline, inFlight}]) == 0 {
			return
		}
		all = append(all, goal{
			en:   fmt.Sprintf("%s: answered, %d in flight, against %s", name, inFlight, letter),
			zh:   fmt.Sprintf("%s：每秒应答，并发 %d，与 %s 之比", chinese(name), inFlight, letter),
			unit: "×", limit: limit, found: r.ratio(at, cell{baseline, inFlight}, rateOf),
		})
	}
	against(nameModule, nameOne, "(a)", 1, 0.8)
	against(nameModule, nameThree, "(a2)", 1, 1.3)
	against(nameModule, nameOne, "(a)", 64, 1.5)
	against(nameModule, nameThree, "(a2)", 64, 3)
	against(nameModule, nameOne, "(a)", 256, 1.8)
	for _, inFlight := range []int{16, 64, 256} {
		at := cell{nameModule, inFlight}
		if len(r.cells[at]) > 0 {
			all = append(all, goal{
				en:   fmt.Sprintf("%s: p99 of the answer, %d in flight, against (a)", nameModule, inFlight),
				zh:   fmt.Sprintf("%s：应答 p99，并发 %d，与 (a) 之比", chinese(nameModule), inFlight),
				unit: "×", limit: 1, most: true, found: r.ratio(at, cell{nameOne, inFlight}, p99Of),
			})
		}
	}
	for _, name := range []string{nameNoop, namePlugin} {
		against(name, nameOne, "(a)", deliveryInFlight, 1)
		against(name, nameThree, "(a2)", deliveryInFlight, 2)
	}
	return append(append(all, r.handledGoals()...), r.latencyGoals()...)
}

func (r *results) handledGoals() (all []goal) {
	for _, g := range []struct {
		name  string
		limit float64
	}{{nameNoop, 3000}, {namePlugin, 1700}, {nameNoopSQLite, 1500}} {
		at := cell{g.name, deliveryInFlight}
		if len(r.cells[at]) > 0 {
			all = append(all, goal{
				en: g.name + ": events fully handled", zh: chinese(g.name) + "：每秒处理完的事件",
				unit: "/s", limit: g.limit, found: r.of(at, handledOf),
			})
		}
	}
	return all
}

func (r *results) latencyGoals() (all []goal) {
	for _, name := range []string{namePlugin, namePluginSQLite} {
		l, ok := r.latency[name]
		if !ok {
			continue
		}
		for _, g := range []struct {
			what  string
			share float64
			limit float64
		}{{"p50", 0.5, p50Goal}, {"p99", 0.99, p99Goal}} {
			all = append(all, goal{
				en:   fmt.Sprintf("%s: notice to handled, %d/s, %s", name, latencyPerSecond, g.what),
				zh:   fmt.Sprintf("%s：从通知到处理，每秒 %d 个，%s", chinese(name), latencyPerSecond, g.what),
				unit: " ms", limit: g.limit, most: true,
				found: spreadOf([]float64{millis(quantile(l.handled, g.share))}),
			})
		}
	}
	return all
}

// chinese names a contender.
func chinese(name string) string {
	return map[string]string{
		nameOne: "(a) 手写，一次插入", nameThree: "(a2) 手写，三次写入", nameRaw: "(b) 裸提交",
		nameModule: "本模块，PostgreSQL", nameModuleSQLite: "本模块，SQLite",
		nameNoop: "空接收者，PostgreSQL", namePlugin: "插件进程，PostgreSQL",
		nameNoopSQLite: "空接收者，SQLite", namePluginSQLite: "插件进程，SQLite",
	}[name]
}
