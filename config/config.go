// Package config holds the module's settings: the structure, its defaults, its checks, and loading from YAML and the
// environment. It keeps the keys of the original Java module, under open-platform.wechat.
//
// It is a leaf and opens nothing but the files its values name: no network, no database.
package config

import "time"

// Config is everything under open-platform.wechat.
type Config struct {
	// PublicURL is the address, seen from outside, below which the module is mounted, for example
	// https://shop.example.com/api. Notify and redirect URLs are built from it, never from the Host header.
	// Required when pay is active. Key: public-url.
	PublicURL string

	Pay             Pay             // Key: pay
	MiniApp         MiniApp         // Key: mini-app
	OfficialAccount OfficialAccount // Key: official-account
	Database        Database        // Key: database
	Session         Session         // Key: session
	Plugins         Plugins         // Key: plugins
	Delivery        Delivery        // Key: delivery
}

// Pay configures WeChat Pay API v3 (微信支付). Key: pay.
type Pay struct {
	// Active mounts the notice route and enables the business verbs. Keys: active, activate. Default: false.
	Active bool
	// Produce means production: official hosts and https only. False allows the local WeChat. Default: false.
	Produce bool
	// MchID (商户号) is the account that receives the money. Key: mchid. Required.
	MchID string
	// CertificatePath is the folder with the merchant API certificate. Key: certificate-path. Required.
	CertificatePath string
	// CertificateName is the certificate's file name in that folder. Key: certificate-name.
	// Default: apiclient_cert.pem.
	CertificateName string
	// KeyFilePath is the merchant API private key, PEM. Key: key-file-path. Required.
	KeyFilePath string
	// APIv3SecretKey (APIv3密钥) decrypts notices; exactly 32 bytes. Key: api-v3-secretkey. Required.
	APIv3SecretKey Secret
	// PreviousAPIv3SecretKey is tried when the current key does not decrypt, during a change of keys.
	// Key: previous-api-v3-secretkey. Optional.
	PreviousAPIv3SecretKey Secret
	// PublicKeyID (微信支付公钥ID) begins with PUB_KEY_ID_. Key: public-key-id. Optional; needs PublicKeyPath.
	PublicKeyID string
	// PublicKeyPath is the WeChat Pay public key, PEM. Key: public-key-path. Optional; needs PublicKeyID.
	PublicKeyPath string
	// BaseURL replaces https://api.mch.weixin.qq.com, for the local WeChat. Key: base-url. Refused when Produce.
	BaseURL string
	// UnknownOrders says what happens to a genuine notice for an order we never placed: quarantine or deliver.
	// Key: unknown-orders. Default: quarantine.
	UnknownOrders string
}

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
	// Refused when pay.produce is true.
	BaseURL string
	// AvatarHosts are the https hosts an avatar URL may name. Key: avatar-hosts.
	// Default: thirdwx.qlogo.cn, wx.qlogo.cn, mmbiz.qpic.cn and the host of public-url.
	AvatarHosts []string
	// EncryptedPhone accepts the old encryptedData form of phone binding. Key: encrypted-phone. Default: true.
	EncryptedPhone *bool
}

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

// Database names where the module keeps its rows. Key: database.
type Database struct {
	// URL is postgres://… or sqlite:FILE. A Secret because it can hold a password. Key: url.
	// Default: sqlite:wechat.db.
	URL Secret
}

// Session limits the tokens of logged-in users. Key: session.
type Session struct {
	Idle       time.Duration // Key: idle. A token unused for so long ends. Default: 2h.
	Absolute   time.Duration // Key: absolute. A token ends after so long, used or not. Default: 168h.
	MaxPerUser int           // Key: max-per-user. Older tokens of the user end. Default: 10.
}

// Plugins names the plugin processes. Key: plugins.
type Plugins struct {
	Dir     string            // Key: dir. Holds <id>/<version>/plugin.yaml. Required when any is enabled.
	RunDir  string            // Key: run-dir. Private folder for sockets. Default: a folder in the system's temp dir.
	Enabled map[string]Plugin // Key: enabled. By plugin id; only what is named here is ever started.
}

// Plugin is what operations decide about one plugin. Key: plugins.enabled.<id>.
type Plugin struct {
	Version string            // Key: version. Required.
	Config  map[string]any    // Key: config. Handed to the plugin as JSON; its keys are the plugin's own, not relaxed.
	Secrets map[string]Secret // Key: secrets. By name; values may be ${ENV} or file:/path.
	Limits  Limits            // Key: limits. May only lower what the plugin's manifest asks for.
}

// Limits bound one plugin. Key: plugins.enabled.<id>.limits.
type Limits struct {
	Timeout     time.Duration // Key: timeout. One hand-over. Default: the manifest's, else 15s.
	Concurrency int           // Key: concurrency. Hand-overs at once. Default: the manifest's, else 8.
}

// Delivery tunes the hand-over of events to plugins. Key: delivery.
type Delivery struct {
	Lease   time.Duration // Key: lease. Another host may take a row over after so long without renewal. Default: 20s.
	Poll    time.Duration // Key: poll. How often to look for rows another host left. Default: 500ms.
	Workers int           // Key: workers. Hand-overs at once over all plugins. Default: 100.
}
