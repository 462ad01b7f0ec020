package wechattest

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// fieldKind is the JSON type of a field.
type fieldKind int

const (
	text fieldKind = iota
	integer
	flag
	object
	list // of objects, or of texts when it has no fields
)

// field is one row of a request table in WeChat Pay's documents.
type field struct {
	name     string
	kind     fieldKind
	required bool
	min, max int64               // text: characters; integer: value; max 0: unbounded
	check    func(string) string // of a text, or of each text in a list
	fields   []field
}

// checkBody decodes a request body and holds it to the rules. Fields that the table does not have are refused.
func checkBody(body []byte, rules []field) (map[string]any, *payError) {
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, paramError("body", "", "请求body不是合法的JSON对象", nil)
	}
	return fields, checkFields("", fields, rules)
}

func checkFields(parent string, given map[string]any, rules []field) *payError {
	for _, rule := range rules {
		path := parent + "/" + rule.name
		value, present := given[rule.name]
		if !present {
			if rule.required {
				return paramError("body", path, "必填性规则校验失败，此字段为必填项", nil)
			}
			continue
		}
		if refused := rule.checkValue(path, value); refused != nil {
			return refused
		}
	}
	for name := range given {
		if !hasField(rules, name) {
			return undefinedField(parent + "/" + name)
		}
	}
	return nil
}

func hasField(rules []field, name string) bool {
	for _, rule := range rules {
		if rule.name == name {
			return true
		}
	}
	return false
}

// checkValue refuses null like any other wrong type, as the current documents do.
func (f field) checkValue(path string, value any) *payError {
	switch value := value.(type) {
	case string:
		if f.kind == text {
			return f.checkText(path, value)
		}
	case float64:
		if f.kind == integer {
			return f.checkInteger(path, value)
		}
	case bool:
		if f.kind == flag {
			return nil
		}
	case map[string]any:
		if f.kind == object {
			return checkFields(path, value, f.fields)
		}
	case []any:
		if f.kind == list {
			return f.checkList(path, value)
		}
	}
	return paramError("body", path, "字段类型错误", value)
}

func (f field) checkText(path, value string) *payError {
	switch length := int64(utf8.RuneCountInString(value)); {
	case length == 0 && f.required:
		return paramError("body", path, "必填性规则校验失败，此字段为必填项", value)
	case length < f.min:
		return paramError("body", path, fmt.Sprintf("字符串规则校验失败，长度 %d，小于最小值 %d", length, f.min), value)
	case f.max > 0 && length > f.max:
		return paramError("body", path, fmt.Sprintf("字符串规则校验失败，长度 %d，大于最大值 %d", length, f.max), value)
	}
	for _, r := range value {
		if r > 0xFFFF { // WeChat Pay takes at most three bytes of UTF-8 per character
			return paramError("body", path, "字符串规则校验失败，含有不支持的字符", value)
		}
	}
	if f.check != nil {
		if issue := f.check(value); issue != "" {
			return paramError("body", path, issue, value)
		}
	}
	return nil
}

func (f field) checkInteger(path string, value float64) *payError {
	switch {
	case value != float64(int64(value)):
		return paramError("body", path, "字段类型错误", value)
	case int64(value) < f.min:
		return paramError("body", path, fmt.Sprintf("数值规则校验失败，小于最小值 %d", f.min), value)
	case f.max > 0 && int64(value) > f.max:
		return paramError("body", path, fmt.Sprintf("数值规则校验失败，大于最大值 %d", f.max), value)
	}
	return nil
}

func (f field) checkList(path string, values []any) *payError {
	element := field{kind: text, min: 1, check: f.check}
	if f.fields != nil {
		element = field{kind: object, fields: f.fields}
	}
	for i, value := range values {
		if refused := element.checkValue(fmt.Sprintf("%s/%d", path, i), value); refused != nil {
			return refused
		}
	}
	return nil
}
