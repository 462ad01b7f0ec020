package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// page is a report in one language.
type page struct {
	strings.Builder

	zh bool
}

// say adds a line in the page's language.
func (p *page) say(en, zh string, values ...any) {
	if p.zh {
		en = zh
	}
	fmt.Fprintf(&p.Builder, en+"\n", values...)
}

func (p *page) name(contender string) string {
	if p.zh {
		return chinese(contender)
	}
	return contender
}

// report prints the tables and, with -write, puts them into the documents.
func report(t *testing.T, r *results, m machine, took time.Duration) {
	t.Helper()
	for _, zh := range []bool{false, true} {
		p := &page{zh: zh}
		p.head(m, took)
		p.answers(r)
		p.deliveries(r)
		p.cpu(r)
		p.latencies(r)
		p.goals(r)
		if !zh {
			_, _ = fmt.Fprintln(os.Stdout, p.String())
		}
		if args.write != "" {
			file := filepath.Join(args.write, "benchmarks.md")
			if zh {
				file = filepath.Join(args.write, "zh-CN", "benchmarks.md")
			}
			replace(t, file, p.String())
		}
	}
}

// The marks around what a run writes into a document.
const (
	markBegin = "<!-- make bench writes from here -->"
	markEnd   = "<!-- to here -->"
)

func replace(t *testing.T, file, tables string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), markBegin)
	require.True(t, found, "%s has no mark", file)
	_, after, found := strings.Cut(rest, markEnd)
	require.True(t, found, "%s has no end mark", file)
	require.NoError(t, os.WriteFile(file, []byte(before+markBegin+"\n\n"+tables+"\n"+markEnd+after), 0o644))
}

func (p *page) head(m machine, took time.Duration) {
	p.say("### The run", "### 本次运行")
	p.say("", "")
	p.say("%s, %s, %d cores, %s of memory, %s %s, data on %s.", "%s，%s，%d 核，内存 %s，%s %s，数据位于 %s。",
		m.date, m.cpu, m.cores, m.memory, m.system, m.kernel, m.disk)
	p.say("%s, %s (`fsync`, `synchronous_commit` and `full_page_writes` on), SQLite %s (WAL, `synchronous=FULL`), pgx %s.",
		"%s，%s（`fsync`、`synchronous_commit`、`full_page_writes` 均为 on），SQLite %s（WAL，`synchronous=FULL`），pgx %s。",
		m.golang, m.postgres, m.sqlite, m.pgx)
	p.say("%d rounds of %v a cell, %d events a round with delivery, %s in all. Load average before and after: %s, %s.",
		"共 %d 轮，每格 %v，带投递时每轮 %d 个事件，总共 %s。运行前后的平均负载：%s、%s。",
		args.rounds, args.span, args.events, took.Round(time.Second), m.loadBefore, loadAverage())
	p.say("", "")
}

func (p *page) answers(r *results) {
	p.say("### Notices answered with 204", "### 以 204 应答的通知")
	p.say("", "")
	p.say("Per second, median of the rounds; in brackets the ratio to (a) of the same round: median, least–greatest.",
		"每秒个数，取各轮的中位数；括号内为与同一轮 (a) 之比：中位数，最小–最大。")
	p.say("", "")
	p.table(r, func(at cell) string {
		ratio := r.ratio(at, cell{nameOne, at.inFlight}, rateOf)
		return fmt.Sprintf("%.0f (%.2f, %.2f–%.2f)", r.of(at, rateOf).median, ratio.median, ratio.least, ratio.greatest)
	})
	p.say("p99 of the answer in milliseconds, median of the rounds.", "应答的 p99，毫秒，取各轮的中位数。")
	p.say("", "")
	p.table(r, func(at cell) string { return fmt.Sprintf("%.1f", r.of(at, p99Of).median) })
}

