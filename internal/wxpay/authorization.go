package wxpay

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// authorizationScheme is the only signature type of ours, for requests, answers and notices.
const authorizationScheme = "WECHATPAY2-SHA256-RSA2048"

// authorize signs a request (签名生成) over its method, path with query, and exactly the body's bytes.
func (m *Merchant) authorize(req *http.Request, body []byte, now time.Time) error {
	header, err := m.authorization(req.Method, req.URL.RequestURI(), body, now, rand.Text())
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", header)
	return nil
}

func (m *Merchant) authorization(method, uri string, body []byte, now time.Time, nonce string) (string, error) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	signature, err := m.sign(method + "\n" + uri + "\n" + timestamp + "\n" + nonce + "\n" + string(body) + "\n")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`%s mchid="%s",nonce_str="%s",signature="%s",timestamp="%s",serial_no="%s"`,
		authorizationScheme, m.mchID, nonce, signature, timestamp, m.serial), nil
}
