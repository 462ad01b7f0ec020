// Package wire is what both ends of a plugin connection must agree on beside the contract itself: the handshake, the
// environment the host sets, limits, and which service takes which event. It knows neither host nor SDK.
package wire

// The handshake. The cookie only tells a plugin that a host of ours started it; it protects nothing and never changes.
const (
	MagicCookieKey   = "WECHAT_PLUGIN"
	MagicCookieValue = "8f1d0c64-wgink-wechat-plugin"

	// ProtocolVersion is N of the protobuf package wechat.plugin.vN, and `protocol:` in a manifest.
	ProtocolVersion = 1

	// PluginName is the one go-plugin "plugin" that carries every service.
	PluginName = "wechat"
)

// What the host sets in a plugin's environment, beside go-plugin's own variables.
const (
	// LifelineEnv names the stream that ends with the host: "stdin". A plugin exits when it does.
	LifelineEnv = "WECHAT_PLUGIN_LIFELINE"
	// LogLevelEnv is the lowest level worth logging, as slog writes it: "DEBUG" or "INFO".
	LogLevelEnv = "WECHAT_PLUGIN_LOG_LEVEL"
)

// MaxMessage bounds one gRPC message in either direction. It is gRPC's own default on the plugin's side.
const MaxMessage = 4 << 20
