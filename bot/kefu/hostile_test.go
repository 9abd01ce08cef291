package kefu

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/kefu/fake"
	"linli/bot/weixin"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Nobody but the platform wakes the worker, whatever they send to the address, and however.
func TestHostileCallbacks(t *testing.T) {
	s := newStage(t)
	query, body := s.server.Callback([]byte(xmlOf(fake.Account, "T")))
	with := func(name, value string) url.Values {
		q, _ := url.ParseQuery(query.Encode())
		q.Set(name, value)
		return q
	}
	forge := func(token, msg, receiver string) (url.Values, []byte) {
		sealed := fake.Seal([]byte(msg), receiver)
		stamp := strconv.FormatInt(s.clock.Now().Unix(), 10)
		return url.Values{"timestamp": {stamp}, "nonce": {"n"}, "msg_signature": {fake.Sign(token, stamp, "n", sealed)}},
			[]byte("<xml><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>")
	}
	badToken, badTokenBody := forge("guess", xmlOf(fake.Account, "T"), fake.CorpID)
	badCorp, badCorpBody := forge(fake.Token, xmlOf(fake.Account, "T"), "ww0000000000000000")
	bomb := `<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>`
	bombQuery, bombBody := forge(fake.Token, `<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><MsgType>event</MsgType><Event>kf_msg_or_event</Event><Token>&x;</Token></xml>`, fake.CorpID)
	old := query
	plain := url.Values{"timestamp": query["timestamp"], "nonce": query["nonce"], "signature": {fake.Sign(fake.Token, query.Get("timestamp"), query.Get("nonce"), "")}}
	for what, x := range map[string]struct {
		method string
		query  url.Values
		body   []byte
	}{
		"no signature":          {"POST", url.Values{}, body},
		"a wrong signature":     {"POST", with("msg_signature", strings.Repeat("0", 40)), body},
		"another time":          {"POST", with("timestamp", "1409659813"), body},
		"another nonce":         {"POST", with("nonce", "x"), body},
		"another token":         {"POST", badToken, badTokenBody},
		"another corp":          {"POST", badCorp, badCorpBody},
		"in the clear":          {"POST", plain, []byte(xmlOf(fake.Account, "T"))},
		"in the clear, signed":  {"POST", query, []byte(xmlOf(fake.Account, "T"))},
		"an XML bomb":           {"POST", query, []byte(bomb)},
		"an entity inside":      {"POST", bombQuery, bombBody},
		"no XML":                {"POST", query, []byte("{}")},
		"nothing":               {"POST", query, nil},
		"70 KB":                 {"POST", query, bytes.Repeat([]byte("x"), 70<<10)},
		"PUT":                   {"PUT", query, body},
		"DELETE":                {"DELETE", query, body},
		"GET without an echo":   {"GET", query, nil},
		"GET with a wrong echo": {"GET", with("echostr", "AAAA"), nil},
		"HEAD":                  {"HEAD", query, nil},
	} {
		a, err := fake.Bring(t.Context(), x.method, s.hook.URL, x.query, x.body)
		if err != nil && x.method != "HEAD" {
			t.Errorf("%s: %v", what, err)
		}
		if a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s is answered with %d %q", what, a.Status, a.Body)
		}
		s.discreet(a.Body)
	}
	select {
	case <-s.kefu.wake:
		t.Error("the worker was woken")
	default:
	}
	if got := s.kefu.word.get(s.clock.Now()); got != "" {
		t.Errorf("the worker would ask with the token %q", got)
	}
	// The true one is taken, now and again, and not ten minutes later.
	for range 2 {
		if a, err := fake.Bring(t.Context(), "POST", s.hook.URL, old, body); err != nil || a.Status != 200 || a.Body != "success" {
			t.Errorf("the platform's own is answered with %+v, %v", a, err)
		}
	}
	if got := s.kefu.word.get(s.clock.Now()); got != "T" {
		t.Errorf("the worker would ask with the token %q", got)
	}
	s.clock.Pass(11 * time.Minute)
	if a, _ := fake.Bring(t.Context(), "POST", s.hook.URL, old, body); a.Status != http.StatusForbidden {
		t.Errorf("after eleven minutes it is answered with %d", a.Status)
	}
	if n := len(s.server.Calls("")); n != 0 {
		t.Errorf("the platform was called %d times", n)
	}
}

func xmlOf(account, token string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[%s]]></Token><OpenKfId><![CDATA[%s]]></OpenKfId></xml>",
		fake.CorpID, time.Now().Unix(), token, account)
}

// The address can be entered in the platform's settings; a callback for another account of the
// same app is answered and of no use.
func TestCallbackAddress(t *testing.T) {
	s := newStage(t)
	if err := s.server.Verify(t.Context(), s.hook.URL); err != nil {
		t.Error(err)
	}
	for _, msg := range []string{xmlOf("wkOther", "T"), "<xml><MsgType>event</MsgType><Event>change_contact</Event></xml>", "<xml><MsgType>text</MsgType><Content>x</Content></xml>"} {
		query, body := s.server.Callback([]byte(msg))
		if a, err := fake.Bring(t.Context(), "POST", s.hook.URL, query, body); err != nil || a.Status != 200 || a.Body != "success" {
			t.Errorf("%.60s is answered with %+v, %v", msg, a, err)
		}
	}
	if len(s.kefu.wake) != 0 || s.kefu.word.get(s.clock.Now()) != "" {
		t.Error("the worker was woken")
	}
}

