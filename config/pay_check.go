package config

import (
	"crypto/rsa"
	"path/filepath"
	"regexp"
	"strings"
)

// apiV3KeyLength is fixed by WeChat: the key is used for AES-256.
const apiV3KeyLength = 32

// publicKeyPrefix begins the id of every WeChat Pay public key.
const publicKeyPrefix = "PUB_KEY_ID_"

var merchantNumber = regexp.MustCompile(`^[0-9]{1,32}$`)

func (k *checker) pay() {
	p := k.Pay
	if k.required("pay", "pay.mchid", p.MchID, "the merchant number (商户号) from pay.weixin.qq.com") &&
		!merchantNumber.MatchString(p.MchID) {
		k.failf("pay.mchid", "must be digits, as pay.weixin.qq.com shows the merchant number (商户号)")
	}

	k.payAppID()

	const secretPath = "pay.api-v3-secretkey" //nolint:gosec // the name of a key, not its value
	if k.required("pay", secretPath, p.APIv3SecretKey.Reveal(), "the APIv3 key (APIv3密钥) set at pay.weixin.qq.com") {
		k.apiV3Key(secretPath, p.APIv3SecretKey)
	}
	if p.PreviousAPIv3SecretKey != "" {
		k.apiV3Key("pay.previous-api-v3-secretkey", p.PreviousAPIv3SecretKey)
	}
	k.baseURL("pay.base-url", p.BaseURL)
	if p.UnknownOrders != UnknownOrdersQuarantine && p.UnknownOrders != UnknownOrdersDeliver {
		k.failf("pay.unknown-orders", "must be %s or %s", UnknownOrdersQuarantine, UnknownOrdersDeliver)
	}
}

// payAppID checks that there is an appid to place orders for, in a part that need not be active. An active part checks its
// own.
func (k *checker) payAppID() {
	const first, second = "mini-app.app-key", "official-account.app-id"
	mini, account := k.MiniApp, k.OfficialAccount
	switch {
	case mini.Active || mini.AppID == "" && account.Active:
	case mini.AppID == "" && account.AppID == "":
		k.failf(first, "is required while pay.active is true: give it, or %s, for orders are placed for an appid", second)
	case mini.AppID != "":
		k.appID("pay", first, mini.AppID)
	default:
		k.appID("pay", second, account.AppID)
	}
}

func (k *checker) apiV3Key(path string, value Secret) {
	if n := len(value.Reveal()); n != apiV3KeyLength {
		k.failf(path, "must be exactly %d bytes, but has %d; copy the APIv3 key (APIv3密钥) again", apiV3KeyLength, n)
	}
	if k.produce != "" && value.Reveal() == localAPIv3Key {
		k.failf(path, "is the key of the local WeChat, which everybody knows; while %s take the one set at pay.weixin.qq.com", k.produce)
	}
}

// merchantFiles checks that certificate and private key are there, usable and belong together.
func (k *checker) merchantFiles() {
	const certificatePath, keyPath = "pay.certificate-path", "pay.key-file-path"
	certified := k.merchantCertificate(certificatePath, "pay.certificate-name")
	if !k.required("pay", keyPath, k.Pay.KeyFilePath, "the file of the merchant API private key, apiclient_key.pem") ||
		!k.isPath(keyPath, k.Pay.KeyFilePath) {
		return
	}
	data, ok := k.file(keyPath, k.Pay.KeyFilePath, k.shown(keyPath, k.Pay.KeyFilePath))
	if !ok {
		return
	}
	private := k.privateKey(keyPath, data)
	if private != nil && certified != nil && !certified.Equal(&private.PublicKey) {
		k.failf(keyPath, "does not belong to the certificate of %s; take both from the same download", certificatePath)
	}
}

// merchantCertificate checks the certificate, which is named by its folder and its file name, and returns its key.
func (k *checker) merchantCertificate(folderPath, namePath string) *rsa.PublicKey {
	folder, name := k.Pay.CertificatePath, k.Pay.CertificateName
	switch {
	case !k.required("pay", folderPath, folder, "the folder that holds the merchant API certificate"):
		return nil
	case !k.isPath(folderPath, folder) || !k.isPath(namePath, name):
		return nil
	case strings.ContainsAny(name, `/\`):
		k.failf(namePath, "must be a file name without a folder; the folder is %s", folderPath)
		return nil
	}
	shown := ""
	if f, n := k.shown(folderPath, folder), k.shown(namePath, name); f != "" && n != "" {
		shown = filepath.Join(f, n)
	}
	data, ok := k.file(folderPath, k.Pay.CertificateFile(), shown)
	if !ok {
		return nil
	}
	return k.certificate(folderPath, data)
}

// publicKey checks the public-key mode: id and file come together.
func (k *checker) publicKey() {
	const idPath, filePath = "pay.public-key-id", "pay.public-key-path"
	id, file := k.Pay.PublicKeyID, k.Pay.PublicKeyPath
	if id == "" && file != "" {
		k.failf(idPath, "is required beside %s: give the id pay.weixin.qq.com shows for the public key", filePath)
	}
	if id != "" && file == "" {
		k.failf(filePath, "is required beside %s: give the file downloaded for the public key", idPath)
	}
	if id != "" && (!strings.HasPrefix(id, publicKeyPrefix) || len(id) == len(publicKeyPrefix)) {
		k.failf(idPath, "must begin with %s, as pay.weixin.qq.com shows it", publicKeyPrefix)
	}
	if k.produce != "" && LocalPublicKeyID(id) {
		k.failf(idPath, "is the key of the local WeChat, whose private half is public; while %s "+
			"take the id and the key from pay.weixin.qq.com", k.produce)
	}
	if file != "" && k.isPath(filePath, file) {
		if data, ok := k.file(filePath, file, k.shown(filePath, file)); ok {
			k.publicKeyFile(filePath, data)
		}
	}
}
