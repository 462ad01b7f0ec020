//go:build linux

package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/internal/store"
)

// A power cut takes what the kernel had not written to the disk. Which pages of a file those are, the kernel says itself
// (cachestat); an image of the disk is made of the others, with a random part of what came later and garbage behind it.

func TestPowerCut(t *testing.T) {
	t.Parallel()
	lanetest.Storm(t)
	images, batch := 20, 20
	if lanetest.Full() {
		images, batch = 200, 10 // 2,000 acknowledged
	}
	t.Run("FULL", func(t *testing.T) {
		t.Parallel()
		lost, kept := powerCuts(t, "FULL", images, batch)
		t.Logf("%d images while %d rows were acknowledged: %d rows lost over all images", images, kept, lost)
		require.Zero(t, lost)
	})
	t.Run("NORMAL", func(t *testing.T) { // the control
		t.Parallel()
		lost, kept := powerCuts(t, "NORMAL", images, batch)
		t.Logf("%d images while %d rows were acknowledged: %d rows lost over all images", images, kept, lost)
		require.Positive(t, lost, "with synchronous=NORMAL nothing is lost: the power is not really cut")
	})
}

// Through the module's own pool, each commit is on the disk before it is told of: no page of the log is in memory alone.
func TestEachCommitIsOnTheDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "live.db")
	require.NoError(t, store.Migrate(t.Context(), "sqlite:"+file))
	db, err := store.Open("sqlite:" + file)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	requireSeen(t, dir)
	for i := range 200 {
		answers, err := db.Keep(t.Context(), []store.Incoming{{Event: powerCutEvent(i), Plugins: []string{"p"}}})
		require.NoError(t, err)
		require.True(t, answers[0].Fresh)
		dirty, err := dirtyPages(file + "-wal")
		require.NoError(t, err)
		require.Empty(t, dirty, "commit %d", i)
	}
}

func powerCutEvent(i int) store.Event {
	return store.Event{
		ID: fmt.Sprintf("ev_%05d", i), Kind: paymentKind, BusinessKey: fmt.Sprint(i), Subject: fmt.Sprint(i),
		Verdict: store.VerdictOK, Payload: bytes.Repeat([]byte("x"), 1500), CreatedAt: 1, OccurredAt: 1,
	}
}

// powerCuts keeps batches of events, cuts the power after each, and counts acknowledged rows that are not in the images.
func powerCuts(t *testing.T, synchronous string, images, batch int) (lost, kept int) {
	t.Helper()
	_, random := lanetest.Seeded(t, "./internal/e2e")
	dir := t.TempDir()
	file := filepath.Join(dir, "live.db")
	require.NoError(t, store.Migrate(t.Context(), "sqlite:"+file))
	pool, err := sql.Open("sqlite", file+"?_pragma=journal_mode(WAL)&_pragma=synchronous("+synchronous+")&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	pool.SetMaxOpenConns(1)
	db, err := store.Wrap(bun.NewDB(pool, sqlitedialect.New()))
	require.NoError(t, err)
	requireSeen(t, dir)
	for image := range images {
		for range batch {
			answers, err := db.Keep(t.Context(), []store.Incoming{{Event: powerCutEvent(kept), Plugins: []string{"p"}}})
			require.NoError(t, err)
			require.True(t, answers[0].Fresh)
			kept++
		}
		copied := filepath.Join(dir, fmt.Sprintf("image-%d.db", image))
		require.NoError(t, os.WriteFile(copied, onDisk(t, file), 0o600))
		tail := make([]byte, random.IntN(9000)) // a commit that nobody was told of, torn
		for i := range tail {
			tail[i] = byte(random.Uint32())
		}
		require.NoError(t, os.WriteFile(copied+"-wal", append(onDisk(t, file+"-wal"), tail...), 0o600))
		lost += kept - rowsOf(t, copied)
	}
	return lost, kept
}

// requireSeen expects that the kernel tells what is on the disk: not in a file system in memory, nor before Linux 6.5.
func requireSeen(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, "probe")
	require.NoError(t, os.WriteFile(file, make([]byte, 4*os.Getpagesize()), 0o600))
	dirty, err := dirtyPages(file)
	if (err != nil || len(dirty) == 0) && os.Getenv("CI") != "true" {
		t.Skipf("this system does not tell which pages are on the disk: %v", err)
	}
	require.NoError(t, err)
	require.NotEmpty(t, dirty, "a written page that was never synced must count as not on the disk")
}

// onDisk is the part of a file that survives: up to the first page that was not written back.
func onDisk(t *testing.T, file string) []byte {
	t.Helper()
	dirty, err := dirtyPages(file)
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	if filepath.Ext(file) == ".db" { // pages are replaced in place; only a checkpoint does that, and it syncs
		require.Empty(t, dirty)
		return text
	}
	if len(dirty) > 0 {
		text = text[:min(len(text), dirty[0]*os.Getpagesize())]
	}
	return text
}

// dirtyPages are the pages of a file that are only in memory, by number.
func dirtyPages(file string) (dirty []int, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	const cachestat = 451 // on every architecture
	size := uint64(os.Getpagesize())
	for page := uint64(0); page*size < uint64(info.Size()); page++ {
		within := [2]uint64{page * size, size}
		var counts struct{ Cache, Dirty, Writeback, Evicted, RecentlyEvicted uint64 }
		_, _, errno := syscall.Syscall6(cachestat, f.Fd(), uintptr(unsafe.Pointer(&within)), uintptr(unsafe.Pointer(&counts)), 0, 0, 0)
		if errno != 0 {
			return nil, errno
		}
		if counts.Dirty+counts.Writeback > 0 {
			dirty = append(dirty, int(page))
		}
	}
	return dirty, nil
}

// rowsOf opens an image as a host would after the cut, and counts.
func rowsOf(t *testing.T, file string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var verdict string
	require.NoError(t, db.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&verdict))
	require.Equal(t, "ok", verdict)
	require.NoError(t, db.QueryRowContext(context.Background(), "SELECT count(*) FROM wechat_events").Scan(&n))
	return n
}
