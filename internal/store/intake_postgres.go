package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
)

// intakeSQL compares a group of facts with their orders and writes events, orders and deliveries: one statement, one commit.
// The orders are locked as they are read, all in the same order: another host may be giving one of them its payment, and a
// second payment must be judged by the order as it is after that.
//
// It is planned once, perhaps while there are no orders yet, and the plan must be right for millions of them: without plain
// scans, and with = ANY, which rules a merge with the whole index out, only a look-up of each order is left to the planner.
//
//nolint:dupword,unqueryvet // SQL repeats columns; i.* is our own list
const intakeSQL = `WITH input AS (
	SELECT i.* FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
		$9::bytea[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::bigint[], $15::boolean[], $16::text[],
		$17::text[], $18::text[], $19::text[], $20::boolean[], $21::text[], $22::bigint[], $23::text[], $24::text[],
		$25::bigint[], $26::text[], $27::bigint[])
	AS i (id, kind, wechat_type, mchid, notice_id, business_key, subject, verdict,
		payload, occurred_at, created_at, plugins, out_trade_no, amount_fen, payment, appid,
		openid, currency, unknown, paid, transaction_id, payer_total_fen, trade_type, bank_type,
		success_at, to_state, refund_fen)
), locked AS MATERIALIZED (
	SELECT o.* FROM input AS i JOIN wechat_orders AS o ON o.mchid = ANY (ARRAY[i.mchid]) AND o.out_trade_no = i.out_trade_no
	ORDER BY i.mchid, i.out_trade_no FOR NO KEY UPDATE OF o
), judged AS (
	SELECT i.*, o.out_trade_no IS NOT NULL AND i.verdict = 'ok' AS compared, CASE
		WHEN i.verdict <> 'ok' OR i.out_trade_no = '' THEN i.verdict
		WHEN o.out_trade_no IS NULL THEN i.unknown
		WHEN i.payment AND i.appid <> o.appid THEN 'appid'
		WHEN i.amount_fen <> o.amount_fen THEN 'amount'
		WHEN NOT i.payment AND (i.refund_fen < 1 OR i.refund_fen > o.amount_fen) THEN 'amount'
		WHEN i.payment AND i.currency <> o.currency THEN 'currency'
		WHEN i.payment AND i.openid <> o.openid THEN 'payer'
		WHEN i.transaction_id <> '' AND i.transaction_id <> o.transaction_id THEN 'transaction'
		ELSE 'ok' END AS final
	FROM input AS i LEFT JOIN locked AS o ON o.mchid = i.mchid AND o.out_trade_no = i.out_trade_no
), fresh AS (
	INSERT INTO wechat_events (id, kind, wechat_type, mchid, notice_id, business_key, subject, verdict, compared, payload,
		occurred_at, created_at)
	SELECT CASE WHEN final = 'ok' THEN id ELSE id || '-' || final END, kind, wechat_type, mchid,
		CASE WHEN final = 'ok' THEN NULLIF(notice_id, '') END,
		CASE WHEN final = 'ok' THEN business_key ELSE business_key || '|' || final END,
		subject, final, compared, payload, occurred_at, created_at FROM judged ORDER BY id
	ON CONFLICT DO NOTHING RETURNING id
), moved AS (
	UPDATE wechat_orders AS o SET
		state = CASE WHEN j.to_state <> '' THEN j.to_state WHEN o.state = 'REFUND' THEN 'REFUND' ELSE 'SUCCESS' END,
		transaction_id = COALESCE(o.transaction_id, NULLIF(j.transaction_id, '')),
		payer_total_fen = CASE WHEN j.paid THEN COALESCE(o.payer_total_fen, j.payer_total_fen) ELSE o.payer_total_fen END,
		trade_type = CASE WHEN j.paid AND o.success_at IS NULL THEN j.trade_type ELSE o.trade_type END,
		bank_type = CASE WHEN j.paid AND o.success_at IS NULL THEN j.bank_type ELSE o.bank_type END,
		success_at = CASE WHEN j.paid THEN COALESCE(o.success_at, j.success_at) ELSE o.success_at END,
		updated_at = j.created_at
	FROM judged AS j JOIN fresh AS f ON f.id = j.id
	WHERE j.final = 'ok' AND o.mchid = ANY (ARRAY[j.mchid]) AND o.out_trade_no = j.out_trade_no
		AND ((j.paid AND o.success_at IS NULL) OR (j.to_state <> '' AND o.state <> j.to_state))
), queued AS (
	INSERT INTO wechat_deliveries (event_id, plugin, subject, state, wake_at, since_at, created_at, updated_at)
	SELECT j.id, p.plugin, j.subject, 'pending', c.now, c.now, c.now, c.now
	FROM judged AS j JOIN fresh AS f ON f.id = j.id
	CROSS JOIN LATERAL (SELECT DISTINCT plugin FROM unnest(string_to_array(NULLIF(j.plugins, ''), ',')) AS u (plugin)) AS p
	CROSS JOIN (SELECT (EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::bigint AS now) AS c
	WHERE j.final = 'ok'
) SELECT j.id, j.final AS verdict, j.compared, f.id IS NOT NULL AS fresh
FROM judged AS j LEFT JOIN fresh AS f ON f.id = CASE WHEN j.final = 'ok' THEN j.id ELSE j.id || '-' || j.final END`

