package miniprogram

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
)

// vector gives one public known-answer vector.
func vector(t testing.TB, id string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var all []map[string]string
	require.NoError(t, json.Unmarshal(data, &all))
	for _, v := range all {
		if v["id"] == id {
			return v
		}
	}
	require.FailNow(t, "no vector "+id)
	return nil
}

func TestDecryptVector(t *testing.T) {
	t.Parallel()
	v := vector(t, "mp-userinfo-wxbizdatacrypt-demo")
	key, sent := SessionKey(v["session_key"]), time.Unix(1477314187, 0)
	open := func(data, iv, appid string, now time.Time, maxAge time.Duration) ([]byte, error) {
		return decrypt(key, data, iv, appid, now, maxAge)
	}
	plain, err := open(v["encrypted_data"], v["iv"], testAppID, sent.Add(time.Minute), time.Hour)
	require.NoError(t, err)
	require.Equal(t, v["expected_plaintext"], string(plain))
	require.Contains(t, v["encrypted_data"], "+")
	_, err = open(strings.ReplaceAll(v["encrypted_data"], "+", " "), v["iv"], testAppID, sent, time.Hour)
	require.NoError(t, err, "plus signs lost on the way are put back")
	_, err = open(v["encrypted_data"], v["iv"], testAppID, sent.AddDate(10, 0, 0), 0)
	require.NoError(t, err, "no limit on age")
	_, err = open(v["encrypted_data"], v["iv"], testAppID, sent.Add(time.Hour), time.Hour)
	require.NoError(t, err)

	flipped := []byte(v["encrypted_data"])
	flipped[5] ^= 1
	raw, err := base64.StdEncoding.DecodeString(v["encrypted_data"])
	require.NoError(t, err)
	block := base64.StdEncoding.EncodeToString(raw[:16])
	for name, c := range map[string]struct {
		key             SessionKey
		data, iv, appid string
		now             time.Time
	}{
		"other app":      {key, v["encrypted_data"], v["iv"], "wx0000000000000000", sent},
		"no app":         {key, v["encrypted_data"], v["iv"], "", sent},
		"too old":        {key, v["encrypted_data"], v["iv"], testAppID, sent.Add(time.Hour + time.Second)},
		"from future":    {key, v["encrypted_data"], v["iv"], testAppID, sent.Add(-6 * time.Minute)},
		"other key":      {"HyVFkGl5F5OQWJZZaNzBBg==", v["encrypted_data"], v["iv"], testAppID, sent},
		"short key":      {"aGVsbG8=", v["encrypted_data"], v["iv"], testAppID, sent},
		"no key":         {"", v["encrypted_data"], v["iv"], testAppID, sent},
		"key not base64": {"***", v["encrypted_data"], v["iv"], testAppID, sent},
		"other IV":       {key, v["encrypted_data"], "HyVFkGl5F5OQWJZZaNzBBg==", testAppID, sent},
		"flipped":        {key, string(flipped), v["iv"], testAppID, sent},
		"first block":    {key, block, v["iv"], testAppID, sent},
	} {
		plain, err := decrypt(c.key, c.data, c.iv, c.appid, c.now, time.Hour)
		require.Nil(t, plain, name)
		require.Equal(t, fault.SessionKeyStale, fault.CodeOf(err), name)
		require.Equal(t, errUndecryptable().Error(), err.Error(), "%s: every failure reads the same", name)
	}
}

// What was damaged on its way is repaired; what no key could open is the client's mistake, not a stale key.
func TestFormOfEncryptedData(t *testing.T) {
	t.Parallel()
	v := vector(t, "mp-userinfo-wxbizdatacrypt-demo")
	data, iv, sent := v["encrypted_data"], v["iv"], time.Unix(1477314187, 0)
	require.Contains(t, data, "+")
	require.Contains(t, data, "/")
	require.Contains(t, iv, "=")
	for name, damage := range map[string]func(string) string{
		"whole":     func(text string) string { return text },
		"form":      func(text string) string { return strings.ReplaceAll(text, "+", " ") },
		"escaped":   url.QueryEscape,
		"lowercase": strings.NewReplacer("+", "%2b", "/", "%2f", "=", "%3d").Replace,
		"only plus": strings.NewReplacer("+", "%2B").Replace,
		"blank":     strings.NewReplacer("+", "%20").Replace,
	} {
		_, err := decrypt(SessionKey(v["session_key"]), damage(data), damage(iv), testAppID, sent, time.Hour)
		require.NoError(t, err, name)
	}
	for name, c := range map[string]struct{ data, iv string }{
		"not base64":    {"###", iv},
		"half escape":   {data + "%2", iv},
		"other escape":  {strings.Replace(data, "+", "%21", 1), iv},
		"empty":         {"", iv},
		"cut":           {data[:len(data)-4], iv},
		"huge":          {strings.Repeat("A", encryptedMax+4), iv},
		"no IV":         {data, ""},
		"short IV":      {data, "aGVsbG8="},
		"IV not base64": {data, "###"},
	} {
		_, err := ParseEncryptedData(c.data, c.iv)
		require.Equal(t, fault.BadRequest, fault.CodeOf(err), name)
	}
	_, err := EncryptedData{}.Open(SessionKey(v["session_key"]), testAppID, sent, time.Hour)
	require.ErrorIs(t, err, ErrUndecryptable, "the zero value opens nothing")
}

