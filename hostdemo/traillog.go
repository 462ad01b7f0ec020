package main

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// handler makes log records of the module, and of its plugins, into steps, and hands them on to next.
func (t *trail) handler(next slog.Handler) slog.Handler { return &logHandler{trail: t, next: next} }

type logHandler struct {
	trail  *trail
	next   slog.Handler
	fields []field
	prefix string // of the open groups
}

// Enabled lets everything of interest pass, whatever next wants.
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle records a step.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	fields := slices.Clone(h.fields)
	r.Attrs(func(a slog.Attr) bool {
		fields = flatten(fields, h.prefix, a)
		return true
	})
	s := step{At: r.Time, From: atHost, Title: r.Message, Problem: r.Level >= slog.LevelWarn, Fields: fields}
	for _, f := range fields {
		switch f.Name {
		case "event", "plugin_fields.event":
			s.Event = f.Value
		case "plugin":
			s.Plugin = f.Value
		}
	}
	explain(&s)
	h.trail.add(s)
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// explain puts the records that matter to a reader into words, and names who did it.
func explain(s *step) {
	fromPlugin := slices.ContainsFunc(s.Fields, func(f field) bool { return strings.HasPrefix(f.Name, "plugin_fields.") })
	switch {
	case s.Title == eventKept:
		s.Title, s.Note = "验签、解密、核对无误：事件与订单状态在同一事务入库", s.Event
	case s.Title == noticeRepeated:
		s.Title, s.Note = titleRepeated, "重复通知不会有第二次效果"
	case s.Title == eventHandled:
		s.To, s.Title = atPlugin, "事件已交给插件 "+s.Plugin+"，插件已处理"
	case fromPlugin:
		s.From, s.Title = atPlugin, "插件 "+s.Plugin+"："+s.Title
	case s.Plugin != "":
		s.Title = "插件 " + s.Plugin + "：" + s.Title
	}
}

// The module's records that the trail knows; everything else is shown as it is.
const (
	eventKept      = "event kept"
	eventHandled   = "event handled"
	noticeRepeated = "notice seen before"

	titleRepeated = "这条通知以前收过：不产生新事件"
)

// WithAttrs keeps the attributes for both.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.fields = slices.Clone(h.fields)
	for _, a := range attrs {
		c.fields = flatten(c.fields, h.prefix, a)
	}
	c.next = h.next.WithAttrs(attrs)
	return &c
}

// WithGroup opens a group for both.
func (h *logHandler) WithGroup(name string) slog.Handler {
	c := *h
	if name != "" {
		c.prefix = h.prefix + name + "."
	}
	c.next = h.next.WithGroup(name)
	return &c
}

func flatten(fields []field, prefix string, a slog.Attr) []field {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range value.Group() {
			fields = flatten(fields, prefix, member)
		}
		return fields
	}
	text := value.String()
	if value.Kind() == slog.KindFloat64 { // whole numbers of plugins arrive as JSON numbers
		text = strconv.FormatFloat(value.Float64(), 'f', -1, 64)
	}
	return append(fields, field{prefix + a.Key, text})
}
