package official

import (
	"bytes"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/official/fake"
)

// What is not the platform's is not heard, on any method, and nothing of it is told.
func TestHostile(t *testing.T) {
	for _, plain := range []bool{false, true} {
		s := newStage(t, func(o *Options, f *fake.Server) {
			if f.Plain, o.Plain = plain, plain; plain {
				o.AESKey = ""
			}
		})
		u := s.server.Follower()
		other := fake.New()
		other.Now, other.Plain, other.Token = s.now.Now, plain, "notthetoken"
		otherKey := fake.New()
		otherKey.Now, otherKey.Plain, otherKey.AESKey = s.now.Now, plain, strings.Repeat("x", 43)
		otherApp := fake.New()
		otherApp.Now, otherApp.Plain, otherApp.AppID = s.now.Now, plain, "wx0000000000000000"
		inClear := fake.New()
		inClear.Now, inClear.Plain = s.now.Now, !plain

		body := func(inner string) string {
			return "<xml><ToUserName>gh</ToUserName><FromUserName>" + u.OpenID + "</FromUserName><CreateTime>" + strconv.FormatInt(s.now.Now().Unix(), 10) + "</CreateTime>" + inner + "</xml>"
		}
		good := body(saying(1, plant))
		by := func(f *fake.Server, text string) func() (url.Values, string) {
			return func() (url.Values, string) { return f.Sign(u.OpenID, text) }
		}
		with := func(change func(url.Values)) func() (url.Values, string) {
			return func() (url.Values, string) {
				q, b := s.server.Sign(u.OpenID, good)
				change(q)
				return q, b
			}
		}
		for _, test := range []struct {
			name   string
			method string
			make   func() (url.Values, string)
			status int
			heard  int
		}{
			{"as it should be", "POST", by(s.server, good), 200, 1},
			{"unsigned", "POST", func() (url.Values, string) { return url.Values{}, good }, 403, 0},
			{"of another token", "POST", by(other, good), 403, 0},
			{"PUT", "PUT", by(s.server, good), 405, 0},
			{"DELETE", "DELETE", by(s.server, good), 405, 0},
			{"HEAD", "HEAD", by(s.server, good), 405, 0},
			{"GET of a message", "GET", by(s.server, good), map[bool]int{true: 400, false: 403}[plain], 0},
			{"an old time", "POST", with(func(q url.Values) { q.Set("timestamp", "1") }), 403, 0},
			{"another nonce", "POST", with(func(q url.Values) { q.Set("nonce", "1") }), 403, 0},
			{"two nonces", "POST", with(func(q url.Values) { q.Add("nonce", "1") }), 400, 0},
			{"no signature", "POST", with(func(q url.Values) { q.Del("signature"); q.Del("msg_signature") }), 403, 0},
			{"the other mode", "POST", by(inClear, good), 403, 0},
			{"a list of entities", "POST", by(s.server, `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`+body(saying(2, "&b;&b;"))), 400, 0},
			{"a file by an entity", "POST", by(s.server, `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>`+body(saying(2, "&a;"))), 400, 0},
			{"an entity of nowhere", "POST", by(s.server, body(saying(2, "&a;"))), 400, 0},
			{"deep", "POST", by(s.server, body(strings.Repeat("<a>", 1000)+strings.Repeat("</a>", 1000))), 400, 0},
			{"two senders", "POST", by(s.server, body(saying(2, "x")+"<FromUserName>oFakeOther</FromUserName>")), 400, 0},
			{"broken off", "POST", by(s.server, good[:len(good)-5]), 400, 0},
			{"no XML", "POST", by(s.server, `{"MsgType":"text"}`), 400, 0},
			{"wrong UTF-8", "POST", by(s.server, body(saying(2, "\xe6\xbc"))), 400, 0},
			{"no type", "POST", by(s.server, body("<Content>x</Content>")), 400, 0},
			{"a time that is none", "POST", by(s.server, strings.Replace(good, "<CreateTime>", "<CreateTime>x", 1)), 400, 0},
			{"nobody", "POST", by(s.server, "<xml>"+saying(3, plant)+"</xml>"), 200, 0},
			{"somebody who is none", "POST", by(s.server, strings.Replace(good, u.OpenID, "../../"+u.OpenID, 1)), 200, 0},
			{"over 64 KB", "POST", by(s.server, body(saying(2, strings.Repeat("x", 70<<10)))), 413, 0},
			{"nothing", "POST", func() (url.Values, string) { q, _ := s.server.Sign(u.OpenID, good); return q, "" }, 400, 0},
		} {
			s.ears.Forget()
			q, text := test.make()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(test.method, "/hook?"+q.Encode(), strings.NewReader(text))
			s.channel.ServeHTTP(w, r)
			if w.Code != test.status || len(s.ears.Heard()) != test.heard {
				t.Errorf("plain %v, %s: status %d, heard %d", plain, test.name, w.Code, len(s.ears.Heard()))
			}
			if test.heard == 0 && w.Code == 200 && w.Body.String() != "success" || strings.Contains(w.Body.String(), plant) {
				t.Errorf("plain %v, %s: answered %q", plain, test.name, w.Body)
			}
		}
		if !plain { // only encryption says for which account something is
			for name, f := range map[string]*fake.Server{"of another key": otherKey, "for another account": otherApp} {
				w := httptest.NewRecorder()
				s.ears.Forget()
				q, text := f.Sign(u.OpenID, good)
				s.channel.ServeHTTP(w, httptest.NewRequest("POST", "/hook?"+q.Encode(), strings.NewReader(text)))
				if w.Code != 403 || len(s.ears.Heard()) != 0 {
					t.Errorf("%s: status %d, heard %d", name, w.Code, len(s.ears.Heard()))
				}
			}
		}
		// A signature that was seen is no key for other words.
		q, text := s.server.Sign(u.OpenID, good)
		post := func(text string) int {
			w := httptest.NewRecorder()
			s.channel.ServeHTTP(w, httptest.NewRequest("POST", "/hook?"+q.Encode(), strings.NewReader(text)))
			return w.Code
		}
		s.ears.Forget()
		if a, b, c := post(text), post(text), post(strings.Replace(text, text[len(text)/2:len(text)/2+4], "AAAA", 1)); a != 200 || b != 200 || c == 200 {
			t.Errorf("plain %v: the same twice is answered %d, %d, another %d", plain, a, b, c)
		}
		if n := len(s.ears.Heard()); n != 2 {
			t.Errorf("plain %v: heard %d, want the same message twice", plain, n)
		}
		s.discreet(nil)
	}
}

