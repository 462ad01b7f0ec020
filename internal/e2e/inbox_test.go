//go:build linux

package e2e

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"

	"wgink.ink/wechat/internal/store"
)

// inbox reads the module's tables from outside, in its own words, so that a mistake in the module's queries cannot hide
// itself.
type inbox struct {
	url string
	db  *sql.DB
}

func openInbox(t *testing.T, databaseURL string) *inbox {
	t.Helper()
	file, lite := strings.CutPrefix(databaseURL, "sqlite:")
	var db *sql.DB
	if lite {
		var err error
		db, err = sql.Open("sqlite", file+"?_pragma=busy_timeout(5000)")
		require.NoError(t, err)
	} else {
		db = sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(databaseURL)))
	}
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &inbox{url: databaseURL, db: db}
}

// events are those that the plugin is there for.
func (i *inbox) events(ctx context.Context) (all []store.Event, err error) {
	rows, err := i.db.QueryContext(ctx, "SELECT id, kind, subject, verdict FROM wechat_events ORDER BY created_at, id")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e store.Event
		if err := rows.Scan(&e.ID, &e.Kind, &e.Subject, &e.Verdict); err != nil {
			return nil, err
		}
		if slices.Contains([]string{paymentKind, refundKind, userKind}, e.Kind) {
			all = append(all, e)
		}
	}
	return all, rows.Err()
}

func (i *inbox) deliveries(ctx context.Context) (all []store.Delivery, err error) {
	rows, err := i.db.QueryContext(ctx, "SELECT event_id, plugin, state, attempt, failures, crashes FROM wechat_deliveries")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d store.Delivery
		if err := rows.Scan(&d.EventID, &d.Plugin, &d.State, &d.Attempt, &d.Failures, &d.Crashes); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

func (i *inbox) empty() bool {
	all, err := i.events(context.Background())
	return err == nil && len(all) == 0
}