// table has a row for each contender that only answers, and a column for each number in flight.
func (p *page) table(r *results, value func(cell) string) {
	head, line := "| |", "|---|"
	for _, n := range inFlights() {
		head, line = head+fmt.Sprintf(" %d |", n), line+"---|"
	}
	p.say("%s\n%s", "%s\n%s", head, line)
	for _, c := range contenders() {
		if c.delivers || len(r.cells[cell{c.name, 1}]) == 0 {
			continue
		}
		row := "| " + p.name(c.name) + " |"
		for _, n := range inFlights() {
			row += " " + value(cell{c.name, n}) + " |"
		}
		p.say("%s", "%s", row)
	}
	p.say("", "")
}

func (p *page) deliveries(r *results) {
	p.say("### With delivery on the same cores, %d in flight", "### 在同样的核上同时投递，并发 %d", deliveryInFlight)
	p.say("", "")
	p.say("| | 204/s | ÷ (a) | ÷ (a2) | handled/s | p99 of 204, ms |", "| | 204/s | ÷ (a) | ÷ (a2) | 处理完/s | 204 的 p99，ms |")
	p.say("|---|---|---|---|---|---|", "|---|---|---|---|---|---|")
	for _, c := range contenders() {
		at := cell{c.name, deliveryInFlight}
		if !c.delivers || len(r.cells[at]) == 0 {
			continue
		}
		handled := r.of(at, handledOf)
		p.say("| %s | %.0f | %.2f | %.2f | %.0f (%.0f–%.0f) | %.1f |", "| %s | %.0f | %.2f | %.2f | %.0f (%.0f–%.0f) | %.1f |",
			p.name(c.name), r.of(at, rateOf).median, r.ratio(at, cell{nameOne, deliveryInFlight}, rateOf).median,
			r.ratio(at, cell{nameThree, deliveryInFlight}, rateOf).median,
			handled.median, handled.least, handled.greatest, r.of(at, p99Of).median)
	}
	p.say("", "")
}

func (p *page) latencies(r *results) {
	p.say("### Ten notices a second, in milliseconds", "### 每秒十个通知，毫秒")
	p.say("", "")
	p.say("| | 204 p50 | 204 p99 | in the plugin p50 | p99 | notices |", "| | 204 p50 | 204 p99 | 到达插件 p50 | p99 | 通知数 |")
	p.say("|---|---|---|---|---|---|", "|---|---|---|---|---|---|")
	for _, c := range contenders() {
		if l, ok := r.latency[c.name]; ok {
			p.say("| %s | %.1f | %.1f | %.1f | %.1f | %d |", "| %s | %.1f | %.1f | %.1f | %.1f | %d |", p.name(c.name),
				millis(quantile(l.answered, 0.5)), millis(quantile(l.answered, 0.99)),
				millis(quantile(l.handled, 0.5)), millis(quantile(l.handled, 0.99)), len(l.handled))
		}
	}
	p.say("", "")
}

func (p *page) goals(r *results) {
	p.say("### Goals on two cores", "### 两核上的目标")
	p.say("", "")
	p.say("| Figure | Found | Least–greatest | Goal | Met |", "| 指标 | 实测 | 最小–最大 | 目标 | 达到 |")
	p.say("|---|---|---|---|---|", "|---|---|---|---|---|")
	for _, g := range r.goals() {
		sign, met := "≥", "yes"
		if g.most {
			sign = "≤"
		}
		what := g.en
		switch {
		case !g.met() && p.zh:
			met = "**否**"
		case !g.met():
			met = "**no**"
		case p.zh:
			met = "是"
		}
		if p.zh {
			what = g.zh
		}
		digits := "%.2f"
		if g.limit >= 100 {
			digits = "%.0f"
		}
		p.say("| %s | "+digits+"%s | "+digits+"–"+digits+" | %s %v%s | %s |", "| %s | "+digits+"%s | "+digits+"–"+digits+" | %s %v%s | %s |",
			what, g.found.median, g.unit, g.found.least, g.found.greatest, sign, g.limit, g.unit, met)
	}
	p.say("", "")
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }
