package config

// Database names where the module keeps its rows. Key: database.
type Database struct {
	// URL is postgres://… or sqlite:FILE. A Secret because it can hold a password. Key: url.
	// Default: sqlite:wechat.db.
	URL Secret
	// Unsafe lets a database be used that forgets in a power cut, for tests: PostgreSQL with fsync or full_page_writes off,
	// a host's SQLite pool in memory or below synchronous(FULL). Key: unsafe. Default: false.
	Unsafe bool
}

func (d *Database) keys() []key {
	return []key{
		{path: "database.url", to: &d.URL, def: "sqlite:wechat.db",
			doc: "Where the module keeps its rows: postgres://… or sqlite:FILE. Never printed, it can hold a password."},
		{path: "database.unsafe", to: &d.Unsafe, def: "false",
			doc: "Use a database that forgets: a PostgreSQL server with fsync or full_page_writes off, or a host's SQLite pool in memory or " +
				"below synchronous(FULL). For tests: a power cut loses answered notices."},
	}
}
