package store

import "context"

// ForceRunning tries to set a row running past the claim's own conditions.
func (q Queries) ForceRunning(ctx context.Context, eventID string) error {
	_, err := q.db.NewRaw("UPDATE wechat_deliveries SET state = 'running', owner = 'forced' WHERE event_id = ?", eventID).Exec(ctx)
	return err
}
