package desk

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/flows"
	"linli/storage"
)

// A code opens the door once: not by looking at its link, by however many presses
// at the same time, and never again.
func TestCodeOpensOnce(t *testing.T) {
	h := build(t, "", nil)
	code := h.code("chen")
	for range 3 {
		page := h.page(strings.TrimPrefix(EnterPath("", code), ""), "")
		h.has(page, `value="`+code+`"`, "<form method=\"post\"")
	}
	if n := len(h.sessions(t)); n != 0 {
		t.Fatalf("looking at the link made %d sessions", n)
	}
	var wg sync.WaitGroup
	status := make([]int, 50)
	tokens := make([]string, 50)
	for i := range status {
		wg.Go(func() {
			a := h.ask("POST", "/desk/enter", "", url.Values{"code": {code}})
			status[i], tokens[i] = a.Status, setCookie(a)
		})
	}
	wg.Wait()
	got := map[int]int{}
	token := ""
	for i, s := range status {
		got[s]++
		if s == http.StatusSeeOther {
			token = tokens[i]
		} else if tokens[i] != "" {
			t.Errorf("a refused code (%d) gives a cookie", s)
		}
	}
	if got[303] != 1 || got[303]+got[403]+got[429] != 50 || len(h.sessions(t)) != 1 {
		t.Fatalf("50 presses at the same time: %v, %d sessions", got, len(h.sessions(t)))
	}
	h.has(h.page("/desk/", token), "陈社区")
	h.clock.Pass(61 * time.Minute)
	if a := h.ask("POST", "/desk/enter", "", url.Values{"code": {code}}); a.Status != 403 {
		t.Errorf("the code once more: %d", a.Status)
	}
	// Only the hash of the token is in the store.
	for key, raw := range h.sessions(t) {
		if strings.Contains(key+string(raw), token) || len(token) != 64 {
			t.Errorf("the store has the token itself, or it is short (%d)", len(token))
		}
	}
}

func (h *house) sessions(t *testing.T) (all map[string][]byte) {
	t.Helper()
	h.view(func(tx storage.Tx) (err error) { all, err = tx.Keys(keyPrefix); return err })
	return all
}

func setCookie(a answer) string {
	for _, line := range a.Header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err == nil && c.Name == cookie {
			return c.Value
		}
	}
	return ""
}

// The cookie is out of the reach of scripts and of other sites, only under the
// community's own path, and for TLS only where there is TLS.
func TestCookie(t *testing.T) {
	for _, secure := range []bool{false, true} {
		h := build(t, "/c/x", func(o *Options) { o.Secure = secure })
		a := h.ask("POST", "/c/x/desk/enter", "", url.Values{"code": {strings.ToLower(h.code("li"))}})
		c, err := http.ParseSetCookie(a.Header.Get("Set-Cookie"))
		if err != nil || a.Status != 303 {
			t.Fatalf("%d %v\n%s", a.Status, err, a.Body)
		}
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Path != "/c/x/desk/" || c.MaxAge != 12*3600 {
			t.Errorf("the cookie is %+v", c)
		}
		if to := a.Header.Get("Location"); to != "/c/x/desk/" {
			t.Errorf("sent on to %q", to)
		}
	}
}

