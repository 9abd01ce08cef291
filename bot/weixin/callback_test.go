package weixin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	token  = "QDG6eK"
	corpID = "wx5823bf96d3bd56c7"
	words  = "3号楼电梯停了13800138000"
)

// booth is an Envelope whose messages are put aside.
type booth struct {
	*Envelope
	t   testing.TB
	now time.Time
	log bytes.Buffer

	mu    sync.Mutex
	taken []*Message
	take  func(*Message) ([]byte, error) // nil: takes it, no reply
}

func newBooth(t testing.TB, plain bool) *booth {
	b := &booth{t: t, now: time.Unix(1_700_000_000, 0)}
	b.Envelope = &Envelope{
		Token: token, AESKey: workKey, Receiver: corpID,
		Now: func() time.Time { return b.now },
		Log: slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Take: func(_ context.Context, m *Message) ([]byte, error) {
			b.mu.Lock()
			b.taken = append(b.taken, m)
			b.mu.Unlock()
			if b.take == nil {
				return nil, nil
			}
			return b.take(m)
		},
	}
	if plain {
		b.AESKey, b.Plain = "", true
	}
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	return b
}

func message(content string) string {
	return "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" + content + "]]></Content><MsgId>1</MsgId></xml>"
}

// request is a callback as the platform makes it, to be spoiled.
type request struct {
	method, query, body string
}

func (b *booth) stamp() string { return strconv.FormatInt(b.now.Unix(), 10) }

// plain is a callback in plain mode.
func (b *booth) plain(timestamp, nonce, body string) request {
	q := url.Values{"signature": {sign(token, timestamp, nonce)}, "timestamp": {timestamp}, "nonce": {nonce}, "openid": {"o1"}}
	return request{"POST", q.Encode(), body}
}

// sealed is a callback in AES mode, as 公众号 makes it.
func (b *booth) sealed(timestamp, nonce, msg string) request {
	return b.around(timestamp, nonce, must(NewCrypt(token, workKey, corpID)).seal([randomBytes]byte{7}, []byte(msg)))
}

// around puts an encrypted text into a callback.
func (b *booth) around(timestamp, nonce, encrypted string) request {
	q := url.Values{
		"signature": {sign(token, timestamp, nonce)}, "timestamp": {timestamp}, "nonce": {nonce}, "openid": {"o1"},
		"encrypt_type": {"aes"}, "msg_signature": {sign(token, timestamp, nonce, encrypted)},
	}
	return request{"POST", q.Encode(), "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[" + encrypted + "]]></Encrypt></xml>"}
}

// with changes a parameter; no value takes it away.
func (r request) with(name string, value ...string) request {
	q := must(url.ParseQuery(r.query))
	q[name] = value
	r.query = q.Encode()
	return r
}

func (r request) bodied(body string) request {
	r.body = body
	return r
}

func (r request) by(method string) request {
	r.method = method
	return r
}

func (b *booth) do(r request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest(r.method, "/callback?"+r.query, strings.NewReader(r.body)))
	return w
}

// quiet says that nothing was taken and nothing of the words got out.
func (b *booth) quiet(name string, w *httptest.ResponseRecorder) {
	b.t.Helper()
	if len(b.taken) > 0 {
		b.t.Errorf("%s: a message was taken", name)
		b.taken = nil
	}
	for _, s := range []string{"电梯", "1380013", token, workKey, "root:"} {
		if strings.Contains(b.log.String(), s) || strings.Contains(w.Body.String(), s) {
			b.t.Errorf("%s: %q got out", name, s)
		}
	}
}

