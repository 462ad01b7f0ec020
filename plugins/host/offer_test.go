package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// current is the process that runs now.
func current(t *testing.T, h *Host) *process {
	t.Helper()
	s := h.roster()["fulfil"]
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NotNil(t, s.process)
	return s.process
}

// However a process ends, nobody can call the host in its name afterwards.
func TestOffersEndWithTheirProcess(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, h *Host, s *scene){
		"Crash": func(t *testing.T, h *Host, _ *scene) { t.Helper(); do(t, h, "e1", "exit") },
		"Stop": func(t *testing.T, h *Host, _ *scene) {
			t.Helper()
			require.NoError(t, h.Stop(t.Context()))
		},
		"HotSwap": func(t *testing.T, h *Host, s *scene) {
			t.Helper()
			s.set("fulfil", func(p *config.Plugin) { p.Config = map[string]any{"at_start": "again"} })
			require.NoError(t, h.Apply(t.Context(), s.cfg))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			h := s.ready(t)
			p := current(t, h)
			require.NotZero(t, p.offerID())
			select {
			case <-p.offer.done:
				require.FailNow(t, "it ended too soon")
			default:
			}
			end(t, h, s)
			require.True(t, waitFor(p.offer.done, testLimit))
		})
	}
}

func TestNobodyIsOfferedWhatTheyDoNotTake(t *testing.T) {
	t.Parallel()
	p := &process{plan: &plan{}}
	p.offerHost()
	require.Zero(t, p.offerID())
	p.offer.stop()
}
