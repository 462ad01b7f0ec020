-- Every hand-over, also one that found its event handled.
CREATE TABLE IF NOT EXISTS deliveries (
	id       INTEGER PRIMARY KEY,
	event_id TEXT NOT NULL,
	at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

-- The inbox: an event that is in here has had its effect.
CREATE TABLE IF NOT EXISTS handled (
	event_id TEXT PRIMARY KEY
);

-- The effect. Nothing but the transaction that fills handled keeps a second row for an event out of it.
CREATE TABLE IF NOT EXISTS bookings (
	id         INTEGER PRIMARY KEY,
	event_id   TEXT    NOT NULL,
	event_type TEXT    NOT NULL,
	order_no   TEXT    NOT NULL,
	amount_fen INTEGER NOT NULL, -- a refund is negative
	booked_at  TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX IF NOT EXISTS bookings_by_order ON bookings (order_no);
