package weixin

import (
	"bytes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"

	"linli/bot"
)

const (
	workKey     = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	officialKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// vector is something that the platform has published, or that was made with its key and
// checked with another program.
type vector struct {
	name                                string
	token, key                          bot.Secret
	receiver                            string
	timestamp, nonce, signature, random string // signature, random: empty where not published
	msg                                 string // empty: see fields
	encrypted                           string
	fields                              map[string]string
}

var vectors = []vector{
	{
		name: "V1 address of 企业微信 verified", token: "QDG6eK", key: workKey, receiver: "wx5823bf96d3bd56c7",
		timestamp: "1409659589", nonce: "263014780", signature: "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", random: "c41b64491c2468d0",
		msg:       "1616140317555161061",
		encrypted: "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
	},
	{
		name: "V2 message of 企业微信", token: "QDG6eK", key: workKey, receiver: "wx5823bf96d3bd56c7",
		timestamp: "1409659813", nonce: "1372623149", signature: "477715d11cdb4164915debcba66cb864d751f3e6", random: "0960688932c47ef1",
		encrypted: "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
		fields:    map[string]string{"Content": "hello", "FromUserName": "mycreate", "MsgId": "4561255354251345929", "AgentID": "218"},
	},
	{
		name: "V3 公众号", token: "tok", key: officialKey, receiver: "wxb11529c136998cb6", random: "aaaabbbbccccdddd",
		msg:       "我是中文abcd123",
		encrypted: "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==",
	},
	{
		name: "V4 message of 公众号", token: "spamtest", key: officialKey, receiver: "wx2c2769f8efd9abc2",
		timestamp: "1409735669", nonce: "1320562132", signature: "5d197aaffba7e9b25a30732f161a50dee96bd5fa",
		encrypted: "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE=",
		fields:    map[string]string{"Content": "abcdteT", "MsgId": "6054768590064713728"},
	},
	{
		name: "V5 for nobody", token: "tok", key: officialKey, receiver: "",
		timestamp: "1700000000", nonce: "nonce1", signature: "35532fdee5f1fdb20c2f47c0fdcfc5cdd4e5e9fc", random: "aaaabbbbccccdddd",
		msg:       `{"msgtype":"text"}`,
		encrypted: "jn1L23DB+6ELqJ+6bruv2/3zu9BtWQu585BcmO077ShaLm1rOrF3IqxNHL67u+5858QXR88xGwk6BGjmYXd/nQ==",
	},
	{
		name: "V6 公众号, long", token: "tok", key: officialKey, receiver: "wxb11529c136998cb6", random: "aaaabbbbccccdddd",
		msg:       `<xml><ToUserName><![CDATA[oia2Tj我是中文jewbmiOUlr6X-1crbLOvLw]]></ToUserName><FromUserName><![CDATA[gh_7f083739789a]]></FromUserName><CreateTime>1407743423</CreateTime><MsgType><![CDATA[video]]></MsgType><Video><MediaId><![CDATA[eYJ1MbwPRJtOvIEabaxHs7TX2D-HV71s79GUxqdUkjm6Gs2Ed1KF3ulAOA9H1xG0]]></MediaId><Title><![CDATA[testCallBackReplyVideo]]></Title><Description><![CDATA[testCallBackReplyVideo]]></Description></Video></xml>`,
		encrypted: "jn1L23DB+6ELqJ+6bruv23M2GmYfkv0xBh2h+XTBOKVKcgDFHle6gqcZ1cZrk3e1qjPQ1F4RsLWzQRG9udbKWesxlkupqcEcW7ZQweImX9+wLMa0GaUzpkycA8+IamDBxn5loLgZpnS7fVAbExOkK5DYHBmv5tptA9tklE/fTIILHR8HLXa5nQvFb3tYPKAlHF3rtTeayNf0QuM+UW/wM9enGIDIJHF7CLHiDNAYxr+r+OrJCmPQyTy8cVWlu9iSvOHPT/77bZqJucQHQ04sq7KZI27OcqpQNSto2OdHCoTccjggX5Z9Mma0nMJBU+jLKJ38YB1fBIz+vBzsYjrTmFQ44YfeEuZ+xRTQwr92vhA9OxchWVINGC50qE/6lmkwWTwGX9wtQpsJKhP+oS7rvTY8+VdzETdfakjkwQ5/Xka042OlUb1/slTwo4RscuQ+RdxSGvDahxAJ6+EAjLt9d8igHngxIbf6YyqqROxuxqIeIch3CssH/LqRs+iAcILvApYZckqmA7FNERspKA5f8GoJ9sv8xmGvZ9Yrf57cExWtnX8aCMMaBropU/1k+hKP5LVdzbWCG0hGwx/dQudYR/eXp3P0XxjlFiy+9DMlaFExWUZQDajPkdPrEeOwofJb",
	},
}

func crypt(t testing.TB, token, key bot.Secret, receiver string) *Crypt {
	t.Helper()
	c, err := NewCrypt(token, key, receiver)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// raw is the whole plaintext of something encrypted, padding and all.
func raw(t testing.TB, c *Crypt, encrypted string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(b, b)
	return b
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// wrap encrypts a plaintext as it stands.
func wrap(c *Crypt, text []byte) string {
	b := bytes.Clone(text)
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b)
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			c := crypt(t, v.token, v.key, v.receiver)
			if v.timestamp == "" {
				v.timestamp, v.nonce = "1700000000", "n"
				v.signature = sign(v.token, v.timestamp, v.nonce, v.encrypted)
			}
			got, err := c.Open(v.signature, v.timestamp, v.nonce, v.encrypted)
			if err != nil {
				t.Fatal(err)
			}
			if v.msg != "" && string(got) != v.msg {
				t.Errorf("Open = %q, want %q", got, v.msg)
			}
			if v.fields != nil {
				m, err := ReadMessage(got)
				if err != nil {
					t.Fatal(err)
				}
				for k, want := range v.fields {
					if m.Raw[k] != want {
						t.Errorf("%s = %q, want %q", k, m.Raw[k], want)
					}
				}
			}
			// And back: the same random gives the same text.
			random := [randomBytes]byte(raw(t, c, v.encrypted))
			if v.random != "" && string(random[:]) != v.random {
				t.Errorf("random = %q, want %q", random, v.random)
			}
			if again := c.seal(random, got); again != v.encrypted {
				t.Errorf("sealed again it is\n%s\nnot\n%s", again, v.encrypted)
			}
		})
	}
}

