package wechattest

import (
	"maps"
	"slices"
	"time"
)

// messagesKept is how many messages are remembered at least.
const messagesKept = 1000

// SentMessage is a subscribe or template message that reached a user.
type SentMessage struct {
	MsgID      int64             `json:"msgid"`
	At         time.Time         `json:"at"`
	AppID      string            `json:"appid"`
	OpenID     string            `json:"openid"`
	TemplateID string            `json:"template_id"`
	Target     string            `json:"target"` // page of a mini-program, or URL
	Data       map[string]string `json:"data"`

	ClientMsgID string `json:"client_msg_id,omitempty"`
}

// messageTemplate is a message template (模板) as the portal shows it.
type messageTemplate struct {
	AppID    string   `json:"appid"`
	Keywords []string `json:"keywords"`
}

// AddTemplate gives an app a message template with these keywords, such as "thing1" and "time2", whose names say what
// their values must be. Without templates every message is refused (40037).
func (s *Simulator) AddTemplate(appID, templateID string, keywords ...string) {
	s.update(func(st *state) { st.Templates[templateID] = messageTemplate{appID, slices.Clone(keywords)} })
}

// Messages are the messages that reached this openid, oldest first; of everybody if it is empty.
func (s *Simulator) Messages(openID string) (messages []SentMessage) {
	s.view(func(st *state) {
		for _, m := range st.Messages {
			if openID == "" || m.OpenID == openID {
				m.Data = maps.Clone(m.Data)
				messages = append(messages, m)
			}
		}
	})
	return messages
}

func (st *state) addMessage(m SentMessage) {
	st.Messages = append(st.Messages, m)
	if len(st.Messages) >= 2*messagesKept {
		st.Messages = slices.Clone(st.Messages[messagesKept:])
	}
}

// messageData is the data of a request: keyword → value. Colours are ignored nowadays.
type messageData map[string]struct {
	Value string `json:"value"`
}

func (d messageData) values() map[string]string {
	values := map[string]string{}
	for name, field := range d {
		values[name] = field.Value
	}
	return values
}
