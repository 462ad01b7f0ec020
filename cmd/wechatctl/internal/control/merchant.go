package control

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"wgink.ink/wechat/wechattest"
)

// merchant plays the shop towards the local WeChat, so that a trigger goes the whole road a real order goes.
type merchant struct {
	wechat *wechattest.Simulator
	keys   wechattest.Merchant
	key    *rsa.PrivateKey
}

func newMerchant(wechat *wechattest.Simulator) (merchant, error) {
	keys := wechat.Merchant()
	block, _ := pem.Decode(keys.KeyPEM)
	if block == nil {
		return merchant{}, errors.New("the merchant's key is no PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return merchant{}, fmt.Errorf("the merchant's key: %w", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return merchant{}, fmt.Errorf("the merchant's key is a %T", parsed)
	}
	return merchant{wechat, keys, key}, nil
}

// post sends a signed request. Source of the signature: pay.weixin.qq.com doc/v3/merchant/4012365336.
func (m merchant) post(ctx context.Context, path string, body any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.mch.weixin.qq.com"+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	now, nonce := strconv.FormatInt(m.wechat.SigningTime().Unix(), 10), rand.Text()
	signature, err := m.sign("POST", path, now, nonce, string(content))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", fmt.Sprintf(
		"WECHATPAY2-SHA256-RSA2048 mchid=%q,nonce_str=%q,signature=%q,timestamp=%q,serial_no=%q",
		m.keys.MchID, nonce, signature, now, m.keys.SerialNo))
	response, err := m.wechat.Client().Do(request)
	if err != nil {
		return fmt.Errorf("ask the local WeChat: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask the local WeChat: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return refused("WeChat Pay refused POST %s: %d %s", path, response.StatusCode, answer)
	}
	return nil
}

// sign signs lines, each with a line end.
func (m merchant) sign(lines ...string) (string, error) {
	digest := sha256.Sum256([]byte(strings.Join(lines, "\n") + "\n"))
	signature, err := rsa.SignPKCS1v15(rand.Reader, m.key, crypto.SHA256, digest[:])
	return base64.StdEncoding.EncodeToString(signature), err
}

// pay lets a phone pay an order as its shop would have launched it.
func (m merchant) pay(ctx context.Context, phone *wechattest.Phone, order wechattest.Order) error {
	now, nonce := strconv.FormatInt(m.wechat.SigningTime().Unix(), 10), rand.Text()
	switch order.TradeType {
	case wechattest.Native:
		return phone.PayCode(ctx, order.CodeURL)
	case wechattest.H5:
		return phone.PayH5(ctx, order.H5URL)
	case wechattest.InApp:
		sign, err := m.sign(order.AppID, now, nonce, order.PrepayID)
		if err != nil {
			return err
		}
		return phone.PayApp(ctx, wechattest.AppLaunch{
			AppID: order.AppID, PartnerID: m.keys.MchID, PrepayID: order.PrepayID, Package: "Sign=WXPay",
			NonceStr: nonce, TimeStamp: now, Sign: sign,
		})
	case wechattest.JSAPI:
	}
	sign, err := m.sign(order.AppID, now, nonce, "prepay_id="+order.PrepayID)
	if err != nil {
		return err
	}
	return phone.Pay(ctx, wechattest.Launch{
		AppID: order.AppID, TimeStamp: now, NonceStr: nonce, Package: "prepay_id=" + order.PrepayID, SignType: "RSA", PaySign: sign,
	})
}
