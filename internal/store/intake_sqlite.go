package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"wgink.ink/wechat/internal/failpoint"
)

// keepSQLite is Keep for SQLite, which has no writing CTEs: some statements one after the other, under one commit. Each
// takes a whole group as one JSON text: most of the cost of a statement is reading it, and rows that stand in the text of
// the statement are read with it.
func (d *DB) keepSQLite(ctx context.Context, facts []Incoming) (kept []Kept, err error) {
	err = d.InTx(ctx, func(q Queries) error {
		kept = make([]Kept, len(facts))
		for _, round := range rounds(facts) {
			some := make([]Incoming, len(round))
			for i, at := range round {
				some[i] = facts[at]
			}
			results, err := q.keepRound(ctx, some)
			if err != nil {
				return err
			}
			for i, at := range round {
				kept[at] = results[i]
			}
		}
		return nil
	})
	return kept, err
}

// keepRound keeps facts of different orders.
func (q Queries) keepRound(ctx context.Context, facts []Incoming) ([]Kept, error) {
	kept, err := q.judge(ctx, facts)
	if err != nil {
		return nil, err
	}
	events := make([]eventRow, len(facts))
	for i, f := range facts {
		events[i] = eventRowOf(f.Event, kept[i])
	}
	fresh, err := q.insertEvents(ctx, events)
	if err != nil {
		return nil, err
	}
	var queue []deliveryRow
	var moves []moveRow
	for i, f := range facts {
		kept[i].Fresh = fresh[events[i].ID]
		delete(fresh, events[i].ID) // of two with one key the first is fresh
		if !kept[i].Fresh || kept[i].Verdict != VerdictOK {
			continue
		}
		for _, plugin := range f.Plugins {
			queue = append(queue, deliveryRow{Event: f.Event.ID, Plugin: plugin, Subject: f.Event.Subject})
		}
		if f.Terms != nil && (f.Paid != nil || f.To != "") {
			moves = append(moves, moveRowOf(f))
		}
	}
	if err := q.queueAll(ctx, queue); err != nil {
		return nil, err
	}
	return kept, q.advance(ctx, moves)
}

const ordersListedSQL = "(mchid, out_trade_no) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"

// judge compares each fact with its order.
func (q Queries) judge(ctx context.Context, facts []Incoming) ([]Kept, error) {
	var keys [][2]string
	for _, f := range facts {
		if f.Terms != nil {
			keys = append(keys, [2]string{f.Event.MchID, f.Terms.OutTradeNo})
		}
	}
	orders := make(map[[2]string]Order, len(keys))
	if len(keys) > 0 {
		text, err := rowsText(keys)
		if err != nil {
			return nil, err
		}
		var rows []Order
		if err := q.db.NewSelect().Model(&rows).Where(ordersListedSQL, text).Scan(ctx); err != nil {
			return nil, fmt.Errorf("read %d orders: %w", len(keys), err)
		}
		for _, o := range rows {
			orders[[2]string{o.MchID, o.OutTradeNo}] = o
		}
	}
	kept := make([]Kept, len(facts))
	for i, f := range facts {
		kept[i].Verdict = f.Event.Verdict
		if f.Terms != nil && f.Event.Verdict == VerdictOK {
			order, found := orders[[2]string{f.Event.MchID, f.Terms.OutTradeNo}]
			kept[i].Compared, kept[i].Verdict = found, f.Terms.verdict(order, found)
		}
	}
	return kept, nil
}

// eventRow is an event as JSON. The payload is hexadecimal: it is kept byte for byte, whatever it is.
type eventRow struct {
	ID, Kind, WeChatType, MchID string
	NoticeID                    *string
	BusinessKey, Subject        string
	Verdict                     string
	Compared                    bool
	Payload                     string
	OccurredAt, CreatedAt       Millis
}

func eventRowOf(e Event, k Kept) eventRow {
	row := eventRow{
		ID: e.ID, Kind: e.Kind, WeChatType: e.WeChatType, MchID: e.MchID, NoticeID: e.NoticeID, BusinessKey: e.BusinessKey,
		Subject: e.Subject, Verdict: k.Verdict, Compared: k.Compared, Payload: hex.EncodeToString(e.Payload),
		OccurredAt: e.OccurredAt, CreatedAt: e.CreatedAt,
	}
	if k.Verdict != VerdictOK {
		row.ID, row.BusinessKey, row.NoticeID = e.ID+"-"+k.Verdict, e.BusinessKey+"|"+k.Verdict, nil
	}
	return row
}

