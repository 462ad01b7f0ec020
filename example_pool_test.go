package wechat_test

import (
	"database/sql"
	"log"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
)

// A host that has an SQLite database of its own lets the module use it.
func ExampleWithDB() {
	pool, err := sql.Open("sqlite", "file:shop.db?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate")
	if err != nil {
		log.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	db := bun.NewDB(pool, sqlitedialect.New())

	module, err := wechat.New(config.Config{}, wechat.WithDB(db))
	if err != nil {
		log.Fatal(err)
	}
	_ = module // mount and start it as always
}
