package config

// What official-account.authorize.scope may say.
const (
	ScopeBase     = "snsapi_base"     // the openid only, without asking the user
	ScopeUserinfo = "snsapi_userinfo" // name and avatar too, after the user agreed
)

// OfficialAccount configures the official account (公众号). Key: official-account.
type OfficialAccount struct {
	Active           bool      // Keys: active, activate. Default: false.
	Authorize        Authorize // Key: authorize
	AccessTokenURL   string    // Key: access-token-url. Default: https://api.weixin.qq.com/cgi-bin/token.
	AppID            string    // Key: app-id. Required.
	AppSecret        Secret    // Key: app-secret. Required.
	GrantType        string    // Key: grant-type. Default: client_credential.
	ConfigToken      Secret    // Key: config-token. The token of the server configuration page. Required.
	EncodingAESKey   Secret    // Key: encoding-aes-key. 43 characters; turns safe mode on. Optional.
	AllowedRedirects []string  // Key: allowed-redirects. Paths or https origins a log-in may return to.
}

// Authorize configures OAuth2 web authorization (网页授权). Key: official-account.authorize.
type Authorize struct {
	AuthorizeURL          string // Key: authorize-url. Default: https://open.weixin.qq.com/connect/oauth2/authorize.
	AccessTokenURL        string // Key: access-token-url. Default: https://api.weixin.qq.com/sns/oauth2/access_token.
	AccessTokenRefreshURL string // Key: access-token-refresh-url. Default: …/sns/oauth2/refresh_token.
	UserinfoURL           string // Key: userinfo-url. Default: https://api.weixin.qq.com/sns/userinfo.
	ResponseType          string // Key: response-type. Default: code.
	Scope                 string // Key: scope. snsapi_base or snsapi_userinfo. Default: snsapi_userinfo.
	State                 string // Key: state. Kept for the original file; a random handle is sent instead.
	GrantType             string // Key: grant-type. Default: authorization_code.
}

func (o *OfficialAccount) keys() []key {
	all := []key{{path: "official-account.active", also: "activate", to: &o.Active, def: "false",
		doc: "Checks the keys of this section. Its routes (web authorization, message push, JS-SDK signature) do not exist yet."}}
	all = append(all, o.Authorize.keys()...)
	return append(all, []key{
		{path: "official-account.access-token-url", to: &o.AccessTokenURL, def: "https://api.weixin.qq.com/cgi-bin/token",
			doc: "Where the account's access_token is fetched."},
		{path: "official-account.app-id", to: &o.AppID, need: "official-account is active",
			doc: "The official account's appid: wx and 16 letters or digits."},
		{path: "official-account.app-secret", to: &o.AppSecret, need: "official-account is active",
			doc: "The official account's secret."},
		{path: "official-account.grant-type", to: &o.GrantType, def: "client_credential",
			doc: "Sent when the access_token is fetched. Always client_credential."},
		{path: "official-account.config-token", to: &o.ConfigToken, need: "official-account is active",
			doc: "Token of the server configuration page (服务器配置): 3 to 32 letters or digits."},
		{path: "official-account.encoding-aes-key", to: &o.EncodingAESKey,
			doc: "EncodingAESKey of the same page, 43 characters; turns safe mode (安全模式) on."},
		{path: "official-account.allowed-redirects", to: &o.AllowedRedirects,
			doc: "Paths or https origins a log-in may return to."},
	}...)
}

func (a *Authorize) keys() []key {
	const section = "official-account.authorize."
	return []key{
		{path: section + "authorize-url", to: &a.AuthorizeURL, def: "https://open.weixin.qq.com/connect/oauth2/authorize",
			doc: "The page a browser in WeChat is sent to."},
		{path: section + "access-token-url", to: &a.AccessTokenURL, def: "https://api.weixin.qq.com/sns/oauth2/access_token",
			doc: "Where the code of a log-in is exchanged."},
		{path: section + "access-token-refresh-url", to: &a.AccessTokenRefreshURL,
			def: "https://api.weixin.qq.com/sns/oauth2/refresh_token",
			doc: "Where a user's access token is renewed."},
		{path: section + "userinfo-url", to: &a.UserinfoURL, def: "https://api.weixin.qq.com/sns/userinfo",
			doc: "Where name and avatar are fetched."},
		{path: section + "response-type", to: &a.ResponseType, def: "code",
			doc: "Always code."},
		{path: section + "scope", to: &a.Scope, def: ScopeUserinfo,
			doc: "snsapi_base (openid only, no question) or snsapi_userinfo (name and avatar, the user is asked)."},
		{path: section + "state", to: &a.State,
			doc: "Kept so that the original file loads. Not sent: each log-in gets a random state of its own."},
		{path: section + "grant-type", to: &a.GrantType, def: "authorization_code",
			doc: "Sent when the code is exchanged. Always authorization_code."},
	}
}
