package wechattest

import (
	"crypto/sha1" //nolint:gosec // the hash WeChat documents
	"encoding/hex"
	"net/http"
	"net/url"
	"time"
)

// The rules of bills. Source: pay.weixin.qq.com, 申请交易账单.
const (
	// billHour is when a day's bill is ready on the next day, Beijing time.
	billHour = 10
	// billMonths is how far back bills go.
	billMonths = 3
	// billURLLife is the newer pages' figure.
	billURLLife = 5 * time.Minute
	// billOrigin is kept whatever the base URL, since clients sign the path of the whole URL they are given.
	billOrigin = "https://api.mch.weixin.qq.com"
)

type billAnswer struct {
	HashType    string `json:"hash_type"`
	HashValue   string `json:"hash_value"`
	DownloadURL string `json:"download_url"`
}

// tradeBill is GET /v3/bill/tradebill (申请交易账单).
func (s *Simulator) tradeBill(call payCall) (payAnswer, *payError) {
	kind := call.URL.Query().Get("bill_type")
	if kind == "" {
		kind = "ALL"
	}
	if issue := oneOf("ALL", "SUCCESS", "REFUND")(kind); issue != "" {
		return payAnswer{}, paramError("query", "bill_type", issue, kind)
	}
	return s.bill(call, func(flows []flow) string { return tradeCSV(kind, s.settings.mchID, flows) })
}

// fundFlowBill is GET /v3/bill/fundflowbill (申请资金账单). All money is in the basic account; the other two have no bills.
func (s *Simulator) fundFlowBill(call payCall) (payAnswer, *payError) {
	account := call.URL.Query().Get("account_type")
	if account == "" {
		account = "BASIC"
	}
	if issue := oneOf("BASIC", "OPERATION", "FEES")(account); issue != "" {
		return payAnswer{}, paramError("query", "account_type", issue, account)
	}
	return s.bill(call, func(flows []flow) string {
		if account != "BASIC" {
			return ""
		}
		return fundCSV(s.settings.mchID, flows)
	})
}

// bill makes a day's bill and answers with where to get it. An empty bill does not exist.
func (s *Simulator) bill(call payCall, write func([]flow) string) (payAnswer, *payError) {
	query := call.URL.Query()
	day, refused := billDay(query.Get("bill_date"), call.now)
	if refused != nil {
		return payAnswer{}, refused
	}
	packing := query.Get("tar_type")
	if packing != "" && packing != "GZIP" {
		return payAnswer{}, paramError("query", "tar_type", oneOf("GZIP")(packing), packing)
	}
	s.settleDue()
	token := randomText(64)
	var csv string
	s.update(func(st *state) {
		if csv = write(st.flows(day)); csv == "" {
			return
		}
		for old, file := range st.Bills {
			if call.now.After(file.ExpiresAt) {
				delete(st.Bills, old)
			}
		}
		st.Bills[token] = billFile{CSV: csv, Gzip: packing == "GZIP", ExpiresAt: call.now.Add(s.settings.billURLLife)}
	})
	if csv == "" {
		return payAnswer{}, noStatement()
	}
	hash := sha1.Sum([]byte(csv)) //nolint:gosec // the hash WeChat documents, of the uncompressed bill
	path := "/v3/billdownload/file?" + url.Values{"token": {token}}.Encode()
	return payAnswer{http.StatusOK, billAnswer{"SHA1", hex.EncodeToString(hash[:]), billOrigin + path}}, nil
}

// billDay checks the day a bill is asked for. Which code today's or a future day gets is not documented: PARAM_ERROR.
func billDay(text string, now time.Time) (time.Time, *payError) {
	now = now.In(beijing())
	day, err := time.ParseInLocation(time.DateOnly, text, beijing())
	if err != nil {
		return day, paramError("query", "bill_date", "日期格式错误，应为YYYY-MM-DD", text)
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, beijing())
	switch {
	case !day.Before(midnight):
		return day, paramError("query", "bill_date", "账单日期必须早于当日", text)
	case day.Before(midnight.AddDate(0, -billMonths, 0)):
		return day, noStatement()
	case now.Before(day.AddDate(0, 0, 1).Add(billHour * time.Hour)):
		return day, &payError{http.StatusBadRequest, 268435464, "STATEMENT_CREATING", "账单生成中，请稍后再试", nil}
	}
	return day, nil
}

func noStatement() *payError {
	return &payError{http.StatusBadRequest, 268435464, "NO_STATEMENT_EXIST", "请求的账单文件不存在", nil}
}
