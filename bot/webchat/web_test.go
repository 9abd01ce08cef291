package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"linli/bot"
	"linli/bot/bottest"
)

func TestLive(t *testing.T) {
	w, e, s, d := serve(t, nil)
	wang, _ := enter(t, s, d, "LIFT", "王阿姨")
	chen, _ := enter(t, s, d, "BOTH", "陈晨")
	guli, _ := enter(t, s, d, "YARD", "古丽巴哈尔·买买提")
	a, c, g := wang.watch(0), chen.watch(0), guli.watch(0)
	if f := a.frame(); len(f.Chats) != 2 || f.Chats[0].Name != "3号楼群" {
		t.Errorf("chats %+v", f.Chats)
	}
	c.frame()
	g.frame()
	var card string
	e.Judge(func(in bot.Inbound) (bot.Answer, error) {
		var err error
		card, err = w.Send(t.Context(), in.Chat.Address, bot.Message{Quote: in.Message.Ref, Text: "记下了，0412号", Buttons: [][]bot.Button{{{Label: "我也是", Data: "k/also"}}}})
		return bot.Answer{}, err
	})
	if n, body := wang.post("/chat/post", "id", "client-01", "chat", "g/3hao", "text", "电梯停了"); n != http.StatusOK {
		t.Fatalf("%d %s", n, body)
	}
	want := []string{"王阿姨: 电梯停了", ": 记下了，0412号"}
	lines, rev := c.until(2)
	same(t, said(lines), want)
	if lines[1].Reply != lines[0].ID || len(lines[1].Buttons) != 1 {
		t.Errorf("the answer is %+v", lines[1])
	}
	if n, body := wang.get("/chat/lines?since=" + fmt.Sprint(rev)); n != 200 || strings.Contains(body, "电梯") {
		t.Errorf("what is known is told again: %s", body)
	}
	// While the page is away the card changes and somebody speaks.
	_ = c.c.CloseNow()
	send(t, w, "g/3hao", bot.Message{Edit: card, Text: "0412号已接单"})
	e.Judge(nil)
	if _, err := w.Post(t.Context(), lines[0].From, "g/3hao", "谢谢", PostOptions{}); err != nil {
		t.Fatal(err)
	}
	missed, _ := chen.watch(rev).until(2)
	same(t, said(missed), []string{": 0412号已接单", "王阿姨: 谢谢"})
	if missed[0].ID != card || !missed[0].Edited {
		t.Errorf("the card did not change in place: %+v", missed[0])
	}
	// The other group heard nothing of it: its next frame is its own.
	if n, body := guli.post("/chat/post", "id", "client-02", "chat", "g/yuan", "text", "你好"); n != http.StatusOK {
		t.Fatalf("%d %s", n, body)
	}
	others, _ := g.until(1)
	same(t, said(others), []string{"古丽巴哈尔·买买提: 你好"})
}