// What comes as a photo or a voice note is one, or does not come in.
func TestFetchIsWhatItSays(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	amr := []byte("#!AMR\n" + strings.Repeat("\x3c", 40))
	mp4 := append([]byte("\x00\x00\x00\x18ftypmp42"), make([]byte, 40)...)
	heard := 0
	for _, x := range []struct {
		kind string
		data []byte
		ok   bool
	}{
		{"image", picture().Data, true},
		{"image", []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), true},
		{"image", append([]byte("\x00\x00\x00\x18ftypheic"), make([]byte, 9)...), true},
		{"image", []byte("<html><script>alert(1)</script>"), false},
		{"image", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), false},
		{"image", []byte("MZ\x90\x00\x03"), false},
		{"image", []byte(`{"errcode":0,"errmsg":"ok"}`), false},
		{"image", amr, false},
		{"image", mp4, false},
		{"image", []byte("x"), false},
		{"voice", amr, true},
		{"voice", []byte("\x02#!SILK_V3....."), true},
		{"voice", picture().Data, false},
		{"voice", []byte("#!/bin/sh"), false},
	} {
		p.File(x.kind, x.data)
		heard++
		m := s.ears.Wait(t, heard)[heard-1].Message.Media[0]
		data, err := s.kefu.Fetch(t.Context(), m.Remote, 1<<20)
		if x.ok != (err == nil && bytes.Equal(data, x.data)) || !x.ok && (!as[bot.Refused](err) || data != nil) {
			t.Errorf("%.20q as %s: %d bytes, %v", x.data, x.kind, len(data), err)
		}
	}
	// After three days it is gone.
	p.File("image", picture().Data)
	m := s.ears.Wait(t, heard+1)[heard].Message.Media[0]
	s.clock.Pass(73 * time.Hour)
	if _, err := s.kefu.Fetch(t.Context(), m.Remote, 1<<20); !as[bot.Refused](err) {
		t.Errorf("after three days: %v, want Refused", err)
	}
}

// Fetch asks the platform for what it called a file, and nobody else for anything.
func TestFetchGoesNowhereElse(t *testing.T) {
	s := newStage(t)
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the inner address was asked for %s", r.URL.Path)
	}))
	defer inner.Close()
	for _, remote := range []string{"", "image/", "x", inner.URL, "image/" + inner.URL, "image/../x", "image/a b", "image/a\x00b", "image/照片", "exe/abc", "image/" + strings.Repeat("a", 513), "image/a&access_token=x"} {
		if data, err := s.kefu.Fetch(t.Context(), remote, 1<<20); data != nil || !as[bot.Refused](err) {
			t.Errorf("Fetch(%q) = %d bytes, %v; want Refused", remote, len(data), err)
		}
	}
	if n := len(s.server.Calls("")); n != 0 {
		t.Errorf("the platform was asked %d times for what is no file id", n)
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		api := platform(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner.URL+"/a.jpg", code) })
		if data, err := s.kefu.Fetch(t.Context(), "image/a", 1<<20); data != nil || err == nil {
			t.Errorf("%d: %d bytes, %v", code, len(data), err)
		} else {
			s.discreet(err.Error())
		}
		api.Close()
	}
}

