package host

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textMax bounds one text of a plugin in a log record.
const textMax = 4 << 10

// cleaner makes a plugin's text fit for the host's log: without the plugin's secrets, without control characters that
// would forge lines or drive a terminal, and not too long.
type cleaner struct{ mask *strings.Replacer }

// newCleaner masks the secrets as they are and as JSON writes them. Those under four characters are left: masking them
// would garble everything and hide nothing.
func newCleaner(secrets map[string]string) cleaner {
	var pairs []string
	values := slices.Collect(maps.Values(secrets))
	// The longest first, so that a secret inside another one does not leave the rest of it readable.
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	for _, value := range values {
		if len(value) < 4 {
			continue
		}
		pairs = append(pairs, value, "***")
		if text, err := json.Marshal(value); err == nil {
			if inner := string(text[1 : len(text)-1]); inner != value {
				pairs = append(pairs, inner, "***")
			}
		}
	}
	return cleaner{mask: strings.NewReplacer(pairs...)}
}

func (c cleaner) text(s string) string {
	s = c.mask.Replace(s)
	if len(s) > textMax {
		s = s[:textMax] + "…"
	}
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&out, `\x%02x`, s[i])
		case r == '\t' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
