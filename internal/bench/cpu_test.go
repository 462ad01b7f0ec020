package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tick is the unit of CPU time in /proc.
const tick = 10 * time.Millisecond

// process is what /proc says of one.
type process struct {
	parent int
	cpu    time.Duration // used so far
}

// look reads a process; nothing where there is no /proc.
func look(pid int) (p process, ok bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return p, false
	}
	_, rest, _ := strings.Cut(string(text), ") ") // after the program's name
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return p, false
	}
	p.parent, _ = strconv.Atoi(fields[1])
	for _, field := range fields[11:13] { // in user mode and in the kernel
		ticks, _ := strconv.Atoi(field)
		p.cpu += time.Duration(ticks) * tick
	}
	return p, true
}

// cpuOf is what a host has used so far, and what the processes of its PostgreSQL server have.
func (c *contender) cpuOf(t *testing.T) (host, server time.Duration) {
	t.Helper()
	if c.host != nil {
		p, _ := look(c.host.pid)
		host = p.cpu
	}
	if !c.postgres {
		return host, 0
	}
	backend, _ := look(c.db.number(t, "SELECT pg_backend_pid()"))
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if p, ok := look(pid); ok && p.parent == backend.parent {
			server += p.cpu
		}
	}
	return host, server
}

// perNotice is a contender's CPU time for one notice over all rounds, in microseconds.
func (r *results) perNotice(at cell) (host, server float64) {
	var count int
	var hosts, servers time.Duration
	for _, m := range r.cells[at] {
		count, hosts, servers = count+m.count, hosts+m.hostCPU, servers+m.serverCPU
	}
	if count == 0 {
		return 0, 0
	}
	return float64(hosts.Microseconds()) / float64(count), float64(servers.Microseconds()) / float64(count)
}

// cpu are the tables of CPU times, which other work on the machine changes least.
func (p *page) cpu(r *results) {
	for _, inFlight := range []int{1, deliveryInFlight} {
		p.cpuAt(r, inFlight)
	}
}

func (p *page) cpuAt(r *results, inFlight int) {
	p.say("### CPU time for one notice, %d in flight, in microseconds", "### 每个通知的 CPU 时间，并发 %d，微秒", inFlight)
	p.say("", "")
	p.say("| | host | PostgreSQL | both | ÷ (a) | ÷ (a2) |", "| | 宿主 | PostgreSQL | 合计 | ÷ (a) | ÷ (a2) |")
	p.say("|---|---|---|---|---|---|", "|---|---|---|---|---|---|")
	total := func(name string) float64 {
		host, server := r.perNotice(cell{name, inFlight})
		return host + server
	}
	for _, c := range contenders() {
		if both := total(c.name); both > 0 {
			host, server := r.perNotice(cell{c.name, inFlight})
			row := fmt.Sprintf("| %s | %.0f | %.0f | %.0f | %.2f | %.2f |", p.name(c.name), host, server, both,
				both/total(nameOne), both/total(nameThree))
			p.say("%s", "%s", row)
		}
	}
	p.say("", "")
}