func TestCallback(t *testing.T) {
	for _, plain := range []bool{true, false} {
		t.Run(fmt.Sprintf("plain %t", plain), func(t *testing.T) {
			b := newBooth(t, plain)
			callback := b.sealed
			if plain {
				callback = b.plain
			}
			w := b.do(callback(b.stamp(), "n1", message(words)))
			if w.Code != 200 || w.Body.String() != "success" || len(b.taken) != 1 || b.taken[0].Content != words || b.taken[0].From != "o1" {
				t.Fatalf("%d %q, %d taken", w.Code, w.Body, len(b.taken))
			}
			// A reply.
			b.take = func(*Message) ([]byte, error) { return []byte("<xml><Content>好</Content></xml>"), nil }
			w = b.do(callback(b.stamp(), "n2", message(words)))
			got := w.Body.Bytes()
			if !plain {
				outer, err := readXML(got)
				if err != nil {
					t.Fatalf("%v: %s", err, got)
				}
				if outer["TimeStamp"] != b.stamp() || len(outer["Nonce"]) < 8 {
					t.Errorf("sealed at %s with %s", outer["TimeStamp"], outer["Nonce"])
				}
				if got, err = b.crypt.Open(outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"], outer["Encrypt"]); err != nil {
					t.Fatal(err)
				}
			}
			if w.Code != 200 || string(got) != "<xml><Content>好</Content></xml>" || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/xml") {
				t.Errorf("%d %s", w.Code, got)
			}
			// An unknown type comes through.
			b.taken, b.take = nil, nil
			if w := b.do(callback(b.stamp(), "n3", "<xml><MsgType>hologram</MsgType></xml>")); w.Code != 200 || len(b.taken) != 1 {
				t.Errorf("unknown type: %d, %d taken", w.Code, len(b.taken))
			}
			if b.log.Len() > 0 {
				t.Errorf("logged: %s", &b.log)
			}
		})
	}
}

// 企业微信 signs only the text, and 公众号 may send both texts at once.
func TestCallbackOtherForms(t *testing.T) {
	b := newBooth(t, false)
	r := b.sealed(b.stamp(), "n1", message(words)).with("signature").with("encrypt_type").with("openid")
	if w := b.do(r); w.Code != 200 || len(b.taken) != 1 {
		t.Errorf("企业微信: %d, %d taken", w.Code, len(b.taken))
	}
	r = b.sealed(b.stamp(), "n2", message(words))
	r.body = strings.Replace(r.body, "<Encrypt>", "<Content>forged</Content><MsgType>text</MsgType><Encrypt>", 1)
	if w := b.do(r); w.Code != 200 || len(b.taken) != 2 || b.taken[1].Content != words {
		t.Errorf("both texts: %d, %d taken", w.Code, len(b.taken))
	}
	p := newBooth(t, true)
	if w := p.do(p.plain(p.stamp(), "n1", message(words)).with("encrypt_type", "raw")); w.Code != 200 || len(p.taken) != 1 {
		t.Errorf("raw: %d, %d taken", w.Code, len(p.taken))
	}
}