// insertEvents adds events and tells which are new: neither their notice id nor their business key is known.
func (q Queries) insertEvents(ctx context.Context, rows []eventRow) (fresh map[string]bool, err error) {
	text, err := rowsText(rows)
	if err != nil {
		return nil, err
	}
	var ids []string
	err = q.db.NewRaw(`INSERT INTO wechat_events (id, kind, wechat_type, mchid, notice_id, business_key, subject, verdict,
			compared, payload, occurred_at, created_at)
		SELECT value ->> 'ID', value ->> 'Kind', value ->> 'WeChatType', value ->> 'MchID', value ->> 'NoticeID',
			value ->> 'BusinessKey', value ->> 'Subject', value ->> 'Verdict', value ->> 'Compared', unhex(value ->> 'Payload'),
			value ->> 'OccurredAt', value ->> 'CreatedAt' FROM json_each(?) WHERE TRUE
		ON CONFLICT DO NOTHING RETURNING id`, text).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("insert %d events: %w", len(rows), err)
	}
	fresh = make(map[string]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	return fresh, nil
}

type deliveryRow struct{ Event, Plugin, Subject string }

// queueAll queues deliveries, due at once.
func (q Queries) queueAll(ctx context.Context, rows []deliveryRow) error {
	if len(rows) == 0 {
		return nil
	}
	text, err := rowsText(rows)
	if err != nil {
		return err
	}
	//nolint:dupword // SQL repeats columns
	_, err = q.db.NewRaw(`INSERT INTO wechat_deliveries
			(event_id, plugin, subject, state, wake_at, since_at, created_at, updated_at)
		SELECT value ->> 'Event', value ->> 'Plugin', value ->> 'Subject', 'pending', n.at, n.at, n.at, n.at
		FROM json_each(?), (SELECT ? AS at) AS n WHERE TRUE ON CONFLICT DO NOTHING`, text, q.nowSQL()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("queue %d deliveries: %w", len(rows), err)
	}
	return failpoint.Hit(failpoint.AfterInsert)
}

// moveRow is what a fact changes on its order.
type moveRow struct {
	MchID, OutTradeNo   string
	To, TransactionID   string
	Paid                bool
	PayerTotalFen       int64
	TradeType, BankType string
	SuccessAt, At       Millis
}

func moveRowOf(f Incoming) moveRow {
	row := moveRow{
		MchID: f.Event.MchID, OutTradeNo: f.Terms.OutTradeNo, To: f.To, TransactionID: f.Terms.TransactionID, At: f.Event.CreatedAt,
	}
	if p := f.Paid; p != nil {
		row.Paid, row.PayerTotalFen, row.TradeType, row.BankType, row.SuccessAt = true, p.PayerTotalFen, p.TradeType, p.BankType, p.SuccessAt
	}
	return row
}

const advanceSQL = `UPDATE wechat_orders AS o SET
		state = CASE WHEN m.move <> '' THEN m.move WHEN o.state = 'REFUND' THEN 'REFUND' ELSE 'SUCCESS' END,
		transaction_id = COALESCE(o.transaction_id, NULLIF(m.transaction_id, '')),
		payer_total_fen = CASE WHEN m.paid THEN COALESCE(o.payer_total_fen, m.payer_total_fen) ELSE o.payer_total_fen END,
		trade_type = CASE WHEN m.paid AND o.success_at IS NULL THEN m.trade_type ELSE o.trade_type END,
		bank_type = CASE WHEN m.paid AND o.success_at IS NULL THEN m.bank_type ELSE o.bank_type END,
		success_at = CASE WHEN m.paid THEN COALESCE(o.success_at, m.success_at) ELSE o.success_at END,
		updated_at = m.at
	FROM (SELECT value ->> 'MchID' AS mchid, value ->> 'OutTradeNo' AS out_trade_no, value ->> 'To' AS move,
		value ->> 'TransactionID' AS transaction_id, value ->> 'Paid' AS paid, value ->> 'PayerTotalFen' AS payer_total_fen,
		value ->> 'TradeType' AS trade_type, value ->> 'BankType' AS bank_type, value ->> 'SuccessAt' AS success_at,
		value ->> 'At' AS at FROM json_each(?)) AS m
	WHERE o.mchid = m.mchid AND o.out_trade_no = m.out_trade_no
		AND ((m.paid AND o.success_at IS NULL) OR (m.move <> '' AND o.state <> m.move))`

// advance moves orders forward and fills in what the messages tell of the payments. A refund may come before its payment:
// the order is then refunded already, and the payment adds its details.
func (q Queries) advance(ctx context.Context, rows []moveRow) error {
	if len(rows) == 0 {
		return nil
	}
	text, err := rowsText(rows)
	if err != nil {
		return err
	}
	if _, err := q.db.NewRaw(advanceSQL, text).Exec(ctx); err != nil {
		return fmt.Errorf("advance %d orders: %w", len(rows), err)
	}
	return nil
}

// rowsText is rows of texts and numbers as one JSON text for json_each.
func rowsText[T any](rows []T) (string, error) {
	text, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("write rows as JSON: %w", err)
	}
	return string(text), nil
}
