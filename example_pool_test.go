package wechat_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
)

// A host that has an SQLite database of its own lets the module use it.
func ExampleWithDB() {
	dir := tempDir()
	defer func() { check(os.RemoveAll(dir)) }()
	file := "file:" + filepath.Join(dir, "shop.db")
	pool, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate")
	check(err)
	pool.SetMaxOpenConns(1)
	db := bun.NewDB(pool, sqlitedialect.New())

	ctx := context.Background()
	module := must(wechat.New(config.Config{}, wechat.WithDB(db), wechat.WithLogger(slog.New(slog.DiscardHandler))))
	fmt.Println("start:", module.Start(ctx))
	fmt.Println("stop:", module.Stop(ctx))
	fmt.Println("the pool is still the host's:", errors.Join(pool.PingContext(ctx), db.Close()))
	// Output:
	// start: <nil>
	// stop: <nil>
	// the pool is still the host's: <nil>
}
