package wechattest_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// once lets a script answer the next request, and the one after it be answered by WeChat itself.
func once(fault wechattest.AnswerFault, then ask) ask {
	return func(t *testing.T, b bench) reply {
		var refused reply
		require.NoError(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{{
			On: wechattest.OnAnswer, Path: "/**", Times: 1, AnswerFault: fault,
		}}}))
		refused = then(t, b)
		for _, report := range b.sim.FaultReports() {
			require.Equal(t, 1, report.Struck)
		}
		return refused
	}
}

// appScriptErrors are rows for which this WeChat has no cause of its own, such as a frozen account: a script gives them.
func appScriptErrors() (rows []errorRow) {
	for at, codes := range map[string][]int{
		"/sns/jscode2session":              {-1, 40164},
		"/cgi-bin/token":                   {-1, 40001, 40164, 40243, 45011, 50004, 50007, 89503, 89506, 89507},
		"/cgi-bin/stable_token":            {-1, 40001, 40164, 40243, 45011, 50004, 50007, 89503, 89506, 89507},
		"/wxa/business/getuserphonenumber": {-1, 45011},
		"/wxa/checksession":                {-1},
		"/wxa/resetusersessionkey":         {-1},
		"/wxa/msg_sec_check":               {-1, 44991},
		"/wxa/getwxacodeunlimit":           {-1, 45009, 45063, 40169},
		"/cgi-bin/message/subscribe/send":  {43107, 43108, 45009},
		"/cgi-bin/message/template/send":   {45009},
		"/cgi-bin/ticket/getticket":        {-1, 45009},
		"/sns/oauth2/access_token":         {-1, 45011, 50001},
		"/sns/oauth2/refresh_token":        {-1, 40029, 45011, 50001},
		"/sns/userinfo":                    {-1, 45011, 50001},
		"/sns/auth":                        {-1, 45011, 50001},
		"/":                                {-1},
	} {
		path := at
		if at == "/" {
			path = "/cgi-bin/somewhere"
		}
		for _, code := range codes {
			rows = append(rows, openRow(at, "Scripted"+strconv.Itoa(code), code,
				once(wechattest.AnswerFault{Errcode: code}, func(t *testing.T, b bench) reply { return b.get(t, path, nil) })))
		}
	}
	return rows
}

// payScriptErrors are those of WeChat Pay, signed like any other answer.
func payScriptErrors() (rows []errorRow) {
	paths := map[string]string{
		postJSAPI: jsapiPath, postNative: "/v3/pay/transactions/native", postH5: "/v3/pay/transactions/h5",
		postApp: "/v3/pay/transactions/app", postRefund: refundPath, getRefund: refundPath + "/RE-1",
		getByNumber: byNumber("NO-0001"), getByID: "/v3/pay/transactions/id/42", postClose: byNumber("NO-0001") + "/close",
		getTradeBill: "/v3/bill/tradebill", getFundBill: "/v3/bill/fundflowbill", getBillFile: "/v3/billdownload/file",
		getKeys: "/v3/certificates",
	}
	method := map[string]string{
		postJSAPI: http.MethodPost, postNative: http.MethodPost, postH5: http.MethodPost, postApp: http.MethodPost,
		postRefund: http.MethodPost, postClose: http.MethodPost,
	}
	add := func(status int, code string, endpoints ...string) {
		for _, at := range endpoints {
			way, body := http.MethodGet, ""
			if method[at] != "" {
				way, body = method[at], "{}"
			}
			rows = append(rows, errorRow{
				at: at, name: "Scripted" + strconv.Itoa(status) + code, status: status, code: code,
				ask: once(wechattest.AnswerFault{Status: status, Code: code, Message: "…"}, calling(way, paths[at], body)),
			})
		}
	}
	places := []string{postJSAPI, postNative, postH5, postApp}
	add(202, "USERPAYING", places...)
	add(400, "INVALID_REQUEST", append(places, getByNumber, getByID, postClose)...)
	add(400, "MCH_NOT_EXISTS", append(places, getByNumber, getByID, postClose)...)
	for _, code := range []string{"NO_AUTH", "OUT_TRADE_NO_USED", "ACCOUNT_ERROR", "NOT_ENOUGH", "RULE_LIMIT", "TRADE_ERROR"} {
		add(403, code, places...)
	}
	add(403, "RULE_LIMIT", getByNumber, getByID, postClose)
	add(403, "TRADE_ERROR", getByNumber, getByID, postClose)
	for _, code := range []string{"NO_AUTH", "NOT_ENOUGH", "USER_ACCOUNT_ABNORMAL", "REQUEST_BLOCKED"} {
		add(403, code, postRefund)
	}
	add(404, "ORDER_NOT_EXIST", places...)
	add(404, "MCH_NOT_EXISTS", postRefund)
	add(404, "REFUND_NOT_EXISTS", postRefund, getRefund)
	for at := range paths {
		add(401, "SIGN_ERROR", at) // no certificate, a revoked one, no APIv3 key
		add(429, "FREQUENCY_LIMITED", at)
		add(429, "RATELIMIT_EXCEEDED", at)
		add(500, "SYSTEM_ERROR", at)
		add(502, "SERVICE_UNAVAILABLE", at)
		add(503, "SERVICE_UNAVAILABLE", at)
	}
	for _, code := range []string{"BANK_ERROR", "OPENID_MISMATCH", "INVALID_TRANSACTIONID"} {
		add(500, code, places...)
	}
	for code, status := range map[string]int{ // as the oldest pages spell them
		"NOAUTH": 403, "NOTENOUGH": 403, "RULELIMIT": 403, "ACCOUNTERROR": 403, "ORDERNOTEXIST": 404,
		"SYSTEMERROR": 500, "BANKERROR": 500,
	} {
		add(status, code, postJSAPI)
	}
	for _, status := range []int{400, 502, 503} {
		rows = append(rows, errorRow{
			at: postJSAPI, name: "ScriptedPage" + strconv.Itoa(status), status: status, says: "<center>nginx</center>",
			ask: once(wechattest.AnswerFault{HTML: status}, calling(http.MethodPost, jsapiPath, "{}")),
		})
	}
	return rows
}

func TestAScriptedRefusalChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	refused := once(wechattest.AnswerFault{Status: 403, Code: "NO_AUTH"}, placing())(t, b)
	require.Equal(t, "NO_AUTH", refused.code())
	require.Empty(t, b.sim.Orders())
	require.Equal(t, http.StatusOK, placing()(t, b).status, "once")
}
