// Package canary makes secrets for tests that can be told from everything else, and finds them where no secret may be:
// in logs, answers, error texts, database dumps.
//
// A test takes its secrets from [Secret] and [Key32], or from the local WeChat in wechattest, whose fixed secrets are
// listed here. `make test` keeps everything the tests print and gives it to internal/canary/scan; a test that looks
// into a dump or an answer itself calls [Find] or [FindSecrets]. Names of tests must not contain [Marker], since they
// are printed, too.
//
// It is for tests, and for the local WeChat.
package canary

// Marker begins every secret made here.
const Marker = "canary-"

// Secret is a made-up secret for this purpose, like "canary-app-secret".
func Secret(name string) string { return Marker + name }

// Key32 is a made-up secret of exactly 32 bytes, the length of an APIv3 key (APIv3 密钥). Of a long name, the first 25
// bytes count.
func Key32(name string) string { return (Marker + name + "-0123456789abcdef0123456789abcdef")[:32] }

// marker is what a secret is known by.
type marker struct{ name, text string }

// markers are all there are. A fixed secret that cannot contain Marker is added here by its value.
func markers() []marker {
	return []marker{
		{"a secret made by canary.Secret", Marker},
		{"the local WeChat's app secret", "7e570000000000000000000000000a01"},
		{"the local WeChat's APIv3 key", "wechattest-api-v3-key-"},
		{"a private key", " PRIVATE KEY-----"},
		// The fixed part of every RSA key in PKCS #8, as it stands in a PEM file: for when the header line is missing.
		{"a private key without its header", "BADANBgkqhkiG9w0BAQEFAASC"},
	}
}
