package wechattest

import (
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// checkedCharacters is how much text msg_sec_check takes.
	checkedCharacters = 2500
	// checkedWithin is how recently the user must have used the app.
	checkedWithin = 2 * time.Hour
)

// FlagContent makes msg_sec_check suggest "review" or "risky" for texts that contain word, or "pass" again.
func (s *Simulator) FlagContent(word, suggest string) {
	s.update(func(st *state) { st.Words[word] = suggest })
}

type checkedText struct {
	Suggest string `json:"suggest"`
	Label   int    `json:"label"`
}

// messageCheck is checkMessage for the mini-program's access_tokens, with the code of its own for another method.
func (s *Simulator) messageCheck() func(openCall) any {
	return instead(43002, refusal{43302, "require POST method"}, s.posted(s.settings.app, s.checkMessage))
}

// checkMessage is POST /wxa/msg_sec_check (文本内容安全识别). errcode 0 does not mean that the text is clean.
// Source: developers.weixin.qq.com, msgSecCheck. Where third parties alone name a code, it is theirs: 61010.
func (s *Simulator) checkMessage(call openCall) any {
	var request struct {
		Content   string `json:"content"`
		Version   int    `json:"version"`
		Scene     int    `json:"scene"`
		OpenID    string `json:"openid"`
		Title     string `json:"title"`
		NickName  string `json:"nickname"`
		Signature string `json:"signature"`
	}
	if refused, ok := call.decode(&request); !ok {
		return refused
	}
	if request.Content == "" {
		return refusal{44002, "empty post data"}
	}
	if utf8.RuneCountInString(request.Content) > checkedCharacters {
		return refusal{45002, "content size out of limit"}
	}
	var answer any
	s.view(func(st *state) {
		result := st.checkText(request.Content + "\n" + request.Title + "\n" + request.NickName + "\n" + request.Signature)
		if request.Version != 2 { // the old interface knows the text alone
			answer = errcode{0, "ok"}
			if result.Suggest == "risky" {
				answer = refusal{87014, "risky content"}
			}
			return
		}
		name, found := st.user(s.settings.app.AppID, request.OpenID)
		_, elsewhere := st.user(s.settings.account.AppID, request.OpenID)
		switch {
		case elsewhere:
			answer = refusal{43104, "appid not match openid"}
		case !found:
			answer = refusal{40003, "invalid openid"}
		case request.Scene < 1 || request.Scene > 4:
			answer = refusal{40129, "invalid scene"}
		case call.now.Sub(st.Users[name].SeenAt) > checkedWithin:
			answer = refusal{61010, "code is expired"}
		default:
			answer = struct {
				errcode
				TraceID string        `json:"trace_id"`
				Result  checkedText   `json:"result"`
				Detail  []checkedText `json:"detail"`
			}{errcode{0, "ok"}, randomHex(8) + "-" + randomHex(8), result, []checkedText{result}}
		}
	})
	return answer
}

// checkText is the worst suggestion for the words in a text. 100 is the label of clean text, 20013 of other offences.
func (st *state) checkText(text string) checkedText {
	worst := checkedText{"pass", 100}
	for word, suggest := range st.Words {
		if suggest == "pass" || !strings.Contains(text, word) {
			continue
		}
		if worst.Suggest != "risky" {
			worst = checkedText{suggest, 20013}
		}
	}
	return worst
}
