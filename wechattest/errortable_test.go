package wechattest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// errorRow is one row of the error tables in WeChat's documents: a request, and the status and code that answer it.
type errorRow struct {
	at     string // the endpoint, as the list of routes spells it
	name   string // what is wrong with the request
	status int
	code   string // errcode, or code of WeChat Pay, or number of an error page; empty: no error
	says   string // further part of the answer
	ask    ask
	with   []wechattest.Option
}

// ask makes the request of a row, after whatever must have happened before it.
type ask func(*testing.T, bench) reply

// errorTables are all rows, by the test's name.
func errorTables() map[string][]errorRow {
	return map[string][]errorRow{
		"Login": loginErrors(), "Token": tokenErrors(), "TokenUse": tokenUseErrors(), "Messages": messageErrors(),
		"Authorization": authorizationErrors(), "Grant": grantErrors(),
		"Transport": transportErrors(), "Placing": placingErrors(), "PlacingAgain": placingAgainErrors(),
		"Order": orderErrors(), "Refund": refundErrors(), "Bill": billErrors(),
		"AppScript": appScriptErrors(), "PayScript": payScriptErrors(),
	}
}

// TestErrorTables asks for every error that WeChat's documents list and that this WeChat can produce.
func TestErrorTables(t *testing.T) {
	t.Parallel()
	for table, rows := range errorTables() {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			for _, row := range rows {
				t.Run(strings.NewReplacer("/v3", "", "/", "_", " ", "").Replace(row.at)+"_"+row.name, row.run)
			}
		})
	}
}

func (row errorRow) run(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var last wechattest.Exchange
	b := setup(t, append(slices.Clone(row.with), wechattest.WithObserver(func(e wechattest.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		if e.Direction == wechattest.ToWeChat {
			last = e
		}
	}))...)
	r := row.ask(t, b)
	require.Equal(t, row.status, r.status, r.body)
	require.Equal(t, row.code, codeOf(t, r), r.body)
	require.Contains(t, r.body, row.says)
	mu.Lock()
	asked := last
	mu.Unlock()
	require.Equal(t, row.at, patternOf(row.at, asked))
	requireErrorShape(t, b, row, r)
}

// patternOf is at if it matches the request that was made.
func patternOf(at string, asked wechattest.Exchange) string {
	target, err := url.Parse(asked.Path)
	if err != nil {
		return err.Error()
	}
	mux := http.NewServeMux()
	mux.HandleFunc(at, http.NotFound)
	_, pattern := mux.Handler(&http.Request{Method: asked.Method, URL: target})
	return pattern
}

// codeOf is the error code of an answer in any of WeChat's shapes.
func codeOf(t *testing.T, r reply) string {
	t.Helper()
	if page := regexp.MustCompile(`错误码 (\d+)`).FindStringSubmatch(r.body); page != nil {
		return page[1]
	}
	if !strings.HasPrefix(r.body, "{") {
		return ""
	}
	var answer struct {
		Code    string
		Errcode int
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &answer))
	if answer.Errcode != 0 {
		return strconv.Itoa(answer.Errcode)
	}
	return answer.Code
}

// requireErrorShape holds an error to the form that each of the two APIs gives its errors.
func requireErrorShape(t *testing.T, b bench, row errorRow, r reply) {
	t.Helper()
	switch {
	case strings.Contains(r.header.Get("Content-Type"), "html"), row.code == "":
	case !strings.Contains(row.at, "/v3/"):
		code, err := strconv.Atoi(row.code)
		require.NoError(t, err)
		requireErrcode(t, code, r)
	default:
		var body map[string]any
		require.NoError(t, json.Unmarshal([]byte(r.body), &body))
		require.NotEmpty(t, body["message"])
		for name := range body {
			require.Contains(t, []string{"code", "message", "detail"}, name)
		}
		require.Equal(t, "application/json; charset=utf-8", r.header.Get("Content-Type"))
		require.Regexp(t, `^08[0-9A-F]{42}-2\d{8}$`, r.header.Get("Request-Id"))
		if row.status == http.StatusUnauthorized {
			require.Empty(t, r.header.Get("Wechatpay-Signature"), "who was not recognised gets no signature")
			return
		}
		requireSigned(t, b, r, r.header.Get("Wechatpay-Serial"))
	}
}

// put changes a parameter of a query.
func put(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
