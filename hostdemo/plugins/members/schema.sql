-- The inbox: an event that is in here has had its effect.
CREATE TABLE IF NOT EXISTS handled (
	event_id TEXT PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS members (
	openid     TEXT PRIMARY KEY,
	account_id TEXT    NOT NULL,
	phone      TEXT    NOT NULL,
	nickname   TEXT    NOT NULL,
	avatar_url TEXT    NOT NULL,
	changes    INTEGER NOT NULL, -- how many events changed this member
	last_event TEXT    NOT NULL, -- the type of the newest one
	changed_at INTEGER NOT NULL  -- when it happened, milliseconds since 1970
);
