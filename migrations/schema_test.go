package migrations_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/migrations"
)

// Both databases must have the same tables: columns with nullability and defaults, primary keys, UNIQUE constraints,
// foreign keys, and indexes with their columns, uniqueness and predicates. Only the types have two names.
func TestBothDatabasesAgree(t *testing.T) {
	t.Parallel()
	lite, pg := open(t, dbtest.SQLite(t)), open(t, dbtest.Postgres(t))
	require.NoError(t, migrations.Up(t.Context(), lite))
	require.NoError(t, migrations.Up(t.Context(), pg))

	got := schemaOf(t, lite)
	require.Equal(t, got, schemaOf(t, pg))
	for _, line := range []string{ // what the two are compared by is really there
		"wechat_orders column trade_type NOT NULL DEFAULT ''",
		"wechat_deliveries column suspect NOT NULL DEFAULT false",
		"wechat_session_keys column id NOT NULL GENERATED",
		"wechat_identities primary key appid, openid",
		"wechat_accounts unique username",
		"wechat_events unique mchid, business_key",
		"wechat_deliveries foreign key event_id references wechat_events id ON DELETE NO ACTION ON UPDATE NO ACTION",
		"wechat_sessions index wechat_sessions_account (account_id, created_at)",
		"wechat_orders unique index wechat_orders_transaction (mchid, transaction_id) WHERE transaction_id IS NOT NULL",
		"wechat_deliveries index wechat_deliveries_dead (updated_at) WHERE state = 'dead'",
	} {
		require.Contains(t, got, line)
	}
}

// Each of these slips in one of the two files must be noticed.
func TestEveryDifferenceIsNoticed(t *testing.T) {
	t.Parallel()
	slips := map[string][2]string{
		"IndexColumns":     {"wechat_sessions (account_id, created_at)", "wechat_sessions (account_id, seen_at)"},
		"IndexColumnOrder": {"wechat_session_keys (appid, openid, id)", "wechat_session_keys (openid, appid, id)"},
		"IndexDirection":   {"wechat_sessions (seen_at)", "wechat_sessions (seen_at DESC)"},
		"Uniqueness":       {"CREATE UNIQUE INDEX wechat_orders_transaction", "CREATE INDEX wechat_orders_transaction"},
		"Predicate":        {"(updated_at) WHERE state = 'dead'", "(updated_at) WHERE state = 'done'"},
		"PredicateMissing": {"(mchid, notice_id) WHERE notice_id IS NOT NULL", "(mchid, notice_id)"},
		"IndexMissing":     {"CREATE INDEX wechat_events_created ON wechat_events (created_at);", "SELECT 1;"},
		"Default":          {"trade_type      TEXT NOT NULL DEFAULT ''", "trade_type      TEXT NOT NULL DEFAULT 'JSAPI'"},
		"DefaultMissing":   {"gender     INTEGER NOT NULL DEFAULT 0", "gender     INTEGER NOT NULL"},
		"DefaultOfBoolean": {"suspect    BOOLEAN NOT NULL DEFAULT FALSE", "suspect    BOOLEAN NOT NULL DEFAULT TRUE"},
		"Null":             {"description     TEXT NOT NULL", "description     TEXT"},
		"Column":           {"goods_tag       TEXT NOT NULL", "goods_label     TEXT NOT NULL"},
		"PrimaryKey":       {"PRIMARY KEY (event_id, plugin)", "PRIMARY KEY (plugin, event_id)"},
		"PrimaryKeyUnique": {"PRIMARY KEY (mchid, serial)", "UNIQUE (mchid, serial)"},
		"Unique":           {"UNIQUE (mchid, business_key)", "UNIQUE (business_key)"},
		"UniqueMissing":    {"phone         TEXT UNIQUE", "phone         TEXT"},
		"ForeignKey":       {"plugin     TEXT NOT NULL,", "plugin     TEXT NOT NULL REFERENCES wechat_accounts (id),"},
		"ForeignKeyTable":  {"account_id TEXT NOT NULL REFERENCES wechat_accounts (id),\n    appid", "account_id TEXT NOT NULL,\n    appid"},
		"OnDelete":         {"REFERENCES wechat_events (id)", "REFERENCES wechat_events (id) ON DELETE CASCADE"},
	}
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		folder := "postgres"
		if strings.HasPrefix(url, "sqlite:") {
			folder = "sqlite"
		}
		up, down := statements(t, folder+"/0001_first.tx.up.sql"), statements(t, folder+"/0001_first.tx.down.sql")
		db := open(t, url)
		require.NoError(t, migrations.Up(t.Context(), db))
		want := schemaOf(t, db)
		require.Equal(t, want, rebuilt(t, db, down+up), "the copy itself makes no difference")
		for name, slip := range slips {
			changed := strings.Replace(up, slip[0], slip[1], 1)
			require.NotEqual(t, up, changed, "%s: the file no longer says so", name)
			require.NotEqual(t, want, rebuilt(t, db, down+changed), name)
		}
	})
}

// statements reads a file without its comments, which may hold a semicolon.
func statements(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return regexp.MustCompile(` *--.*`).ReplaceAllString(string(text), "") + "\n"
}

// rebuilt runs the statements and describes what they made.
func rebuilt(t *testing.T, db *bun.DB, text string) []string {
	t.Helper()
	for statement := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		_, err := db.NewRaw("?", bun.Safe(statement)).Exec(t.Context())
		require.NoError(t, err, statement)
	}
	return schemaOf(t, db)
}

// schemaOf describes the module's tables, without bun's own, in words that are the same for both databases.
func schemaOf(t *testing.T, db *bun.DB) []string {
	t.Helper()
	var lines []string
	queries := sqliteSchema()
	if db.Dialect().Name().String() == "pg" {
		queries = postgresSchema()
	}
	for _, query := range queries {
		var rows []string
		require.NoError(t, db.NewRaw("?", bun.Safe(query)).Scan(t.Context(), &rows))
		lines = append(lines, rows...)
	}
	for i, line := range lines {
		lines[i] = normal(line)
	}
	slices.Sort(lines)
	return lines
}

var (
	casts  = regexp.MustCompile(`::[a-z]+`)
	blanks = regexp.MustCompile(`\s+`)
)

// normal writes defaults and predicates in one way: PostgreSQL adds casts and brackets, and has lower-case truth.
func normal(line string) string {
	line = casts.ReplaceAllString(blanks.ReplaceAllString(line, " "), "")
	if head, text, ok := strings.Cut(line, " DEFAULT "); ok {
		line = head + " DEFAULT " + strings.NewReplacer("FALSE", "false", "TRUE", "true").Replace(text)
	}
	if head, text, ok := strings.Cut(line, " WHERE ("); ok {
		line = head + " WHERE " + strings.TrimSuffix(text, ")")
	}
	return line
}
