package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// serve runs the demo for a browser until ctx ends.
func serve(ctx context.Context, set settings, out, problems io.Writer) (err error) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	d, err := open(ctx, options{
		data: set.data, plugins: pluginFolder(set.data), listen: set.listen, database: set.database,
		say: say, log: slog.NewTextHandler(problems, &slog.HandlerOptions{Level: slog.LevelInfo}),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()

	reread, stop := hangups()
	defer stop()
	say("\n  Open %s in a browser.  (Ctrl-C stops everything.)\n", d.url)
	for {
		select {
		case <-ctx.Done():
			say("\nStopping: web server, plugins, local WeChat …")
			return nil
		case err := <-d.served:
			return fmt.Errorf("the web server ended: %w", err)
		case <-reread:
			if err := d.reload(ctx); err != nil {
				say("%v", err)
			} else {
				say("Reloaded: the plugins run as %s says.", d.configFile)
			}
		}
	}
}
