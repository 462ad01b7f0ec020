package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOutputKeepsTheLastLinesAndLimitsTheRate(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	out := newOutput(slog.New(book), newCleaner(nil), newLogBudget())
	now := time.Now()
	out.budget.now = func() time.Time { return now }
	for i := range 2000 {
		out.line(fmt.Appendf(nil, "line %d\r", i))
	}
	out.line([]byte("  "))
	require.Equal(t, linesPerSec, strings.Count(book.text(), `"msg":"line `))
	now = now.Add(time.Second)
	out.line([]byte(strings.Repeat("é", 1000)))
	require.EqualValues(t, 1500, book.await(t, "prints too much")["lines"])
	tail, _ := out.last()
	require.Len(t, tail, tailLines)
	require.Equal(t, "line 1999", tail[len(tail)-2])
	require.LessOrEqual(t, len(tail[len(tail)-1]), tailLineMax+len("…"))
}

func TestOutputThatNeverEndsIsLimitedByTheMinute(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	out := newOutput(slog.New(book), newCleaner(nil), newLogBudget())
	now := time.Now()
	out.budget.now = func() time.Time { return now }
	line := []byte(strings.Repeat("x", 1000))
	logged := func() int { return strings.Count(book.text(), string(line)) }
	for range 120 { // two minutes
		now = now.Add(time.Second)
		for range 400 {
			out.line(line)
		}
	}
	require.InDelta(t, 3*bytesPerMin/1000, logged(), 100, "what a burst may have, and two minutes' worth")
	now = now.Add(time.Hour)
	before := logged()
	for range 400 {
		out.line(line)
	}
	require.Equal(t, before+400, logged(), "after a pause there is room again")
}

// A line counts with what it leaves in the log, not with what its text alone would.
func TestLinesThatGrowAreLimitedByTheMinute(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"level": "INFO", "msg": "m"}
	for i := range 15 {
		fields[fmt.Sprint("field", i)] = strings.Repeat("x", 4000)
	}
	record, err := json.Marshal(fields)
	require.NoError(t, err)
	for _, line := range [][]byte{record, bytes.Repeat([]byte("\x01"), 4000)} {
		book := newLogBook()
		out := newOutput(slog.New(book), newCleaner(nil), newLogBudget())
		now := time.Now()
		out.budget.now = func() time.Time { return now } // else a slow machine has several minutes' room
		for range linesPerSec {
			out.line(line)
		}
		require.LessOrEqual(t, len(book.text()), bytesPerMin*5/4)
		require.Greater(t, len(book.text()), bytesPerMin/2)
	}
}

func TestCleaner(t *testing.T) {
	t.Parallel()
	c := newCleaner(map[string]string{"A": "s3cret", "B": "s3cret-longer", "C": `with"quote`, "D": "ab", "E": ""})
	for in, want := range map[string]string{
		"a s3cret and s3cret-longer":      "a *** and ***",
		`{"x":"with\"quote"} with"quote`:  `{"x":"***"} ***`,
		"abc 微信 \ttab":                    "abc 微信 \ttab",
		"esc \x1b[31m nul \x00 c1 \u0085": `esc \u001b[31m nul \u0000 c1 \u0085`,
		"bad \xff byte, two\nlines":       `bad \xff byte, two\nlines`,
		"bidi \u202e end":                 `bidi \u202e end`,
		strings.Repeat("x", textMax+1):    strings.Repeat("x", textMax) + "…",
	} {
		require.Equal(t, want, c.text(in))
	}
}

// Whatever a plugin prints a secret with, neither the log nor the tail in an error shows any of it.
func TestSecretsAreMaskedInEveryForm(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		`p"w<d-hunter2`, `a\b&c-hunter2`, "plain-hunter2", `<"&">hunter2`, "密\"码-hunter2", "tab\thunter2", "line\nhunter2",
		"sep\u2028hunter2",
	} {
		var printed bytes.Buffer
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("m", "dsn", "x "+secret+" y", "all", map[string]string{"a": secret})
		slog.New(slog.NewTextHandler(&printed, nil)).Info("m", "dsn", "x "+secret+" y")
		require.NoError(t, json.NewEncoder(&printed).Encode(map[string]string{"dsn": secret}))
		_, _ = fmt.Fprintf(&printed, "%q %+q\n", secret, secret)

		book := newLogBook()
		out := newOutput(slog.New(book), newCleaner(map[string]string{"DSN": secret}), newLogBudget())
		pump(&printed, out.line)
		require.NotContains(t, strings.Join(lastLines(out), "\n"), "hunter2", "%q", secret)
		require.NotContains(t, book.text(), "hunter2", "%q", secret)
		require.Contains(t, book.text(), "***")
	}
}

// A key in PEM is printed line by line, and a value from a file without its last newline.
func TestEveryLineOfASecretIsMasked(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	out := newOutput(slog.New(book), newCleaner(map[string]string{
		"KEY": "-----BEGIN KEY-----\r\nhunter2/1\r\n  hunter2/2\n-----END KEY-----\n", "FILE": "hunter2/3\n",
	}), newLogBudget())
	pump(strings.NewReader("-----BEGIN KEY-----\nhunter2/1\n  hunter2/2\n-----END KEY-----\ntoken=hunter2/3;\n"), out.line)
	require.NotContains(t, book.text(), "hunter2")
	require.NotContains(t, strings.Join(lastLines(out), "\n"), "hunter2")
	require.Contains(t, book.text(), "token=***;")
}

func TestRecords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		level slog.Level
		msg   string
	}{
		`{"time":"x","level":"ERROR","msg":"m","a":1}`:           {slog.LevelError, "m"},
		`{"@level":"warn","@message":"m","@timestamp":"x"}`:      {slog.LevelWarn, "m"},
		`{"level":"trace","msg":"m"}`:                            {slog.LevelDebug, "m"},
		`{"level":"loud","msg":"m"}`:                             {slog.LevelInfo, "m"},
		"{\"level\":\"ERROR\",\"msg\":\"a \\u001b[31m\"}":        {slog.LevelError, `a \u001b[31m`},
		`{"level":"ERROR"}`:                                      {slog.LevelInfo, `{"level":"ERROR"}`},
		`{broken`:                                                {slog.LevelInfo, `{broken`},
		`fatal error: all goroutines are asleep - deadlock!`:     {slog.LevelError, "fatal error: all goroutines are asleep - deadlock!"},
		`panic: boom`:                                            {slog.LevelError, "panic: boom"},
		`level=info msg="an other format is a line like others"`: {slog.LevelInfo, `level=info msg="an other format is a line like others"`},
	} {
		book := newLogBook()
		logLine(slog.New(book), newCleaner(nil), line)
		got := book.await(t, "")
		require.Equal(t, want.level.String(), got["level"], line)
		require.Equal(t, want.msg, got["msg"], line)
	}
}

func TestPump(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", pieceMax+10)
	var got []string
	pump(strings.NewReader("a\n\n"+long+"\nlast"), func(line []byte) { got = append(got, string(line)) })
	require.Equal(t, []string{"a", "", long[:pieceMax], long[pieceMax:], "last"}, got)

	got = nil
	w := &lineWriter{take: func(line []byte) { got = append(got, string(line)) }}
	for _, piece := range []string{"a", "b\nc", "\n\n", long} {
		n, err := w.Write([]byte(piece))
		require.NoError(t, err)
		require.Equal(t, len(piece), n)
	}
	require.Equal(t, []string{"ab", "c", "", long[:pieceMax]}, got)
}

func lastLines(o *output) []string {
	tail, _ := o.last()
	return tail
}
