//go:build ignore

// Command generate makes the fixed key pairs of the local WeChat. They are committed, so that New needs no key
// generation and a restarted program keeps its keys. Run `go run generate.go` in this folder to replace them.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"os"
	"time"
)

// organization and serialPrefix make every key recognisable; see ../simulatorkey.go.
const (
	organization = "wechattest local WeChat"
	serialPrefix = "7E57CE47"
)

func main() {
	root := certificate("wechattest root", 0)
	rootKey := newKey()
	issue := func(name, subject string, number int64) {
		key, der := newKey(), []byte(nil)
		der, err := x509.CreateCertificate(rand.Reader, certificate(subject, number), root, &key.PublicKey, rootKey)
		check(err)
		write(name+"_cert.pem", "CERTIFICATE", der)
		writePrivate(name+"_key.pem", key)
	}
	issue("merchant", "wechattest merchant API certificate", 1)
	issue("platform1", "wechattest platform certificate 1", 2)
	issue("platform2", "wechattest platform certificate 2", 3)

	key := newKey()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	check(err)
	write("wechatpay_public.pem", "PUBLIC KEY", der)
	writePrivate("wechatpay_key.pem", key)
}

func certificate(subject string, number int64) *x509.Certificate {
	serial, _ := new(big.Int).SetString(serialPrefix+"00000000000000000000000000000000", 16)
	return &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(number)),
		Subject:      pkix.Name{Organization: []string{organization}, CommonName: subject},
		NotBefore:    time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2115, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	return key
}

func writePrivate(name string, key *rsa.PrivateKey) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	write(name, "PRIVATE KEY", der)
}

func write(name, kind string, der []byte) {
	check(os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
