package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Settled lists the last deliveries that a plugin is through with, done or dead, at most limit, the newest first.
func (q Queries) Settled(ctx context.Context, plugin string, limit int) ([]Delivery, error) {
	var all []Delivery
	for _, state := range []string{"state = 'done'", "state = 'dead'"} { // as text: each state has an index of its own
		var rows []Delivery
		err := q.db.NewSelect().Model(&rows).Where(state).Where("plugin = ?", plugin).Order("updated_at DESC").Limit(int64(limit)).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("list settled deliveries: %w", err)
		}
		all = append(all, rows...)
	}
	slices.SortStableFunc(all, func(a, b Delivery) int { return cmp.Compare(b.UpdatedAt, a.UpdatedAt) })
	return all[:min(limit, len(all))], nil
}
