package store_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

// withParams adds parameters to a URL.
func withParams(t *testing.T, databaseURL string, params map[string]string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	q := u.Query()
	for name, value := range params {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// What the URL asks for is what the session has, but for what the module's promises rest on, in whatever letters.
func TestParametersOfThePostgresURL(t *testing.T) {
	t.Parallel()
	db, err := store.Open(withParams(t, dbtest.Postgres(t), map[string]string{
		"search_path": "shop", "work_mem": "1MB", "application_name": "till", "shop.branch": "north",
		"synchronous_commit": "off", "Synchronous_Commit": "off",
	}))
	require.ErrorContains(t, err, "synchronous_commit is there twice")
	require.Nil(t, db)

	db, err = store.Open(withParams(t, dbtest.Postgres(t), map[string]string{
		"search_path": "shop", "work_mem": "1MB", "application_name": "till", "shop.branch": "north",
		"Synchronous_Commit": "off", "statement_timeout": "1", "default_transaction_isolation": "serializable", "read_timeout": "1ms",
	}))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for setting, want := range map[string]string{
		"search_path": "shop", "work_mem": "1MB", "application_name": "till", "shop.branch": "north",
		"synchronous_commit": "on", "statement_timeout": "5s", "default_transaction_isolation": "read committed",
	} {
		got, err := db.Setting(t.Context(), setting)
		require.NoError(t, err)
		require.Equal(t, want, got, setting)
	}
}

func TestNameOfTheModuleIsTheDefault(t *testing.T) {
	t.Parallel()
	got, err := open(t, dbtest.Postgres(t)).Setting(t.Context(), "application_name")
	require.NoError(t, err)
	require.Equal(t, "wechat", got)
}

func TestParametersThatWouldBeDropped(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"options=-c%20search_path%3Dshop": "options",
		"target_session_attrs=primary":    "target_session_attrs",
		"password=canary":                 "password",
		"SSLMode=require":                 "SSLMode",
		"sslcert=/a":                      "sslcert and sslkey",
		"search_path=shop,public":         "one schema",
		"search_path=a&search_path=b":     "search_path is there twice",
		"host=db.example.com":             "host= is for a socket",
		"work_mem%20TO%201%3B--=x":        "no parameter's name",
		"%zz":                             "NAME=VALUE",
	} {
		_, err := store.Open("postgres://u@localhost/d?" + query)
		require.ErrorContains(t, err, want, query)
		require.NotContains(t, err.Error(), "canary")
	}
	db, err := store.Open(withParams(t, dbtest.Postgres(t), map[string]string{"no_such_setting": "1MB"}))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.ErrorContains(t, db.Ping(t.Context()), "no_such_setting", "the server tells")
}
