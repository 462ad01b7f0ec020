package main

import (
	"io"
	"log/slog"
	"slices"
)

// pluginLog shows a plugin's records as lines for people: only the time of day, and not the plugin's own name again.
func pluginLog(out io.Writer) *slog.Logger {
	hidden := []string{"plugin", "plugin_version", "pid"}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			switch {
			case len(groups) > 0:
			case a.Key == slog.TimeKey:
				return slog.String(a.Key, a.Value.Time().Format("15:04:05"))
			case slices.Contains(hidden, a.Key):
				return slog.Attr{}
			}
			return a
		},
	}))
}
