package delivery

import "context"

// Owner is the name under which this queue claims.
func (q *Queue) Owner() string { return q.owner }

// ForgetOld forgets old rows, when it is this host's turn.
func (q *Queue) ForgetOld(ctx context.Context) error { return q.forgetOld(ctx) }
