package main

import (
	"regexp"
	"slices"
	"strings"
)

// mask takes secrets out of what the trail shows. The local WeChat and the module mask theirs already; this is the last
// gate in front of the page.
type mask struct {
	secrets []string       // exact texts
	login   *regexp.Regexp // the answer of a log-in: a token and its state
	json    *regexp.Regexp // members that hold a secret
	query   *regexp.Regexp
}

func newMask() mask {
	return mask{
		login: regexp.MustCompile(`("data"\s*:\s*"[0-9A-Za-z]{4})[0-9A-Za-z]{16,}(_[01]")`),
		json:  regexp.MustCompile(`("(?:app_?secret|secret|access_token|session_key)"\s*:\s*)"(?:[^"\\]|\\.)*"`),
		query: regexp.MustCompile(`([?&](?:secret|access_token|session_key)=)[^&\s]*`),
	}
}

// token shows enough of a user's token to tell two apart.
func token(t string) string {
	if len(t) < 8 {
		return strings.Repeat("*", len(t))
	}
	return t[:4] + "…"
}

func (m mask) text(s string) string {
	for _, secret := range m.secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "***")
		}
	}
	s = m.login.ReplaceAllString(s, "$1…$2")
	s = m.json.ReplaceAllString(s, `$1"***"`)
	return m.query.ReplaceAllString(s, "$1***")
}

func (m mask) fields(fields []field) []field {
	fields = slices.Clone(fields)
	for i := range fields {
		fields[i].Value = m.text(fields[i].Value)
	}
	return fields
}

func (m mask) step(s step) step {
	s.Title, s.Note = m.text(s.Title), m.text(s.Note)
	s.Fields = m.fields(s.Fields)
	if s.Call != nil {
		c := *s.Call
		c.Path, c.Body, c.Answer, c.Error = m.text(c.Path), m.text(c.Body), m.text(c.Answer), m.text(c.Error)
		c.Header = m.fields(c.Header)
		s.Call = &c
	}
	return s
}
