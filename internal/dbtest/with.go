package dbtest

import (
	"errors"
	"net/url"
)

// ErrNotInstalled is what [With] returns on a machine without PostgreSQL.
var ErrNotInstalled = errNotInstalled

// With runs use with the URL of a fresh database and drops it afterwards, for programs that are no tests, such as a
// tour through the demo. It stops the server, too, so it must not be called from a test.
func With(use func(url string) error) (err error) {
	defer func() { err = errors.Join(err, stopAll()) }()
	server, err := serverFor(kind{})
	if err != nil {
		return err
	}
	return withFresh(server, use)
}

func withFresh(server *url.URL, use func(url string) error) (err error) {
	database, err := createDatabase(server, "with")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dropDatabase(server, database)) }()
	return use(withDatabase(server, database))
}
