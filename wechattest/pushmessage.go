package wechattest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// PushField is one element of a message. Times and message ids are numbers in JSON and stand without CDATA in XML.
type PushField struct{ Name, Value string }

// isNumber says whether a field is a number on the wire: what a user writes and a menu's key are texts, even of digits.
func (f PushField) isNumber() bool {
	return isNumber(f.Value) && slices.Contains([]string{"CreateTime", "MsgId", "MsgID", "MsgDataId", "Idx", "Scale"}, f.Name)
}

func fieldOf(fields []PushField, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func (p Push) write(fields []PushField) string {
	if p.JSON {
		return writePushJSON(fields)
	}
	return xmlOf("xml", fields)
}

func xmlOf(root string, fields []PushField) string {
	var out strings.Builder
	out.WriteString("<" + root + ">")
	for _, f := range fields {
		out.WriteString("<" + f.Name + ">")
		if f.isNumber() {
			out.WriteString(f.Value)
		} else {
			out.WriteString("<![CDATA[" + strings.ReplaceAll(f.Value, "]]>", "]]]]><![CDATA[>") + "]]>")
		}
		out.WriteString("</" + f.Name + ">\n")
	}
	out.WriteString("</" + root + ">")
	return out.String()
}

func writePushJSON(fields []PushField) string {
	var pairs []string
	for _, f := range fields {
		value := string(compactJSON(f.Value))
		if f.isNumber() {
			value = f.Value
		}
		pairs = append(pairs, string(compactJSON(f.Name))+":"+value)
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

func isNumber(value string) bool {
	return value != "" && len(value) <= 19 && strings.Trim(value, "0123456789") == "" && (value == "0" || value[0] != '0')
}

// readReply is what a server's answer means to the user.
func (s *Simulator) readReply(push Push, status int, answer string, sent []PushField) (map[string]string, string) {
	if status != 200 {
		return nil, pushFailure
	}
	if answer == "" || answer == "success" {
		return nil, ""
	}
	reply, err := readPushFields(answer)
	if err == nil && reply["Encrypt"] != "" && push.Mode != PlainPush {
		signed := pushSignature(push.Token, reply["TimeStamp"], reply["Nonce"], reply["Encrypt"])
		if reply["MsgSignature"] != signed {
			return nil, pushFailure
		}
		var plain []byte
		key, _ := pushKey(push.EncodingAESKey) // checked when it was configured
		if plain, err = decryptPush(key, reply["Encrypt"], s.pushApp(push).AppID); err == nil {
			reply, err = readPushFields(string(plain))
		}
	} else if push.Mode == SafePush {
		return nil, pushFailure
	}
	if err != nil || reply["ToUserName"] != fieldOf(sent, "FromUserName") ||
		reply["FromUserName"] != fieldOf(sent, "ToUserName") || reply["MsgType"] == "" || !isNumber(reply["CreateTime"]) {
		return nil, pushFailure
	}
	return reply, ""
}

// readPushJSON reads a message in JSON, in which times may be numbers.
func readPushJSON(text string) (map[string]string, error) {
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	fields := map[string]string{}
	var flatten func(prefix string, object map[string]any)
	flatten = func(prefix string, object map[string]any) {
		for name, value := range object {
			if inner, nested := value.(map[string]any); nested {
				flatten(prefix+name+".", inner)
			} else {
				fields[prefix+name] = fmt.Sprint(value)
			}
		}
	}
	flatten("", object)
	return fields, nil
}

var errNotFlat = errors.New("not an XML message")

// readPushFields reads a message's elements. Nested ones, such as Image, are joined by dots: Image.MediaId.
func readPushFields(text string) (map[string]string, error) {
	if strings.HasPrefix(text, "{") {
		return readPushJSON(text)
	}
	decoder := xml.NewDecoder(bytes.NewReader([]byte(text)))
	fields, path := map[string]string{}, []string(nil)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			path = append(path, token.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) > 1 && strings.TrimSpace(string(token)) != "" {
				fields[strings.Join(path[1:], ".")] += string(token)
			}
		}
	}
	if len(fields) == 0 {
		return nil, errNotFlat
	}
	return fields, nil
}