// Guessing is stopped: after five wrong codes one address waits, and after many
// from everywhere all do; the right code is refused as well until then.
func TestGuessedCodes(t *testing.T) {
	h := build(t, "", func(o *Options) { o.Proxied = true })
	code := h.code("chen")
	try := func(code, from string) answer {
		return h.ask("POST", "/desk/enter", "", url.Values{"code": {code}}, "X-Forwarded-For", "9.9.9.9, "+from)
	}
	for i := range 5 {
		if a := try("GUESS-"+itoa(i), "10.0.0.1"); a.Status != 403 {
			t.Fatalf("guess %d: %d", i, a.Status)
		}
	}
	a := try(code, "10.0.0.1")
	if a.Status != 429 || a.Header.Get("Retry-After") != "3601" {
		t.Errorf("after five: %d, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
	}
	h.has(a.Body, "试的次数太多了，请今天11点以后再试")
	if a := try("", "10.0.0.2"); a.Status != 403 {
		t.Errorf("another address: %d", a.Status)
	}
	for i := range 300 {
		try("GUESS", "10.1."+itoa(i/200)+"."+itoa(i%200))
	}
	if a := try(code, "10.0.0.9"); a.Status != 429 {
		t.Errorf("after 300 from everywhere: %d", a.Status)
	}
	// Or guessing from everywhere would keep the committee out: what cannot be guessed opens.
	if a := try(h.code("li"), "10.0.0.9"); a.Status != 303 {
		t.Errorf("a long code after 300 from everywhere: %d", a.Status)
	}
	for i := range 7 {
		if a := try(strings.Repeat("QX", 10)+itoa(i), "10.0.0.8"); a.Status == 303 {
			t.Errorf("a long guess: %d", a.Status)
		}
	}
	h.clock.Pass(time.Hour + time.Minute)
	fresh := h.code("chen") // the first is over by now
	if a := try(fresh, "10.0.0.1"); a.Status != 303 {
		t.Errorf("an hour later: %d", a.Status)
	}
}

// An office comes in through one address: good codes do not count.
func TestOneAddressForAnOffice(t *testing.T) {
	h := build(t, "", nil)
	for i := range 8 {
		if a := h.ask("POST", "/desk/enter", "", url.Values{"code": {h.code([]string{"chen", "zheng", "li"}[i%3])}}); a.Status != 303 {
			t.Fatalf("number %d: %d", i, a.Status)
		}
	}
}

// A session ends after two hours without use, after twelve in any case, when its
// owner leaves or ends it elsewhere; nobody ends another's.
func TestSessionEnds(t *testing.T) {
	h := build(t, "", nil)
	enter := func(p string) string {
		a := h.ask("POST", "/desk/enter", "", url.Values{"code": {h.code(p)}}, "User-Agent", "Mozilla/5.0 (Linux; Android 6.0) Mobile")
		if a.Status != 303 {
			t.Fatalf("%s: %d\n%s", p, a.Status, a.Body)
		}
		return setCookie(a)
	}
	idle := enter("chen")
	h.clock.Pass(sessionIdle - time.Minute)
	h.page("/desk/cases", idle)
	h.clock.Pass(sessionIdle - time.Minute)
	h.page("/desk/cases", idle) // its use was noted
	h.clock.Pass(sessionIdle)
	if a := h.get("/desk/cases", idle); a.Status != 401 {
		t.Errorf("after two hours without use: %d", a.Status)
	}
	long := enter("chen")
	if n := len(h.sessions(t)); n != 1 {
		t.Errorf("what was over is still there: %d sessions", n)
	}
	for range 11 {
		h.clock.Pass(time.Hour)
		h.page("/desk/cases", long)
	}
	h.clock.Pass(time.Hour)
	if a := h.get("/desk/cases", long); a.Status != 401 {
		t.Errorf("after twelve hours: %d", a.Status)
	}

	one, two, other := enter("chen"), enter("chen"), enter("zheng")
	page := h.page("/desk/sessions", one)
	if strings.Count(page, "<li class=\"card\">") != 2 {
		t.Fatalf("chen sees\n%s", page)
	}
	h.has(page, "手机", "就是现在这个")
	id := func(token string) string { return strings.TrimPrefix(sessionKey(token), keyPrefix)[:idLen] }
	h.ask("POST", "/desk/sessions", one, url.Values{"id": {id(other)}})
	h.page("/desk/cases", other)
	h.has(h.ask("POST", "/desk/sessions", one, url.Values{"id": {id(two)}}).Body, "已结束")
	if a := h.get("/desk/cases", two); a.Status != 401 {
		t.Errorf("an ended session: %d", a.Status)
	}
	if a := h.ask("POST", "/desk/leave", one, nil); a.Status != 303 || setCookie(a) != "" {
		t.Errorf("leaving: %d", a.Status)
	}
	if a := h.get("/desk/cases", one); a.Status != 401 {
		t.Errorf("after leaving: %d", a.Status)
	}
	// A code on a browser that is logged in ends what it had before.
	h.ask("POST", "/desk/enter", other, url.Values{"code": {h.code("li")}})
	if a := h.get("/desk/cases", other); a.Status != 401 {
		t.Errorf("the session before: %d", a.Status)
	}
}

// Noting the use of a session does not bring back one that was ended meanwhile.
func TestUseDoesNotReviveASession(t *testing.T) {
	h := build(t, "", nil)
	key := sessionKey(h.session("chen"))
	h.update(func(tx storage.Tx) error { return tx.PutKey(key, nil) })
	if err := h.desk.used(t.Context(), key, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if n := len(h.sessions(t)); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// A code of somebody who may not come to the desk opens nothing.
func TestNoPostNoDesk(t *testing.T) {
	h := build(t, "", nil)
	code := h.code("chen")
	h.change(func(s *flows.Settings) {
		people := make([]flows.Official, 0, len(s.People))
		for _, o := range s.People {
			if o.ID == "chen" {
				o.Posts = []flows.Post{{Role: flows.Captain, Scope: flows.Scope{Building: "3"}}}
			}
			people = append(people, o)
		}
		s.People = people
	})
	a := h.ask("POST", "/desk/enter", "", url.Values{"code": {code}})
	if a.Status != 403 || setCookie(a) != "" || len(h.sessions(t)) != 0 {
		t.Errorf("%d, %d sessions", a.Status, len(h.sessions(t)))
	}
}
