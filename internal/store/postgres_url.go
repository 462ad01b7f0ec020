package store

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// parsePostgres parses a URL. Its errors never repeat it, because it may hold a password.
func parsePostgres(databaseURL string) (*url.URL, url.Values, error) {
	u, err := url.Parse(databaseURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, nil, errors.New("database.url: want postgres://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:FILE")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, nil, errors.New("database.url: what follows ? must be NAME=VALUE&NAME=VALUE, with special characters as %XX")
	}
	return u, q, nil
}

// withTLSDefault fills in sslmode when the URL has none: pgdriver would then encrypt without verifying. A server on this
// machine is reached in plain, any other one must prove who it is.
func withTLSDefault(databaseURL string) (string, error) {
	u, q, err := parsePostgres(databaseURL)
	if err != nil {
		return "", err
	}
	if q.Get("sslmode") != "" {
		return databaseURL, nil
	}
	mode := "verify-full"
	if host := u.Hostname(); host == "" || host == "localhost" || net.ParseIP(host).IsLoopback() {
		mode = "disable"
	}
	q.Set("sslmode", mode)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// driverParams are the parameters of a URL that pgdriver itself understands. It makes settings of the session of all others.
func driverParams() []string {
	return []string{
		"application_name", "connect_timeout", "dial_timeout", "host", "read_timeout", "sslcert", "sslkey", "sslmode", "sslrootcert",
		"timeout", "write_timeout",
	}
}

// foreignParams are parameters that other drivers understand. The server would refuse them too, but only when it is asked,
// and some of them hold secrets that it would then log.
func foreignParams() []string {
	return []string{
		"channel_binding", "currentschema", "dbname", "default_query_exec_mode", "gssencmode", "hostaddr", "keepalives", "krbsrvname",
		"load_balance_hosts", "options", "passfile", "password", "pool_max_conns", "port", "replication", "require_auth", "service",
		"ssl", "sslcertmode", "sslcrl", "sslnegotiation", "sslpassword", "sslsni", "target_session_attrs", "user",
	}
}

var settingName = regexp.MustCompile(`^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$`)

// sessionParams are the settings that a URL asks for. What could only be dropped or misunderstood is refused by name.
func sessionParams(databaseURL string) (map[string]any, error) {
	_, q, err := parsePostgres(databaseURL)
	if err != nil {
		return nil, err
	}
	if q.Has("sslcert") != q.Has("sslkey") {
		return nil, errors.New("database.url: sslcert and sslkey belong together")
	}
	if host := q.Get("host"); host != "" && !strings.HasPrefix(host, "/") {
		return nil, errors.New("database.url: host= is for a socket such as /run/postgresql/.s.PGSQL.5432; a server is named before the path")
	}
	params := map[string]any{}
	for written, values := range q {
		name := strings.ToLower(written) // as PostgreSQL does: ours must not stand beside the same name in other letters
		_, twice := params[name]
		switch {
		case !settingName.MatchString(name):
			return nil, fmt.Errorf("database.url: %q is no parameter's name", written)
		case len(values) > 1 || twice:
			return nil, fmt.Errorf("database.url: %s is there twice", name)
		case slices.Contains(driverParams(), written):
			continue
		case slices.Contains(driverParams(), name) || slices.Contains(foreignParams(), name):
			return nil, fmt.Errorf("database.url: the parameter %s is not known here; user, password, server and database stand before ?, "+
				"and settings of PostgreSQL by their own names after it, such as search_path=SCHEMA", written)
		case name == "search_path" && strings.Contains(values[0], ","):
			return nil, errors.New("database.url: search_path takes one schema here; " +
				"give the user a list of them with ALTER ROLE … SET search_path")
		}
		params[name] = values[0]
	}
	return params, nil
}