func TestMembershipIsFollowedLive(t *testing.T) {
	w, _, s, d := serve(t, nil)
	wang, id := enter(t, s, d, "LIFT", "王阿姨")
	send(t, w, "g/yuan", bot.Message{Text: "大院的事"})
	send(t, w, "g/3hao", bot.Message{Text: "3号楼的事"})
	l := wang.watch(0)
	same(t, said(l.frame().Lines), []string{": 3号楼的事"})
	if err := w.Groups(id, []string{"g/yuan"}); err != nil {
		t.Fatal(err)
	}
	f := l.frame()
	if !f.Reset {
		t.Error("the page is not told to forget the group")
	}
	same(t, said(f.Lines), []string{": 大院的事"})
	if n, _ := wang.post("/chat/leave"); n != http.StatusSeeOther {
		t.Fatal(n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := wsjson.Read(ctx, l.c, &f); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("after leaving the connection gives %v", err)
	}
}

func TestRetryOfAPost(t *testing.T) {
	w, e, s, d := serve(t, nil)
	wang, _ := enter(t, s, d, "LIFT", "王阿姨")
	e.Judge(func(bot.Inbound) (bot.Answer, error) { return bot.Answer{}, errors.New("disk full") })
	post := func() int {
		n, _ := wang.post("/chat/post", "id", "client-01", "chat", "g/3hao", "text", "停水了")
		return n
	}
	codes := []int{post(), post()}
	e.Judge(nil)
	codes = append(codes, post(), post())
	same(t, codes, []int{503, 503, 200, 200})
	same(t, texts(t, w, "g/3hao"), []string{"停水了"})
	heard := e.Tries()
	if len(heard) != 3 || heard[0].Keys[0] != "w/client-01" || heard[2].Keys[0] != heard[0].Keys[0] || heard[2].Message.Ref != heard[0].Message.Ref {
		t.Errorf("handed over: %+v", heard)
	}
	e.Judge(func(bot.Inbound) (bot.Answer, error) { return bot.Answer{Toast: "已加上您"}, nil })
	ref := send(t, w, "g/3hao", bot.Message{Text: "登记了", Buttons: [][]bot.Button{{{Label: "我也是", Data: "k/also"}}}})
	n, body := wang.post("/chat/press", "id", "client-02", "chat", "g/3hao", "message", ref, "data", "k/also")
	if n != 200 || !strings.Contains(body, "已加上您") {
		t.Errorf("press: %d %s", n, body)
	}
}

// Who may do what: every route by every kind of visitor.
func TestAccess(t *testing.T) {
	w, e, s, d := serve(t, nil)
	wang, id := enter(t, s, d, "LIFT", "王阿姨")
	guli, _ := enter(t, s, d, "YARD", "古丽")
	none := visit(t, s)
	forged := visit(t, s)
	forged.head.Set("Cookie", cookie+"="+random()+random())
	if n, _ := wang.upload("photo", bottest.Picture(), "id", "client-00", "chat", "g/3hao"); n != 200 {
		t.Fatal(n)
	}
	lines, _ := w.History("g/3hao")
	photo, ref := lines[0].Photos[0], lines[0].ID
	n := len(e.Tries())
	for i, c := range []struct {
		method, path                string
		fields                      []string
		wang, guli, nobody, forgery int
	}{
		{"GET", "/chat/", nil, 200, 200, 200, 200}, // the door, for who is nobody
		{"GET", "/chat/lines", nil, 200, 200, 401, 401},
		{"GET", "/chat/lines?chat=g/3hao&before=99", nil, 200, 403, 401, 401},
		{"GET", "/chat/lines?chat=m/" + id + "&before=99", nil, 200, 403, 401, 401},
		{"GET", "/chat/lines?chat=m/" + id + "&before=99&as=" + id, nil, 200, 403, 401, 401},
		{"GET", "/chat/file/" + photo, nil, 200, 403, 401, 401},
		{"GET", "/chat/file/..%2fwebchat.db", nil, 404, 404, 401, 401},
		{"GET", "/chat/live", nil, 426, 426, 401, 401}, // not a websocket
		{"POST", "/chat/post", []string{"id", "access-%d", "chat", "g/3hao", "text", "a"}, 200, 403, 401, 401},
		{"POST", "/chat/post", []string{"id", "access-%d", "chat", "m/" + id, "text", "a"}, 200, 403, 401, 401},
		{"POST", "/chat/post", []string{"id", "access-%d", "chat", "m/" + id, "text", "a", "as", id}, 200, 403, 401, 401},
		{"POST", "/chat/post", []string{"chat", "g/3hao", "text", "a"}, 400, 400, 401, 401},
		{"POST", "/chat/press", []string{"id", "access-%d", "chat", "g/3hao", "message", ref, "data", "k/x"}, 200, 403, 401, 401},
		{"GET", "/", nil, 404, 404, 404, 404}, // no demo here
		{"POST", "/demo/skip", []string{"minutes", "60"}, 404, 404, 404, 404},
		{"POST", "/demo/play", []string{"name", "a"}, 404, 404, 404, 404},
		{"GET", "/static/chat.css", nil, 200, 200, 200, 200},
		{"GET", "/static/..%2fweb.go", nil, 404, 404, 404, 404},
	} {
		for k, who := range []struct {
			b    *browser
			want int
		}{{wang, c.wang}, {guli, c.guli}, {none, c.nobody}, {forged, c.forgery}} {
			fields := slices.Clone(c.fields)
			for j := range fields {
				if fields[j] == "access-%d" {
					fields[j] = fmt.Sprintf("access-%d-%d", i, k)
				}
			}
			got, body := 0, ""
			if c.method == "GET" {
				got, body = who.b.get(c.path)
			} else {
				got, body = who.b.post(c.path, fields...)
			}
			if got != who.want {
				t.Errorf("%s %s by visitor %d: %d, want %d (%.80s)", c.method, c.path, k, got, who.want, body)
			}
		}
	}
	if got := len(e.Tries()) - n; got != 4 {
		t.Errorf("the receiver heard %d, want 4", got)
	}
	for _, b := range []*browser{none, forged, guli} {
		if _, body := b.get("/chat/lines"); strings.Contains(body, photo) {
			t.Error("a foreign line was shown")
		}
	}
}

func TestUploads(t *testing.T) {
	w, _, s, d := serve(t, nil)
	wang, id := enter(t, s, d, "LIFT", "王阿姨")
	chat := "m/" + id
	for i, c := range []struct {
		part string
		data []byte
		want int
	}{
		{"photo", bottest.Picture(), 200},
		{"photo", []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), 415},
		{"photo", []byte("<html><script>alert(1)</script>"), 415},
		{"photo", []byte("GIF89a......"), 415},
		{"photo", append(bottest.Picture(), make([]byte, maxPhoto)...), 413},
		{"photo", append(bottest.Picture(), make([]byte, maxPhoto+1<<20)...), 413},
		{"photo", nil, 400},
		{"voice", bottest.Picture(), 415},
		{"voice", append([]byte("OggS\x00"), make([]byte, maxVoice)...), 413},
		{"voice", append([]byte("OggS\x00"), make([]byte, 1000)...), 200},
	} {
		if n, body := wang.upload(c.part, c.data, "id", fmt.Sprintf("upload-%02d", i), "chat", chat, "seconds", "3"); n != c.want {
			t.Errorf("%d: %s of %d bytes: %d %s, want %d", i, c.part, len(c.data), n, body, c.want)
		}
	}
	lines, _ := w.History(chat)
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	n, body, head := wang.do("GET", "/chat/file/"+lines[0].Photos[0], "", nil)
	if n != 200 || body != string(bottest.Picture()) || head.Get("Content-Type") != "image/png" || !strings.Contains(head.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("photo: %d %v", n, head)
	}
	if _, _, head := wang.do("GET", "/chat/file/"+lines[1].Voices[0].File, "", nil); head.Get("Content-Type") != "audio/ogg" {
		t.Errorf("voice: %v", head)
	}
	for _, bad := range [][]string{{"lat", "NaN", "lon", "1"}, {"lat", "1"}, {"seconds", "-1"}, {"seconds", "x"}, {"id", "x"}} {
		fields := append([]string{"id", "upload-99", "chat", chat, "text", "a"}, bad...)
		if n, _ := wang.post("/chat/post", fields...); n != 400 {
			t.Errorf("%v: %d", bad, n)
		}
	}
}

