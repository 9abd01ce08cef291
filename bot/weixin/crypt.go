package weixin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"linli/bot"
)

// Errors of [Crypt.Open]. They say no more than this, whatever was wrong.
var (
	ErrUnsigned = errors.New("weixin: not signed with the token")
	ErrSealed   = errors.New("weixin: signed, but cannot be decrypted for this account")
)

const (
	keyLength   = 43 // characters of an EncodingAESKey
	padBlock    = 32 // what the plaintext is padded to; twice the block of AES
	randomBytes = 16
	headBytes   = randomBytes + 4 // random, length of the message
)

// Crypt opens and seals what the platform and one account say to each other. It may be
// used by many at once.
type Crypt struct {
	token    bot.Secret
	receiver string
	block    cipher.Block
	iv       []byte
}

// NewCrypt takes the token and the EncodingAESKey of an account's callback as they stand
// in its settings, and whom messages are for: AppID, CorpID, or nobody ("") for 智能机器人.
func NewCrypt(token, aesKey bot.Secret, receiver string) (*Crypt, error) {
	if token == "" {
		return nil, errors.New("weixin: the callback has no token")
	}
	if len(aesKey) != keyLength {
		return nil, errors.New("weixin: an EncodingAESKey has 43 characters")
	}
	if strings.ContainsAny(string(aesKey), "\r\n=") { // the decoder passes over these
		return nil, errors.New("weixin: an EncodingAESKey has only letters and digits")
	}
	// 43 characters are 258 bits. What the platform hands out does not always end in two
	// zero bits, so this decoder must not insist.
	key, err := base64.StdEncoding.DecodeString(string(aesKey) + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("weixin: an EncodingAESKey has only letters and digits")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("weixin: the EncodingAESKey makes no key")
	}
	return &Crypt{token: token, receiver: receiver, block: block, iv: key[:aes.BlockSize]}, nil
}

// Signed says whether the signature was made with the token: of a timestamp and a nonce
// (公众号 in plain mode), or of these and an encrypted text. It takes as long for a
// signature that is nearly right as for any other. Nothing is signed without a token.
func Signed(token bot.Secret, signature, timestamp, nonce string, more ...string) bool {
	want := sign(token, timestamp, nonce, more...)
	same := subtle.ConstantTimeCompare([]byte(signature), []byte(want)) == 1
	return same && token != ""
}

func sign(token bot.Secret, timestamp, nonce string, more ...string) string {
	parts := append([]string{string(token), timestamp, nonce}, more...)
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// Open verifies the signature and, only then, decrypts. The error is ErrUnsigned or
// ErrSealed.
func (c *Crypt) Open(signature, timestamp, nonce, encrypted string) ([]byte, error) {
	if !Signed(c.token, signature, timestamp, nonce, encrypted) {
		return nil, ErrUnsigned
	}
	if strings.ContainsAny(encrypted, "\r\n") { // the decoder passes over these
		return nil, ErrSealed
	}
	text, err := base64.StdEncoding.Strict().DecodeString(encrypted)
	if err != nil || len(text) == 0 || len(text)%padBlock != 0 {
		return nil, ErrSealed
	}
	cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(text, text)

	pad := int(text[len(text)-1])
	if pad < 1 || pad > padBlock || pad > len(text) {
		return nil, ErrSealed
	}
	var odd byte
	for _, b := range text[len(text)-pad:] {
		odd |= b ^ byte(pad)
	}
	text = text[:len(text)-pad]
	if odd != 0 || len(text) < headBytes {
		return nil, ErrSealed
	}
	n := uint64(binary.BigEndian.Uint32(text[randomBytes:]))
	rest := text[headBytes:]
	if n > uint64(len(rest)) {
		return nil, ErrSealed
	}
	msg, receiver := rest[:n], rest[n:]
	if subtle.ConstantTimeCompare(receiver, []byte(c.receiver)) != 1 {
		return nil, ErrSealed
	}
	return msg, nil
}

// Seal encrypts an answer and signs it with the timestamp and the nonce given.
func (c *Crypt) Seal(msg []byte, timestamp, nonce string) (encrypted, signature string, err error) {
	var random [randomBytes]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", "", errors.New("weixin: no randomness")
	}
	encrypted = c.seal(random, msg)
	return encrypted, sign(c.token, timestamp, nonce, encrypted), nil
}

func (c *Crypt) seal(random [randomBytes]byte, msg []byte) string {
	n := headBytes + len(msg) + len(c.receiver)
	pad := padBlock - n%padBlock
	text := make([]byte, 0, n+pad)
	text = append(text, random[:]...)
	text = binary.BigEndian.AppendUint32(text, uint32(len(msg)))
	text = append(text, msg...)
	text = append(text, c.receiver...)
	for range pad {
		text = append(text, byte(pad))
	}
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text)
}
