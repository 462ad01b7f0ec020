package config

import (
	"encoding/base64"
	"regexp"
)

func (k *checker) miniApp() {
	m := k.MiniApp
	k.authorizeURL("mini-app.authorize-url", m.AuthorizeURL)
	k.fixed("mini-app.grant-type", m.GrantType, "authorization_code")
	k.appID("mini-app", "mini-app.app-key", m.AppID)
	k.appSecret("mini-app", "mini-app.app-secret", m.AppSecret)
	k.baseURL("mini-app.base-url", m.BaseURL)
	k.hosts("mini-app.avatar-hosts", m.AvatarHosts)
}

// aesKeyLength is fixed by WeChat: 32 bytes in base64 without the last =.
const aesKeyLength = 43

var tokenForm = regexp.MustCompile(`^[0-9A-Za-z]{3,32}$`)

func (k *checker) officialAccount() {
	o := k.OfficialAccount
	const section = "official-account"
	k.authorize()
	k.endpoint(section+".access-token-url", o.AccessTokenURL)
	k.appID(section, section+".app-id", o.AppID)
	k.appSecret(section, section+".app-secret", o.AppSecret)
	k.fixed(section+".grant-type", o.GrantType, "client_credential")

	const tokenPath = section + ".config-token"
	given := k.required(section, tokenPath, o.ConfigToken.Reveal(), "the token of the server configuration page (服务器配置)")
	if given && !tokenForm.MatchString(o.ConfigToken.Reveal()) {
		k.failf(tokenPath, "must be 3 to 32 letters or digits, the same as on the server configuration page (服务器配置)")
	}
	if key := o.EncodingAESKey.Reveal(); key != "" {
		_, err := base64.StdEncoding.DecodeString(key + "=")
		if len(key) != aesKeyLength || err != nil {
			k.failf(section+".encoding-aes-key", "must be the %d letters and digits of the EncodingAESKey on the server "+
				"configuration page (服务器配置)", aesKeyLength)
		}
	}
	k.redirects(section+".allowed-redirects", o.AllowedRedirects)
}

func (k *checker) authorize() {
	a := k.OfficialAccount.Authorize
	const section = "official-account.authorize."
	k.endpoint(section+"authorize-url", a.AuthorizeURL)
	k.endpoint(section+"access-token-url", a.AccessTokenURL)
	k.endpoint(section+"access-token-refresh-url", a.AccessTokenRefreshURL)
	k.endpoint(section+"userinfo-url", a.UserinfoURL)
	k.fixed(section+"response-type", a.ResponseType, "code")
	k.fixed(section+"grant-type", a.GrantType, "authorization_code")
	if a.Scope != ScopeBase && a.Scope != ScopeUserinfo {
		k.failf(section+"scope", "must be %s or %s", ScopeBase, ScopeUserinfo)
	}
}
