package config

// MiniApp configures the mini-program (小程序). Key: mini-app.
type MiniApp struct {
	// Active mounts log-in, phone and profile. Keys: active, activate. Default: false.
	Active bool
	// AuthorizeURL is the code2session endpoint. Keys: authorizeUrl, authorize-url.
	// Default: https://api.weixin.qq.com/sns/jscode2session.
	AuthorizeURL string
	// GrantType is always authorization_code. Keys: grantType, grant-type. Default: authorization_code.
	GrantType string
	// AppID is the mini-program's appid. Keys: app-key (the original's name), app-id. Required.
	AppID string
	// AppSecret is its secret. Key: app-secret. Required.
	AppSecret Secret
	// BaseURL replaces https://api.weixin.qq.com, also in AuthorizeURL, for the local WeChat. Key: base-url.
	// Refused in production.
	BaseURL string
	// AvatarHosts are the https hosts an avatar URL may name. Key: avatar-hosts.
	// Default: thirdwx.qlogo.cn, wx.qlogo.cn, mmbiz.qpic.cn and the host of public-url.
	AvatarHosts []string
	// EncryptedPhone accepts the old encryptedData form of phone binding. Key: encrypted-phone. Default: true.
	EncryptedPhone *bool
}

func (m *MiniApp) keys() []key {
	return []key{
		{path: "mini-app.active", also: "activate", to: &m.Active, def: "false",
			doc: "Mounts log-in, phone binding and profile update."},
		{path: "mini-app.authorize-url", to: &m.AuthorizeURL, def: "https://api.weixin.qq.com/sns/jscode2session",
			doc: "The code2session endpoint."},
		{path: "mini-app.grant-type", to: &m.GrantType, def: "authorization_code",
			doc: "Sent to code2session. Always authorization_code."},
		{path: "mini-app.app-key", also: "app-id", to: &m.AppID, need: "mini-app is active",
			doc: "The mini-program's appid: wx and 16 letters or digits."},
		{path: "mini-app.app-secret", to: &m.AppSecret, need: "mini-app is active",
			doc: "The mini-program's secret."},
		{path: "mini-app.base-url", to: &m.BaseURL,
			doc: "Replaces https://api.weixin.qq.com, also in authorize-url, for the local WeChat. " +
				"Refused in production."},
		{path: "mini-app.avatar-hosts", to: &m.AvatarHosts, auto: "thirdwx.qlogo.cn, wx.qlogo.cn, mmbiz.qpic.cn and the host of public-url",
			doc: "Hosts an avatar's https address may name."},
		{path: "mini-app.encrypted-phone", to: &m.EncryptedPhone, def: "true",
			doc: "Accepts the old encryptedData form of phone binding."},
	}
}
