package config

import (
	"crypto/x509"
	"slices"
	"strings"
)

// The marks of the local WeChat's keys. Their private halves are public, so in production anybody could sign with them.
const (
	localOrganization      = "wechattest local WeChat"
	localPublicKeyIDPrefix = "PUB_KEY_ID_7357"
)

// LocalCertificate says whether a certificate, the merchant's or the platform's, was made for the local WeChat.
func LocalCertificate(c *x509.Certificate) bool {
	return slices.Contains(c.Issuer.Organization, localOrganization) || slices.Contains(c.Subject.Organization, localOrganization)
}

// LocalPublicKeyID says whether a WeChat Pay public key id belongs to the local WeChat.
func LocalPublicKeyID(id string) bool { return strings.HasPrefix(id, localPublicKeyIDPrefix) }