// What we seal opens, also with the library where it can, and never twice alike.
func TestSeal(t *testing.T) {
	for _, receiver := range []string{"", "wx5823bf96d3bd56c7"} {
		c := crypt(t, "tok", workKey, receiver)
		for n := range 70 { // over the edges of the padding
			msg := []byte(strings.Repeat("好", n/3) + strings.Repeat("x", n%3))
			encrypted, signature, err := c.Seal(msg, "1700000000", "n1")
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Open(signature, "1700000000", "n1", encrypted)
			if err != nil || !bytes.Equal(got, msg) {
				t.Fatalf("%d bytes for %q: %q, %v", n, receiver, got, err)
			}
			if again, _, _ := c.Seal(msg, "1700000000", "n1"); again == encrypted {
				t.Fatal("two envelopes are alike")
			}
			if receiver == "" {
				continue
			}
			if _, got, err := util.DecryptMsg(receiver, encrypted, workKey); err != nil || !bytes.Equal(got, msg) {
				t.Fatalf("the library reads %q, %v", got, err)
			}
			if want := util.Signature("tok", "1700000000", "n1", encrypted); signature != want {
				t.Fatalf("signature %s, the library's %s", signature, want)
			}
		}
	}
}

func TestNewCrypt(t *testing.T) {
	for name, x := range map[string]struct{ token, key string }{
		"no token":  {"", workKey},
		"no key":    {"t", ""},
		"short key": {"t", workKey[:42]},
		"long key":  {"t", workKey + "="},
		"odd key":   {"t", workKey[:42] + "-"},
		"line":      {"t", workKey[:42] + "\n"},
		"padding":   {"t", workKey[:42] + "="},
	} {
		c, err := NewCrypt(bot.Secret(x.token), bot.Secret(x.key), "wx")
		if err == nil || c != nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), workKey[:20]) {
			t.Errorf("%s: the error holds the key: %v", name, err)
		}
	}
}

