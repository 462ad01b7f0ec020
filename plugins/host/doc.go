// Package host runs the enabled plugins, each in a process of its own, and hands events to them. It keeps one
// supervisor per plugin: it starts the process, configures it, watches its health, starts it again when it ends, and
// stops it with its children. A plugin that is broken, slow or gone never disturbs the host or another plugin.
//
// What must happen to an event afterwards is the caller's business (package delivery); Deliver only says how one
// hand-over ended. Plugins run as the host's user unless limits.user names another: a separate process limits faults, it
// is no security boundary.
package host
