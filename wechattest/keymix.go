package wechattest

import (
	"math/rand/v2"
	"time"
)

// keyMix is how a merchant is moved from the platform certificate to the public key (灰度切换).
type keyMix struct {
	Fraction float64   `json:"fraction"`       // of what the public key signs
	Start    time.Time `json:"start,omitzero"` // of the seven days; zero: Fraction counts
	random   *rand.Rand
}

// keyChangeStages is which share the public key signs on each of the seven days.
// Source: pay.weixin.qq.com doc/v3/merchant/4012154180.
func keyChangeStages() []float64 { return []float64{0.001, 0.01, 0.05, 0.10, 0.20, 0.50, 1} }

// MixKeys signs this share (0 to 1) of the notices, and of the answers to requests that ask for no key, with the WeChat
// Pay public key, the others with the platform certificate. The seed decides which. It ends [Simulator.SignWith]. Only in
// [BothKeys].
func (s *Simulator) MixKeys(share float64, seed uint64) {
	s.update(func(st *state) { st.SigningKey, st.Mix = "", keyMix{Fraction: share, random: newMixRandom(seed)} })
}

// StartKeyChange moves the merchant to the public key in seven days of the simulator's clock: 0.1, 1, 5, 10, 20, 50 and
// 100 percent. It ends [Simulator.SignWith]. Only in [BothKeys].
func (s *Simulator) StartKeyChange(seed uint64) {
	now := s.settings.clock.Now()
	s.update(func(st *state) { st.SigningKey, st.Mix = "", keyMix{Start: now, random: newMixRandom(seed)} })
}

func newMixRandom(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a seeded run, no secret
}

// byPublicKey draws whether the public key signs now.
func (m *keyMix) byPublicKey(now time.Time) bool {
	share := m.Fraction
	if !m.Start.IsZero() {
		stages := keyChangeStages()
		share = stages[min(int(now.Sub(m.Start)/(24*time.Hour)), len(stages)-1)]
	}
	if m.random == nil { // read from a snapshot
		m.random = newMixRandom(0)
	}
	return share > 0 && m.random.Float64() < share
}