func TestCallbackRefuses(t *testing.T) {
	large := strings.Repeat("x", bodyLimit+1)
	late := strconv.FormatInt(1_700_000_000-601, 10)
	early := strconv.FormatInt(1_700_000_000+601, 10)
	for _, plain := range []bool{true, false} {
		b := newBooth(t, plain)
		callback, other := b.sealed, b.plain
		if plain {
			callback, other = other, callback
		}
		now := b.stamp()
		good := func() request { return callback(now, "n", message(words)) }
		type row struct {
			r      request
			status int
		}
		rows := map[string]row{
			"unsigned":                 {request{"POST", "", message(words)}, 403},
			"wrong signature":          {good().with("signature", sign(token, now, "m")).with("msg_signature"), 403},
			"signature of nothing":     {good().with("signature", "").with("msg_signature", ""), 403},
			"another token":            {good().with("signature", sign("other", now, "n")), 403},
			"no timestamp":             {callback("", "n", message(words)), 403},
			"no nonce":                 {callback(now, "", message(words)), 403},
			"old":                      {callback(late, "n", message(words)), 403},
			"early":                    {callback(early, "n", message(words)), 403},
			"a signed time":            {callback("+"+now, "n", message(words)), 403},
			"time in hex":              {callback("0x6553f100", "n", message(words)), 403},
			"time after 2038 overflow": {callback("99999999999999999999", "n", message(words)), 403},
			"two signatures":           {good().with("signature", sign(token, now, "n"), "x"), 400},
			"two timestamps":           {good().with("timestamp", now, now), 400},
			"two nonces":               {good().with("nonce", "n", "n"), 400},
			"two encrypt_types":        {good().with("encrypt_type", "aes", "raw"), 400},
			"torn query":               {request{"POST", good().query + "&a=%zz", good().body}, 400},
			"semicolon":                {request{"POST", good().query + ";a=1", good().body}, 400},
			"a line in the nonce":      {callback(now, "n\nx", message(words)), 400},
			"64 KB and one":            {callback(now, "l", "").bodied(large), 413},
			"no body":                  {callback(now, "e", "").bodied(""), 400},
			"no message":               {callback(now, "nm", "hello"), 400},
			"of the other mode":        {other(now, "o", message(words)), 403},
			"echo by POST":             {good().with("echostr", "1").with("signature"), 403},
		}
		if plain {
			rows["JSON"] = row{callback(now, "j", `{"MsgType":"text"}`), 400}
			rows["encrypted, signed in the clear"] = row{good().with("encrypt_type", "aes"), 403}
			rows["msg_signature"] = row{good().with("msg_signature", "x"), 403}
		} else {
			encrypted := must(readXML([]byte(good().body)))["Encrypt"]
			delete(rows, "echo by POST")
			rows["in the clear, signed as if encrypted"] = row{good().bodied(message(words)), 403}
			rows["in the clear beside a wrong text"] = row{b.around(now, "c", "AAAA").bodied("<xml><Encrypt></Encrypt>" + message(words)[5:]), 403}
			rows["another's text"] = row{good().bodied("<xml><Encrypt>" + wrap(b.crypt, make([]byte, 64)) + "</Encrypt></xml>"), 403}
			rows["text changed"] = row{good().bodied("<xml><Encrypt>" + encrypted[:20] + "A" + encrypted[21:] + "</Encrypt></xml>"), 403}
			rows["two texts"] = row{good().bodied("<xml><Encrypt>" + encrypted + "</Encrypt><Encrypt>" + encrypted + "</Encrypt></xml>"), 400}
			rows["for another receiver"] = row{b.around(now, "r", must(NewCrypt(token, workKey, "wx0000000000000000")).seal([randomBytes]byte{}, []byte(message(words)))), 403}
			rows["another key"] = row{b.around(now, "k", must(NewCrypt(token, officialKey, corpID)).seal([randomBytes]byte{}, []byte(message(words)))), 403}
			rows["bomb around it"] = row{good().bodied(hostile["bomb"]), 400}
			rows["external entity around it"] = row{good().bodied(hostile["external entity"]), 400}
			rows["wrong signature beside a good one"] = row{good().with("signature", sign("other", now, "n")), 403}
			rows["wrong msg_signature"] = row{good().with("msg_signature", sign(token, now, "n", encrypted+"A")), 403}
			rows["plain signature for msg_signature"] = row{good().with("msg_signature", sign(token, now, "n")), 403}
		}
		for i, name := range slices.Sorted(maps.Keys(hostile)) {
			rows["hostile: "+name] = row{callback(now, "h"+strconv.Itoa(i), hostile[name]), 400}
		}
		for _, m := range []string{"HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND"} {
			rows["signed "+m] = row{good().by(m), 405}
			rows["unsigned "+m] = row{request{m, "", message(words)}, 405}
		}
		for _, name := range slices.Sorted(maps.Keys(rows)) {
			w, want := b.do(rows[name].r), rows[name].status
			name := fmt.Sprintf("plain %t: %s", plain, name)
			if w.Code != want {
				t.Errorf("%s: %d, want %d", name, w.Code, want)
			}
			if w.Code == 405 && w.Header().Get("Allow") != "GET, POST" {
				t.Errorf("%s: Allow %q", name, w.Header().Get("Allow"))
			}
			b.quiet(name, w)
		}
		// And untouched it is taken.
		if w := b.do(callback(now, "untouched", message(words))); w.Code != 200 || len(b.taken) != 1 {
			t.Errorf("plain %t: untouched: %d", plain, w.Code)
		}
	}
}

