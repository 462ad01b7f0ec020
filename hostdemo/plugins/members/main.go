// Command members is a business team's plugin: it keeps a member list of its own, up to date with the users of the
// mini-program. See plugins/ledger first, it is commented as the example.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"log/slog"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"wgink.ink/wechat/plugins/sdk"
)

//go:embed schema.sql
var schema string

// Members is the handler; its exported fields come from `config` in the host's file.
type Members struct {
	File string `json:"file"`

	db  *sql.DB
	log *slog.Logger
}

func main() { sdk.Serve(&Members{}) }

// Start opens the member list.
func (m *Members) Start(ctx context.Context, env sdk.Env) (err error) {
	m.log = env.Logger
	m.db, err = sql.Open("sqlite", m.File+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return err
	}
	_, err = m.db.ExecContext(ctx, schema)
	return err
}

// save takes over a user after a change. Events may come in another order than they happened, so one that is older than
// what we know changes nothing; a field an event does not know stays as it is.
const save = `INSERT INTO members AS m (openid, account_id, phone, nickname, avatar_url, changes, last_event, changed_at)
VALUES (@openid, @account, @phone, @nickname, @avatar, 1, @type, @at)
ON CONFLICT (openid) DO UPDATE SET
	account_id = excluded.account_id,
	phone      = coalesce(nullif(excluded.phone, ''), m.phone),
	nickname   = coalesce(nullif(excluded.nickname, ''), m.nickname),
	avatar_url = coalesce(nullif(excluded.avatar_url, ''), m.avatar_url),
	changes    = m.changes + 1,
	last_event = excluded.last_event,
	changed_at = excluded.changed_at
WHERE excluded.changed_at >= m.changed_at`

// OnUserEvent takes a change over once: event id and effect are written in one transaction.
func (m *Members) OnUserEvent(ctx context.Context, e *sdk.UserEvent) error {
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	done, err := tx.ExecContext(ctx, `INSERT INTO handled (event_id) VALUES (?) ON CONFLICT DO NOTHING`, e.EventID)
	if err != nil {
		return err
	}
	if fresh, err := done.RowsAffected(); err != nil || fresh == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, save,
		sql.Named("openid", e.OpenID), sql.Named("account", e.AccountID), sql.Named("phone", e.Phone),
		sql.Named("nickname", e.Nickname), sql.Named("avatar", e.AvatarURL),
		sql.Named("type", e.EventType), sql.Named("at", e.OccurredAt.UnixMilli()))
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	m.log.InfoContext(ctx, "member saved", "event", e.EventID, "change", e.EventType)
	return nil
}
