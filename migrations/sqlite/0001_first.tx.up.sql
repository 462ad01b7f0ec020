-- Accounts (系统账号) and what WeChat knows of them.

CREATE TABLE wechat_accounts (
    id            TEXT PRIMARY KEY,
    username      TEXT NOT NULL UNIQUE,       -- random until a phone is bound, then the number
    password_hash TEXT NOT NULL,              -- SHA-256 of a random 256-bit password nobody knows
    phone         TEXT UNIQUE,                -- NULL = initial state
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

--bun:split

CREATE TABLE wechat_identities (
    appid      TEXT NOT NULL,
    openid     TEXT NOT NULL,                 -- belongs to this appid only
    account_id TEXT NOT NULL REFERENCES wechat_accounts (id),
    unionid    TEXT,
    nickname   TEXT NOT NULL DEFAULT '',
    avatar_url TEXT NOT NULL DEFAULT '',
    gender     INTEGER NOT NULL DEFAULT 0,    -- 0 unknown, 1 male, 2 female
    country    TEXT NOT NULL DEFAULT '',
    province   TEXT NOT NULL DEFAULT '',
    city       TEXT NOT NULL DEFAULT '',
    language   TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (appid, openid)
);

--bun:split

CREATE INDEX wechat_identities_account ON wechat_identities (account_id);

--bun:split

CREATE INDEX wechat_identities_unionid ON wechat_identities (unionid) WHERE unionid IS NOT NULL;

--bun:split

-- Log-in codes already seen: SHA-256 of appid and code. A row means: this code was tried, whatever came of it.
CREATE TABLE wechat_login_codes (
    code_hash  TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

--bun:split

CREATE INDEX wechat_login_codes_created ON wechat_login_codes (created_at);

--bun:split

-- The last few session keys of a user, newest first by id; encrypted.
CREATE TABLE wechat_session_keys (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    appid      TEXT NOT NULL,
    openid     TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

--bun:split

CREATE INDEX wechat_session_keys_user ON wechat_session_keys (appid, openid, id);

--bun:split

-- Tokens of logged-in users; only their SHA-256.
CREATE TABLE wechat_sessions (
    token_hash TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES wechat_accounts (id),
    appid      TEXT NOT NULL,
    openid     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

--bun:split

CREATE INDEX wechat_sessions_account ON wechat_sessions (account_id, created_at);

--bun:split

CREATE INDEX wechat_sessions_seen ON wechat_sessions (seen_at);

--bun:split

-- WeChat's access_token of an app (接口调用凭据); encrypted. version fences concurrent refreshes.
CREATE TABLE wechat_access_tokens (
    appid         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    version       BIGINT NOT NULL,
    sealed        TEXT NOT NULL,             -- empty until the first fetch
    expires_at    BIGINT NOT NULL,
    owner         TEXT NOT NULL,             -- who fetches the next version; empty when nobody
    claimed_until BIGINT NOT NULL,
    PRIMARY KEY (appid, kind)
);

--bun:split

-- WeChat Pay platform certificates (平台证书), so that a host starts without asking WeChat.
CREATE TABLE wechat_platform_keys (
    mchid      TEXT NOT NULL,
    serial     TEXT NOT NULL,
    pem        TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after  BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    PRIMARY KEY (mchid, serial)
);

--bun:split

-- Orders (订单). The terms never change after the row is written; the state only moves forward.
CREATE TABLE wechat_orders (
    mchid           TEXT NOT NULL,
    out_trade_no    TEXT NOT NULL,            -- 商户订单号
    appid           TEXT NOT NULL,
    openid          TEXT NOT NULL,            -- the payer the order was placed for
    description     TEXT NOT NULL,
    attach          TEXT NOT NULL,
    goods_tag       TEXT NOT NULL,
    amount_fen      BIGINT NOT NULL,
    currency        TEXT NOT NULL,
    notify_url      TEXT NOT NULL,
    time_expire     BIGINT,                   -- NULL = WeChat's own limit, 7 days
    state           TEXT NOT NULL,            -- NOTPAY SUCCESS REFUND CLOSED
    prepay_id       TEXT,
    prepay_at       BIGINT,                   -- when prepay_id was given; it lives two hours
    transaction_id  TEXT,                     -- 微信支付订单号, once paid
    payer_total_fen BIGINT,
    trade_type      TEXT NOT NULL DEFAULT '',
    bank_type       TEXT NOT NULL DEFAULT '',
    success_at      BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (mchid, out_trade_no)
);

--bun:split

CREATE UNIQUE INDEX wechat_orders_transaction ON wechat_orders (mchid, transaction_id) WHERE transaction_id IS NOT NULL;

--bun:split

-- Events: verified notices from WeChat Pay, payments found by asking, and changes of users. Kept for years.
CREATE TABLE wechat_events (
    id           TEXT PRIMARY KEY,            -- what plugins get as idempotency key; made from the business key
    kind         TEXT NOT NULL,               -- payment.succeeded, user.created, ...
    wechat_type  TEXT NOT NULL,               -- TRANSACTION.SUCCESS, ...; empty for user events
    mchid        TEXT NOT NULL,               -- the account that received it; empty for user events
    notice_id    TEXT,                        -- 通知ID; NULL when it did not come as a notice
    business_key TEXT NOT NULL,               -- kind, transaction or refund id, state
    subject      TEXT NOT NULL,               -- one hand-over at a time per plugin and subject
    verdict      TEXT NOT NULL,               -- ok, or why it is quarantined
    compared     BOOLEAN NOT NULL,            -- whether it was compared with a stored order
    payload      BLOB NOT NULL,            -- decrypted JSON, byte for byte
    occurred_at  BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    UNIQUE (mchid, business_key)
);

--bun:split

CREATE UNIQUE INDEX wechat_events_notice ON wechat_events (mchid, notice_id) WHERE notice_id IS NOT NULL;

--bun:split

CREATE INDEX wechat_events_created ON wechat_events (created_at);

--bun:split

CREATE INDEX wechat_events_quarantined ON wechat_events (created_at) WHERE verdict <> 'ok';

--bun:split

-- The queue: one row per event and plugin, written in the event's transaction.
CREATE TABLE wechat_deliveries (
    event_id   TEXT NOT NULL REFERENCES wechat_events (id),
    plugin     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    state      TEXT NOT NULL,                 -- pending running done dead
    wake_at    BIGINT,                        -- pending: not before; running: end of the lease; else NULL
    owner      TEXT,                          -- the host that runs it
    attempt    INTEGER NOT NULL DEFAULT 0,    -- counts claims; with owner it fences late outcomes
    failures   INTEGER NOT NULL DEFAULT 0,    -- claims that count against the schedule
    crashes    INTEGER NOT NULL DEFAULT 0,    -- claims during which the plugin or its host died
    suspect    BOOLEAN NOT NULL DEFAULT FALSE,-- in hand when the plugin died: handed over alone until it answers
    solo_crashes INTEGER NOT NULL DEFAULT 0,  -- plugin deaths with nothing else in hand
    replay     BOOLEAN NOT NULL DEFAULT FALSE,-- asked for again by hand
    since_at   BIGINT NOT NULL,               -- start of the current series of tries
    last_code  TEXT NOT NULL DEFAULT '',
    last_error TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, plugin)
);

--bun:split

CREATE INDEX wechat_deliveries_due ON wechat_deliveries (plugin, wake_at) WHERE state = 'pending';

--bun:split

CREATE INDEX wechat_deliveries_leased ON wechat_deliveries (wake_at) WHERE state = 'running';

--bun:split

-- Two at once for one plugin and subject are impossible, whoever writes.
CREATE UNIQUE INDEX wechat_deliveries_one_running ON wechat_deliveries (subject, plugin) WHERE state = 'running';

--bun:split

CREATE INDEX wechat_deliveries_waiting ON wechat_deliveries (subject, wake_at) WHERE state = 'pending';

--bun:split

CREATE INDEX wechat_deliveries_suspect ON wechat_deliveries (plugin, wake_at) WHERE suspect;

--bun:split

CREATE INDEX wechat_deliveries_dead ON wechat_deliveries (updated_at) WHERE state = 'dead';

--bun:split

CREATE INDEX wechat_deliveries_done ON wechat_deliveries (plugin, updated_at) WHERE state = 'done';

--bun:split

-- Periodic work of the cluster: who does it, and until when nobody else may.
CREATE TABLE wechat_leases (
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until BIGINT NOT NULL
);
