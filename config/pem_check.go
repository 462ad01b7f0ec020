package config

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
)

// rsaBits is the one key size of WECHATPAY2-SHA256-RSA2048, for the merchant's keys and WeChat Pay's own.
const rsaBits = 2048

// file reads a file that a value names. shown is its name as a message may show it.
func (k *checker) file(path, name, shown string) ([]byte, bool) {
	data, err := k.readFile(name)
	switch {
	case err != nil && shown == "":
		k.failf(path, "names a file that %s", fileTrouble(err))
	case err != nil:
		k.failf(path, "names %s, which %s", shown, fileTrouble(err))
	}
	return data, err == nil
}

// block takes the first PEM block, which must be of the wanted kinds. What else the file may be is named, because the
// download of a merchant holds several files that look alike.
func (k *checker) block(path string, data []byte, what string, kinds ...string) *pem.Block {
	block, _ := pem.Decode(data)
	switch {
	case block == nil:
		k.failf(path, "must name %s in PEM form, a text that begins with -----BEGIN; take the .pem file, not the .p12", what)
		return nil
	case !slices.Contains(kinds, block.Type):
		k.failf(path, "must name %s, but the file holds %s", what, describeBlock(block.Type))
		return nil
	default:
		return block
	}
}

// describeBlock names what a PEM file holds; its own words are not repeated, they could be anything.
func describeBlock(kind string) string {
	switch kind {
	case "CERTIFICATE":
		return "a certificate"
	case "PUBLIC KEY":
		return "a public key"
	case "RSA PUBLIC KEY":
		return "a public key in another form than WeChat Pay gives out (PKCS #1)"
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return "a private key"
	case "ENCRYPTED PRIVATE KEY":
		return "a private key with a password; remove the password"
	default:
		return "something else"
	}
}

// certificate checks the merchant API certificate and returns its key.
func (k *checker) certificate(path string, data []byte) *rsa.PublicKey {
	block := k.block(path, data, "the folder of the merchant API certificate", "CERTIFICATE")
	if block == nil {
		return nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		k.failf(path, "holds a certificate that cannot be read; download it again")
		return nil
	}
	if k.produce != "" && LocalCertificate(cert) {
		k.failf(path, "holds a certificate of the local WeChat, whose private key is public; while %s "+
			"take the merchant API certificate from pay.weixin.qq.com", k.produce)
	}
	switch now := k.now(); {
	case now.After(cert.NotAfter):
		k.failf(path, "holds a certificate that expired on %s; renew it at pay.weixin.qq.com", cert.NotAfter.Format("2006-01-02"))
	case now.Before(cert.NotBefore):
		k.failf(path, "holds a certificate that is valid only from %s; check the clock of this machine",
			cert.NotBefore.Format("2006-01-02"))
	}
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || public.N.BitLen() != rsaBits {
		k.failf(path, "holds a certificate without an RSA key of %d bits; it is not from WeChat Pay", rsaBits)
		return nil
	}
	return public
}

// privateKey checks the merchant API private key.
func (k *checker) privateKey(path string, data []byte) *rsa.PrivateKey {
	block := k.block(path, data, "the merchant API private key", "PRIVATE KEY", "RSA PRIVATE KEY")
	if block == nil {
		return nil
	}
	var private *rsa.PrivateKey
	if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		private, _ = parsed.(*rsa.PrivateKey) // nil for other kinds, reported below
	} else if private, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
		k.failf(path, "names a private key that cannot be read; take apiclient_key.pem of the download again")
		return nil
	}
	if private == nil || private.N.BitLen() != rsaBits {
		k.failf(path, "must name an RSA private key of %d bits", rsaBits)
		return nil
	}
	return private
}

// publicKeyFile checks the WeChat Pay public key.
func (k *checker) publicKeyFile(path string, data []byte) {
	block := k.block(path, data, "the WeChat Pay public key", "PUBLIC KEY")
	if block == nil {
		return
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		k.failf(path, "names a public key that cannot be read; download it again")
		return
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok || public.N.BitLen() != rsaBits {
		k.failf(path, "must name an RSA public key of %d bits", rsaBits)
		return
	}
	if k.produce != "" && LocalPublicKey(public) {
		k.failf(path, "names the public key of the local WeChat, whose private half is public; while %s "+
			"take the key from pay.weixin.qq.com", k.produce)
	}
}
