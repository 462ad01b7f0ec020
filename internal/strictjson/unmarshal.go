package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"unicode/utf8"
)

// Unmarshal decodes the one JSON value in data into v, a non-nil pointer. If v points to a struct, the value must be an
// object. A name that fits a field only when letter case is ignored is refused. It fails with *Error and never panics
// over data.
func Unmarshal(data []byte, v any, opts ...Option) error {
	s := settings{maxDepth: MaxDepthDefault}
	for _, opt := range opts {
		opt(&s)
	}
	target := reflect.TypeOf(v)
	if target == nil || target.Kind() != reflect.Pointer || reflect.ValueOf(v).IsNil() {
		return &Error{Reason: ReasonTarget}
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return &Error{Reason: ReasonBOM}
	}
	if !utf8.Valid(data) {
		return &Error{Reason: ReasonUTF8}
	}
	if isStruct(target) && !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		return &Error{Reason: ReasonNotObject}
	}
	if err := (&scanner{text: string(data), maxDepth: s.maxDepth}).scan(target); err != nil {
		return err
	}
	if err := decode(data, v, s.disallowUnknown); err != nil {
		return decodeError(err, int64(len(data)))
	}
	return nil
}

func decode(data []byte, v any, disallowUnknown bool) error {
	if !disallowUnknown {
		return json.Unmarshal(data, v)
	}
	dec := json.NewDecoder(bytes.NewReader(data)) // json.Unmarshal has no such switch
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// decodeError keeps the place and drops the value: encoding/json would quote numbers and names from the body.
func decodeError(err error, offset int64) error {
	if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &Error{Reason: ReasonType, Field: te.Field, Offset: te.Offset}
	}
	if se, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &Error{Reason: ReasonSyntax, Offset: se.Offset}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &Error{Reason: ReasonSyntax, Offset: offset}
	}
	// What remains is an unknown field, or an Unmarshaler of the target that refused its value.
	return &Error{Reason: ReasonRefused, Offset: offset}
}
