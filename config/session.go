package config

import "time"

// Session limits the tokens of logged-in users. Key: session.
type Session struct {
	Idle       time.Duration // Key: idle. A token unused for so long ends. Default: 2h.
	Absolute   time.Duration // Key: absolute. A token ends after so long, used or not. Default: 168h.
	MaxPerUser int           // Key: max-per-user. Older tokens of the user end. Default: 10.
}

func (s *Session) keys() []key {
	return []key{
		{path: "session.idle", to: &s.Idle, def: "2h",
			doc: "A token unused for so long ends. 1s or more."},
		{path: "session.absolute", to: &s.Absolute, def: "168h",
			doc: "A token ends after so long, used or not. From session.idle to 8760h."},
		{path: "session.max-per-user", to: &s.MaxPerUser, def: "10",
			doc: "Tokens one user may hold; the oldest ends when there are more. 1 to 1000."},
	}
}
