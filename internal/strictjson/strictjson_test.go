package strictjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

type inner struct {
	Total int64 `json:"total"`
}

type base struct {
	Base string `json:"base"`
}

type outer struct {
	base

	Name    string            `json:"name"`
	Inner   inner             `json:"inner"`
	Pointer *inner            `json:"pointer"`
	List    []inner           `json:"list"`
	Map     map[string]inner  `json:"map"`
	Raw     json.RawMessage   `json:"raw"`
	When    time.Time         `json:"when"`
	Any     any               `json:"any"`
	Texts   map[string]string `json:"texts"`
	Hidden  string            `json:"-"`
	Plain   int
}

func reasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`{"any":`, n-1) + "{}" + strings.Repeat("}", n-1) }
	for text, want := range map[string]Reason{
		`{}`: "", ` {"name":"a"} ` + "\n": "", `{"name":"a","unknown":{"a":[1,2,{"b":null}]}}`: "",
		`{"inner":{"total":1},"pointer":{"total":2},"list":[{"total":3}],"map":{"Total":{"total":4}}}`:  "",
		`{"texts":{"NAME":"x"},"raw":{"Total":1,"x":1},"any":{"Name":1},"when":"2026-01-01T00:00:00Z"}`: "",
		`{"base":"x","Plain":1}`: "", `{"Hidden":1,"-":2}`: "", `{"name":null,"inner":null}`: "", `{"name":"\u4e2d"}`: "",

		``: ReasonNotObject, `   `: ReasonNotObject, `null`: ReasonNotObject, `[]`: ReasonNotObject, `[{}]`: ReasonNotObject,
		`1`: ReasonNotObject, `"x"`: ReasonNotObject, `true`: ReasonNotObject,
		"\xef\xbb\xbf{}": ReasonBOM, "{\"name\":\"\xff\"}": ReasonUTF8, "\xff\xfe{\x00}\x00": ReasonUTF8,
		`{`: ReasonSyntax, `{"name"`: ReasonSyntax, `{"name":}`: ReasonSyntax, `{"name":"a",}`: ReasonSyntax,
		`{"name":"a" "b":1}`: ReasonSyntax, `{1:2}`: ReasonSyntax, "{\"name\":\"a\x00\"}": ReasonSyntax, `{"name":01}`: ReasonSyntax,
		`{]`: ReasonSyntax, `{"list":[1}`: ReasonSyntax, `{"name":nul}`: ReasonSyntax,
		`{}{}`: ReasonTrailing, `{} x`: ReasonTrailing, `{},`: ReasonTrailing, `{} null`: ReasonTrailing,
		`{"name":"a","name":"a"}`: ReasonDuplicate, `{"name":"a","NAME":"b"}`: ReasonDuplicate, `{"x":1,"X":2}`: ReasonDuplicate,
		`{"name":"a","\u006eame":"b"}`: ReasonDuplicate, `{"any":{"k":1,"\u212a":2}}`: ReasonDuplicate,
		`{"raw":{"x":1,"x":2}}`: ReasonDuplicate, `{"unknown":[{"x":1,"X":2}]}`: ReasonDuplicate,
		`{"Name":"a"}`: ReasonCase, `{"inner":{"TOTAL":1}}`: ReasonCase, `{"pointer":{"Total":1}}`: ReasonCase,
		`{"list":[{"total":1},{"Total":1}]}`: ReasonCase, `{"map":{"x":{"tOtal":1}}}`: ReasonCase, `{"BASE":"x"}`: ReasonCase,
		`{"plain":1}`: ReasonCase,
		`{"name":5}`:  ReasonType, `{"inner":[]}`: ReasonType, `{"inner":{"total":"1"}}`: ReasonType, `{"inner":{"total":1.5}}`: ReasonType,
		`{"inner":{"total":9223372036854775808}}`: ReasonType, `{"list":{}}`: ReasonType, `{"when":"yesterday"}`: ReasonRefused,
		deep(32): "", deep(33): ReasonDepth, deep(9000): ReasonDepth, `{"any":` + strings.Repeat("[", 100000): ReasonDepth,
	} {
		var v outer
		err := Unmarshal([]byte(text), &v)
		require.Equal(t, want, reasonOf(err), "%.80s: %v", text, err)
		require.Equal(t, want == "", err == nil, "%.80s", text)
	}
}

func TestValuesArrive(t *testing.T) {
	t.Parallel()
	var v outer
	require.NoError(t, Unmarshal([]byte(`{"name":"中","inner":{"total":7},"list":[{"total":1},{"total":2}],"pointer":{"total":9}}`), &v))
	require.Equal(t, outer{Name: "中", Inner: inner{7}, Pointer: &inner{9}, List: []inner{{1}, {2}}}, v)
	var list []inner
	require.NoError(t, Unmarshal([]byte(`[{"total":1}]`), &list))
	require.Equal(t, []inner{{1}}, list)
	require.Equal(t, ReasonCase, reasonOf(Unmarshal([]byte(`[{"Total":1}]`), &list)))
	var loose any
	require.NoError(t, Unmarshal([]byte(`null`), &loose))
}

func TestDisallowUnknownFields(t *testing.T) {
	t.Parallel()
	var v outer
	require.Equal(t, ReasonRefused, reasonOf(Unmarshal([]byte(`{"name":"a","unknown":1}`), &v, DisallowUnknownFields())))
	require.NoError(t, Unmarshal([]byte(`{"name":"a"}`), &v, DisallowUnknownFields()))
}

func TestTargets(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, outer{}, (*outer)(nil), 5} {
		require.Equal(t, ReasonTarget, reasonOf(Unmarshal([]byte(`{}`), v)))
	}
}

// An error says where, and never what.
func TestErrorsHoldNoValues(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"name":"canary","name":1}`, `{"canary":1,"inner":{"total":"canary"}}`, `{"inner":{"total":13800138000.5}}`, `{"canary`, `canary`, `{"when":"canary"}`} {
		var v outer
		err := Unmarshal([]byte(text), &v)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "canary")
		require.NotContains(t, err.Error(), "13800138000")
		require.NotContains(t, Unmarshal([]byte(text), &v, DisallowUnknownFields()).Error(), "canary")
	}
}

// FuzzUnmarshal: it never panics; what it accepts is JSON to everybody else, and means the same.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"name":"a","inner":{"total":1},"list":[{"total":1}],"map":{"a":{"total":2}},"raw":[1],"any":null}`, `{"Name":"a"}`,
		`{"name":"a","name":"b"}`, `null`, `[]`, "\xef\xbb\xbf{}", `{"any":[[[[]]]]}`, `{"inner":{"total":1e2}}`, `{} {}`, `{"\ud800":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v outer
		err := Unmarshal(data, &v)
		if err != nil {
			require.NotEmpty(t, reasonOf(err))
			return
		}
		require.True(t, utf8.Valid(data))
		var plain outer
		require.NoError(t, json.Unmarshal(data, &plain))
		require.Equal(t, plain, v)
		var object map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(data, &object))
		name, given := object["name"]
		if given && string(name) != "null" {
			var text string
			require.NoError(t, json.Unmarshal(name, &text))
			require.Equal(t, text, v.Name)
		} else {
			require.Empty(t, v.Name)
		}
	})
}
