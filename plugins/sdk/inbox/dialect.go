package inbox

import "fmt"

// Dialect is a kind of database.
type Dialect int

// The databases an inbox works with. The zero value is none of them.
const (
	PostgreSQL Dialect = iota + 1
	SQLite
	MySQL // 8.0 or later, or MariaDB, with InnoDB tables
)

// String names the database.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	case MySQL:
		return "MySQL"
	default:
		return fmt.Sprintf("Dialect(%d)", int(d))
	}
}

// Schema is the statement that makes the table of all inboxes in a database, when it is not there. Run it at the plugin's
// start, or take it over into migrations.
func Schema(d Dialect) string {
	text := "VARCHAR(191)"
	options := ""
	switch d {
	case PostgreSQL:
		text = "TEXT"
	case SQLite:
		text, options = "TEXT", " WITHOUT ROWID"
	case MySQL:
		text, options = "VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", " ENGINE=InnoDB"
	}
	return "CREATE TABLE IF NOT EXISTS wechat_inbox (consumer " + text + " NOT NULL, event_id " + text +
		" NOT NULL, done_at BIGINT NOT NULL, PRIMARY KEY (consumer, event_id))" + options
}

// insert adds a row, or none when it is there.
func (d Dialect) insert() (string, error) {
	switch d {
	case PostgreSQL:
		return "INSERT INTO wechat_inbox (consumer, event_id, done_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", nil
	case SQLite:
		return "INSERT INTO wechat_inbox (consumer, event_id, done_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", nil
	case MySQL:
		// Not ON DUPLICATE KEY UPDATE: with clientFoundRows it reports a row that was there as affected. IGNORE would also
		// let values through that do not fit; Inbox checks them before.
		return "INSERT IGNORE INTO wechat_inbox (consumer, event_id, done_at) VALUES (?, ?, ?)", nil
	default:
		return "", errDialect(d)
	}
}

func (d Dialect) forget() (string, error) {
	switch d {
	case PostgreSQL:
		return "DELETE FROM wechat_inbox WHERE consumer = $1 AND done_at < $2", nil
	case SQLite, MySQL:
		return "DELETE FROM wechat_inbox WHERE consumer = ? AND done_at < ?", nil
	default:
		return "", errDialect(d)
	}
}

func errDialect(d Dialect) error {
	return fmt.Errorf("inbox: %v is none of PostgreSQL, SQLite, MySQL", d)
}
