package control

import (
	"context"
	"encoding/json"
	"strings"

	"wgink.ink/wechat/wechattest"
)

// launch is one of the ways to be asked for money.
type launch struct {
	wechattest.Launch

	App     wechattest.AppLaunch `json:"-"`
	CodeURL string               `json:"code_url"`
	H5URL   string               `json:"h5_url"`
}

func parseLaunch(body []byte) (launch, error) {
	var text string
	if json.Unmarshal(body, &text) == nil {
		body = []byte(text)
	}
	switch text = strings.TrimSpace(string(body)); {
	case strings.HasPrefix(text, "weixin://"):
		return launch{CodeURL: text}, nil
	case strings.HasPrefix(text, "https://"):
		return launch{H5URL: text}, nil
	}
	var inside map[string]json.RawMessage
	if err := json.Unmarshal(body, &inside); err != nil {
		return launch{}, invalid("neither launch parameters (JSON), a code_url (weixin://…) nor an h5_url (https://…)")
	}
	for _, wrapper := range []string{"data", "launch"} {
		if inner := inside[wrapper]; len(inner) > 0 && (inner[0] == '{' || inner[0] == '"') {
			return parseLaunch(inner)
		}
	}
	var l launch
	if err := json.Unmarshal(body, &l); err != nil {
		return launch{}, invalid("launch parameters: %v; all values are texts, timeStamp too", err)
	}
	if inside["partnerid"] != nil {
		if err := json.Unmarshal(body, &l.App); err != nil {
			return launch{}, invalid("launch parameters of an app: %v", err)
		}
	}
	if l.Package == "" && l.App.PrepayID == "" && l.CodeURL == "" && l.H5URL == "" {
		return launch{}, invalid("no launch parameters: package, partnerid, code_url and h5_url are all missing")
	}
	return l, nil
}

func (l launch) pay(ctx context.Context, phone *wechattest.Phone) error {
	switch {
	case l.CodeURL != "":
		return phone.PayCode(ctx, l.CodeURL)
	case l.H5URL != "":
		return phone.PayH5(ctx, l.H5URL)
	case l.App.PrepayID != "":
		return phone.PayApp(ctx, l.App)
	}
	return phone.Pay(ctx, l.Launch)
}

// stands says whether the launch is for this order. An order knows its newest prepay_id only.
func (l launch) stands(o wechattest.Order) bool {
	switch {
	case l.CodeURL != "":
		return o.CodeURL == l.CodeURL
	case l.H5URL != "":
		bare, _, _ := strings.Cut(l.H5URL, "&redirect_url=")
		return o.H5URL == bare
	case l.App.PrepayID != "":
		return o.PrepayID == l.App.PrepayID
	}
	return o.PrepayID != "" && "prepay_id="+o.PrepayID == l.Package
}