func TestFloodIsSlowed(t *testing.T) {
	_, _, s, d := serve(t, nil)
	wang, id := enter(t, s, d, "LIFT", "王阿姨")
	last := 0
	for i := range 61 {
		last, _ = wang.post("/chat/post", "id", fmt.Sprintf("flood-%03d", i), "chat", "m/"+id, "text", "a")
	}
	if last != 429 {
		t.Errorf("the 61st post of a minute: %d", last)
	}
}

func TestHeadersAndOrigin(t *testing.T) {
	_, _, s, d := serve(t, nil)
	wang, id := enter(t, s, d, "LIFT", "王阿姨")
	for _, path := range []string{"/chat/", "/chat/lines", "/chat/live", "/static/pane.js", "/nothing"} {
		_, _, head := wang.do("GET", path, "", nil)
		for k, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if head.Get(k) != want {
				t.Errorf("%s: %s is %q", path, k, head.Get(k))
			}
		}
	}
	wang.head.Set("Origin", "https://evil.example")
	if n, _ := wang.post("/chat/post", "id", "client-01", "chat", "m/"+id, "text", "a"); n != 403 {
		t.Errorf("a post from elsewhere: %d", n)
	}
	_, res, err := websocket.Dial(t.Context(), s.URL+"/chat/live", &websocket.DialOptions{HTTPClient: wang.Client, HTTPHeader: http.Header{"Origin": {"https://evil.example"}}})
	if err == nil || res.StatusCode != 403 {
		t.Errorf("a socket from elsewhere: %v", err)
	}
}

