package wechattest

import "regexp"

// masks finds the secrets in what an [Exchange] shows.
type masks struct {
	query *regexp.Regexp
	json  *regexp.Regexp
}

func newMasks() masks {
	return masks{
		query: regexp.MustCompile(`([?&](?:secret|access_token|refresh_token)=)[^&]*`),
		json:  regexp.MustCompile(`("(?:secret|access_token|refresh_token|session_key|ticket)"\s*:\s*)"(?:[^"\\]|\\.)*"`),
	}
}

// observe shows an exchange to the observers, without its secrets.
func (s *Simulator) observe(e Exchange) {
	e.Path = s.masks.query.ReplaceAllString(e.Path, "$1***")
	e.RequestBody = s.masks.json.ReplaceAllString(e.RequestBody, `$1"***"`)
	e.ResponseBody = s.masks.json.ReplaceAllString(e.ResponseBody, `$1"***"`)
	for _, show := range s.settings.observers {
		show(e)
	}
}
