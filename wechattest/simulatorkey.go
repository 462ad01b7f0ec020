package wechattest

import (
	"crypto/x509"
	"slices"
	"strings"
)

// The marks that every key of a simulator carries, so that a production host can refuse it.
const (
	// CertificateOrganization is the O of the subject and the issuer of each certificate, the merchant's included.
	CertificateOrganization = "wechattest local WeChat"
	// SerialPrefix begins each certificate's serial number (40 upper-case hex digits).
	SerialPrefix = "7E57CE47"
	// PublicKeyIDPrefix begins the id of the WeChat Pay public key.
	PublicKeyIDPrefix = "PUB_KEY_ID_7357"
)

// IsSimulatorKey says whether a certificate serial number or a WeChat Pay public key id belongs to a simulator.
func IsSimulatorKey(serialOrKeyID string) bool {
	return strings.HasPrefix(strings.ToUpper(serialOrKeyID), SerialPrefix) ||
		strings.HasPrefix(serialOrKeyID, PublicKeyIDPrefix)
}

// IsSimulatorCertificate says whether a certificate, the merchant's or the platform's, was issued for a simulator.
func IsSimulatorCertificate(c *x509.Certificate) bool {
	return slices.Contains(c.Issuer.Organization, CertificateOrganization) ||
		slices.Contains(c.Subject.Organization, CertificateOrganization)
}