func TestDemoAnswersOnLoopbackOnly(t *testing.T) {
	w, _, _ := open(t, nil)
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	b := visit(t, s)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "127.0.0.1:80": 200, "127.1.2.3": 200, "[::1]:8080": 200, "LOCALHOST": 200,
		"linli.example": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example": 403, "192.168.1.5:8080": 403, "0.0.0.0": 403, "[::]": 403,
	} {
		b.head.Set("Host", host)
		if n, _ := b.get("/"); n != want {
			t.Errorf("%s: %d, want %d", host, n, want)
		}
		if n, _ := b.get("/chat/lines?as=wang"); n != want {
			t.Errorf("%s: lines %d, want %d", host, n, want)
		}
	}
	real, _, _, _ := serve(t, nil)
	h := http.NotFoundHandler()
	if fmt.Sprintf("%p", real.Demo(h)) != fmt.Sprintf("%p", h) {
		t.Error("outside the demo the guard stands in the way")
	}
}

func TestDemo(t *testing.T) {
	started := make(chan context.Context, 2)
	var w *Webchat
	dem := demo()
	dem.Plays = []Play{{"lift", "电梯停了"}, {"gas", "煤气味"}}
	c := newClock()
	dem.Clock, dem.Skip = c.Now, c.Pass
	dem.Play = func(ctx context.Context, name string) error {
		if _, err := w.Post(ctx, "wang", "g/3hao", name, PostOptions{}); err != nil {
			return err
		}
		started <- ctx
		<-ctx.Done()
		return ctx.Err()
	}
	w, _, _ = open(t, func(o *Options) { o.Demo, o.Now = dem, c.Now })
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	b := visit(t, s)
	l := b.watch(0)
	if f := l.frame(); f.Clock != "2026-12-04T09:12" || len(f.Chats) != 6 {
		t.Errorf("first frame %+v", f)
	}
	if n, _ := b.post("/demo/play", "name", "none"); n != 404 {
		t.Error(n)
	}
	b.post("/demo/play", "name", "lift")
	first := <-started
	b.post("/demo/play", "name", "gas")
	second := <-started
	if first.Err() == nil || second.Err() != nil {
		t.Error("a second example does not end the first")
	}
	f := l.frame()
	for f.Playing != "gas" {
		f = l.frame()
	}
	b.post("/demo/play", "name", "")
	for f.Playing != "" {
		f = l.frame()
	}
	if second.Err() == nil {
		t.Error("stop does not end the example")
	}
	same(t, texts(t, w, "g/3hao"), []string{"lift", "gas"})
	_, hour := b.post("/demo/skip", "minutes", "60")
	_, morning := b.post("/demo/skip", "to", "morning")
	same(t, hour+morning, `{"clock":"2026-12-04T10:12"}`+"\n"+`{"clock":"2026-12-05T08:30"}`+"\n")
	for f.Clock != "2026-12-05T08:30" {
		f = l.frame()
	}
	for _, bad := range []string{"0", "-5", "x", "999999"} {
		if n, _ := b.post("/demo/skip", "minutes", bad); n != 400 {
			t.Errorf("skip by %s: %d", bad, n)
		}
	}
	for as, want := range map[string]int{"wang": 200, "zhou": 403, "nobody": 403} {
		if n, _ := b.post("/chat/post", "as", as, "id", "demo-"+as, "chat", "g/3hao", "text", "a"); n != want {
			t.Errorf("as %s: %d", as, n)
		}
	}
	if n, _ := b.post("/chat/post?as=wang", "id", "demo-query", "chat", "m/wang", "text", "a"); n != 200 {
		t.Errorf("as in the query: %d", n)
	}
	if _, page := b.get("/"); !strings.Contains(page, `data-testid="speaker"`) || !strings.Contains(page, "示例社区（虚构）") ||
		strings.Count(page, `data-pane=`) != 4 || !strings.Contains(page, `<option value="li" data-name=`) {
		t.Error("the page lacks a part")
	}
}

const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"'&</textarea>`

