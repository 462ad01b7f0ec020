package operate

import (
	"context"
	"net/http"
	"strconv"
)

// What a command answers.
type (
	// Plugins answers GET /v1/plugins.
	Plugins struct {
		Host    Host     `json:"host"`
		Plugins []Plugin `json:"plugins"`
	}
	// DeadLetters answers GET /v1/dead.
	DeadLetters struct {
		Letters []DeadLetter `json:"letters"`
		Next    Place        `json:"next,omitempty"` // where the next page begins; empty on the last one
	}
	// Requeued answers POST /v1/dead/requeue.
	Requeued struct {
		Events int `json:"events"`
	}
)

// maxPage is the most dead letters of one page.
const maxPage = 1000

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/host", s.look(func(context.Context, *http.Request) (any, error) { return s.host, nil }))
	mux.HandleFunc("GET /v1/plugins", s.look(s.plugins))
	mux.HandleFunc("GET /v1/dead", s.look(s.deadLetters))
	mux.HandleFunc("GET /v1/events/{id}", s.look(func(ctx context.Context, r *http.Request) (any, error) {
		return s.module.Event(ctx, r.PathValue("id"), false)
	}))
	// Looking at personal data leaves a record, as a change does.
	mux.HandleFunc("POST /v1/events/payload", s.change("show payload", lookWithin, func(ctx context.Context, c Command) (any, error) {
		return s.module.Event(ctx, c.Event, true)
	}))
	mux.HandleFunc("POST /v1/plugins/reload", s.change("reload", reloadWithin, s.reload))
	mux.HandleFunc("POST /v1/dead/requeue", s.change("requeue", changeWithin, s.requeue))
	mux.HandleFunc("POST /v1/replay", s.change("replay", changeWithin, func(ctx context.Context, c Command) (any, error) {
		return nil, s.module.Replay(ctx, c.Event, c.Plugin)
	}))
	mux.HandleFunc("/", s.handle(func(r *http.Request) (any, error) {
		return nil, newError(Invalid, "this host does not know "+r.Method+" "+r.URL.Path+": is wechatctl of another version?")
	}))
	return mux
}

func (s *Server) plugins(ctx context.Context, _ *http.Request) (any, error) {
	all, err := s.module.Plugins(ctx)
	return Plugins{Host: s.host, Plugins: all}, err
}

func (s *Server) deadLetters(ctx context.Context, r *http.Request) (any, error) {
	query := r.URL.Query()
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 || limit > maxPage {
		return nil, newError(Invalid, "limit must be from 1 to "+strconv.Itoa(maxPage))
	}
	f := DeadFilter{Plugin: query.Get("plugin"), Code: query.Get("code"), After: Place(query.Get("after")), Limit: limit + 1}
	if f.After != "" {
		if _, _, _, err := f.After.Parse(); err != nil {
			return nil, &Error{Invalid, err}
		}
	}
	letters, err := s.module.DeadLetters(ctx, f)
	page := DeadLetters{Letters: letters}
	if len(letters) > limit {
		page.Letters = letters[:limit]
		page.Next = page.Letters[limit-1].Place()
	}
	return page, err
}

// reload answers with how the plugins are afterwards.
func (s *Server) reload(ctx context.Context, c Command) (any, error) {
	if err := s.module.Reload(ctx, c.Plugin, c.Force); err != nil {
		return nil, err
	}
	all, err := s.module.Plugins(ctx)
	return Plugins{Host: s.host, Plugins: all}, err
}

func (s *Server) requeue(ctx context.Context, c Command) (any, error) {
	switch {
	case c.Plugin == "" || c.All == (c.Event != "") || c.Code != "" && !c.All:
		return nil, newError(Invalid, "name an event and a plugin, or all of a plugin")
	case c.All:
		n, err := s.module.RequeueAll(ctx, c.Plugin, c.Code)
		return Requeued{n}, err
	}
	return Requeued{1}, s.module.Requeue(ctx, c.Event, c.Plugin)
}
