package main

import (
	"cmp"
	"errors"

	"wgink.ink/wechat/wechattest"
)

// identity gives the local WeChat numbers and secrets that a shop's configuration has already; what is not given stays
// the local WeChat's own.
func (s *serveSettings) identity() (options []wechattest.Option, err error) {
	usual, err := wechattest.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, usual.Close()) }()
	merchant, app := usual.Merchant(), usual.App()
	return []wechattest.Option{
		wechattest.WithMerchant(cmp.Or(s.mchID, merchant.MchID), cmp.Or(s.apiV3Key, merchant.APIv3Key)),
		wechattest.WithApp(cmp.Or(s.appID, app.AppID), cmp.Or(s.appSecret, app.AppSecret)),
	}, nil
}