func TestSigned(t *testing.T) {
	v := vectors[1]
	if !Signed(v.token, v.signature, v.timestamp, v.nonce, v.encrypted) {
		t.Fatal("what is signed is not")
	}
	for name, ok := range map[string]bool{
		"other token":     Signed("QDG6eL", v.signature, v.timestamp, v.nonce, v.encrypted),
		"other time":      Signed(v.token, v.signature, "1409659814", v.nonce, v.encrypted),
		"other nonce":     Signed(v.token, v.signature, v.timestamp, "1372623148", v.encrypted),
		"other text":      Signed(v.token, v.signature, v.timestamp, v.nonce, v.encrypted[1:]),
		"without text":    Signed(v.token, v.signature, v.timestamp, v.nonce),
		"last digit":      Signed(v.token, v.signature[:39]+"7", v.timestamp, v.nonce, v.encrypted),
		"first digit":     Signed(v.token, "5"+v.signature[1:], v.timestamp, v.nonce, v.encrypted),
		"a part of it":    Signed(v.token, v.signature[:20], v.timestamp, v.nonce, v.encrypted),
		"nothing":         Signed(v.token, "", v.timestamp, v.nonce, v.encrypted),
		"without a token": Signed("", sign("", "1", "2"), "1", "2"),
	} {
		if ok {
			t.Errorf("%s: signed", name)
		}
	}
	// Plain mode.
	if !Signed("tok", util.Signature("tok", "1700000000", "n"), "1700000000", "n") {
		t.Error("timestamp and nonce alone are not signed")
	}
}

