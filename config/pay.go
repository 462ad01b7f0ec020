package config

import "path/filepath"

// What pay.unknown-orders may say.
const (
	UnknownOrdersQuarantine = "quarantine" // store and report the notice, hand it to nobody
	UnknownOrdersDeliver    = "deliver"    // hand it to the plugins, marked as not compared
)

// Pay configures WeChat Pay API v3 (微信支付). Key: pay.
type Pay struct { //nolint:recvcheck // as Config
	// Active mounts the notice route and enables the business verbs. Keys: active, activate. Default: false.
	Active bool
	// Produce means production: official hosts and https only. False allows the local WeChat, unless the environment has
	// APP_ENV=production. Key: produce.
	// Default: false.
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
	// BaseURL replaces https://api.mch.weixin.qq.com, for the local WeChat. Key: base-url. Refused in production.
	BaseURL string
	// UnknownOrders says what happens to a genuine notice for an order we never placed: quarantine or deliver.
	// Key: unknown-orders. Default: quarantine.
	UnknownOrders string
}

// CertificateFile is the path of the merchant API certificate: CertificateName in CertificatePath.
func (p Pay) CertificateFile() string { return filepath.Join(p.CertificatePath, p.CertificateName) }

func (p *Pay) keys() []key {
	return []key{
		{path: "pay.active", also: "activate", to: &p.Active, def: "false",
			doc: "Mounts the payment notice route and enables the business verbs."},
		{path: "pay.produce", to: &p.Produce, def: "false",
			doc: "Production: official hosts and https only, a public address. False allows the local WeChat, unless APP_ENV=production says otherwise."},
		{path: "pay.mchid", to: &p.MchID, need: "pay is active",
			doc: "Merchant number (商户号): the account that receives the money. Digits."},
		{path: "pay.certificate-path", to: &p.CertificatePath, need: "pay is active",
			doc: "Folder that holds the merchant API certificate."},
		{path: "pay.certificate-name", to: &p.CertificateName, def: "apiclient_cert.pem",
			doc: "File name of the merchant API certificate in that folder. PEM."},
		{path: "pay.key-file-path", to: &p.KeyFilePath, need: "pay is active",
			doc: "File of the merchant API private key that belongs to the certificate. PEM, RSA of 2048 bits."},
		{path: "pay.api-v3-secretkey", to: &p.APIv3SecretKey, need: "pay is active",
			doc: "APIv3 key (APIv3密钥) that decrypts notices. Exactly 32 bytes."},
		{path: "pay.previous-api-v3-secretkey", to: &p.PreviousAPIv3SecretKey,
			doc: "The APIv3 key before the last change; tried when the current one does not decrypt. Exactly 32 bytes."},
		{path: "pay.public-key-id", to: &p.PublicKeyID, need: "public-key-path is given",
			doc: "Id of the WeChat Pay public key (微信支付公钥ID). Begins with PUB_KEY_ID_."},
		{path: "pay.public-key-path", to: &p.PublicKeyPath, need: "public-key-id is given",
			doc: "File of the WeChat Pay public key. PEM."},
		{path: "pay.base-url", to: &p.BaseURL,
			doc: "Replaces https://api.mch.weixin.qq.com, for the local WeChat. Refused in production."},
		{path: "pay.unknown-orders", to: &p.UnknownOrders, def: UnknownOrdersQuarantine,
			doc: "What happens to a genuine notice for an order we never placed: quarantine or deliver."},
	}
}