// intakeTypes are the types of $1 to $27.
//
//nolint:dupword // SQL repeats types
const intakeTypes = `text[], text[], text[], text[], text[], text[], text[], text[], bytea[], bigint[], bigint[], text[],
	text[], bigint[], boolean[], text[], text[], text[], text[], boolean[], text[], bigint[], text[], text[], bigint[], text[],
	bigint[]`

// Limits of an intake statement: WeChat waits five seconds, the handler two. What is left is for the group before.
const (
	intakeTimeout     = 1500 * time.Millisecond
	intakeLockTimeout = time.Second
)

// plainText is intakeSQL with bun's placeholders: each number stands once and in order.
func plainText() string {
	return regexp.MustCompile(`\$\d+`).ReplaceAllString(intakeSQL, "?")
}

// intakeName is the name of the prepared statement. A pooler may hand out a server connection on which another version of the
// module, with another statement, has prepared its own.
func intakeName() string {
	sum := sha256.Sum256([]byte(intakeTypes + intakeSQL)) //nolint:unqueryvet // i.* is our own list
	return "wechat_intake_" + hex.EncodeToString(sum[:6])
}

// intake runs the intake statement on a connection of its own, where it is planned once: parsing and planning are most
// of its cost. Behind a pooler that forgets prepared statements it falls back to plain text, in a transaction that brings its
// settings along: neither the next statement nor the commit need come to the server connection that was set up.
type intake struct {
	db *bun.DB

	mu    sync.Mutex // the connection serves one statement at a time
	conn  *bun.Conn  // nil until first used, and after an error
	query string     // runs the statement that conn has prepared
	plain string     // the statement as text, once prepared ones do not hold

	ended atomic.Bool // the module has stopped: a late notice must not open a connection again
}

func (s *intake) run(ctx context.Context, facts []Incoming) ([]Kept, error) {
	s.mu.Lock()
	defer s.letGo()
	if s.ended.Load() {
		return nil, sql.ErrConnDone
	}
	ctx, cancel := context.WithTimeout(ctx, intakeTimeout)
	defer cancel()
	args := intakeArgs(facts)
	for left := tries(s.db) - 1; ; left-- {
		kept, err := s.try(ctx, facts, args)
		if err == nil {
			return kept, nil
		}
		s.forget()
		if left == 0 || !s.mayRepeat(err) || ctx.Err() != nil {
			return nil, err
		}
	}
}

