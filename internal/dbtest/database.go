package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
)

// statementLimit bounds one administrative statement, on a machine busy with other tests too.
const statementLimit = 60 * time.Second

// createDatabase makes a fresh database, named after the test so that a look at a hanging server tells whose it is.
func createDatabase(server *url.URL, test string) (string, error) {
	name := databaseName(test)
	// template0 is never connected to, so creating from it never waits for anybody.
	return name, execute(server, `CREATE DATABASE "`+name+`" TEMPLATE template0`)
}

// dropDatabase removes it again, also under connections that a failed test left open.
func dropDatabase(server *url.URL, name string) error {
	return execute(server, `DROP DATABASE IF EXISTS "`+name+`" WITH (FORCE)`)
}

// execute runs one statement on a connection of its own, so that no pool and no goroutine stays behind to disturb
// tests that count them.
func execute(server *url.URL, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	db := sql.OpenDB(pgdriver.NewConnector(
		pgdriver.WithDSN(server.String()),
		pgdriver.WithReadTimeout(statementLimit),
	))
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// externalServer checks the server named by TEST_DATABASE_URL.
func externalServer(text string, k kind) (*url.URL, error) {
	server, err := url.Parse(text)
	if err != nil || server.Host == "" || !strings.HasPrefix(server.Scheme, "postgres") {
		return nil, fmt.Errorf("%s must look like postgres://user:password@host:5432/database", externalServerEnv)
	}
	if !k.durable {
		return server, nil
	}
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		// A division by zero is the shortest way to turn an answer into an error.
		if err := execute(server, `SELECT 1/(current_setting('`+setting+`') <> 'off')::int`); err != nil {
			return nil, fmt.Errorf("a durable database needs %s on at %s: %w", setting, externalServerEnv, err)
		}
	}
	return server, nil
}

// withDatabase is the server's URL with another database.
func withDatabase(server *url.URL, database string) string {
	u := *server
	u.Path = "/" + database
	return u.String()
}

// databaseName turns a test's name into an identifier, unique by its random end. PostgreSQL cuts names at 63 bytes.
func databaseName(test string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '_'
		}
	}, test)
	return "t_" + name[:min(len(name), 40)] + "_" + strings.ToLower(rand.Text()[:12])
}