// Pages carry names as text, and scripts never make markup of a text.
func TestHostileTextInPages(t *testing.T) {
	dem := demo()
	dem.Community = hostile
	dem.Groups[0].Name = hostile
	dem.Members[0].Name, dem.Members[0].Note, dem.Members[2].Name = hostile, hostile, hostile
	dem.Plays = []Play{{hostile, hostile}}
	w, _, _ := open(t, func(o *Options) { o.Demo = dem })
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	b := visit(t, s)
	for _, path := range []string{"/", "/chat/?as=wang"} {
		n, page := b.get(path)
		if n != 200 || strings.Contains(page, "<img src=x") || strings.Contains(page, "<script>document") {
			t.Errorf("%s: %d, a name became markup", path, n)
		}
	}
	_, page := b.get("/")
	data := regexp.MustCompile(`(?s)id="members">(.*?)</script>`).FindStringSubmatch(page)
	var members []Member
	if data == nil || json.Unmarshal([]byte(data[1]), &members) != nil || members[0].Name != hostile {
		t.Error("the list of members does not hold the name as it is")
	}
	_, _, real, _ := serve(t, nil)
	if _, page := visit(t, real).get("/chat/?code=" + url.QueryEscape(hostile)); strings.Contains(page, "<img src=x") {
		t.Error("the code became markup")
	}
	names, err := fs.Glob(embedded, "static/*.js")
	if err != nil || len(names) < 5 {
		t.Fatalf("scripts: %v, %v", names, err)
	}
	parts, _ := fs.Glob(embedded, "pages/*.html")
	inline := regexp.MustCompile(`(?i)<script(?: type="module")?>|<style|\sstyle=|\son[a-z]+=|https?://`)
	markup := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|createContextualFragment|https?://`)
	for _, name := range append(names, parts...) {
		src, _ := fs.ReadFile(embedded, name)
		bad := markup
		if strings.HasSuffix(name, ".html") {
			bad = inline
		}
		if m := bad.Find(src); m != nil {
			t.Errorf("%s has %q", name, m)
		}
	}
}

// Under a prefix every address of the pages carries it, and nothing else is served.
func TestBase(t *testing.T) {
	const base = "/c/dongqu"
	w, _, s, _ := serve(t, func(o *Options) { o.Base = base })
	b := visit(t, s)
	if n, _ := b.get("/chat/"); n != http.StatusNotFound {
		t.Errorf("outside of the prefix: %d", n)
	}
	address := regexp.MustCompile(`(?:src|href|action)="([^"]+)"`)
	pages := 0
	look := func(path string) {
		t.Helper()
		n, body := b.get(path)
		if n != http.StatusOK {
			t.Fatalf("%s: %d", path, n)
		}
		for _, m := range address.FindAllStringSubmatch(body, -1) {
			pages++
			if !strings.HasPrefix(m[1], base+"/") {
				t.Errorf("%s leads to %s", path, m[1])
				continue
			}
			if strings.Contains(m[1], "/static/") {
				if n, _ := b.get(m[1]); n != http.StatusOK {
					t.Errorf("%s: %d", m[1], n)
				}
			}
		}
	}
	look(base + "/chat/")
	n, _, head := b.do("POST", base+"/chat/enter", "application/x-www-form-urlencoded", strings.NewReader("code=LIFT&name=A"))
	if n != http.StatusSeeOther || head.Get("Location") != base+"/chat/" || !strings.Contains(head.Get("Set-Cookie"), "Path="+base+"/chat/;") {
		t.Errorf("entering: %d %v", n, head)
	}
	look(base + "/chat/")
	if n, _ := b.get(base + "/chat/lines"); n != http.StatusOK {
		t.Errorf("lines: %d", n)
	}
	live, _, err := websocket.Dial(t.Context(), strings.Replace(s.URL, "http", "ws", 1)+base+"/chat/live", &websocket.DialOptions{HTTPClient: b.Client})
	if err != nil {
		t.Error(err)
	} else {
		_ = live.CloseNow()
	}
	if pages < 8 {
		t.Errorf("only %d addresses on the pages", pages)
	}
	n, _, head = b.do("POST", base+"/chat/leave", "", nil)
	if n != http.StatusSeeOther || head.Get("Location") != base+"/chat/" || !strings.Contains(head.Get("Set-Cookie"), "Path="+base+"/chat/;") {
		t.Errorf("leaving: %d %v", n, head)
	}
	_ = w
	// The scripts name no path from the root of the host.
	scripts, _ := filepath.Glob("static/*.js")
	for _, name := range scripts {
		if filepath.Base(name) == "demo.js" {
			continue // is served without a prefix only
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?:fetch|WebSocket|src|href) ?[(=] ?[`'\"]/").FindAll(raw, -1) {
			t.Errorf("%s: %s", name, m)
		}
	}
}
