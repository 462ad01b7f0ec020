package control

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"wgink.ink/wechat/wechattest"
)

// Faults are the scripts that make this WeChat misbehave.
type Faults struct {
	Playing   []PlayingFault `json:"playing"`
	Scenarios []Scenario     `json:"scenarios"` // that can be played by name
}

// PlayingFault is one rule of a script that plays, and how often it struck.
type PlayingFault struct {
	Script string `json:"script"`
	Fault  string `json:"fault"` // in YAML's short form
	Struck int    `json:"struck"`
}

// Scenario is a script that comes with this program.
type Scenario struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// Play asks for a scenario by name, or for a script in YAML.
type Play struct {
	Scenario string `json:"scenario,omitempty"`
	YAML     string `json:"yaml,omitempty"`
}

func (s *Server) faults() any {
	return Faults{Playing: s.playing(), Scenarios: scenarios()}
}

func (s *Server) playing() []PlayingFault {
	playing := []PlayingFault{}
	for _, report := range s.wechat.FaultReports() {
		playing = append(playing, PlayingFault{report.Script, inShort(report.Fault), report.Struck})
	}
	return playing
}

func scenarios() []Scenario {
	all, err := wechattest.Scenarios()
	if err != nil {
		panic(err) // they are embedded and tested
	}
	list := []Scenario{}
	for _, script := range all {
		list = append(list, Scenario{script.Name, script.About})
	}
	slices.SortFunc(list, func(a, b Scenario) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// play starts a script, beside those that play already.
func (s *Server) play(r *http.Request) (any, error) {
	var request Play
	if err := decode(r, &request); err != nil {
		return nil, err
	}
	script, err := request.script()
	if err != nil {
		return nil, err
	}
	if err := s.wechat.Play(script); err != nil {
		return nil, invalid("%v", err)
	}
	return s.faults(), nil
}

func (p Play) script() (wechattest.Script, error) {
	if p.YAML != "" {
		script, err := wechattest.ParseScript([]byte(p.YAML))
		if err != nil {
			return script, invalid("%v", err)
		}
		return script, nil
	}
	all, err := wechattest.Scenarios()
	if err != nil {
		return wechattest.Script{}, err
	}
	script, known := all[p.Scenario]
	if !known {
		return script, invalid("no scenario %q; known: %s", p.Scenario, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	return script, nil
}

// stopFaults ends all scripts and answers with what they did.
func (s *Server) stopFaults(*http.Request) (any, error) {
	ended := s.faults()
	s.wechat.StopFaults()
	return ended, nil
}

// inShort writes what a fault says, without what it leaves open.
func inShort(f wechattest.Fault) string {
	var all map[string]any
	text, err := yaml.Marshal(f)
	if err == nil {
		err = yaml.Unmarshal(text, &all)
	}
	if err != nil {
		return err.Error()
	}
	delete(all, "on")
	return strings.Join(append([]string{"on: " + string(f.On)}, sayings("", all)...), ", ")
}

func sayings(prefix string, all map[string]any) (said []string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch value := all[name].(type) {
		case map[string]any:
			said = append(said, sayings(prefix+name+".", value)...)
		default:
			if !empty(value) {
				said = append(said, fmt.Sprintf("%s%s: %v", prefix, name, value))
			}
		}
	}
	return said
}

// empty finds what a YAML writer makes of zero values.
func empty(value any) bool {
	return value == nil || value == "0s" || reflect.ValueOf(value).IsZero()
}
