package frame

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestLimit(t *testing.T) {
	l := Limit{N: 2, All: 5, Per: time.Hour}
	at := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	try := func(key string, want bool) {
		t.Helper()
		if _, ok := l.Try(key, at); ok != want {
			t.Errorf("%s at %s: %v", key, at, ok)
		}
	}
	try("a", true)
	at = at.Add(50 * time.Minute)
	try("b", true)
	try("b", true)
	try("a", true)
	try("a", false)
	if again, _ := l.Try("a", at); !again.Equal(at.Add(10 * time.Minute)) {
		t.Errorf("a is looked at again %s", again)
	}
	try("c", true)
	try("d", false) // all together
	l.Back("c")
	try("d", true)
	at = at.Add(15 * time.Minute) // the hour of a is over, that of b is not
	try("a", true)
	try("b", false)
	at = at.Add(-3 * time.Hour) // a clock that went back locks nobody out
	try("b", true)
	for i := range 1000 {
		l.Try(strings.Repeat("x", i), at)
	}
	if len(l.seen) > 20 {
		t.Errorf("%d keys are remembered", len(l.seen))
	}
}

func TestVisitor(t *testing.T) {
	for _, c := range []struct{ remote, forwarded, direct, proxied string }{
		{"192.0.2.7:1234", "", "192.0.2.7/32", "192.0.2.7/32"},
		{"192.0.2.7:1234", "6.6.6.6, 198.51.100.9", "192.0.2.7/32", "198.51.100.9/32"},
		{"[2001:db8:1:2:3:4:5:6]:99", "", "2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.7]:99", "", "192.0.2.7/32", "192.0.2.7/32"},
		{"192.0.2.7:1", "no address", "192.0.2.7/32", "unknown"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if a, b := Visitor(r, false), Visitor(r, true); a != c.direct || b != c.proxied {
			t.Errorf("%+v: %s, %s", c, a, b)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"  王 阿姨\n": "王 阿姨", "a\u202eb\u200b\x00c": "abc", "ᠰᠤᠷᠢᠨ\u180eᠠ": "ᠰᠤᠷᠢᠨ\u180eᠠ", "👩\u200d🌾": "👩\u200d🌾",
	} {
		if got, ok := Name(in, 20); got != want || !ok {
			t.Errorf("%q: %q %v", in, got, ok)
		}
	}
	for _, bad := range []string{"", " \u202e\n", strings.Repeat("长", 21)} {
		if _, ok := Name(bad, 20); ok {
			t.Errorf("%q is a name", bad)
		}
	}
}

func TestLang(t *testing.T) {
	for accept, want := range map[string]string{"": "zh-CN", "en-GB,en;q=0.8": "en", "fr, zh-TW;q=0.5, en": "zh-CN", "xx": "zh-CN"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", accept)
		if got := Lang(r, "zh-CN"); got != want {
			t.Errorf("%q: %s", accept, got)
		}
	}
}

// Only what belongs to the pages is served, and a browser that has it hears that
// nothing changed.
func TestStatic(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /s/{name}", func(w http.ResponseWriter, r *http.Request) {
		if Static(w, r) != nil {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	ask := func(path, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		if etag != "" {
			r.Header.Set("If-None-Match", etag)
		}
		w := httptest.NewRecorder()
		Secure(mux, nil).ServeHTTP(w, r)
		return w
	}
	w := ask("/s/page.css", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/css; charset=utf-8" || strings.Contains(w.Body.String(), "url(") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if again := ask("/s/page.css", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("again: %d", again.Code)
	}
	if ask("/s/mark.svg", "").Header().Get("Content-Type") != "image/svg+xml" || ask("/s/frame.go", "").Code != 404 || ask("/s/..%2fframe.go", "").Code != 404 {
		t.Error("files of the wrong kind")
	}
}

// A form that comes in drop by drop is given up; the next one on the same
// connection has its own time.
func TestSlowForm(t *testing.T) {
	patience = 50 * time.Millisecond
	t.Cleanup(func() { patience = 30 * time.Second })
	got := make(chan error, 1)
	srv := httptest.NewServer(Secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- Parse(w, r)
	}), nil))
	t.Cleanup(srv.Close)
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na=")
	select {
	case err := <-got:
		if !errors.Is(err, ErrForm) {
			t.Errorf("read as %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it is waited for without end")
	}
}
