package fake

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"sort"
	"strings"
)

func sign(parts ...string) string {
	sort.Strings(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func key(aesKey string) cipher.Block {
	k, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		panic(err)
	}
	b, err := aes.NewCipher(k)
	if err != nil {
		panic(err)
	}
	return b
}

func iv(aesKey string) []byte {
	k, _ := base64.StdEncoding.DecodeString(aesKey + "=")
	return k[:16]
}

func encrypt(aesKey, receiver, msg string) string {
	text := []byte(rand.Text()[:16])
	text = binary.BigEndian.AppendUint32(text, uint32(len(msg)))
	text = append(append(text, msg...), receiver...)
	pad := 32 - len(text)%32
	for range pad {
		text = append(text, byte(pad))
	}
	cipher.NewCBCEncrypter(key(aesKey), iv(aesKey)).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text)
}

func decrypt(aesKey, receiver, encrypted string) ([]byte, error) {
	text, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(text) == 0 || len(text)%32 != 0 {
		return nil, errors.New("fake: an answer that is not encrypted")
	}
	cipher.NewCBCDecrypter(key(aesKey), iv(aesKey)).CryptBlocks(text, text)
	pad := int(text[len(text)-1])
	if pad < 1 || pad > 32 {
		return nil, errors.New("fake: an answer with a wrong end")
	}
	text = text[16 : len(text)-pad]
	n := int(binary.BigEndian.Uint32(text))
	if n > len(text)-4 || string(text[4+n:]) != receiver {
		return nil, errors.New("fake: an answer for another account")
	}
	return text[4 : 4+n], nil
}