// The platform verifies the address when it is entered in the console.
func TestVerify(t *testing.T) {
	s := newStage(t)
	q, _ := s.server.Sign("", "")
	q.Del("msg_signature")
	q.Set("echostr", "5915413853271235718")
	get := func() (int, string) {
		w := httptest.NewRecorder()
		s.channel.ServeHTTP(w, httptest.NewRequest("GET", "/hook?"+q.Encode(), nil))
		return w.Code, w.Body.String()
	}
	if code, text := get(); code != 200 || text != "5915413853271235718" {
		t.Errorf("%d %q", code, text)
	}
	q.Set("signature", strings.Repeat("0", 40))
	if code, text := get(); code != 403 || strings.Contains(text, "591541") {
		t.Errorf("%d %q", code, text)
	}
}

// Over a real connection: a platform that hangs up, and one that asks for the wrong things.
func TestOverHTTP(t *testing.T) {
	s := newStage(t)
	hook := httptest.NewServer(s.channel)
	defer hook.Close()
	s.server.Hook, s.server.HookURL = nil, hook.URL+"/hook"
	u := s.server.Follower()
	for i := range 10 {
		u.Say(strconv.Itoa(i))
	}
	for i, in := range s.ears.Wait(t, 10) {
		if in.Message.Text != strconv.Itoa(i) {
			t.Errorf("%d: heard %q", i, in.Message.Text)
		}
	}
	resp, err := http.Post(hook.URL+"/hook", "text/xml", bytes.NewReader(make([]byte, 1<<20)))
	if err == nil {
		defer resp.Body.Close()
		if text, _ := io.ReadAll(resp.Body); resp.StatusCode < 400 || len(text) > 100 {
			t.Errorf("a megabyte from anybody is answered %d %q", resp.StatusCode, text)
		}
	}
}

// A passive account over a real connection.
func TestAnswerOverHTTP(t *testing.T) {
	s := newStage(t, func(o *Options, _ *fake.Server) { o.Passive = true })
	hook := httptest.NewServer(s.channel)
	defer hook.Close()
	s.server.Hook, s.server.HookURL = nil, hook.URL+"/hook"
	o := s.answering(time.Millisecond, "记下了，0412号。", "今天18点前回您。")
	u := s.server.Follower()
	u.Say("漏水")
	s.quiet()
	if got := u.Shown(); len(got) != 1 || got[0].Text != "记下了，0412号。\n\n今天18点前回您。" || s.server.Broken() != 0 {
		t.Errorf("shown %+v, sent %+v", got, o.sends())
	}
}

// Nothing here opens a picture or an address of a message.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			if path == "image" || strings.HasPrefix(path, "image/") || strings.Contains(path, "x/image") || strings.HasSuffix(path, "officialaccount/server") || strings.HasSuffix(path, "logrus") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

// What was heard stays what it is however long its words are.
func TestLongWords(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	long := strings.Repeat("长", 15_000)
	u.Say(long)
	if in := s.ears.Wait(t, 1)[0]; in.Kind != bot.Said || in.Message.Text != long {
		t.Errorf("heard %d bytes of %d", len(in.Message.Text), len(long))
	}
}
