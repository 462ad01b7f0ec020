package wechat_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"wgink.ink/wechat"
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
