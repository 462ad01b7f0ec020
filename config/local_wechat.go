package config

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
)

// The marks of the local WeChat's keys. Their private halves and its secrets are public, so in production anybody could sign
// with them, or read what is encrypted under them.
const (
	localOrganization      = "wechattest local WeChat"
	localPublicKeyIDPrefix = "PUB_KEY_ID_7357"
	localPublicKeySHA256   = "26df578783701df4c400044c93f3761cb208dca369bc88c3ef66ed52c892279d" // of the PKIX form
	localAPIv3Key          = "wechattest-api-v3-key-0123456789"
	localAppIDPrefix       = "wx7e57000000000" // of both apps; no real one begins like that but by a wonder
	localAppSecret         = "7e570000000000000000000000000a01"
)

func localAppID(id string) bool { return strings.HasPrefix(id, localAppIDPrefix) }

// LocalCertificate says whether a certificate, the merchant's or the platform's, was made for the local WeChat.
func LocalCertificate(c *x509.Certificate) bool {
	return slices.Contains(c.Issuer.Organization, localOrganization) || slices.Contains(c.Subject.Organization, localOrganization)
}

// LocalPublicKeyID says whether a WeChat Pay public key id belongs to the local WeChat.
func LocalPublicKeyID(id string) bool { return strings.HasPrefix(id, localPublicKeyIDPrefix) }

// LocalPublicKey says whether a WeChat Pay public key is the local WeChat's, whatever id it is given.
func LocalPublicKey(key *rsa.PublicKey) bool {
	der, err := x509.MarshalPKIXPublicKey(key)
	sum := sha256.Sum256(der)
	return err == nil && hex.EncodeToString(sum[:]) == localPublicKeySHA256
}
