package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Both spellings of the prefix bind: ours and the one Spring makes of the same name.
const (
	envPrefix       = "OPEN_PLATFORM_WECHAT_"
	envPrefixSpring = "OPENPLATFORM_WECHAT_"
)

// envName is the environment variable that overrides a path.
func envName(path string) string {
	return envPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(path))
}

// squeeze folds the spellings of an environment variable together: …_APIV3SECRETKEY and …_API_V3_SECRETKEY.
func squeeze(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
}

// kubernetes matches what a cluster adds for a service that happens to be called open-platform-wechat.
var kubernetes = regexp.MustCompile(`^(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// applyEnvironment gives each key the value of its variable, if there is one, and reports variables with our prefix that
// fit no key: a mistyped one would otherwise be a setting that silently does nothing. An empty variable counts as not
// set, because that is what compose files make of an absent one.
func (r *reader) applyEnvironment() bool {
	byName := map[string][]*leaf{}
	for _, l := range r.leaves {
		byName[squeeze(l.path)] = append(byName[squeeze(l.path)], l)
		if l.also != "" {
			other := squeeze(l.sibling(l.also))
			byName[other] = append(byName[other], l)
		}
	}
	applied := false
	for _, variable := range slices.Sorted(slices.Values(r.environ)) {
		name, text, _ := strings.Cut(variable, "=")
		rest, ours := cutPrefix(name)
		if !ours || text == "" || kubernetes.MatchString(rest) {
			continue
		}
		applied = r.override(name, text, byName[squeeze(rest)]) || applied
	}
	return applied
}

func cutPrefix(name string) (rest string, ours bool) {
	upper := strings.ToUpper(name)
	if rest, ours = strings.CutPrefix(upper, envPrefix); ours {
		return rest, true
	}
	return strings.CutPrefix(upper, envPrefixSpring)
}

func (r *reader) override(name, text string, fits []*leaf) bool {
	problem := Problem{Env: name}
	switch {
	case len(fits) == 0:
		problem.Message = fmt.Sprintf("fits no key; did you mean %s? %s", r.nearestVariable(name), pluginHint(name))
	case len(fits) > 1:
		problem.Message = fmt.Sprintf("fits both %s and %s; set the value in the file", fits[0].path, fits[1].path)
	case fits[0].kind() == "map":
		problem.Key = fits[0].path
		problem.Message = "a map cannot come from one variable; write ${NAME} inside it in the file"
	case fits[0].env != "":
		problem.Key = fits[0].path
		problem.Message = fmt.Sprintf("%s sets the same key; keep one", fits[0].env)
	default:
		fits[0].env, fits[0].text = name, text
		return true
	}
	problem.Message = strings.TrimSpace(problem.Message)
	r.problems = append(r.problems, problem)
	return false
}

// nearestVariable suggests the variable of a known key.
func (r *reader) nearestVariable(name string) string {
	var names []string
	for _, l := range r.leaves {
		if l.kind() != "map" {
			names = append(names, envName(l.path))
		}
	}
	best, _ := nearest(name, names)
	return best
}

// pluginHint explains the one thing a variable cannot do.
func pluginHint(name string) string {
	if rest, _ := cutPrefix(name); strings.HasPrefix(squeeze(rest), squeeze(enabledPath)) {
		return "A plugin and the names of its secrets must be in the file; variables only change their values."
	}
	return ""
}
