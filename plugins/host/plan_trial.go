package host

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"

	"wgink.ink/wechat/config"
)

// trialPlan is another version of a plugin, to be tried beside the one that works: the canary.
type trialPlan struct {
	plan      *plan
	share     int // percentage of the subjects whose new events it gets; zero for none
	shadow    int // so many of the last events it gets first, without effects; zero for none
	minEvents int // of its share, before its errors count
	maxErrors int // percentage points more than the stable version's

	problem string // why it cannot be tried, and the plan is no more than its name then; empty when it can
}

// canaryProblems joins why canaries cannot be tried.
func canaryProblems(plans []*plan) error {
	var problems []error
	for _, p := range plans {
		if p.trial != nil && p.trial.problem != "" {
			problems = append(problems, errors.New(p.trial.problem))
		}
	}
	return errors.Join(problems...)
}

// planTrial reads the canary of a plugin, and what is wrong with it. A host that starts must not need it.
func planTrial(root *os.Root, id string, enabled config.Plugin, t trust) *trialPlan {
	tp, err := readTrial(root, id, enabled, t)
	if err != nil {
		c := enabled.Canary.WithDefaults()
		tp = &trialPlan{
			plan: &plan{id: id, version: c.Version}, share: c.Share, shadow: c.Shadow, minEvents: c.MinEvents,
			maxErrors: c.MaxErrors, problem: err.Error(),
		}
	}
	return tp
}

// readTrial reads the canary of a plugin; nil when it has none. Secrets and limits are the plugin's. Of the plugin's
// permissions it gets those that its own manifest asks for.
func readTrial(root *os.Root, id string, enabled config.Plugin, t trust) (*trialPlan, error) {
	if !enabled.Canary.Given() {
		return nil, nil //nolint:nilnil // no canary is no mistake
	}
	c := enabled.Canary.WithDefaults()
	m, _, err := pluginFolder{root: root, id: id, version: c.Version}.manifest()
	if err != nil {
		return nil, fmt.Errorf("plugins.enabled.%s.canary: %w", id, err)
	}
	enabled.Version, enabled.Canary = c.Version, config.Canary{}
	if c.Config != nil {
		enabled.Config = c.Config
	}
	enabled.Grant = slices.DeleteFunc(slices.Clone(enabled.Grant), func(name string) bool {
		return !slices.Contains(m.Permissions, name)
	})
	p, err := readPlan(root, id, enabled, t)
	if err != nil {
		return nil, fmt.Errorf("plugins.enabled.%s.canary, version %s: %w", id, c.Version, err)
	}
	return &trialPlan{plan: p, share: c.Share, shadow: c.Shadow, minEvents: c.MinEvents, maxErrors: c.MaxErrors}, nil
}

// takes tells whether the event is one for the canary. Only the first hand-over of an event is: whatever comes a second
// time goes to the stable version.
func (p *trialPlan) takes(ev Event) bool {
	return p.couldTake(ev) && p.bucket(ev) < p.share
}

// couldTake tells whether it would be one for a canary with every subject.
func (p *trialPlan) couldTake(ev Event) bool {
	return ev.Attempt <= 1 && !ev.Replay && p.plan.manifest.handles(ev.Type)
}

// places is how many events the canary gets at once: its share of what it could take. They are its own: if it hangs, the
// stable version has as many as without it.
func (p *trialPlan) places() int { return max(1, (p.plan.concurrency*p.share+99)/100) }

// bucket puts an event into one of a hundred classes, the same for each event of a subject, on every host and after every
// restart. Another version gets other subjects: it shall not always be the same users who try what is new.
func (p *trialPlan) bucket(ev Event) int {
	about := ev.Subject
	if about == "" {
		about = ev.ID
	}
	sum := sha256.Sum256([]byte(p.plan.id + "\x00" + p.plan.version + "\x00" + about))
	return int(binary.BigEndian.Uint64(sum[:8]) % 100)
}

func (p *trialPlan) same(other *trialPlan) bool { return reflect.DeepEqual(p, other) }
