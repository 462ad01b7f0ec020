package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// figures are what one measurement gave.
type figures struct {
	count     int
	elapsed   time.Duration
	latencies []time.Duration // sorted
}

func (f figures) rate() float64 { return float64(f.count) / f.elapsed.Seconds() }

// quantile is the value that a share of all is not above.
func (f figures) quantile(share float64) time.Duration {
	if len(f.latencies) == 0 {
		return 0
	}
	return f.latencies[min(int(share*float64(len(f.latencies))), len(f.latencies)-1)]
}

// flood calls do with the numbers below limit, each once, from inFlight callers, for span.
func flood(inFlight, limit int, span time.Duration, do func(caller, number int) error) (figures, error) {
	var (
		next    atomic.Int64
		callers sync.WaitGroup
		took    = make([][]time.Duration, inFlight)
		errs    = make([]error, inFlight)
		start   = time.Now()
	)
	for caller := range inFlight {
		callers.Go(func() {
			for {
				began := time.Now()
				number := int(next.Add(1)) - 1
				if number >= limit || began.Sub(start) >= span {
					return
				}
				if errs[caller] = do(caller, number); errs[caller] != nil {
					return
				}
				took[caller] = append(took[caller], time.Since(began))
			}
		})
	}
	callers.Wait()
	f := figures{elapsed: time.Since(start), latencies: slices.Concat(took...)}
	f.count = len(f.latencies)
	slices.Sort(f.latencies)
	return f, errs[max(slices.IndexFunc(errs, func(err error) bool { return err != nil }), 0)] // one of them tells enough
}

// sendAll sends notices to addr from inFlight connections, and takes nothing but 204 for an answer.
func sendAll(addr string, inFlight int, span time.Duration, notices []notice) (figures, error) {
	lines := make([]*line, inFlight)
	defer func() {
		for _, l := range lines {
			if l != nil {
				_ = l.conn.Close()
			}
		}
	}()
	for i := range lines {
		var err error
		if lines[i], err = dial(addr); err != nil {
			return figures{}, err
		}
	}
	return flood(inFlight, len(notices), span, func(caller, number int) error { return lines[caller].send(notices[number]) })
}

// line is a kept-alive connection to a host. It costs the cores, which the hosts need, as little as possible.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

// answerLimit bounds the wait for one answer. WeChat waits five seconds.
const answerLimit = 10 * time.Second

func dial(addr string) (*line, error) {
	conn, err := net.DialTimeout("tcp", addr, answerLimit)
	if err != nil {
		return nil, err
	}
	return &line{conn: conn, in: bufio.NewReader(conn)}, nil
}

func (l *line) send(n notice) error {
	if err := l.conn.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return err
	}
	if _, err := l.conn.Write(n.request); err != nil {
		return err
	}
	status, err := l.answer()
	if err == nil && status != "204" {
		err = fmt.Errorf("%s was answered with %s", n.outTradeNo, status)
	}
	return err
}

// answer reads one answer and gives its status.
func (l *line) answer() (status string, err error) {
	length := 0
	for {
		text, err := l.in.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		text = bytes.TrimRight(text, "\r\n")
		switch name, value, _ := bytes.Cut(text, []byte(":")); {
		case status == "":
			if len(text) < len("HTTP/1.1 204") {
				return "", fmt.Errorf("no status line: %q", text)
			}
			status = string(text[9:12])
		case len(text) == 0:
			_, err = l.in.Discard(length)
			return status, err
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return "", err
			}
		}
	}
}