// decrypt is both steps.
func decrypt(key SessionKey, data, iv, appid string, now time.Time, maxAge time.Duration) ([]byte, error) {
	sealed, err := ParseEncryptedData(data, iv)
	if err != nil {
		return nil, err
	}
	return sealed.Open(key, appid, now, maxAge)
}

// seal is the client's half: AES-128-CBC with the padding given.
func sealCBC(t testing.TB, key, iv, padded []byte) string {
	t.Helper()
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	out := make([]byte, len(padded))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, padded)
	return base64.StdEncoding.EncodeToString(out)
}

func TestPaddingAndPlaintext(t *testing.T) {
	t.Parallel()
	key, iv := []byte("0123456789abcdef"), []byte("fedcba9876543210")
	mark := `{"a":"","watermark":{"timestamp":1477314187,"appid":"` + testAppID + `"}}`
	pad := func(text string, n int) []byte { return append([]byte(text), bytes.Repeat([]byte{byte(n)}, n)...) }
	right := func(text string) []byte { return pad(text, 16-len(text)%16) }
	fit := func(text string) string {
		return strings.Replace(text, `"a":""`, `"a":"`+strings.Repeat("x", (32-len(text)%16)%16)+`"`, 1)
	}
	whole := fit(mark)
	require.Zero(t, len(whole)%16)
	wrong := pad(whole, 16)
	wrong[len(wrong)-9] = 15
	for name, c := range map[string]struct {
		padded []byte
		good   bool
	}{
		"a whole block of padding": {pad(whole, 16), true},
		"one wrong padding byte":   {wrong, false},
		"padding of zero":          {append([]byte(whole), make([]byte, 16)...), false},
		"padding of 17":            {append([]byte(whole), bytes.Repeat([]byte{17}, 16)...), false},
		"no object":                {right("null"), false},
		"array":                    {right("[1,2,3]"), false},
		"no watermark":             {right(`{"a":1}`), false},
		"watermark twice":          {right(strings.Replace(whole, `"a":`, `"Watermark":`, 1)), false},
		"not UTF-8":                {right(strings.Replace(whole, "x", "\xff", 1)), false},
	} {
		plain, err := decrypt(SessionKey(base64.StdEncoding.EncodeToString(key)), sealCBC(t, key, iv, c.padded),
			base64.StdEncoding.EncodeToString(iv), testAppID, time.Unix(1477314187, 0), time.Hour)
		require.Equal(t, c.good, err == nil, name)
		if c.good {
			require.Equal(t, whole, string(plain))
		}
	}
}

func TestRawDataVector(t *testing.T) {
	t.Parallel()
	v := vector(t, "mp-rawdata-signature-band")
	key := SessionKey(v["session_key"])
	require.True(t, VerifyRawData(v["raw_data"], v["expected_signature"], key))
	require.False(t, VerifyRawData(v["raw_data"]+" ", v["expected_signature"], key))
	require.False(t, VerifyRawData(v["raw_data"], strings.ToUpper(v["expected_signature"]), key))
	require.False(t, VerifyRawData(v["raw_data"], "", key))
	require.False(t, VerifyRawData(v["raw_data"], v["expected_signature"], "tiihtNczf5v6AKRyjwEUhQ=="))
	require.False(t, VerifyRawData("", "da39a3ee5e6b4b0d3255bfef95601890afd80709", ""), "no key signs nothing")
}

func TestParsePhone(t *testing.T) {
	t.Parallel()
	got, err := ParsePhone([]byte(`{"phoneNumber":"+85261234567","purePhoneNumber":"61234567","countryCode":"852","watermark":{}}`))
	require.NoError(t, err)
	require.Equal(t, Phone{Number: "+85261234567", PureNumber: "61234567", CountryCode: "852", GivenAt: time.Unix(0, 0)}, got)
	for _, text := range []string{"", "null", "{}", `{"phoneNumber":"1"}`, `{"nickName":"Band"}`} {
		_, err := ParsePhone([]byte(text))
		require.ErrorIs(t, err, ErrUndecryptable, text)
	}
}

// FuzzDecrypt: no input panics, and what opens is an object with our watermark.
func FuzzDecrypt(f *testing.F) {
	v := vector(f, "mp-userinfo-wxbizdatacrypt-demo")
	f.Add(v["session_key"], v["encrypted_data"], v["iv"])
	f.Add("", "", "")
	f.Add(v["session_key"], "AAAA", v["iv"])
	f.Fuzz(func(t *testing.T, key, data, iv string) {
		plain, err := decrypt(SessionKey(key), data, iv, testAppID, time.Unix(1477314187, 0), time.Hour)
		if err != nil {
			require.Contains(t, []fault.Code{fault.SessionKeyStale, fault.BadRequest}, fault.CodeOf(err))
			return
		}
		require.Contains(t, string(plain), testAppID)
	})
}
