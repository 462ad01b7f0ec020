package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
)

// Finding is a secret where none may be.
type Finding struct {
	Line   int    // from 1
	Secret string // what it is, or the secret itself if it was named by the caller
	Form   string // how it was spelt: plain, base64, hex or URL-encoded
	Text   string // the line, cut if it is long
}

func (f Finding) String() string {
	return fmt.Sprintf("line %d: %s (%s): %s", f.Line, f.Secret, f.Form, f.Text)
}

// Find looks for every secret known by a marker, in all its forms, and returns the first place of each.
func Find(text []byte) []Finding { return find(text, markers()) }

// FindSecrets looks for these secrets as well: those that a test only learns when it runs, such as a session_key.
func FindSecrets(text []byte, secrets ...string) []Finding {
	wanted := markers()
	for _, secret := range secrets {
		wanted = append(wanted, marker{secret, secret})
	}
	return find(text, wanted)
}

func find(text []byte, wanted []marker) (found []Finding) {
	for _, m := range wanted {
		for _, f := range forms(m.text) {
			if at := bytes.Index(text, []byte(f.text)); at >= 0 {
				found = append(found, Finding{
					Line:   1 + bytes.Count(text[:at], []byte("\n")),
					Secret: m.name,
					Form:   f.name,
					Text:   lineAround(text, at),
				})
			}
		}
	}
	return found
}

// forms are the ways in which a secret leaves a program by mistake. Base64 packs three bytes into four letters, so a
// secret inside a longer text looks different for each of three offsets; letters shared with neighbours are left out.
func forms(secret string) []marker {
	all := []marker{
		{"plain", secret},
		{"hex", hex.EncodeToString([]byte(secret))},
		{"hex", strings.ToUpper(hex.EncodeToString([]byte(secret)))},
	}
	if escaped := url.QueryEscape(secret); escaped != secret {
		all = append(all, marker{"URL-encoded", escaped})
	}
	for offset := range 3 {
		padded := append(make([]byte, offset), secret...)
		first := (offset*8 + 5) / 6 // the first letter made of the secret alone
		last := len(padded) * 8 / 6 // behind the last one
		standard := base64.RawStdEncoding.EncodeToString(padded)[first:last]
		all = append(all, marker{"base64", standard})
		if safe := base64.RawURLEncoding.EncodeToString(padded)[first:last]; safe != standard {
			all = append(all, marker{"base64", safe})
		}
	}
	return all
}

// lineAround is the line at this place, at most a hundred bytes to each side.
func lineAround(text []byte, at int) string {
	const most = 100
	start := max(bytes.LastIndexByte(text[:at], '\n')+1, at-most)
	end := min(len(text), at+most)
	if newline := bytes.IndexByte(text[at:end], '\n'); newline >= 0 {
		end = at + newline
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(text[start:end]), "?"))
}
