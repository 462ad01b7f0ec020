package wechattest

import (
	"container/heap"
	"time"
)

// dueEntry says when a notice was to be delivered. It is stale once the notice is due at another time.
type dueEntry struct {
	at time.Time
	id string
}

// dueQueue holds the notices that the timetable still delivers, the next one first. Stale entries are dropped when they
// come to the front, so that a shop that is away for a day costs little.
type dueQueue []dueEntry

func (q *dueQueue) Len() int           { return len(*q) }
func (q *dueQueue) Less(i, j int) bool { return (*q)[i].at.Before((*q)[j].at) }
func (q *dueQueue) Swap(i, j int)      { (*q)[i], (*q)[j] = (*q)[j], (*q)[i] }

// Push implements [heap.Interface].
func (q *dueQueue) Push(entry any) {
	if e, is := entry.(dueEntry); is {
		*q = append(*q, e)
	}
}

// Pop implements [heap.Interface].
func (q *dueQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// schedule enters when a notice is due; one that is not due any more is not entered.
func (st *state) schedule(notice *noticeRecord) {
	if !notice.Due.IsZero() {
		heap.Push(&st.index.queue, dueEntry{notice.Due, notice.ID})
	}
}

// nextNotice is the notice that is due first, and leaves it in the queue; nil: there is none.
func (st *state) nextNotice() *noticeRecord {
	for len(st.index.queue) > 0 {
		front := st.index.queue[0]
		notice := st.Notices[front.id]
		_, blocked := st.index.blocked[front.id]
		if notice != nil && notice.Due.Equal(front.at) && !notice.flying && !blocked {
			return notice
		}
		heap.Pop(&st.index.queue)
	}
	return nil
}

// released are the notices that waited for another one which has been delivered now.
func (st *state) released() (free []*noticeRecord) {
	for id := range st.index.blocked {
		if notice := st.Notices[id]; !st.waitsFor(notice) {
			free = append(free, notice)
		}
	}
	return free
}

var _ heap.Interface = (*dueQueue)(nil)
