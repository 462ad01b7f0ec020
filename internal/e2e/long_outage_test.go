//go:build linux

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
)

// A database that is away for a minute while notices keep coming costs nothing but time.
func TestLongOutage(t *testing.T) {
	t.Parallel()
	lanetest.Storm(t)
	t.Run("postgres stopped", func(t *testing.T) {
		t.Parallel()
		server := dbtest.Own(t, dbtest.Durable)
		newBed(t, server.URL()).survives(func() (heal func()) {
			server.Stop()
			return server.Continue
		}, true)
	})
	t.Run("postgres killed", func(t *testing.T) {
		t.Parallel()
		server := dbtest.Own(t, dbtest.Durable)
		newBed(t, server.URL()).survives(func() (heal func()) {
			server.Kill()
			return server.Restart
		}, true)
	})
	t.Run("postgres with a full disk", func(t *testing.T) {
		t.Parallel()
		disk := smallDisk(t, 128)
		server := dbtest.Own(t, dbtest.Durable, dbtest.In(disk))
		newBed(t, server.URL()).survives(func() (heal func()) {
			empty := fill(t, disk)
			return func() {
				empty()
				server.Kill() // whatever state it is in
				server.Restart()
			}
		}, false)
	})
	t.Run("sqlite locked", func(t *testing.T) {
		t.Parallel()
		url := dbtest.SQLite(t)
		newBed(t, url).survives(func() (heal func()) { return lockFile(t, strings.TrimPrefix(url, "sqlite:")) }, true)
	})
	t.Run("sqlite with a full disk", func(t *testing.T) {
		t.Parallel()
		disk := smallDisk(t, 16)
		newBed(t, "sqlite:"+filepath.Join(disk, "wechat.db")).survives(func() (heal func()) { return fill(t, disk) }, false)
	})
}

// survives lets notices come at 20 a second through an outage. complete: nothing at all can be kept meanwhile; a full disk
// still has room in what is allocated. In the end each has had its effect once.
func (b *bed) survives(begin func() (heal func()), complete bool) {
	t := b.t
	t.Helper()
	const pace = 20
	away := 3 * time.Second
	if lanetest.Full() {
		away = time.Minute
	}
	b.durable = true
	b.start()
	b.sim.HoldNotices(true)
	deliveries := make([]delivery, int(away.Seconds())*pace)
	for i := range deliveries {
		deliveries[i].order = orderNumber(i)
		b.pay(orderNumber(i), int64(100+i))
	}
	before := peakMemory(t, b.host.cmd.Process.Pid)

	b.begin(len(deliveries))
	heal := begin()
	from := time.Now()
	b.flood.release(deliveries, away)
	<-time.After(answerLimit + answerSlack()) // for the last ones
	until := time.Now()
	heal()

	require.True(t, b.flood.settle(limit), "%v", b.flood)
	require.Len(t, b.holds().bookings, len(deliveries))
	refused, kept, slowest := 0, 0, time.Duration(0)
	for _, a := range b.flood.journal() {
		if a.At.Before(from) || a.At.Add(a.Latency).After(until) {
			continue
		}
		slowest = max(slowest, a.Latency)
		if a.Accepted() {
			kept++
			continue
		}
		require.GreaterOrEqual(t, a.Status, http.StatusInternalServerError, "%+v", a)
		refused++
	}
	grown := peakMemory(t, b.host.cmd.Process.Pid) - before
	text := fmt.Sprintf("%d notices in an outage of %v: %d answers with 5xx, %d with 2xx, the slowest after %v; memory grew by %d MiB at most",
		len(deliveries), away, refused, kept, slowest.Round(time.Millisecond), grown>>20)
	t.Log(text)
	note(t, report{Deliveries: len(deliveries), Flood: b.flood.String(), Bookings: b.books.count("bookings"), Notes: text})
	require.Positive(t, refused)
	if complete {
		require.Zero(t, kept)
	}
	require.LessOrEqual(t, slowest, answerLimit+answerSlack())
	require.LessOrEqual(t, grown>>20, 32)
}

// smallDisk mounts a file system of so many MiB. That takes root.
func smallDisk(t *testing.T, size int) (folder string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "disk") //nolint:usetesting // short, and open to PostgreSQL's user
	require.NoError(t, err)
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=1777", size)); err != nil {
		require.NoError(t, os.Remove(folder))
		t.Skipf("a disk that gets full needs a mount, which needs root: %v", err)
	}
	t.Cleanup(func() {
		require.NoError(t, syscall.Unmount(folder, syscall.MNT_DETACH))
		require.NoError(t, os.Remove(folder))
	})
	return folder
}

// fill takes all the room that a disk has.
func fill(t *testing.T, disk string) (empty func()) {
	t.Helper()
	name := filepath.Join(disk, "filler")
	f, err := os.Create(name)
	require.NoError(t, err)
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	require.NoError(t, f.Close())
	return func() { require.NoError(t, os.Remove(name)) }
}
