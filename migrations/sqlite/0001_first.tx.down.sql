DROP TABLE wechat_leases;

--bun:split

DROP TABLE wechat_deliveries;

--bun:split

DROP TABLE wechat_events;

--bun:split

DROP TABLE wechat_orders;

--bun:split

DROP TABLE wechat_platform_keys;

--bun:split

DROP TABLE wechat_access_tokens;

--bun:split

DROP TABLE wechat_sessions;

--bun:split

DROP TABLE wechat_session_keys;

--bun:split

DROP TABLE wechat_login_codes;

--bun:split

DROP TABLE wechat_identities;

--bun:split

DROP TABLE wechat_accounts;
