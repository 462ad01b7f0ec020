package wechat_test

import (
	"context"
	"database/sql/driver"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// pooler shares few connections to the server among many, as programs between a host and PostgreSQL do.
type pooler struct {
	driver.Connector

	by   string // what keeps its server connection: a session, a transaction or a statement
	mu   sync.Mutex
	idle []driver.Conn
	all  []driver.Conn
}

func newPooler(t *testing.T, server driver.Connector, by string) *pooler {
	t.Helper()
	p := &pooler{Connector: server, by: by}
	t.Cleanup(func() {
		for _, c := range p.all {
			require.NoError(t, c.Close())
		}
	})
	return p
}

func (p *pooler) Connect(ctx context.Context) (driver.Conn, error) {
	if p.by == "session" {
		return p.Connector.Connect(ctx)
	}
	return &pooled{p: p}, nil
}

// take gives the connection that became free last, or by statements each time another one.
func (p *pooler) take(ctx context.Context) (driver.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	least := 1
	if p.by == "statement" {
		least = 2
	}
	for len(p.idle) < least {
		conn, err := p.Connector.Connect(ctx)
		if err != nil {
			return nil, err
		}
		p.all, p.idle = append(p.all, conn), append(p.idle, conn)
	}
	at := 0
	if p.by == "transaction" {
		at = len(p.idle) - 1
	}
	conn := p.idle[at]
	p.idle = slices.Delete(p.idle, at, at+1)
	return conn, nil
}

func (p *pooler) give(conn driver.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, conn)
}

// pooled is what a client of the pooler has for a connection.
type pooled struct {
	p    *pooler
	held driver.Conn // the server connection of the transaction
}

func (*pooled) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (*pooled) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }
func (*pooled) Close() error                        { return nil }

// server is the connection for the next statement, and how to give it back.
func (c *pooled) server(ctx context.Context) (conn driver.Conn, done func(), err error) {
	if c.held != nil {
		return c.held, func() {}, nil
	}
	conn, err = c.p.take(ctx)
	return conn, func() { c.p.give(conn) }, err
}

func (c *pooled) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	conn, done, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *pooled) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	conn, done, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	if err != nil {
		done()
		return nil, err
	}
	return pooledRows{rows, done}, nil
}

type pooledRows struct {
	driver.Rows

	done func()
}

func (r pooledRows) Close() error {
	defer r.done()
	return r.Rows.Close()
}

func (c *pooled) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if c.p.by == "transaction" {
		conn, err := c.p.take(ctx)
		if err != nil {
			return nil, err
		}
		c.held = conn
	}
	_, err := c.ExecContext(ctx, "BEGIN", nil)
	return pooledTx{c}, err
}

type pooledTx struct{ c *pooled }

func (t pooledTx) Commit() error   { return t.end("COMMIT") }
func (t pooledTx) Rollback() error { return t.end("ROLLBACK") }

func (t pooledTx) end(how string) error {
	_, err := t.c.ExecContext(context.Background(), how, nil)
	if t.c.held != nil {
		t.c.p.give(t.c.held)
		t.c.held = nil
	}
	return err
}
