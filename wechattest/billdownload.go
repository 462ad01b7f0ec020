package wechattest

import (
	"compress/gzip"
	"net/http"
	"time"
)

// billFile is a bill that waits to be downloaded.
type billFile struct {
	CSV       string    `json:"csv"`
	Gzip      bool      `json:"gzip"`
	ExpiresAt time.Time `json:"expires_at"`
}

// downloadBill is GET /v3/billdownload/file (下载账单). Its answer is not signed: the hash of the first answer proves it.
func (s *Simulator) downloadBill(call payCall) (payAnswer, *payError) {
	var file billFile
	s.view(func(st *state) { file = st.Bills[call.URL.Query().Get("token")] })
	if file.CSV == "" || call.now.After(file.ExpiresAt) {
		return payAnswer{}, &payError{http.StatusBadRequest, 268435464, "INVALID_REQUEST", "下载链接已失效，请重新申请账单", nil}
	}
	return payAnswer{http.StatusOK, file}, nil
}

// writeTo answers with the bill, compressed if it was asked for so: the stream is the file, not a Content-Encoding.
func (f billFile) writeTo(w http.ResponseWriter) {
	if !f.Gzip {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(f.CSV))
		return
	}
	w.Header().Set("Content-Type", "application/x-gzip")
	packed := gzip.NewWriter(w)
	_, _ = packed.Write([]byte(f.CSV))
	_ = packed.Close() // in memory
}
