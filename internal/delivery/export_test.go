package delivery

// Owner is the name under which this queue claims.
func (q *Queue) Owner() string { return q.owner }
