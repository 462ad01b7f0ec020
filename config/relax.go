package config

import "strings"

// relax folds the spellings of one name together, as Spring does: authorizeUrl, authorize-url and authorize_url. Dots
// stay, they separate sections.
func relax(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

// nearest picks the candidate most like name, comparing relaxed spellings. Of two equally near it takes the first.
func nearest(name string, candidates []string) (best string, distance int) {
	distance = -1
	for _, c := range candidates {
		if d := editDistance(relax(name), relax(c)); distance < 0 || d < distance {
			best, distance = c, d
		}
	}
	return best, distance
}

// nearestKey picks the known path that was probably meant: one of the same section, or the same name in another section,
// or else whatever comes nearest as a whole.
func nearestKey(path string, known []string) string {
	section, name := "", path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		section, name = path[:i], path[i+1:]
	}
	var siblings []string
	for _, k := range known {
		rest, ok := k, true
		if section != "" {
			rest, ok = strings.CutPrefix(k, section+".")
		}
		if ok {
			first, _, _ := strings.Cut(rest, ".")
			siblings = append(siblings, first)
		}
	}
	sibling, distance := nearest(name, siblings)
	longer := sibling != "" && strings.HasPrefix(relax(name), relax(sibling)) // payment for pay
	if sibling != "" && (longer || distance <= max(2, len(name)/3)) {
		return strings.TrimPrefix(section+"."+sibling, ".")
	}
	for _, k := range known {
		if relax(k[strings.LastIndexByte(k, '.')+1:]) == relax(name) {
			return k
		}
	}
	whole, _ := nearest(path, known)
	return whole
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
