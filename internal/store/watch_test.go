package store

import (
	"context"
	"sync"

	"github.com/uptrace/bun"
)

// Watch is the same database, which notes the text of each statement that is run.
func (d *DB) Watch() (*DB, *Statements) {
	seen := &Statements{}
	db := d.bun.WithQueryHook(seen)
	return &DB{Queries: Queries{db: db, now: d.now}, bun: db, intake: &intake{db: db}}, seen
}

// Statements are the texts of statements.
type Statements struct {
	mu    sync.Mutex
	texts []string
}

// BeforeQuery does nothing.
func (*Statements) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

// AfterQuery notes a statement.
func (s *Statements) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = append(s.texts, e.Query)
}

// Take answers what was noted since the last time.
func (s *Statements) Take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := s.texts
	s.texts = nil
	return texts
}

var _ bun.QueryHook = (*Statements)(nil)
