package wechattest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the signature WeChat documents
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// pushSignature is hex(SHA-1) over the sorted parts: token, timestamp and nonce, and in msg_signature Encrypt as well.
// Source: developers.weixin.qq.com, 接入概述 and 消息加解密说明.
func pushSignature(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, ""))) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// pushBlock is the padding's block size; AES's own is 16.
const pushBlock = 32

// pushKey decodes an EncodingAESKey: 43 characters, the last of which may carry unused bits.
func pushKey(encodingAESKey string) ([]byte, error) {
	if len(encodingAESKey) != 43 {
		return nil, fmt.Errorf("EncodingAESKey has %d characters, not 43", len(encodingAESKey))
	}
	return base64.StdEncoding.DecodeString(encodingAESKey + "=")
}

// encryptPush is AES-256-CBC over 16 random bytes, the message's length, the message and the appid.
func encryptPush(key, random, message []byte, appID string) (string, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("encrypt message: %w", err)
	}
	plain := bytes.Clone(random)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(message))) //nolint:gosec // messages are short
	plain = append(append(plain, message...), appID...)
	pad := pushBlock - len(plain)%pushBlock
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}

var errPushReply = errors.New("the reply cannot be decrypted")

// decryptPush is the reverse, for replies.
func decryptPush(key []byte, encrypted, appID string) ([]byte, error) {
	plain, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(plain) == 0 || len(plain)%aes.BlockSize != 0 {
		return nil, errPushReply
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("decrypt message: %w", err)
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > pushBlock || pad > len(plain) {
		return nil, errPushReply
	}
	plain = plain[:len(plain)-pad]
	const head = 16 + 4
	if len(plain) < head {
		return nil, errPushReply
	}
	length := int(binary.BigEndian.Uint32(plain[16:head]))
	if length > len(plain)-head || string(plain[head+length:]) != appID {
		return nil, errPushReply
	}
	return plain[head : head+length], nil
}