// mayRepeat says whether the statement should be run again. It is idempotent by its unique keys, so it may be when its
// fate is unknown.
func (s *intake) mayRepeat(err error) bool {
	if pg, ok := errors.AsType[pgdriver.Error](err); ok {
		switch pg.Field('C') {
		case "26000", "42P05": // gone, or there already: a pooler hands out other server connections than we prepare
			s.plain = plainText()
			return true
		case "40P01": // deadlock
			return true
		}
	}
	return broken(err)
}

func (s *intake) try(ctx context.Context, facts []Incoming, args []any) ([]Kept, error) {
	var (
		rows []keptRow
		err  error
	)
	if s.plain != "" {
		rows, err = s.runPlain(ctx, args)
	} else {
		rows, err = s.runPrepared(ctx, args)
	}
	if err != nil {
		return nil, err
	}
	kept := make([]Kept, len(facts))
	at := make(map[string]int, len(facts))
	for i, f := range facts {
		at[f.Event.ID] = i
	}
	for _, r := range rows {
		kept[at[r.ID]] = Kept{Fresh: r.Fresh, Verdict: r.Verdict, Compared: r.Compared}
	}
	return kept, nil
}

// keptRow is what the statement answers for a fact.
type keptRow struct {
	ID       string `bun:"id"`
	Verdict  string `bun:"verdict"`
	Compared bool   `bun:"compared"`
	Fresh    bool   `bun:"fresh"`
}

func (s *intake) runPrepared(ctx context.Context, args []any) (rows []keptRow, err error) {
	if s.conn == nil {
		if err := s.connect(ctx); err != nil {
			return nil, err
		}
	}
	err = s.conn.NewRaw(s.query+" (?"+strings.Repeat(",?", len(args)-1)+")", args...).Scan(ctx, &rows)
	return rows, err
}

func (s *intake) runPlain(ctx context.Context, args []any) (rows []keptRow, err error) {
	err = s.db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, "SELECT set_config('synchronous_commit', 'on', TRUE), set_config('statement_timeout', ?, TRUE), set_config('lock_timeout', ?, TRUE)",
			strconv.FormatInt(intakeTimeout.Milliseconds(), 10), strconv.FormatInt(intakeLockTimeout.Milliseconds(), 10))
		if err != nil {
			return err
		}
		return tx.NewRaw(s.plain, args...).Scan(ctx, &rows)
	})
	return rows, err
}

// connect takes a connection and prepares it. The settings are made here, not taken from the pool, because the host may
// have handed in a pool of its own: an answered notice must survive whatever the server's defaults are.
func (s *intake) connect(ctx context.Context) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		if s.conn == nil { // it failed, perhaps by a panic in a query hook of the host's
			end(conn)
		}
	}()
	name := intakeName()
	statements := []string{
		"SET synchronous_commit = on",
		fmt.Sprintf("SET statement_timeout = %d", intakeTimeout.Milliseconds()),
		fmt.Sprintf("SET lock_timeout = %d", intakeLockTimeout.Milliseconds()),
		"SET default_transaction_isolation = 'read committed'",
		"SET plan_cache_mode = force_generic_plan",
		"SET enable_seqscan = off",
		"PREPARE " + name + " (" + intakeTypes + ") AS " + intakeSQL, //nolint:unqueryvet // i.* is our own list
	}
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("prepare the intake: %w", err)
		}
	}
	s.conn, s.query = &conn, "EXECUTE "+name
	return nil
}

// forget drops the connection.
func (s *intake) forget() {
	if s.conn == nil {
		return
	}
	end(*s.conn)
	s.conn = nil
}

// end ends a connection for good: its settings must not go back to the pool.
func end(conn bun.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // tells database/sql to end it
}

// letGo ends a statement's turn, and the connection with it when the intake was closed meanwhile.
func (s *intake) letGo() {
	s.mu.Unlock()
	if s.ended.Load() {
		s.close()
	}
}

// close ends the connection. It does not wait for a statement that hangs: who runs that closes after it.
func (s *intake) close() {
	s.ended.Store(true)
	if s.mu.TryLock() {
		s.forget()
		s.mu.Unlock()
	}
}
