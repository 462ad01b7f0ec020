package wxpay

import (
	"crypto/rand"
	"strconv"
	"time"
)

// Launch signs the parameters for wx.requestPayment (小程序调起支付). appid must be the one the order was placed with; a
// prepay_id is good for two hours.
func (c *Client) Launch(appid, prepayID string, now time.Time) (Launch, error) {
	return c.merchant.launch(appid, prepayID, now, rand.Text())
}

func (m *Merchant) launch(appid, prepayID string, now time.Time, nonce string) (Launch, error) {
	l := Launch{
		AppID: appid, TimeStamp: strconv.FormatInt(now.Unix(), 10), NonceStr: nonce,
		Package: "prepay_id=" + prepayID, SignType: "RSA",
	}
	var err error
	l.PaySign, err = m.sign(l.AppID + "\n" + l.TimeStamp + "\n" + l.NonceStr + "\n" + l.Package + "\n")
	return l, err
}
