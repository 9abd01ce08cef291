package webchat

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
)

func TestDoor(t *testing.T) {
	_, _, s, d := serve(t, func(o *Options) { o.Proxied, o.Secure = true, true })
	b := visit(t, s)
	try := func(from, code, name string) int {
		b.head.Set("X-Forwarded-For", "10.9.9.9, "+from)
		n, _ := b.post("/chat/enter", "code", code, "name", name)
		return n
	}
	for range 12 { // good codes do not count: a building may share one address
		if n := try("10.0.0.1", "LIFT", "王阿姨"); n != http.StatusSeeOther {
			t.Fatalf("a good code: %d", n)
		}
	}
	same(t, []int{try("10.0.0.1", "LIFT", " \u202e "), try("10.0.0.1", "LIFT", "Lin Li"), try("10.0.0.1", "LIFT", "邻里"), try("10.0.0.1", "LIFT", strings.Repeat("长", 101))}, []int{400, 400, 400, 400})
	var got []int
	for range 8 {
		got = append(got, try("10.0.0.1", "WRONG", "王阿姨"))
	}
	same(t, got, []int{403, 403, 403, 403, 403, 403, 429, 429})
	if n := try("10.0.0.1", "LIFT", "王阿姨"); n != 429 {
		t.Errorf("a good code after too many: %d", n)
	}
	if n := try("10.0.0.2", "LIFT", strings.Repeat("长", 100)); n != http.StatusSeeOther {
		t.Errorf("somebody else: %d", n)
	}
	if n := try("2001:db8::1", "WRONG", "a"); n != 403 {
		t.Error(n)
	}
	d.down = errors.New("store is down")
	if n := try("10.0.0.3", "LIFT", "王阿姨"); n != 503 {
		t.Errorf("a door that does not work: %d", n)
	}
	d.down = nil
	b.head.Set("X-Forwarded-For", "10.0.0.4")
	fresh := visit(t, s)
	_, _, head := fresh.do("POST", "/chat/enter", "application/x-www-form-urlencoded", strings.NewReader("code=LIFT&name=a"))
	if c := head.Get("Set-Cookie"); !regexp.MustCompile(`^linli_chat=[0-9a-f]{64}; Path=/chat/; Max-Age=\d+; HttpOnly; Secure; SameSite=Lax$`).MatchString(c) {
		t.Errorf("cookie %q", c)
	}
}

func TestLimitForgetsAfterAMinute(t *testing.T) {
	l := limit{n: 2, per: time.Minute}
	at := newClock().Now()
	got := []bool{l.ok("a", at), l.ok("a", at), l.ok("a", at), l.ok("b", at), l.ok("a", at.Add(time.Minute))}
	same(t, got, []bool{true, true, false, true, true})
}

func TestSessionOutlivesARestart(t *testing.T) {
	dir := t.TempDir()
	w, _, s, d := serve(t, func(o *Options) { o.Dir = dir })
	wang, id := enter(t, s, d, "LIFT", "王阿姨")
	send(t, w, "m/"+id, bot.Message{Text: "回执"})
	u, _ := url.Parse(s.URL + "/chat/")
	token := wang.Jar.Cookies(u)[0].Value
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c := newClock()
	w, _, s, d = serve(t, func(o *Options) { o.Dir, o.Now = dir, c.Now })
	wang.base = s.URL
	wang.head.Set("Cookie", cookie+"="+token)
	if n, body := wang.get("/chat/lines"); n != 200 || !strings.Contains(body, "回执") {
		t.Errorf("%d %s", n, body)
	}
	if err := w.h.view(func(t tx) error {
		return t.bucket("sessions").ForEach(func(k, v []byte) error {
			if bytes.Contains(append(slices.Clone(k), v...), []byte(token)) {
				return errors.New("the token itself is kept")
			}
			return nil
		})
	}); err != nil {
		t.Error(err)
	}
	// With a second code one comes into a second group, as the same member.
	if n, _ := wang.post("/chat/enter", "code", "BOTH", "name", "王阿姨"); n != http.StatusSeeOther {
		t.Error(n)
	}
	if _, ok := d.names["webchat:m/"+id]; !ok {
		t.Error("a second code made a second member")
	}
	if n, _ := wang.get("/chat/lines?chat=g/yuan&before=9"); n != 200 {
		t.Errorf("the second group: %d", n)
	}
	c.Pass(sessionFor - time.Hour)
	if n, _ := wang.get("/chat/lines"); n != 200 {
		t.Errorf("a session ends early: %d", n)
	}
	c.Pass(2 * time.Hour)
	if n, _ := wang.get("/chat/lines"); n != 401 {
		t.Errorf("a session lives for ever: %d", n)
	}
}

func TestNamesHideNothing(t *testing.T) {
	_, _, s, d := serve(t, nil)
	b := visit(t, s)
	if n, _ := b.post("/chat/enter", "code", "LIFT", "name", "Lin\u200bli"); n != http.StatusBadRequest {
		t.Errorf("Linli's own name with a mark of no width: %d", n)
	}
	if n, _ := b.post("/chat/enter", "code", "LIFT", "name", "王\u2060阿\ufeff姨"); n != http.StatusSeeOther {
		t.Errorf("%d", n)
	}
	for _, name := range d.names {
		if name != "王阿姨" {
			t.Errorf("the door was told %q", name)
		}
	}
}

func TestSeats(t *testing.T) {
	w, _, _ := open(t, nil)
	if err := w.OpenGroup("neu", "新群"); err != nil {
		t.Fatal(err)
	}
	if err := w.Groups("wang", []string{"g/neu"}); err != nil {
		t.Fatal(err)
	}
	groups, known, err := w.Seats("wang")
	if err != nil || !known || !slices.Equal(groups, []string{"g/neu"}) {
		t.Error(groups, known, err)
	}
	if _, known, err := w.Seats("nobody"); known || err != nil {
		t.Error(known, err)
	}
}
