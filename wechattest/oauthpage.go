package wechattest

import (
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// pickerPage lets a person in an ordinary browser choose whose WeChat this is.
const pickerPage = `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>本地微信 · 网页授权</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:26em;margin:3em auto;padding:0 1em;color:#191919}
form{margin:.5em 0}button,input{font:inherit;padding:.5em 1em;border:1px solid #ddd;border-radius:.4em;width:100%;box-sizing:border-box}
button{background:#07c160;border-color:#07c160;color:#fff;cursor:pointer}button.quiet{background:#f2f2f2;border-color:#f2f2f2;color:#333}
small{color:#888}</style></head><body>
{{if .Refused}}<h1>无法访问</h1><p>{{.Refused.Reason}}</p><p><small>错误码 {{.Refused.Code}}</small></p>{{else}}
<h1>选择微信用户</h1><p>{{.Host}} 申请{{if .Asks}}获取你的昵称和头像{{else}}登录（静默授权）{{end}}<br>
<small>This local WeChat asks who you are: each name is one WeChat user.</small></p>
{{range .Names}}<form action="answer"><input type="hidden" name="query" value="{{$.Query}}"><input type="hidden" name="user" value="{{.}}">
<button>{{if $.Asks}}允许 {{end}}{{.}}</button></form>
{{end}}<form action="answer"><input type="hidden" name="query" value="{{.Query}}"><input name="user" placeholder="新用户 / new user" required>
<button class="quiet">用这个名字登录</button></form>
{{if .Asks}}<form action="answer"><input type="hidden" name="query" value="{{.Query}}"><button class="quiet">拒绝</button></form>{{end}}
{{end}}</body></html>
`

type pickerView struct {
	Refused *OAuthRefusedError
	Host    string
	Asks    bool // the scope needs consent
	Names   []string
	Query   string
}

// authorizePage is GET /connect/oauth2/authorize in a browser, which no phone has logged in: a page to choose the user.
func (s *Simulator) authorizePage(w http.ResponseWriter, r *http.Request) {
	view := pickerView{Query: r.URL.RawQuery}
	request, refused := s.parseOAuthRequest(r.URL.RawQuery)
	if refused != nil {
		view.Refused = refused
	} else {
		view.Host, view.Asks = request.redirect.Host, request.scope == scopeUserInfo
		s.view(func(st *state) { view.Names = slices.Sorted(maps.Keys(st.Users)) })
	}
	writePicker(w, view)
}

// authorizeAnswer is the user's choice on that page: back to the site, with a code unless no user was named.
func (s *Simulator) authorizeAnswer(w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	request, refused := s.parseOAuthRequest(query.Get("query"))
	if err != nil || refused != nil {
		writePicker(w, pickerView{Refused: refused})
		return
	}
	code := ""
	if name := query.Get("user"); name != "" {
		code = s.newOAuthCode(name, request.scope)
	}
	http.Redirect(w, r, request.back(code), http.StatusFound) //nolint:gosec // sending browsers back is what this page is for
}

func writePicker(w http.ResponseWriter, view pickerView) {
	if view.Refused == nil && view.Host == "" {
		view.Refused = &OAuthRefusedError{10004, "参数错误"}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = template.Must(template.New("picker").Parse(pickerPage)).Execute(w, view) // in memory
}
