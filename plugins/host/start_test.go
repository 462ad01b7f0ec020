package host

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
)

func TestStartFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		executable string
		change     func(t *testing.T, s *scene)
		state      State
		want       []string
	}{
		"ExitsWithAnError": {"exit", nil, Backoff, []string{
			"did not start: no handshake", "exit status 7", "cannot open the ledger: no such file",
		}},
		"PanicsInMain":    {"panic", nil, Backoff, []string{"exit status 2", "panic: broken main"}},
		"NeverHandshakes": {"silent", nil, Backoff, []string{"no handshake in time"}},
		"NoHandler":       {"nothing", nil, Backoff, []string{"exit status 1", "has none of the methods OnPayment"}},
		"OtherVersion":    {"v0.9.0", nil, Rejected, []string{`is version "0.9.0", not "1.4.0" as its manifest says`}},
		"LacksHandlers": {"payments", nil, Rejected, []string{
			"handles user.*, but its handler has no OnUserEvent", "handles refund.*, but its handler has no OnRefund",
		}},
		"UnknownConfigKey": {"plugin", func(_ *testing.T, s *scene) {
			s.set("fulfil", func(p *config.Plugin) { p.Config["erp"] = 1 })
		}, Rejected, []string{`refuses its configuration`, `unknown key "erp"; the plugin knows: at_start`}},
		"StartFails": {"plugin", func(_ *testing.T, s *scene) {
			s.set("fulfil", func(p *config.Plugin) { p.Config["at_start"] = "fail" })
		}, Backoff, []string{"configure: Start: ledger is down, token ***"}},
		"NoProgram": {"text", func(t *testing.T, s *scene) {
			file := filepath.Join(s.folder("fulfil"), "bin", "text")
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.WriteFile(file, []byte("not a program"), 0o755))
		}, Rejected, []string{"no program for " + platform()}},
		"AnotherProgram": {"true", func(t *testing.T, s *scene) {
			file := filepath.Join(s.folder("fulfil"), "bin", "true")
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\necho I am something else\n"), 0o755))
			s.limits.backoffFirst = time.Millisecond
		}, Rejected, []string{"it is no plugin", "3 times", "no handshake; is it built with the plugin SDK", "exit status 0", "I am something else"}},
		"PluginForAnother": {"foreign-plugin", nil, Rejected, []string{"did not start: this binary is a plugin for another program", "exit status 1"}},
		"EmptyFile": {"empty", func(t *testing.T, s *scene) {
			program(t, s, "empty", "")
		}, Rejected, []string{"no program for " + platform()}},
		"OtherArchitecture": {"alien", func(t *testing.T, s *scene) {
			// The head of a program for a processor that nobody has.
			program(t, s, "alien", "\x7fELF\x02\x01\x01"+strings.Repeat("\x00", 9)+"\x02\x00\xff\xfe\x01"+strings.Repeat("\x00", 64))
		}, Rejected, []string{"no program for " + platform()}},
		"NewerProtocol": {"newer", func(t *testing.T, s *scene) {
			file := filepath.Join(s.folder("fulfil"), "bin", "newer")
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\necho '1|9|unix|/tmp/x|grpc|'\nsleep 9\n"), 0o755))
		}, Rejected, []string{"built for another protocol than this host's 1", "Plugin version: 9"}},
		"ForeignSocket": {"foreign", func(t *testing.T, s *scene) {
			file := filepath.Join(s.folder("fulfil"), "bin", "foreign")
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\necho '1|1|unix|/tmp/x|grpc|'\nsleep 9\n"), 0o755))
		}, Backoff, []string{`listens at "/tmp/x", outside its own folder`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, tc.executable)
			s.limits.backoffFirst = time.Hour
			if name == "NeverHandshakes" {
				s.limits.start = 500 * time.Millisecond
			}
			if tc.change != nil {
				tc.change(t, s)
			}
			h := s.start(t)
			i := await(t, h, func(i Info) bool { return i.State == tc.state && (i.State == Rejected || i.Starts == 2) })
			for _, want := range tc.want {
				require.Contains(t, i.LastError, want)
			}
			require.NotContains(t, i.LastError, "c4n4ry")
			require.Zero(t, h.Capacity("fulfil"))
			require.Equal(t, NotReady, do(t, h, "e1", "nothing").Result)
			require.Equal(t, []string{"fulfil"}, h.Subscribers("refund.closed"))

			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := h.WaitReady(ctx)
			require.ErrorContains(t, err, "plugin fulfil is not ready")
			require.ErrorContains(t, err, tc.want[0])
		})
	}
}

// program puts a file in the place of a plugin's executable.
func program(t *testing.T, s *scene, name, content string) {
	t.Helper()
	file := filepath.Join(s.folder("fulfil"), "bin", name)
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o755))
}

func TestGarbageBeforeTheHandshakeIsLogged(t *testing.T) {
	t.Parallel()
	s := newScene(t, "garbage")
	h := s.ready(t)
	require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
	s.log.await(t, "hello|world|this is no handshake")
	s.log.await(t, `\u001b[2J and control bytes`)
}

func TestOnePluginNeverStopsAnother(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.add(t, "broken", "exit", `["*"]`)
	h := s.start(t)
	changes := make(chan struct{}, 1)
	h.OnChange(func() {
		select {
		case changes <- struct{}{}:
		default:
		}
	})
	limit := time.After(testLimit)
	for h.Capacity("fulfil") == 0 {
		select {
		case <-changes:
		case <-limit:
			require.FailNow(t, "fulfil never became ready")
		}
	}
	require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
	require.Equal(t, []string{"broken", "fulfil"}, h.Subscribers("user.created"))
	require.Equal(t, []string{"broken"}, h.Subscribers("payment.scored"))
	ids := []string{}
	for _, i := range h.List() {
		ids = append(ids, i.ID)
	}
	require.Equal(t, []string{"broken", "fulfil"}, ids)
}

func TestNothingEnabled(t *testing.T) {
	t.Parallel()
	h, err := New(config.Plugins{}, Options{})
	require.NoError(t, err)
	require.NoError(t, h.Start(t.Context()))
	require.NoError(t, h.WaitReady(t.Context()))
	require.Empty(t, h.Subscribers("payment.succeeded"))
	require.NoError(t, h.Stop(t.Context()))
}

func TestStartAndStopOutOfOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h, err := New(s.cfg, Options{Logger: slog.New(s.log)})
	require.NoError(t, err)
	require.NoError(t, h.Stop(t.Context()))
	require.NoError(t, h.Stop(t.Context()))
	require.Error(t, h.Start(t.Context()))

	h = s.ready(t)
	require.Error(t, h.Start(t.Context()))
	require.NoError(t, h.Stop(t.Context()))
	require.NoError(t, h.Stop(t.Context()))
	require.ErrorContains(t, h.WaitReady(t.Context()), "stopped")
	require.Equal(t, Stopped, h.List()[0].State)
}

func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	s := newScene(t, "silent")
	h := s.start(t)
	await(t, h, func(i Info) bool { return i.State == Starting })
	began := time.Now()
	require.NoError(t, h.Stop(t.Context()))
	require.Less(t, time.Since(began), 2*time.Second+lanetest.Slack())
}
