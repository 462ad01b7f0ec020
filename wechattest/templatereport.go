package wechattest

import "strconv"

// templateReport is a TEMPLATESENDJOBFINISH event that is still to be pushed.
type templateReport struct {
	User  string `json:"user"` // name
	MsgID int64  `json:"msgid"`
}

// sendReports pushes what is waiting. Nobody may listen; nothing is repeated beyond what Push does.
func (s *Simulator) sendReports() {
	var waiting []templateReport
	s.view(func(st *state) {
		waiting, st.Reports = st.Reports, nil
		st.index.reporting += len(waiting)
	})
	for _, report := range waiting {
		s.tasks.Go(func() {
			_, _ = (&Phone{s, report.User}).Event(s.ctx, "TEMPLATESENDJOBFINISH",
				PushField{"MsgID", strconv.FormatInt(report.MsgID, 10)}, PushField{"Status", "success"})
			s.update(func(st *state) { st.index.reporting-- })
		})
	}
}