// The envelope is signed, and what is in it is not as it must be.
func TestOpenRefuses(t *testing.T) {
	c := crypt(t, "tok", workKey, "wx5823bf96d3bd56c7")
	msg := []byte("<xml></xml>")
	good := c.seal([randomBytes]byte{1, 2, 3}, msg)
	plain := raw(t, c, good)
	pad := int(plain[len(plain)-1])
	if pad < 3 {
		t.Fatalf("choose a message with more padding than %d", pad)
	}
	spare := strings.TrimRight(good, "=")
	if spare == good {
		t.Fatal("choose a message whose text ends in =")
	}
	spare = spare[:len(spare)-1] + string(spare[len(spare)-1]+1)
	if b, err := base64.StdEncoding.DecodeString(spare + strings.Repeat("=", len(good)-len(spare))); err != nil || !bytes.Equal(b, must(base64.StdEncoding.DecodeString(good))) {
		t.Fatal("these bits are not spare")
	}
	change := func(f func(b []byte) []byte) string { return wrap(c, f(bytes.Clone(plain))) }
	length := func(n uint32) string {
		return change(func(b []byte) []byte { binary.BigEndian.PutUint32(b[randomBytes:], n); return b })
	}
	// body is an empty message for the right receiver, padded to so many bytes.
	body := func(n int) []byte {
		b := append(make([]byte, headBytes), "wx5823bf96d3bd56c7"...)
		return append(b, bytes.Repeat([]byte{byte(n - len(b))}, n-len(b))...)
	}
	if got, err := c.Open(sign("tok", "1", "2", wrap(c, body(64))), "1", "2", wrap(c, body(64))); err != nil || len(got) > 0 {
		t.Fatalf("an empty message: %q, %v", got, err)
	}
	block := func(last ...byte) []byte { return append(make([]byte, padBlock-len(last)), last...) }
	for name, encrypted := range map[string]string{
		"nothing":           "",
		"no base64":         "好" + good,
		"no padding of it":  strings.TrimRight(good, "=") + "!",
		"lines":             good[:8] + "\n" + good[8:],
		"spare bits":        spare + strings.Repeat("=", len(good)-len(spare)),
		"half a block":      wrap(c, plain[:16]),
		"padded to 16":      wrap(c, body(48)),
		"padded to 64":      wrap(c, body(96)),
		"odd bytes":         base64.StdEncoding.EncodeToString(make([]byte, 33)),
		"for another":       crypt(t, "tok", workKey, "wx5823bf96d3bd56c8").seal([randomBytes]byte{}, msg),
		"for nobody":        crypt(t, "tok", workKey, "").seal([randomBytes]byte{}, msg),
		"for a longer name": crypt(t, "tok", workKey, "wx5823bf96d3bd56c7x").seal([randomBytes]byte{}, msg),
		"another key":       crypt(t, "tok", officialKey, "wx5823bf96d3bd56c7").seal([randomBytes]byte{}, msg),
		"a pad byte":        change(func(b []byte) []byte { b[len(b)-2] ^= 1; return b }),
		"first pad byte":    change(func(b []byte) []byte { b[len(b)-pad] ^= 1; return b }),
		"pad of 0":          change(func(b []byte) []byte { b[len(b)-1] = 0; return b }),
		"pad of 33":         change(func(b []byte) []byte { b[len(b)-1] = 33; return b }),
		"pad of 255":        change(func(b []byte) []byte { b[len(b)-1] = 255; return b }),
		"only padding":      wrap(c, bytes.Repeat([]byte{32}, 32)),
		"no room for head":  wrap(c, block(bytes.Repeat([]byte{13}, 13)...)),
		"one more":          length(uint32(len(msg)) + 1),
		"one less":          length(uint32(len(msg)) - 1),
		"2^31":              length(1 << 31),
		"2^32-1":            length(1<<32 - 1),
		"negative":          length(1<<32 - 20),
	} {
		signature := sign("tok", "1", "2", encrypted)
		if got, err := c.Open(signature, "1", "2", encrypted); err != ErrSealed || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		// Unsigned it is not looked at.
		if _, err := c.Open(signature[1:]+"x", "1", "2", encrypted); err != ErrUnsigned {
			t.Errorf("%s, unsigned: %v", name, err)
		}
	}
	if got, err := c.Open(sign("tok", "1", "2", good), "1", "2", good); err != nil || !bytes.Equal(got, msg) {
		t.Errorf("untouched: %q, %v", got, err)
	}
}

// Whatever plaintext is signed and encrypted, what opens is what sealing would have made.
func FuzzOpen(f *testing.F) {
	for _, v := range vectors {
		f.Add(raw(f, crypt(f, v.token, v.key, v.receiver), v.encrypted), v.encrypted, v.receiver == "")
	}
	f.Add(bytes.Repeat([]byte{32}, 64), "AAAA", true)
	f.Fuzz(func(t *testing.T, text []byte, encrypted string, nobody bool) {
		receiver := "wx5823bf96d3bd56c7"
		if nobody {
			receiver = ""
		}
		c := crypt(t, "tok", workKey, receiver)
		if _, err := c.Open(sign("tok", "1", "2", encrypted), "1", "2", encrypted); err != nil && err != ErrSealed {
			t.Fatal(err)
		}
		text = text[:len(text)/16*16]
		encrypted = wrap(c, text)
		msg, err := c.Open(sign("tok", "1", "2", encrypted), "1", "2", encrypted)
		if err != nil {
			if err != ErrSealed {
				t.Fatal(err)
			}
			return
		}
		if again := c.seal([randomBytes]byte(text), msg); again != encrypted {
			t.Fatalf("%x opens, and is not what sealing makes", text)
		}
	})
}

// Verify, decrypt and parse a text message as it comes.
func BenchmarkOpen(b *testing.B) {
	v := vectors[3]
	c := crypt(b, v.token, v.key, v.receiver)
	b.ReportAllocs()
	for b.Loop() {
		text, err := c.Open(v.signature, v.timestamp, v.nonce, v.encrypted)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ReadMessage(text); err != nil {
			b.Fatal(err)
		}
	}
}
