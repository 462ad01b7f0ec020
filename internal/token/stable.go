package token

import (
	"context"
	"errors"
	"net/http"
	"time"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/outbound/errcode"
)

// StableToken fetches an app's access_token by POST /cgi-bin/stable_token in normal mode: WeChat gives every caller the
// same token until five minutes before its end, so hosts cannot end each other's. client must allow outbound.APIHost.
//
// https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
func StableToken(client *http.Client, appid string, secret config.Secret) Fetch {
	return func(ctx context.Context) (Fetched, error) {
		request := struct {
			GrantType    string `json:"grant_type"`
			AppID        string `json:"appid"`
			Secret       string `json:"secret"`
			ForceRefresh bool   `json:"force_refresh"`
		}{"client_credential", appid, secret.Reveal(), false}
		var answer struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int64  `json:"expires_in"` // seconds
		}
		body, err := outbound.PostJSON(ctx, client, "https://"+outbound.APIHost+"/cgi-bin/stable_token", request)
		if err == nil {
			err = errcode.Decode(body, &answer, secret.Reveal())
		}
		if err == nil && (answer.AccessToken == "" || answer.ExpiresIn <= 0 || answer.ExpiresIn > maxExpiresIn) {
			err = errors.New("stable_token: answer lacks a token or its life")
		}
		if err != nil {
			return Fetched{}, errcode.Fault(err, fault.WeChatRefused)
		}
		return Fetched{Value: answer.AccessToken, TTL: time.Duration(answer.ExpiresIn) * time.Second}, nil
	}
}

// maxExpiresIn is a bound of sense on expires_in, in seconds: a day, where WeChat documents two hours.
const maxExpiresIn = 24 * 60 * 60
