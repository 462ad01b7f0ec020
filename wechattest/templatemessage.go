package wechattest

import "time"

const (
	// clientMsgLife is how long a client_msg_id keeps a message from being sent twice.
	clientMsgLife = 10 * time.Minute
	// firstMsgID is the msgid of the first template message.
	firstMsgID = 200_000_000
	// clientMsgCharacters is how long a client_msg_id may be.
	clientMsgCharacters = 32
)

// sendTemplateMessage is POST /cgi-bin/message/template/send (发送模板消息). A repeated client_msg_id gets the first
// message's answer; the documents do not say what it gets. TEMPLATESENDJOBFINISH is pushed afterwards.
// Source: developers.weixin.qq.com, 模板消息.
func (s *Simulator) sendTemplateMessage(call openCall) any {
	var request struct {
		ToUser      string            `json:"touser"`
		TemplateID  string            `json:"template_id"`
		URL         string            `json:"url"`
		MiniProgram map[string]string `json:"miniprogram"`
		ClientMsgID string            `json:"client_msg_id"`
		Data        messageData       `json:"data"`
	}
	if refused, ok := call.decode(&request); !ok {
		return refused
	}
	appID := s.settings.account.AppID
	var answer any
	s.update(func(st *state) {
		name, found := st.user(appID, request.ToUser)
		kind, known := st.Templates[request.TemplateID]
		switch {
		case !found:
			answer = refusal{40003, "invalid openid"}
			return
		case !known || kind.AppID != appID:
			answer = refusal{40037, "invalid template_id"}
			return
		case !st.Users[name].Follows:
			answer = refusal{43004, "require subscribe"}
			return
		}
		if len(request.ClientMsgID) > clientMsgCharacters { // the code is not documented
			answer = refusal{47003, "argument invalid! client_msg_id"}
			return
		}
		if wrong := kind.wrongValue(request.Data); wrong != "" {
			answer = refusal{47003, "argument invalid! data." + wrong + ".value invalid"}
			return
		}
		message, again := st.repeated(request.ClientMsgID, call.now)
		if !again {
			message = SentMessage{
				MsgID: firstMsgID + st.MsgIDs, At: call.now, AppID: appID, OpenID: request.ToUser,
				TemplateID: request.TemplateID, Target: request.URL, Data: request.Data.values(), ClientMsgID: request.ClientMsgID,
			}
			st.MsgIDs++
			st.addMessage(message)
			st.Reports = append(st.Reports, templateReport{name, message.MsgID})
		}
		answer = struct {
			errcode
			MsgID int64 `json:"msgid"`
		}{errcode{0, "ok"}, message.MsgID}
	})
	return answer
}

// repeated finds the message that was sent under this client_msg_id not long ago.
func (st *state) repeated(clientMsgID string, now time.Time) (SentMessage, bool) {
	for _, m := range st.Messages {
		if clientMsgID != "" && m.ClientMsgID == clientMsgID && now.Sub(m.At) < clientMsgLife {
			return m, true
		}
	}
	return SentMessage{}, false
}
