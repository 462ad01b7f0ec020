package plugintest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/plugins/sdk"
)

func TestProcess(t *testing.T) {
	t.Parallel()
	fake := &FakeHost{}
	fake.PutUser(sdk.User{OpenID: "openid-1", Nickname: "小明"})
	opts := []Option{Config(map[string]any{"greeting": "hello"}), Secrets(map[string]string{"TOKEN": "secret"}), Host(fake)}
	h := Process(t, "internal/greeter", opts...)
	out := h.Pay(Payment())
	require.Equal(t, Reject, out.Result)
	require.Equal(t, "hello 小明 ORDER-0001 ***", out.Message)

	denied := Process(t, "internal/greeter", append(opts, Grant())...)
	require.Contains(t, denied.Pay(Payment()).Message, "permission-denied")
}

// fatal notes why a test kit gave up.
type fatal struct {
	testing.TB

	reason string
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.Helper()
	f.reason = fmt.Sprintf(format, args...)
	panic(f)
}

// A plugin whose parts do not fit together fails its smoke test, and is told why.
func TestProcessSaysWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	token := Secrets(map[string]string{"TOKEN": "secret"})
	for name, tc := range map[string]struct {
		dir    string
		opts   []Option
		reason string
	}{
		"NoManifest": {".", nil, "plugin.yaml: no such file"},
		"BadConfig":  {"internal/greeter", []Option{token, Config(map[string]any{"greting": "x"})}, "greting"},
		"NoSecret":   {"internal/greeter", []Option{Config(map[string]any{"greeting": "x"})}, "secrets.TOKEN"},
		"NotAsked":   {"internal/greeter", []Option{token, Config(map[string]any{"greeting": "x"}), Grant("orders.close")}, "orders.close"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fatal{TB: t}
			require.Panics(t, func() { Process(f, tc.dir, tc.opts...) })
			require.Contains(t, f.reason, tc.reason)
		})
	}
}
