package main

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
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
	h.trail.add(logStep(r.Time, r.Level, r.Message, fields))
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// The module's records that the trail knows; everything else is shown as it is.
const (
	eventKept      = "event kept"
	eventHandled   = "event handled"
	noticeRepeated = "notice seen before"
)

// ofPlugin is the group in which the module keeps a plugin's own fields apart from its own.
const ofPlugin = "plugin_fields."

// logStep puts the records that matter to a reader into words, and names who did it.
func logStep(at time.Time, level slog.Level, message string, fields []field) step {
	s := step{At: at, From: atHost, Title: message, Plain: message, Problem: level >= slog.LevelWarn}
	for _, f := range fields {
		name, own := strings.CutPrefix(f.Name, ofPlugin)
		switch {
		case own:
			s.From = atPlugin
		case name == "plugin":
			s.Plugin = f.Value
		}
		if name == "event" {
			s.Event = f.Value
		}
		if name != "plugin" && name != "plugin_version" {
			s.Fields = append(s.Fields, field{name, f.Value})
		}
	}
	if s.Plugin != "" {
		s.Plain = s.Plugin + ": " + message
	}
	switch {
	case message == eventKept:
		s.Title, s.Note = "验签、解密、与订单核对无误，事件入库", "事件、订单状态、待投递记录在同一个事务里提交"
	case message == noticeRepeated:
		s.Title, s.Note = "这条通知以前收过：不产生新事件", "照样回答 204，微信不再重发；业务不会有第二次效果"
	case message == eventHandled:
		s.To, s.Title = atPlugin, "把事件交给插件 "+s.Plugin+"，插件处理完成"
		if took, err := time.ParseDuration(valueOf(s.Fields, "took")); err == nil {
			s.At, s.TookMs = at.Add(-took), milliseconds(took) // like a call: at its beginning
		}
	case message == "request refused" || message == "notice refused":
		s.Title, s.Note = "拒绝了请求", valueOf(s.Fields, "code")
	case s.Plugin != "":
		s.Title = "插件 " + s.Plugin + "：" + inWords(message)
	}
	return s
}

// inWords translates what the plugins say.
func inWords(message string) string {
	for _, known := range [][2]string{
		{"plugin is ready", "进程已启动，可以接收事件"},
		{"booked", "记了一笔账"},
		{"member saved", "会员资料已保存"},
	} {
		if message == known[0] {
			return known[1]
		}
	}
	return message
}

func valueOf(fields []field, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

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
