package host

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textMax bounds one text of a plugin in a log record.
const textMax = 4 << 10

// cleaner makes a plugin's text fit for the host's log: without the plugin's secrets, without control characters that
// would forge lines or drive a terminal, and not too long.
type cleaner struct{ mask *strings.Replacer }

// newCleaner masks the secrets in every form that a plugin's output may give them. Those under four characters are left:
// masking them would garble everything and hide nothing.
func newCleaner(secrets map[string]string) cleaner {
	var forms []string
	for _, value := range secrets {
		parts := []string{value}
		for line := range strings.Lines(value) { // output comes by the line: that of a key in PEM, too
			parts = append(parts, strings.TrimSpace(line))
		}
		for _, part := range parts {
			if len(part) >= 4 {
				forms = append(forms, writtenForms(part)...)
			}
		}
	}
	// The longest first, so that a secret inside another one does not leave the rest of it readable.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, "***")
	}
	return cleaner{mask: strings.NewReplacer(pairs...)}
}

// writtenForms lists a text as it is, as encoding/json and slog's JSON handler write it, and as Go quotes it, which is
// what slog's text handler and %q do.
func writtenForms(value string) []string {
	forms := []string{value, inner(strconv.Quote(value)), inner(strconv.QuoteToASCII(value))}
	for _, escapeHTML := range []bool{true, false} {
		var text strings.Builder
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(escapeHTML)
		if err := enc.Encode(value); err == nil {
			forms = append(forms, inner(strings.TrimSuffix(text.String(), "\n")))
		}
	}
	return forms
}

// inner takes the quotes off.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// cut keeps so many bytes of a text, and nothing of the rest in memory.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
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
