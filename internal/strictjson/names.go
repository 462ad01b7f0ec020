package strictjson

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// names are the names of one object so far.
type names struct {
	few  []string
	many map[string]struct{} // folded; instead of few, so that an object of a million names costs no square
}

// fewNames is up to how many names are compared one by one.
const fewNames = 24

// add adds a name; false when it is there, in whatever letter case.
func (n *names) add(name string) bool {
	if n.many != nil {
		folded := fold(name)
		_, twice := n.many[folded]
		n.many[folded] = struct{}{}
		return !twice
	}
	for _, known := range n.few {
		if strings.EqualFold(known, name) {
			return false
		}
	}
	n.few = append(n.few, name)
	if len(n.few) > fewNames {
		n.many = make(map[string]struct{}, 2*len(n.few))
		for _, known := range n.few {
			n.many[fold(known)] = struct{}{}
		}
	}
	return true
}

// fold maps all spellings that encoding/json treats as one name to one of them: the smallest rune of each folding orbit.
func fold(name string) string {
	if ascii(name) {
		return strings.ToUpper(name) // the capital is the smallest, of k and s, too
	}
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
