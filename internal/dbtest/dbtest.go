// Package dbtest gives each test a database of its own: a fresh SQLite file, or a fresh database on a PostgreSQL server
// that belongs to the test process.
//
// The server starts with the first test that asks for one, is shared by all tests of the process, and ends with the
// process, however that ends: see supervise.sh. Nothing has to be set up; without PostgreSQL's binaries the test is
// skipped with one line, and with CI=true in the environment it fails instead.
//
//	func TestStore(t *testing.T) {
//		dbtest.Each(t, func(t *testing.T, url string) {
//			s, err := store.Open(url)
//			…
//		})
//	}
//
// TEST_DATABASE_URL names a server to use instead of starting one; tests then create their databases there. It is for
// tests only and not for measurements: fsync is off unless the test asks for [Durable].
package dbtest

import (
	"os"
	"path/filepath"
	"testing"
)

// externalServerEnv names the PostgreSQL server to use instead of one of our own. Its user must be allowed to create
// databases.
const externalServerEnv = "TEST_DATABASE_URL"

// Option changes what kind of server a test's database lives on.
type Option func(*kind)

// kind tells the servers of one process apart: those with equal kinds are one.
type kind struct {
	durable bool
	dir     string // where it keeps its data; empty: wherever is good
}

// Durable asks for a server that keeps its promises over a crash: fsync, synchronous_commit and full_page_writes on.
// Without it they are off, which makes tests about twice as fast.
func Durable(k *kind) { k.durable = true }

// In asks for a server that keeps its data below a folder, which the server's user must be able to reach.
func In(dir string) Option { return func(k *kind) { k.dir = dir } }

// Postgres returns the URL of a fresh, empty database, dropped when the test ends. Connections made after this call
// must be closed by the test; those still open are cut when the database is dropped.
func Postgres(t testing.TB, options ...Option) string {
	t.Helper()
	var k kind
	for _, option := range options {
		option(&k)
	}
	server, err := serverFor(k)
	if err != nil {
		missing(t, err)
	}
	database, err := createDatabase(server, t.Name())
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() {
		if err := dropDatabase(server, database); err != nil {
			t.Errorf("dbtest: %v", err)
		}
	})
	return withDatabase(server, database)
}

// SQLite returns the URL (sqlite:FILE) of a database file that does not exist yet, in a folder removed with the test.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// Each runs test once for each kind of database we support, as the subtests "sqlite" and "postgres", each time with
// the URL of a fresh database.
func Each(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// missing ends a test that cannot have its server: skipped where a developer has no PostgreSQL, failed in CI (where a
// skip would hide that half of the tests did not run) and wherever the binaries are there but do not work.
func missing(t testing.TB, err error) {
	t.Helper()
	if isNotInstalled(err) && os.Getenv("CI") != "true" {
		t.Skipf("dbtest: skipped: %v", err)
	}
	t.Fatalf("dbtest: %v", err)
}
