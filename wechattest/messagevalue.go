package wechattest

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// wrongValue is the first keyword whose value is missing or breaks its type, or one that the template does not have.
func (t messageTemplate) wrongValue(data messageData) string {
	for _, keyword := range t.Keywords {
		if value, given := data[keyword]; !given || !fits(keyword, value.Value) {
			return keyword
		}
	}
	for name := range data {
		if !strings.Contains(" "+strings.Join(t.Keywords, " ")+" ", " "+name+" ") {
			return name
		}
	}
	return ""
}

// fits says whether a value has the type that its keyword's name begins with.
// Source: developers.weixin.qq.com, 订阅消息参数值内容限制说明.
func fits(keyword, value string) bool {
	kind := strings.TrimRight(keyword, "0123456789")
	length := utf8.RuneCountInString(value)
	switch kind {
	case "thing":
		return length >= 1 && length <= 20
	case "car_number":
		return length >= 1 && length <= 8
	case "enum":
		return length >= 1
	case "name":
		latin := regexp.MustCompile(`^[A-Za-z .'\-]+$`).MatchString(value)
		return length >= 1 && (length <= 10 || latin && length <= 20)
	}
	pattern, known := map[string]string{
		"number":           `^[0-9]{1,32}$|^[0-9]{1,28}\.[0-9]{1,3}$`,
		"letter":           `^[A-Za-z]{1,32}$`,
		"symbol":           `^[^0-9A-Za-z\p{Han}\s]{1,5}$`,
		"character_string": `^[\x21-\x7e]{1,32}$`,
		"time":             `^` + anyDate + `?\s*` + anyHour + `?(\s*[~～至]\s*` + anyDate + `?\s*` + anyHour + `?)?$`,
		"date":             `^` + anyDate + `\s*` + anyHour + `?(\s*[~～至]\s*` + anyDate + `\s*` + anyHour + `?)?$`,
		"amount":           `^[¥￥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?元?$`,
		"phone_number":     `^[0-9+\-() ]{1,17}$`,
		"phrase":           `^\p{Han}{1,5}$`,
	}[kind]
	if !known {
		return length >= 1 // an official account's keywords have free names
	}
	return value != "" && regexp.MustCompile(pattern).MatchString(value)
}

const (
	anyDate = `([0-9]{4}(年[0-9]{1,2}月[0-9]{1,2}日|[-/.][0-9]{1,2}[-/.][0-9]{1,2}))`
	anyHour = `([0-2]?[0-9]:[0-5][0-9](:[0-5][0-9])?)`
)