// platform is one that gives tokens and leaves the rest to a test.
func platform(t *testing.T, rest http.HandlerFunc) *httptest.Server {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/gettoken") {
			io.WriteString(w, `{"errcode":0,"errmsg":"ok","access_token":"at-1000","expires_in":7200}`)
			return
		}
		rest(w, r)
	}))
	if err := weixin.Connect(weixin.Lines{Work: api.URL, Timeout: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	return api
}

// What is read of a file ends at the limit, and at 20 MB whatever the limit.
func TestFetchLimits(t *testing.T) {
	s := newStage(t)
	sent := make(chan int64, 1)
	api := platform(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(w, io.MultiReader(bytes.NewReader(picture().Data), io.LimitReader(zeros{}, 1<<30)))
		sent <- n
	})
	defer api.Close()
	for _, limit := range []int64{1 << 10, 1 << 40} {
		if data, err := s.kefu.Fetch(t.Context(), "image/a", limit); data != nil || err == nil {
			t.Errorf("limit %d: %d bytes, %v", limit, len(data), err)
		}
		if n := <-sent; n > 40<<20 || limit < 1<<20 && n > 12<<20 {
			t.Errorf("limit %d: %d MB were taken", limit, n>>20)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// The token dies during a download, and another time the platform is away.
func TestFetchFaults(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	p.File("image", picture().Data)
	remote := s.ears.Wait(t, 1)[0].Message.Media[0].Remote
	s.server.KillToken(42001)
	if data, err := s.kefu.Fetch(t.Context(), remote, 1<<20); err != nil || len(data) == 0 {
		t.Errorf("with a dead token: %v", err)
	}
	for what, f := range map[string]fake.Fault{"502": fake.BadGateway, "broken off": fake.Garbage} {
		s.server.Fail("media/get", 1, f)
		data, err := s.kefu.Fetch(t.Context(), remote, 1<<20)
		if data != nil || err == nil || as[bot.Refused](err) || as[bot.Gone](err) {
			t.Errorf("%s: %d bytes, %v", what, len(data), err)
		} else {
			s.discreet(err.Error())
		}
	}
	s.server.Fail("media/get", 1, fake.Busy)
	if _, err := s.kefu.Fetch(t.Context(), remote, 1<<20); !as[bot.Busy](err) {
		t.Errorf("busy: %v", err)
	}
}

func TestLink(t *testing.T) {
	s := newStage(t)
	s.run()
	link, err := s.kefu.Link(t.Context(), "g", "g-3号楼 & 5号楼+x=1")
	if err != nil {
		t.Fatal(err)
	}
	p := s.server.AddPerson()
	if err := p.EnterBy(link); err != nil {
		t.Fatal(err)
	}
	if in := s.ears.Wait(t, 1)[0]; in.Kind != bot.Entered || in.Scene != "g-3号楼 & 5号楼+x=1" {
		t.Errorf("by %s came %+v", link, in)
	}
	plain, err := s.kefu.Link(t.Context(), "g", "")
	if err != nil || !strings.HasPrefix(link, plain+"&scene_param=") {
		t.Errorf("%s, %s: %v", plain, link, err)
	}
	if err := p.EnterBy(plain); err != nil {
		t.Fatal(err)
	}
	if in := s.ears.Wait(t, 2)[1]; in.Scene != "g" {
		t.Errorf("by %s came %+v", plain, in)
	}
	if n := len(s.server.Calls("add_contact_way")); n != 1 {
		t.Errorf("the platform was asked %d times for one scene", n)
	}
	if _, err := s.kefu.Link(t.Context(), "b-3", ""); err != nil || len(s.server.Calls("add_contact_way")) != 2 {
		t.Error(err)
	}
	if _, err := s.kefu.Link(t.Context(), "", ""); err != nil {
		t.Error(err)
	}
	s.build(s.ears) // after a restart
	if again, err := s.kefu.Link(t.Context(), "g", ""); err != nil || again != plain || len(s.server.Calls("add_contact_way")) != 3 {
		t.Errorf("%s, %v", again, err)
	}
	for _, x := range [][2]string{{"3号楼", ""}, {strings.Repeat("a", 33), ""}, {"", "x"}, {"g", strings.Repeat("x", 129)}, {"g", "\xff"}} {
		if link, err := s.kefu.Link(t.Context(), x[0], x[1]); err == nil {
			t.Errorf("Link(%q, %q) = %s", x[0], x[1], link)
		}
	}
	s.server.Fail("add_contact_way", 1, fake.Refuse(95004, "open_kfid not exist"))
	if _, err := s.kefu.Link(t.Context(), "new", ""); !as[bot.Halted](err) {
		t.Errorf("%v, want Halted", err)
	}
	api := platform(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"errcode":0,"errmsg":"ok","url":"javascript:alert(1)"}`)
	})
	defer api.Close()
	if link, err := s.kefu.Link(t.Context(), "newer", ""); err == nil {
		t.Errorf("the platform gives %s", link)
	}
}

func TestCheck(t *testing.T) {
	s := newStage(t)
	if title, err := s.kefu.Check(t.Context()); err != nil || title != "幸福社区" {
		t.Errorf("%q, %v", title, err)
	}
	for account, want := range map[string]string{"wkOther000000000": "交给自建应用", "wkNowhere": "account"} {
		o := options(s, s.ears)
		o.Account = account
		k, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Check(t.Context())
		if h := (bot.Halted{}); !errors.As(err, &h) || !strings.Contains(h.Fix, want) {
			t.Errorf("%s: %v (%s)", account, err, h.Fix)
		}
	}
	o := options(s, s.ears)
	o.Secret = "plantedSecret0123456789"
	k, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = k.Check(t.Context()); !as[bot.Halted](err) || strings.Contains(err.Error(), "planted") {
		t.Errorf("with a wrong secret: %v, want Halted", err)
	}
	s.server.Foreign("203.0.113.7")
	_, err = s.kefu.Check(t.Context())
	if h := (bot.Halted{}); !errors.As(err, &h) || !strings.Contains(h.Fix, "203.0.113.7") {
		t.Errorf("%v", err)
	}
}

// Whatever prints a channel prints no secret.
func TestPrinted(t *testing.T) {
	s := newStage(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		for _, x := range []any{s.kefu, options(s, s.ears)} {
			text := fmt.Sprintf(verb, x)
			for _, secret := range []string{fake.Secret, fake.Token, fake.AESKey, fmt.Sprintf("%x", fake.Secret)} {
				if strings.Contains(text, secret) {
					t.Errorf("%s of a %T shows a secret", verb, x)
				}
			}
		}
	}
}