// A large body is refused by its length, before anything of it is read.
func TestCallbackUnread(t *testing.T) {
	b := newBooth(t, true)
	for name, x := range map[string]struct {
		length int64
		query  string
		status int
	}{
		"large":    {bodyLimit + 1, b.plain(b.stamp(), "n", "").query, 413},
		"unsigned": {100, "", 403},
		"forged":   {100, b.plain(b.stamp(), "n", "").with("signature", strings.Repeat("0", 40)).query, 403},
		"old":      {100, b.plain("1600000000", "n", "").query, 403},
	} {
		r := httptest.NewRequest("POST", "/callback?"+x.query, nil)
		r.ContentLength, r.Body = x.length, unread{t, name}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != x.status || w.Header().Get("Connection") != "close" {
			t.Errorf("%s: %d %q", name, w.Code, w.Header().Get("Connection"))
		}
	}
	// One that does not say how long it is, is cut.
	r := httptest.NewRequest("POST", "/callback?"+b.plain(b.stamp(), "n", "").query, endless{})
	r.ContentLength = -1
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if w.Code != 413 {
		t.Errorf("endless: %d", w.Code)
	}
	// One that breaks off is no message.
	r = httptest.NewRequest("POST", "/callback?"+b.plain(b.stamp(), "n", "").query, io.MultiReader(strings.NewReader("<xml>"), broken{}))
	r.ContentLength = 500
	w = httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if w.Code != 400 || len(b.taken) > 0 {
		t.Errorf("broken: %d, %d taken", w.Code, len(b.taken))
	}
}

type unread struct {
	t    *testing.T
	name string
}

func (u unread) Read([]byte) (int, error) {
	u.t.Errorf("%s: the body was read", u.name)
	return 0, io.EOF
}
func (u unread) Close() error { return nil }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("reset by peer") }

// The same again is handed on again, also after a failure; the same signature over another
// body is not, whatever became of the first.
func FuzzCallback(f *testing.F) {
	b := newBooth(f, false)
	p := newBooth(f, true)
	for _, r := range []request{
		b.sealed(b.stamp(), "n", message(words)), p.plain(b.stamp(), "n", message(words)),
		b.plain(b.stamp(), "n", "").by("GET").with("echostr", "1"), {"POST", "signature=&signature=", hostile["bomb"]},
	} {
		f.Add(r.method == "GET", r.query, r.body, []byte(message("好")), false)
		f.Add(r.method == "GET", r.query, r.body, []byte(hostile["bomb"]), true)
	}
	f.Fuzz(func(t *testing.T, get bool, query, body string, inside []byte, signed bool) {
		for _, plain := range []bool{true, false} {
			b := newBooth(t, plain)
			r := request{"POST", query, body}
			if get {
				r.method = "GET"
			}
			if signed {
				r = b.sealed(b.stamp(), "n", string(inside))
				if plain {
					r = b.plain(b.stamp(), "n", string(inside))
				}
			}
			req := httptest.NewRequest(r.method, "/callback", strings.NewReader(r.body))
			req.URL.RawQuery = r.query
			w := httptest.NewRecorder()
			b.ServeHTTP(w, req)
			_, err := ReadMessage(inside)
			switch {
			case !slices.Contains([]int{200, 400, 403, 413}, w.Code):
				t.Fatalf("%d", w.Code)
			case signed && err == nil && len(inside) < bodyLimit/2 && (w.Code != 200 || len(b.taken) != 1):
				t.Fatalf("signed message: %d", w.Code)
			case signed && err != nil && len(b.taken) > 0:
				t.Fatal("taken, and is no message")
			case !signed && len(b.taken) > 0 && !signedBy(query, body, plain):
				t.Fatalf("taken unsigned: %q", query)
			}
		}
	})
}

func signedBy(query, body string, plain bool) bool {
	q, err := url.ParseQuery(query)
	if err != nil {
		return false
	}
	if plain {
		return Signed(token, q.Get("signature"), q.Get("timestamp"), q.Get("nonce"))
	}
	outer, err := readXML([]byte(body))
	return err == nil && Signed(token, q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), outer["Encrypt"])
}
