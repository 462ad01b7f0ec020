package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"
)

// tourWithin bounds the tour once the plugins are built.
const tourWithin = 60 * time.Second

// runTour drives the whole road without a browser. It has a data folder of its own inside the demo's, so that it can run
// while somebody looks at the page; the built plugins are shared.
func runTour(ctx context.Context, set settings, out, problems io.Writer) error {
	return tourIn(ctx, options{
		data: filepath.Join(set.data, "tour"), plugins: pluginFolder(set.data), listen: "127.0.0.1:0", database: set.database,
		log: slog.NewTextHandler(problems, &slog.HandlerOptions{Level: slog.LevelWarn}),
	}, out)
}

func tourIn(ctx context.Context, o options, out io.Writer) (err error) {
	o.say = func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	if err := buildPlugins(ctx, o.plugins, o.say); err != nil {
		return err // not part of the time limit: the first build takes as long as it takes
	}
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, tourWithin, fmt.Errorf("the tour took longer than %v", tourWithin))
	defer cancel()
	d, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()

	t := &tour{
		demo: d, out: printer{out}, seen: d.trail.now(),
		app: &miniProgram{phone: d.wechat.Phone("xiaoming"), host: d.url, http: &http.Client{Timeout: 15 * time.Second}},
	}
	defer t.app.http.CloseIdleConnections()
	if err := t.run(ctx); err != nil {
		return err
	}
	o.say("\nAll steps held: two notices, one effect. %s, %v.", databaseKind(o.database), time.Since(began).Round(10*time.Millisecond))
	return nil
}

// tour is one walk; steps hand each other what they learned.
type tour struct {
	demo *demo
	app  *miniProgram
	out  printer
	seen int64 // the last step of the trail that was printed

	initial bool // the account had no phone number at log-in
	bought  order
	launch  launchOf
	name    string // the nickname of this run
}

// run does every stop in order and prints what happened during it.
func (t *tour) run(ctx context.Context) error {
	for i, stop := range t.stops() {
		t.out.heading(i+1, stop.name)
		stopCtx, cancel := context.WithTimeout(ctx, 15*time.Second)
		remark, err := stop.do(stopCtx)
		cancel()
		t.printNews()
		if err != nil {
			if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
				err = fmt.Errorf("%w (%w)", err, cause)
			}
			return fmt.Errorf("the tour stopped at step %d, %q: %w\n  hint: %s", i+1, stop.name, err, stop.hint)
		}
		t.out.remark(remark)
	}
	return nil
}

func (t *tour) printNews() {
	steps, _, _ := t.demo.trail.since(t.seen)
	if len(steps) > 0 {
		t.seen = steps[len(steps)-1].Seq
	}
	t.out.steps(steps)
}

// until waits for something that comes about on the server's side: it looks again after each step of the trail.
func (t *tour) until(ctx context.Context, holds func() error) error {
	for {
		_, change, _ := t.demo.trail.since(0)
		err := holds()
		if err == nil {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return fmt.Errorf("in time: %w", err)
		}
	}
}
