package host

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

const (
	overheadMax   = 1.3
	inFlight      = 16
	overheadSize  = 952 // bytes of JSON
	overheadCalls = 2000
)

// BenchmarkOverhead compares one event through our host and SDK with the same call over go-plugin alone, with AutoMTLS,
// at sixteen in flight. Both processes run all the time and the rounds alternate, so that what else the machine does
// hits both. It prints the medians and their ratio, and fails when that is above 1.3.
func BenchmarkOverhead(b *testing.B) {
	payload := []byte(`{"do":"nothing","pad":"` + strings.Repeat("x", overheadSize-25) + `"}`)
	ours, bare := throughHost(b, payload), throughGoPlugin(b, payload)
	for range 2 { // warm up
		round(b, ours)
		round(b, bare)
	}
	var oursTook, bareTook []time.Duration
	rounds := 0
	for b.Loop() {
		if rounds++; rounds%2 == 0 { // who comes first changes, too
			oursTook, bareTook = append(oursTook, round(b, ours)...), append(bareTook, round(b, bare)...)
		} else {
			bareTook, oursTook = append(bareTook, round(b, bare)...), append(oursTook, round(b, ours)...)
		}
	}
	oursP50, bareP50 := median(oursTook), median(bareTook)
	ratio := float64(oursP50) / float64(bareP50)
	b.ReportMetric(float64(oursP50.Microseconds()), "host-p50-us")
	b.ReportMetric(float64(bareP50.Microseconds()), "bare-p50-us")
	b.ReportMetric(ratio, "ratio")
	if len(oursTook) >= 5*overheadCalls && ratio > overheadMax {
		b.Errorf("a call through the host takes %v, %.2f times go-plugin's %v; at most %.1f is promised", oursP50, ratio, bareP50, overheadMax)
	}
}

// round makes many calls, sixteen at a time, and returns how long each took.
func round(b *testing.B, call func(id string) error) []time.Duration {
	b.Helper()
	var all sync.WaitGroup
	took := make([][]time.Duration, inFlight)
	for worker := range inFlight {
		all.Go(func() {
			for n := range overheadCalls / inFlight {
				began := time.Now()
				if err := call(fmt.Sprintf("e%d-%d", worker, n)); err != nil {
					b.Error(err)
					return
				}
				took[worker] = append(took[worker], time.Since(began))
			}
		})
	}
	all.Wait()
	return slices.Concat(took...)
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func throughHost(b *testing.B, payload []byte) func(id string) error {
	b.Helper()
	base, err := os.MkdirTemp("", "wx") //nolint:usetesting // short, because the paths of sockets are limited
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, os.RemoveAll(base)) })
	folder := filepath.Join(base, "plugins", "fulfil", "1.4.0")
	require.NoError(b, os.MkdirAll(folder, 0o755))
	require.NoError(b, os.Link(testBinary, filepath.Join(folder, "plugin")))
	text := "id: fulfil\nversion: 1.4.0\nprotocol: 1\nhandles: [test]\nexecutables: {" + platform() + ": plugin}\nlimits: {concurrency: 16}\n"
	require.NoError(b, os.WriteFile(filepath.Join(folder, ManifestName), []byte(text), 0o644))
	h, err := New(config.Plugins{
		Dir: filepath.Join(base, "plugins"), RunDir: filepath.Join(base, "run"), Enabled: map[string]config.Plugin{"fulfil": {Version: "1.4.0"}},
	}, Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	require.NoError(b, h.Start(b.Context()))
	b.Cleanup(func() { require.NoError(b, h.Stop(context.Background())) })
	require.NoError(b, h.WaitReady(b.Context()))
	at := time.Now()
	return func(id string) error {
		out := h.Deliver(b.Context(), "fulfil", Event{
			ID: id, Type: "test", WeChatType: "TEST.EVENT", Subject: id, Attempt: 1, OccurredAt: at, Payload: payload,
		})
		if out.Result != Done {
			return fmt.Errorf("%s: %s", out.Code, out.Message)
		}
		return nil
	}
}

// throughGoPlugin makes the same call as its documents show it, with a time limit of its own as every call has.
func throughGoPlugin(b *testing.B, payload []byte) func(id string) error {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "bare")
	require.NoError(b, os.Link(testBinary, binary))
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: wire.MagicCookieKey, MagicCookieValue: wire.MagicCookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{wire.ProtocolVersion: {wire.PluginName: connPlugin{}}},
		Cmd:              exec.CommandContext(context.Background(), binary),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, AutoMTLS: true, Logger: hclog.NewNullLogger(),
	})
	b.Cleanup(client.Kill)
	proto, err := client.Client()
	require.NoError(b, err)
	dispensed, err := proto.Dispense(wire.PluginName)
	require.NoError(b, err)
	made, ok := dispensed.(connection)
	require.True(b, ok)
	notices := pluginv1.NewNoticeHandlerServiceClient(made.conn)
	at := timestamppb.Now()
	return func(id string) error {
		ctx, cancel := context.WithTimeout(b.Context(), 15*time.Second)
		defer cancel()
		_, err := notices.HandleNotice(ctx, &pluginv1.HandleNoticeRequest{
			Delivery: &pluginv1.Delivery{EventId: id, EventType: "test", Subject: id, Attempt: 1, OccurredAt: at},
			Notice:   &pluginv1.Notice{WechatEventType: "TEST.EVENT", RawJson: payload},
		})
		return err
	}
}
