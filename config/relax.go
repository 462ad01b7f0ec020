package config

import (
	"slices"
	"strings"
)

// relax folds the spellings of one name together, as Spring does: authorizeUrl, authorize-url and authorize_url. Dots
// stay, they separate sections.
func relax(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

// nearest picks the candidate most like name, comparing relaxed spellings. A common beginning counts for as much as the
// letters that differ: who writes api-v3-key means api-v3-secretkey. Of two equally near it takes the first.
func nearest(name string, candidates []string) (best string, distance int) {
	score := 0
	for i, c := range candidates {
		d := editDistance(relax(name), relax(c))
		if s := d - commonPrefix(relax(name), relax(c)); i == 0 || s < score {
			best, distance, score = c, d, s
		}
	}
	return best, distance
}

// alike says whether candidate can be what was meant by name: a slip of the pen, the same beginning, or one inside the
// other.
func alike(name, candidate string) bool {
	name, candidate = relax(name), relax(candidate)
	switch slips := editDistance(name, candidate); {
	case slips <= max(2, len(name)/3) && slips < len(name), commonPrefix(name, candidate) >= 4:
		return true
	default:
		return min(len(name), len(candidate)) >= 3 && (strings.Contains(name, candidate) || strings.Contains(candidate, name))
	}
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// hint says which known path was probably meant: one of the same section, or the same name in another section. Where none
// is anything like it, a suggestion would only mislead: then it lists what the section has.
func hint(path string, known []string) string {
	section, name := "", path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		section, name = path[:i], path[i+1:]
	}
	siblings := children(section, known)
	likely := slices.DeleteFunc(slices.Clone(siblings), func(s string) bool { return !alike(name, s) })
	if sibling, _ := nearest(name, likely); sibling != "" {
		return "did you mean " + strings.TrimPrefix(section+"."+sibling, ".") + "?"
	}
	for _, k := range known {
		if relax(k[strings.LastIndexByte(k, '.')+1:]) == relax(name) {
			return "did you mean " + k + "?"
		}
	}
	for len(siblings) == 0 && section != "" { // the section is unknown too
		section = section[:max(strings.LastIndexByte(section, '.'), 0)]
		siblings = children(section, known)
	}
	if section == "" {
		section = Root
	}
	return "the keys of " + section + " are " + strings.Join(siblings, ", ")
}

// children are the names one step below a section.
func children(section string, known []string) (names []string) {
	for _, k := range known {
		rest, ok := k, true
		if section != "" {
			rest, ok = strings.CutPrefix(k, section+".")
		}
		if first, _, _ := strings.Cut(rest, "."); ok && !slices.Contains(names, first) {
			names = append(names, first)
		}
	}
	return names
}

// maxCompared bounds the work for one name: no key is longer than this.
const maxCompared = 128

// editDistance counts the insertions, deletions and replacements that turn a into b (Levenshtein).
func editDistance(a, b string) int {
	a, b = a[:min(len(a), maxCompared)], b[:min(len(b), maxCompared)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
