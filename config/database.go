package config

// Database names where the module keeps its rows. Key: database.
type Database struct {
	// URL is postgres://… or sqlite:FILE. A Secret because it can hold a password. Key: url.
	// Default: sqlite:wechat.db.
	URL Secret
}

func (d *Database) keys() []key {
	return []key{{path: "database.url", to: &d.URL, def: "sqlite:wechat.db",
		doc: "Where the module keeps its rows: postgres://… or sqlite:FILE. Never printed, it can hold a password."}}
}
