package wechattest

import (
	"cmp"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// faults are the scripts being played.
type faults struct {
	mu      sync.Mutex
	playing []*playing
}

// playing is a script and how far it is.
type playing struct {
	script Script
	random *rand.Rand
	met    []int // per fault: occasions that matched
	struck []int // per fault: strikes
}

// FaultReport says how often a fault struck.
type FaultReport struct {
	Script string
	Fault  Fault
	Struck int
}

// Play starts a script, beside those that play already.
func (s *Simulator) Play(script Script) error {
	if err := script.validate(); err != nil {
		return err
	}
	s.faults.mu.Lock()
	s.faults.playing = append(s.faults.playing, &playing{
		script: script, random: rand.New(rand.NewPCG(script.Seed, 0)), //nolint:gosec // a seeded run, no secret
		met: make([]int, len(script.Faults)), struck: make([]int, len(script.Faults)),
	})
	s.faults.mu.Unlock()
	s.update(func(*state) {}) // notices may be due otherwise now
	return nil
}

// StopFaults ends all scripts. What they delayed stays delayed, but no notice waits for another one any more.
func (s *Simulator) StopFaults() {
	s.faults.mu.Lock()
	s.faults.playing = nil
	s.faults.mu.Unlock()
	s.update(func(st *state) {
		for id := range st.index.blocked {
			st.Notices[id].fate.Behind = ""
		}
	})
}

// FaultReports tell how often each fault of the scripts being played struck.
func (s *Simulator) FaultReports() (reports []FaultReport) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, p := range s.faults.playing {
		for i, f := range p.script.Faults {
			reports = append(reports, FaultReport{p.script.Name, f, p.struck[i]})
		}
	}
	return reports
}

// occasion is something that a fault may strike.
type occasion struct {
	on           Place
	method, path string
	order, event string
}

// strike is everything that goes wrong on an occasion, together.
func (f *faults) strike(o occasion) (together Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.playing {
		for i, fault := range p.script.Faults {
			if !fault.matches(o) {
				continue
			}
			p.met[i]++
			if p.met[i] <= fault.Skip || (fault.Times > 0 && p.struck[i] >= fault.Times) ||
				(fault.Chance > 0 && p.random.Float64() >= fault.Chance) {
				continue
			}
			p.struck[i]++
			if fault.Shuffle > 0 {
				fault.Delay += time.Duration(p.random.Int64N(int64(fault.Shuffle)))
			}
			together = together.with(fault)
		}
	}
	return together
}

// skew is how far WeChat's time is off.
func (f *faults) skew() (sum time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.playing {
		sum += p.script.Skew
	}
	return sum
}

func (f Fault) matches(o occasion) bool {
	return f.On == o.on && (f.Method == "" || f.Method == o.method) &&
		pathMatches(f.Path, o.path) && textMatches(f.Order, o.order) && textMatches(f.Event, o.event)
}

func textMatches(pattern, text string) bool {
	matched, _ := path.Match(pattern, text) // checked
	return pattern == "" || matched
}

func pathMatches(pattern, text string) bool {
	start, all := strings.CutSuffix(pattern, "/**")
	return textMatches(pattern, text) || (all && strings.HasPrefix(text, start+"/"))
}

// with joins two faults; where both speak, the other one counts.
func (f Fault) with(o Fault) Fault {
	f.Delay += o.Delay
	f.Signature = cmp.Or(o.Signature, f.Signature)
	f.When = cmp.Or(o.When, f.When)
	f.Lost, f.Timeout = f.Lost || o.Lost, f.Timeout || o.Timeout
	f.Cut = cmp.Or(o.Cut, f.Cut)
	f.Status, f.Code, f.Message = cmp.Or(o.Status, f.Status), cmp.Or(o.Code, f.Code), cmp.Or(o.Message, f.Message)
	f.HTML, f.Errcode = cmp.Or(o.HTML, f.HTML), cmp.Or(o.Errcode, f.Errcode)
	f.Drop, f.Deaf, f.Tamper, f.NewID = f.Drop || o.Drop, f.Deaf || o.Deaf, f.Tamper || o.Tamper, f.NewID || o.NewID
	f.Duplicate += o.Duplicate
	f.Behind = cmp.Or(o.Behind, f.Behind)
	f.SameCode, f.NewKey, f.NoUnionID = f.SameCode || o.SameCode, f.NewKey || o.NewKey, f.NoUnionID || o.NoUnionID
	f.Late, f.PortalRefund = max(f.Late, o.Late), max(f.PortalRefund, o.PortalRefund)
	f.Change = NoticeValues{
		cmp.Or(o.Change.Total, f.Change.Total), cmp.Or(o.Change.Refund, f.Change.Refund),
		cmp.Or(o.Change.Currency, f.Change.Currency), cmp.Or(o.Change.AppID, f.Change.AppID),
		cmp.Or(o.Change.MchID, f.Change.MchID), cmp.Or(o.Change.OpenID, f.Change.OpenID),
		cmp.Or(o.Change.OutTradeNo, f.Change.OutTradeNo), cmp.Or(o.Change.EventType, f.Change.EventType),
		cmp.Or(o.Change.SealWith, f.Change.SealWith),
	}
	return f
}

// waitsFor says whether a notice must wait for another: one of this event type about the same order, delivered.
func (st *state) waitsFor(notice *noticeRecord) bool {
	if notice.fate == nil || notice.fate.Behind == "" {
		return false
	}
	return !slices.ContainsFunc(st.Journal, func(a NoticeAttempt) bool {
		return a.OutTradeNo == notice.OutTradeNo && a.EventType == notice.fate.Behind && a.Accepted()
	})
}
