package wechat_test

import (
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"wgink.ink/wechat"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/wechattest"
)

// A host's own pool has one connection, and the host keeps it: a notice cannot be kept, and Stop does not wait for it.
func TestStopDoesNotWaitForACommitThatHangs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "host.db")
	pool, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=foreign_keys(1)&_txlock=immediate")
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	b := newBedWith(t, "sqlite:"+file, nil, []wechat.Option{wechat.WithDB(bun.NewDB(pool, sqlitedialect.New()))})
	phone := b.sim.Phone("lan")
	b.sim.HoldNotices(true)
	require.NoError(t, phone.Pay(t.Context(), wechattest.Launch(b.place(phone, "order-0001", 1).Launch)))
	tx, err := pool.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	answer, err := b.sim.SendNotice(t.Context(), "order-0001")
	require.NoError(t, err)
	require.Equal(t, 503, answer.Status)

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- b.module.Stop(ctx) }()
	select {
	case err := <-stopped:
		require.Error(t, err, "what could not be given back is told")
	case <-time.After(time.Minute):
		require.Fail(t, "Stop waits for what has no end")
	}
	require.NoError(t, tx.Rollback())
}

// deafTransport answers nothing until it is opened, and does not heed the context of a request.
type deafTransport struct {
	http.RoundTripper

	asked, opened chan struct{}
}

func (d deafTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	close(d.asked)
	<-d.opened
	return d.RoundTripper.RoundTrip(r)
}

// A host's own transport ignores the context of the request for certificates: Stop does not wait for it.
func TestStopDoesNotWaitForATransportThatHangs(t *testing.T) {
	t.Parallel()
	b := &bed{t: t, sim: wechattest.New(t)}
	deaf := deafTransport{b.sim.RoundTripper(), make(chan struct{}), make(chan struct{})}
	module, err := wechat.New(b.config(dbtest.SQLite(t)), wechat.WithTransport(deaf))
	require.NoError(t, err)
	require.NoError(t, module.Start(t.Context()))
	<-deaf.asked

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- module.Stop(ctx) }()
	select {
	case err := <-stopped:
		require.ErrorContains(t, err, "a background part goes on")
	case <-time.After(time.Minute):
		require.Fail(t, "Stop waits for what has no end")
	}
	close(deaf.opened)
}
