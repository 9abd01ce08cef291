package weixin

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestCallbackVerify(t *testing.T) {
	now := "1700000000"
	open := newBooth(t, true)
	shut := newBooth(t, false)
	plain := func(echo string) request {
		return open.plain(now, "n", "").by("GET").with("echostr", echo)
	}
	c := shut.crypt
	aes := func(echo string) request {
		encrypted := c.seal([randomBytes]byte{1}, []byte(echo))
		return request{"GET", url.Values{"msg_signature": {sign(token, now, "n", encrypted)}, "timestamp": {now}, "nonce": {"n"}, "echostr": {encrypted}}.Encode(), ""}
	}
	for name, x := range map[string]struct {
		b      *booth
		r      request
		status int
		body   string
	}{
		"公众号":                   {open, plain("5837397576500011341"), 200, "5837397576500011341"},
		"64 bytes":              {open, plain(strings.Repeat("a", 64)), 200, strings.Repeat("a", 64)},
		"公众号 that encrypts":     {shut, plain("5837397576500011341"), 200, "5837397576500011341"},
		"企业微信":                  {shut, aes("1616140317555161061"), 200, "1616140317555161061"},
		"unsigned":              {open, plain("1").with("signature"), 403, ""},
		"wrongly signed":        {open, plain("1").with("signature", sign("x", now, "n")), 403, ""},
		"old":                   {open, open.plain("1600000000", "n", "").by("GET").with("echostr", "1"), 403, ""},
		"from a browser":        {open, request{"GET", "", ""}, 403, ""},
		"nothing to echo":       {open, plain(""), 400, ""},
		"65 bytes":              {open, plain(strings.Repeat("a", 65)), 400, ""},
		"a page":                {open, plain("<script> alert(1)</script>"), 400, ""},
		"not ASCII":             {open, plain("好"), 400, ""},
		"lines":                 {open, plain("a\r\nSet-Cookie: b"), 400, ""},
		"two echoes":            {open, plain("1").with("echostr", "1", "2"), 400, ""},
		"encrypted, plain mode": {open, aes("1"), 403, ""},
		"both, plain mode":      {open, plain("1").with("msg_signature", "x"), 403, ""},
		"AES unsigned":          {shut, aes("1").with("msg_signature"), 403, ""},
		"AES wrongly signed":    {shut, aes("1").with("msg_signature", sign(token, now, "n")), 403, ""},
		"AES, not ASCII":        {shut, aes("好"), 400, ""},
		"AES, for another":      {shut, aes("1").with("echostr", "AAAA").with("msg_signature", sign(token, now, "n", "AAAA")), 403, ""},
		"AES, both signatures":  {shut, aes("1").with("signature", sign(token, now, "n")).with("msg_signature", "x"), 403, ""},
	} {
		w := x.b.do(x.r)
		if w.Code != x.status || x.status == 200 && w.Body.String() != x.body {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
		if w.Code == 200 && (w.Header().Get("Content-Type") != "text/plain; charset=utf-8" || w.Header().Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: %v", name, w.Header())
		}
		x.b.quiet(name, w)
	}
	// The published one, at its own time.
	v := vectors[0]
	shut.now = time.Unix(1409659589, 0)
	w := shut.do(request{"GET", url.Values{"msg_signature": {v.signature}, "timestamp": {v.timestamp}, "nonce": {v.nonce}, "echostr": {v.encrypted}}.Encode(), ""})
	if w.Code != 200 || w.Body.String() != v.msg {
		t.Errorf("V1: %d %q", w.Code, w.Body)
	}
}

// An envelope that is not complete lets nothing through, and says so at the start.
func TestEnvelopeCheck(t *testing.T) {
	take := func(context.Context, *Message) ([]byte, error) { t.Error("taken"); return nil, nil }
	for name, e := range map[string]*Envelope{
		"nothing":          {},
		"no token":         {AESKey: workKey, Receiver: corpID, Take: take},
		"no key":           {Token: token, Receiver: corpID, Take: take},
		"bad key":          {Token: token, AESKey: "short", Receiver: corpID, Take: take},
		"no receiver":      {Token: token, AESKey: workKey, Take: take},
		"plain with key":   {Token: token, AESKey: workKey, Receiver: corpID, Plain: true, Take: take},
		"plain, no token":  {Receiver: corpID, Plain: true, Take: take},
		"nobody takes":     {Token: token, AESKey: workKey, Receiver: corpID},
		"zero but a token": {Token: token},
	} {
		b := newBooth(t, true)
		now := strconv.FormatInt(time.Now().Unix(), 10)
		for _, r := range []request{b.plain(now, "n", message(words)), b.sealed(now, "n", message(words)), b.plain(now, "n", "").by("GET").with("echostr", "1")} {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, httptest.NewRequest(r.method, "/callback?"+r.query, strings.NewReader(r.body)))
			if w.Code != 503 {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
		if err := e.Check(); err == nil {
			t.Errorf("%s: passes", name)
		} else if strings.Contains(err.Error(), workKey) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Anybody can knock; the log says so once a minute.
