package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
)

// sqliteFile is the file name of a sqlite: URL.
func sqliteFile(databaseURL string) (file string, ok bool) {
	file, ok = strings.CutPrefix(databaseURL, "sqlite:")
	return strings.TrimPrefix(file, "//"), ok
}

func openSQLite(file string, look kindOf) (*bun.DB, error) {
	if file == "" || file == ":memory:" {
		return nil, errors.New("database.url: sqlite: needs the name of a file, for example sqlite:wechat.db")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("make the database's folder: %w", err)
	}
	file, err := realFile(file)
	if err != nil {
		return nil, err
	}
	if err := checkLocal(filepath.Dir(file), look); err != nil {
		return nil, fmt.Errorf("database.url: %w", err)
	}
	if err := makeFile(file); err != nil {
		return nil, err
	}
	pool := sql.OpenDB(sqliteConnector{dsn: sqliteDSN(file)})
	pool.SetMaxOpenConns(1) // one writer; a second connection would only meet SQLITE_BUSY
	return bun.NewDB(pool, sqlitedialect.New()), nil
}

// sqliteDSN names the pragmas, because they belong to a connection and the pool may open a new one.
func sqliteDSN(file string) string {
	q := url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"}, // a transaction that upgrades later fails without waiting
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// sqliteConnector opens connections and checks each before use: with synchronous NORMAL an answered notice could be lost
// in a power cut, and a misspelt pragma is silently ignored.
type sqliteConnector struct{ dsn string }

// Driver is the driver behind the connector.
func (sqliteConnector) Driver() driver.Driver { return &sqlite.Driver{} }

// Connect opens and checks a connection.
func (c sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000", "foreign_keys": "1",
	} {
		got, err := readPragma(ctx, conn, pragma)
		if err == nil && got != want {
			err = fmt.Errorf("%s is %s, want %s: the database's folder may not support what durability needs", pragma, got, want)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("check the sqlite connection: %w", err), conn.Close())
		}
	}
	return conn, nil
}

func readPragma(ctx context.Context, conn driver.Conn, pragma string) (string, error) {
	queryer, ok := conn.(driver.QueryerContext)
	if !ok {
		return "", errors.New("the sqlite driver cannot query")
	}
	rows, err := queryer.QueryContext(ctx, "PRAGMA "+pragma, nil)
	if err != nil {
		return "", fmt.Errorf("read pragma %s: %w", pragma, err)
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read pragma %s: %w", pragma, err)
	}
	return fmt.Sprint(value[0]), nil
}
