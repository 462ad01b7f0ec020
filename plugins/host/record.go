package host

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
)

// attrsMax bounds the fields a plugin's record may bring along.
const attrsMax = 32

// logLine writes one line of a plugin as a record of the host's. A JSON line as slog or hclog write it keeps its level,
// message and fields, the fields in a group of their own so that they cannot pose as ours. Any other line is Info, and
// the first line of a Go crash is Error.
func logLine(logger *slog.Logger, clean cleaner, text string) {
	if level, msg, fields, ok := parseRecord(text); ok {
		//nolint:sloglint // the message is the plugin's
		logger.LogAttrs(context.Background(), level, clean.text(msg), slog.Attr{
			Key: "plugin_fields", Value: slog.GroupValue(attrs(clean, fields)...),
		})
		return
	}
	level := slog.LevelInfo
	if looksLikePanic(text) {
		level = slog.LevelError
	}
	logger.LogAttrs(context.Background(), level, clean.text(text)) //nolint:sloglint // the message is the plugin's
}

// parseRecord understands the keys of slog (level, msg, time) and of hclog (@level, @message, @timestamp).
func parseRecord(text string) (level slog.Level, msg string, fields map[string]any, ok bool) {
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &fields) != nil {
		return 0, "", nil, false
	}
	for _, prefix := range []string{"", "@"} {
		name, isText := fields[prefix+"level"].(string)
		if !isText {
			continue
		}
		message := "msg"
		if prefix == "@" {
			message = "@message"
		}
		if msg, ok = fields[message].(string); !ok {
			continue
		}
		for _, key := range []string{"time", "@timestamp", prefix + "level", message} {
			delete(fields, key)
		}
		return levelOf(name), msg, fields, true
	}
	return 0, "", nil, false
}

func levelOf(name string) slog.Level {
	var level slog.Level
	switch {
	case strings.EqualFold(name, "trace"):
		return slog.LevelDebug
	case level.UnmarshalText([]byte(name)) != nil:
		return slog.LevelInfo
	default:
		return level
	}
}

func attrs(clean cleaner, fields map[string]any) []slog.Attr {
	var out []slog.Attr
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if len(out) == attrsMax {
			break
		}
		switch value := fields[key].(type) {
		case bool, float64, nil:
			out = append(out, slog.Any(clean.text(key), value))
		case string:
			out = append(out, slog.String(clean.text(key), clean.text(value)))
		default:
			text, err := json.Marshal(value)
			if err != nil {
				text = fmt.Append(nil, value)
			}
			out = append(out, slog.String(clean.text(key), clean.text(string(text))))
		}
	}
	return out
}
