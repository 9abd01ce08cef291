package webchat

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"linli/bot/bottest"
)

// People who come to the pages with a browser, for the other tests.

// door knows codes by the groups they lead to.
type door struct {
	mu    sync.Mutex
	codes map[string][]string
	names map[string]string // by address
	down  error
}

func (d *door) Enter(_ context.Context, code, address, name string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil {
		return nil, d.down
	}
	groups, ok := d.codes[code]
	if !ok {
		return nil, ErrCode
	}
	d.names[address] = name
	return groups, nil
}

// serve gives a web chat outside the demo, with two groups behind codes.
func serve(t *testing.T, change func(*Options)) (*Webchat, *bottest.Ears, *httptest.Server, *door) {
	t.Helper()
	d := &door{codes: map[string][]string{"LIFT": {"g/3hao"}, "YARD": {"g/yuan"}, "BOTH": {"g/3hao", "g/yuan"}}, names: map[string]string{}}
	w, e, _ := open(t, func(o *Options) {
		o.Demo, o.Door = nil, d
		o.Groups = []Group{{"3hao", "3号楼群"}, {"yuan", "大院群"}}
		if change != nil {
			change(o)
		}
	})
	s := httptest.NewServer(w.Handler())
	t.Cleanup(s.Close)
	return w, e, s, d
}

// visitor is a browser with its cookies.
type browser struct {
	t *testing.T
	*http.Client
	base string
	head http.Header
}

func visit(t *testing.T, s *httptest.Server) *browser {
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &browser{t, c, s.URL, http.Header{}}
}

func (b *browser) do(method, path, typ string, body io.Reader) (int, string, http.Header) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	for k, v := range b.head {
		r.Header[k] = v
	}
	if host := b.head.Get("Host"); host != "" {
		r.Host = host
	}
	if typ != "" {
		r.Header.Set("Content-Type", typ)
	}
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(data), res.Header
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	n, body, _ := b.do("GET", path, "", nil)
	return n, body
}

func (b *browser) post(path string, fields ...string) (int, string) {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	n, body, _ := b.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
	return n, body
}

func (b *browser) upload(name string, data []byte, fields ...string) (int, string) {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		_ = m.WriteField(fields[i], fields[i+1])
	}
	part, _ := m.CreateFormFile(name, "x.png")
	_, _ = part.Write(data)
	_ = m.Close()
	n, text, _ := b.do("POST", "/chat/post", m.FormDataContentType(), &body)
	return n, text
}

// enter comes in with a code and gives the member's id.
func enter(t *testing.T, s *httptest.Server, d *door, code, name string) (*browser, string) {
	t.Helper()
	b := visit(t, s)
	if n, body := b.post("/chat/enter", "code", code, "name", name); n != http.StatusSeeOther {
		t.Fatalf("entering gave %d %s", n, body)
	}
	for address, who := range d.names {
		if who == name {
			return b, strings.TrimPrefix(address, "webchat:m/")
		}
	}
	t.Fatal("the door was not asked")
	return nil, ""
}

// watching is a live connection of a test.
type watching struct {
	t *testing.T
	c *websocket.Conn
}

func (b *browser) watch(since uint64) *watching {
	b.t.Helper()
	c, _, err := websocket.Dial(b.t.Context(), fmt.Sprintf("%s/chat/live?since=%d", b.base, since), &websocket.DialOptions{HTTPClient: b.Client})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = c.CloseNow() })
	return &watching{b.t, c}
}

func (l *watching) frame() frame {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 10*time.Second)
	defer cancel()
	var f frame
	if err := wsjson.Read(ctx, l.c, &f); err != nil {
		l.t.Fatal(err)
	}
	return f
}

// until reads frames until n lines came.
func (l *watching) until(n int) (lines []Line, rev uint64) {
	l.t.Helper()
	for len(lines) < n {
		f := l.frame()
		lines, rev = append(lines, f.Lines...), f.Rev
	}
	return lines, rev
}

func said(lines []Line) (out []string) {
	for _, l := range lines {
		out = append(out, l.Name+": "+l.Text)
	}
	return out
}
