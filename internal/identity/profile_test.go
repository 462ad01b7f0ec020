package identity

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "plain": "Lan Hua", "Chinese": "小兰", "accent": "Zoe\u0301", "emoji": "小兰🌸",
		"joined":               "👩\u200d👩\u200d👧",
		"joined, with colours": "🤝🏽 👩🏽\u200d🚀",
		"joined to a sign":     "🤷\u200d♂\ufe0f",
		"selector, then joint": "🏳\ufe0f\u200d🌈 ❤\ufe0f\u200d🔥",
		"joined to an arrow":   "🙂\u200d↔\ufe0f",
		"selector":             "❤\ufe0f 1\ufe0f\u20e3 \u2764\ufe0e", "ideograph's selector": "葛\U000e0100", "flag": "🇨🇳",
		"at most": strings.Repeat("兰", 64),
	} {
		require.True(t, line(text, 64), "%s: %q", name, text)
	}
	for name, text := range map[string]string{
		"too long": strings.Repeat("兰", 65), "bytes": "a\xff", "blank in front": " a", "blank behind": "a\u3000",
		"NUL": "a\x00", "line": "a\nb", "next line": "a\u0085b", "separators": "a\u2028b\u2029c", "direction": "a\u202eb",
		"zero width space": "a\u200bb", "byte order mark": "\ufeffa", "word joiner": "a\u2060b", "soft hyphen": "a\u00adb",
		"non-joiner": "a\u200cb", "tags": "a\U000e0001\U000e0041\U000e007f", "Hangul fillers": "\u3164", "choseong": "a\u115f",
		"jungseong": "a\u1160", "half width": "a\uffa0", "grapheme joiner": "a\u034fb", "Braille": "\u2800",
		"joiner alone": "\u200d", "joiner first": "\u200d🌸", "joiner last": "🌸\u200d", "joiner in a word": "a\u200db",
		"joiner to a word": "🌸\u200da", "joiner from a word": "a\u200d🌸", "two joiners": "🌸\u200d\u200d🌸",
		"selector alone": "\ufe0f", "two selectors": "❤\ufe0f\ufe0f", "selector on a joiner": "🌸\u200d\ufe0f🌸",
	} {
		require.False(t, line(text, 64), "%s: %q", name, text)
	}
}
