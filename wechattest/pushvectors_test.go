package wechattest

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// pushVector is a published known answer about messages; its source stands in the file.
type pushVector struct {
	ID             string            `json:"id"`
	Token          string            `json:"token"`
	EncodingAESKey string            `json:"encoding_aes_key"`
	AppID          string            `json:"appid"`
	ExpectedAppID  string            `json:"expected_appid"`
	Timestamp      string            `json:"timestamp"`
	Nonce          string            `json:"nonce"`
	MsgSignature   string            `json:"msg_signature"`
	Query          map[string]string `json:"query"`
	Encrypt        string            `json:"encrypt"`
	ExpectedMsg    string            `json:"expected_msg"`
	Random         string            `json:"random"`
	Msg            string            `json:"msg"`
	Expected       string            `json:"expected_encrypt"`
	Inputs         []string          `json:"inputs"`
	Signature      string            `json:"expected_signature"`
	SessionKey     string            `json:"session_key"`
	Data           string            `json:"data"`
	Ticket         string            `json:"jsapi_ticket"`
	NonceStr       string            `json:"noncestr"`
	URL            string            `json:"url"`
	V2Key          string            `json:"v2_key"`
	Ciphertext     string            `json:"ciphertext"`
	Plaintext      string            `json:"expected_plaintext"`
}

func readPushVectors(t *testing.T) map[string]pushVector {
	t.Helper()
	content, err := os.ReadFile("testdata/vectors/push.json")
	require.NoError(t, err)
	var all []pushVector
	require.NoError(t, json.Unmarshal(content, &all))
	byID := map[string]pushVector{}
	for _, v := range all {
		byID[v.ID] = v
	}
	return byID
}

func TestMessageSignaturesEqualThePublishedOnes(t *testing.T) {
	t.Parallel()
	vectors := readPushVectors(t)
	for _, id := range []string{"push-verify-url", "push-plaintext-post"} {
		v := vectors[id]
		require.Equal(t, v.Signature, pushSignature(v.Token, v.Timestamp, v.Nonce), id)
	}
	for _, id := range []string{"sorted-sha1-abc", "sorted-sha1-wxjava"} {
		require.Equal(t, vectors[id].Signature, pushSignature(vectors[id].Inputs...), id)
	}
	v := vectors["jssdk-doc-params-value"]
	require.Equal(t, v.Signature, jsSignature(v.Ticket, v.NonceStr, v.Timestamp, v.URL))
	v = vectors["mp-login-state-hmac"]
	require.Equal(t, v.Signature, sessionSignature(v.SessionKey, v.Data))
}

func TestEncryptedMessagesEqualThePublishedOnes(t *testing.T) {
	t.Parallel()
	vectors := readPushVectors(t)
	v := vectors["oa-encrypt-wxjava-1"]
	key, err := pushKey(v.EncodingAESKey)
	require.NoError(t, err)
	encrypted, err := encryptPush(key, []byte(v.Random), []byte(v.Msg), v.AppID)
	require.NoError(t, err)
	require.Equal(t, v.Expected, encrypted)

	for _, id := range []string{"push-safe-inbound-json", "oa-safe-inbound-pamtest", "oa-safe-reply-tom"} {
		v := vectors[id]
		key, err := pushKey(v.EncodingAESKey)
		require.NoError(t, err)
		plain, err := decryptPush(key, v.Encrypt, v.ExpectedAppID)
		require.NoError(t, err)
		require.Equal(t, v.ExpectedMsg, string(plain), id)
		timestamp, nonce, signature := v.Timestamp, v.Nonce, v.MsgSignature
		if v.Query != nil {
			timestamp, nonce, signature = v.Query["timestamp"], v.Query["nonce"], v.Query["msg_signature"]
			require.Equal(t, v.Query["signature"], pushSignature(v.Token, timestamp, nonce))
		}
		require.Equal(t, signature, pushSignature(v.Token, timestamp, nonce, v.Encrypt), id)
	}
}

func TestWrongRepliesAreNotDecrypted(t *testing.T) {
	t.Parallel()
	key, err := pushKey("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
	require.NoError(t, err)
	right, err := encryptPush(key, randomBytes(16), []byte("<xml/>"), "wx1")
	require.NoError(t, err)
	for _, wrong := range []string{"", "!", "AAAA", right[:24] + right[:40], base64.StdEncoding.EncodeToString(make([]byte, 32))} {
		_, err := decryptPush(key, wrong, "wx1")
		require.Error(t, err, wrong)
	}
	_, err = decryptPush(key, right, "wx2")
	require.ErrorIs(t, err, errPushReply, "another app's")
	_, err = pushKey("short")
	require.Error(t, err)
}

func TestOldRefundNoticesEqualThePublishedOne(t *testing.T) {
	t.Parallel()
	v := readPushVectors(t)["v2-refund-req-info"]
	require.Equal(t, v.Ciphertext, sealV2(v.V2Key, []byte(v.Plaintext)))
}
