package dbtest

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/pgdriver"
)

// HostPool opens a database as a host does that hands its own in. The pool ends with the test.
func HostPool(t testing.TB, url string) *bun.DB {
	t.Helper()
	var own *bun.DB
	if file, lite := strings.CutPrefix(url, "sqlite:"); lite {
		pool, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(30000)&_txlock=immediate")
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1)
		own = bun.NewDB(pool, sqlitedialect.New())
	} else {
		own = bun.NewDB(sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url))), pgdialect.New())
	}
	t.Cleanup(func() {
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	})
	return own
}
