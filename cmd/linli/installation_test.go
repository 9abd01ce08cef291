package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot/bottest"
	"linli/bot/telegram/fake"
	"linli/bot/webchat"
	"linli/flows"
	"linli/storage"
)

// configured writes a configuration into a folder of its own, for the communities that are
// named; change may alter the text.
func configured(t *testing.T, names []string, change func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	example, err := os.ReadFile("../../flows/community/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := "data: data\nlisten: 127.0.0.1:0\nbackup: {dir: backup}\n"
	if len(names) == 1 {
		config += "community: " + names[0] + ".yaml\nwebchat: {enabled: true}\n"
	} else {
		config += "communities:\n"
	}
	for _, n := range names {
		text := strings.Replace(string(example), "id: example ", "id: "+n+" ", 1)
		text = strings.Replace(text, "name: 示例社区（虚构）", "name: "+n+"（虚构）", 1)
		text = strings.Replace(text, `morning: "8:30"`, `morning: "0:00"`, 1)
		text = strings.Replace(text, `evening: "21:30"`, `evening: "24:00"`, 1)
		if strings.Count(text, n) < 2 {
			t.Fatal("the example community has another head now")
		}
		if err := os.WriteFile(filepath.Join(dir, n+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if len(names) > 1 {
			config += "  - community: " + n + ".yaml\n    webchat: {enabled: true}\n"
		}
	}
	if change != nil {
		config = change(config)
	}
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// opens builds the installation of a configuration, as serve does.
func opens(t *testing.T, path string) *installation {
	t.Helper()
	c, files, err := load(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := build(t.Context(), c.Data, bottest.Logger(t), c.plans(files, time.Now)...)
	if err != nil {
		t.Fatal(err)
	}
	in.config = c
	if err := in.welcome(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	shut := false
	t.Cleanup(func() {
		if !shut {
			_ = in.close()
		}
	})
	return in
}

// running serves an installation until the test ends; it gives its address, and
// stop, which ends it and gives how it ended.
func running(t *testing.T, in *installation) (base string, stop func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- in.run(ctx, doors{http: ln, control: in.controlDoor(ctx)}) }()
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = stop() })
	until(t, "not ready", in.ready.Load)
	return "http://" + ln.Addr().String(), stop
}

// until waits for what another goroutine is about to do.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick, patience := time.NewTicker(2*time.Millisecond), time.After(quick)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-patience:
			t.Fatal(what)
		}
	}
}

// browser is a visitor with cookies who follows no redirects.
type browser struct {
	t *testing.T
	*http.Client
	base string
}

func visits(t *testing.T, base string) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, base}
}

func (b *browser) ask(r *http.Request) (int, string, http.Header) {
	b.t.Helper()
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func (b *browser) get(path string) (int, string, http.Header) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.ask(r)
}

func (b *browser) post(path string, fields ...string) (int, string, http.Header) {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(b.t.Context(), "POST", b.base+path, strings.NewReader(v.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.ask(r)
}

// code gives a code of a community.
func (h *house) code(t *testing.T, kind, target string) string {
	t.Helper()
	code, err := h.bot.NewCode(t.Context(), kind, target)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// enters brings somebody into a web chat and gives their member id.
func enters(t *testing.T, b *browser, h *house, code, name string) string {
	t.Helper()
	status, body, head := b.post(h.base+"/chat/enter", "code", code, "name", name)
	if status != http.StatusSeeOther || head.Get("Location") != h.base+"/chat/" {
		t.Fatalf("entering gave %d to %q\n%s", status, head.Get("Location"), body)
	}
	_, page, _ := b.get(h.base + "/chat/")
	m := regexp.MustCompile(`data-member="([0-9a-f]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no member on the page\n%s", page)
	}
	return m[1]
}

// reports files a demand of a resident and gives its case.
func (h *house) reports(t *testing.T, member, text string) flows.Case {
	t.Helper()
	before := map[flows.ID]bool{}
	for _, c := range h.numbered(t) {
		before[c.ID] = true
	}
	if _, err := h.web.Post(t.Context(), member, "m/"+member, text, webchat.PostOptions{}); err != nil {
		t.Fatal(err)
	}
	var found flows.Case
	pressed := false
	until(t, "nothing was filed", func() bool {
		for _, c := range h.numbered(t) {
			if !before[c.ID] && c.Flow == "demand" {
				found = c
				return true
			}
		}
		lines, err := h.web.History("m/" + member)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			for _, row := range l.Buttons {
				for _, b := range row {
					if b.Label == "登记" && !pressed {
						pressed = true
						if _, err := h.web.Press(t.Context(), member, "m/"+member, "登记"); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
		return false
	})
	return found
}

func (h *house) numbered(t *testing.T) (list []flows.Case) {
	t.Helper()
	err := h.store.View(t.Context(), func(tx storage.Tx) (err error) {
		list, err = tx.Cases(100, func(c flows.Case) bool { return c.No > 0 })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func peopleOf(t *testing.T, h *house) (names []string) {
	t.Helper()
	err := h.store.View(t.Context(), func(tx storage.Tx) error {
		all, err := tx.People()
		for _, p := range all {
			names = append(names, p.Name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Two communities in one process share the file and nothing else.
func TestTwoCommunities(t *testing.T) {
	path := configured(t, []string{"dongqu", "xiqu"}, nil)
	in := opens(t, path)
	base, stop := running(t, in)
	a, b := in.houses[0], in.houses[1]
	if a.base != "/c/dongqu" || b.base != "/c/xiqu" {
		t.Fatalf("%s %s", a.base, b.base)
	}
	who := visits(t, base)
	if n, body, _ := who.get("/"); n != http.StatusOK || !strings.Contains(body, `<a href="/c/dongqu/">dongqu（虚构）</a>`) || !strings.Contains(body, "xiqu（虚构）") {
		t.Errorf("front page: %d\n%s", n, body)
	}

	// Staff of one, at the doors of the other.
	staff := a.code(t, "person", "chen")
	if n, _, _ := who.post("/c/xiqu/chat/enter", "code", staff, "name", "陈社区"); n != http.StatusForbidden {
		t.Errorf("a code of dongqu at xiqu's door: %d", n)
	}
	chen := visits(t, base)
	enters(t, chen, a, staff, "陈社区")
	if n, _, _ := chen.get("/c/dongqu/chat/lines"); n != http.StatusOK {
		t.Errorf("staff in their own chat: %d", n)
	}
	if n, body, _ := chen.get("/c/xiqu/chat/lines"); n != http.StatusUnauthorized || strings.Contains(body, "xiqu") {
		t.Errorf("staff of dongqu in xiqu's chat: %d %s", n, body)
	}
	// The cookie itself is bound to the path; one that is carried over by hand opens nothing.
	u, _ := url.Parse(base + "/c/dongqu/chat/")
	for _, c := range chen.Jar.Cookies(u) {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", base+"/c/xiqu/chat/lines", nil)
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		if n, _, _ := visits(t, base).ask(r); n != http.StatusUnauthorized {
			t.Errorf("the session of dongqu opens xiqu: %d", n)
		}
	}
	login := a.loginCode(t, "chen")
	if n, _, _ := who.post("/c/xiqu/desk/enter", "code", login); n == http.StatusSeeOther {
		t.Error("a login of dongqu opens xiqu's desk")
	}
	if n, _, head := chen.post("/c/dongqu/desk/enter", "code", login); n != http.StatusSeeOther || !strings.HasPrefix(head.Get("Location"), "/c/dongqu/desk/") {
		t.Errorf("the desk's own door: %d to %s", n, head.Get("Location"))
	}
	if n, _, _ := chen.get("/c/dongqu/desk/cases"); n != http.StatusOK {
		t.Errorf("the own desk: %d", n)
	}
	u, _ = url.Parse(base + "/c/dongqu/desk/cases")
	for _, c := range chen.Jar.Cookies(u) {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", base+"/c/xiqu/desk/cases", nil)
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		if n, _, _ := visits(t, base).ask(r); n == http.StatusOK {
			t.Error("the session of dongqu's desk opens xiqu's")
		}
	}

	// People and numbers.
	wang, zhang := visits(t, base), visits(t, base)
	wangID := enters(t, wang, a, a.code(t, "join", "b3"), "王阿姨")
	zhangID := enters(t, zhang, b, b.code(t, "join", "b3"), "张大爷")
	first, second := a.reports(t, wangID, "3号楼2单元电梯坏了，老人下不了楼"), b.reports(t, zhangID, "3号楼1单元下水道堵了")
	if first.No != second.No {
		t.Errorf("the first demand of each community is %d and %d", first.No, second.No)
	}
	if got := peopleOf(t, b); slices.Contains(got, "王阿姨") || !slices.Contains(got, "张大爷") {
		t.Errorf("xiqu knows %v", got)
	}

	// Files.
	for _, h := range in.houses {
		if _, err := os.Stat(filepath.Join(in.data, h.id, "webchat.db")); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(in.data, h.id, "media")); err != nil {
			t.Error(err)
		}
	}

	// Erasing in one: from the command, while it runs.
	c, files, err := load(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := c.do(t.Context(), files, "erase", []string{"--community", "dongqu", "--yes", "王阿姨"}, &out, io.Discard); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if got := peopleOf(t, a); slices.Contains(got, "王阿姨") {
		t.Errorf("dongqu still knows %v", got)
	}
	if got := peopleOf(t, b); !slices.Contains(got, "张大爷") {
		t.Errorf("xiqu knows only %v", got)
	}
	if got := b.numbered(t); len(got) == 0 || got[0].No != second.No {
		t.Errorf("xiqu has %v", got)
	}
	if err := c.do(t.Context(), files, "trouble", nil, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "--community") {
		t.Errorf("without a community: %v", err)
	}

	// Closing one leaves the other.
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := in.close(); err != nil {
		t.Fatal(err)
	}
	c.Communities = c.Communities[1:]
	c.Communities[0].Path = "xiqu"
	again, err := build(t.Context(), c.Data, bottest.Logger(t), c.plans(files[1:], time.Now)...)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	if got := again.houses[0].numbered(t); len(got) == 0 || again.houses[0].base != "/c/xiqu" {
		t.Errorf("alone, xiqu has %v under %s", got, again.houses[0].base)
	}
}

// loginCode asks for the desk in the private chat of somebody with a post.
func (h *house) loginCode(t *testing.T, who flows.PersonID) string {
	t.Helper()
	member := ""
	err := h.store.View(t.Context(), func(tx storage.Tx) error {
		p, err := tx.Person(who)
		for _, a := range p.Addresses {
			if m, ok := strings.CutPrefix(a, "webchat:m/"); ok {
				member = m
			}
		}
		return err
	})
	if err != nil || member == "" {
		t.Fatalf("%s has no account: %v", who, err)
	}
	if _, err := h.web.Post(t.Context(), member, "m/"+member, "/desk", webchat.PostOptions{}); err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`[A-Z2-9]{5}-[A-Z2-9]{5}`)
	found := ""
	until(t, "no code for the desk", func() bool {
		lines, err := h.web.History("m/" + member)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if m := code.FindString(l.Text); m != "" && l.From == "" {
				found = m
			}
		}
		return found != ""
	})
	return found
}

// unauthorized is a Telegram that does not know the token.
func unauthorized(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestOneWrongTokenLeavesTheOthers(t *testing.T) {
	tg := fake.New()
	t.Cleanup(tg.Close)
	good, bad := tg.Start(), unauthorized(t)
	path := configured(t, []string{"dongqu", "xiqu"}, func(s string) string {
		s = strings.Replace(s, "dongqu.yaml\n", fmt.Sprintf("dongqu.yaml\n    telegram: {token: '%s', api_url: '%s'}\n", "7:wrong", bad), 1)
		return strings.Replace(s, "xiqu.yaml\n", fmt.Sprintf("xiqu.yaml\n    telegram: {token: '%s', api_url: '%s'}\n", fake.Token, good), 1)
	})
	in := opens(t, path)
	base, stop := running(t, in)
	until(t, "the wrong token was not noticed", func() bool { return in.houses[0].ways.off("telegram") != "" })
	// The other one hears Telegram, and the first one its web chat.
	user := tg.AddUser("陈社区")
	user.Start(in.houses[1].code(t, "person", "chen"))
	until(t, "the good bot hears nothing", func() bool { return slices.Contains(peopleOf(t, in.houses[1]), "陈社区") })
	enters(t, visits(t, base), in.houses[0], in.houses[0].code(t, "person", "chen"), "陈社区")
	if n, body, _ := visits(t, base).get("/metrics"); n != http.StatusOK ||
		!strings.Contains(body, `linli_channel_up{channel="telegram",community="dongqu"} 0`) || !strings.Contains(body, `linli_channel_up{channel="telegram",community="xiqu"} 1`) {
		t.Errorf("metrics %d\n%s", n, body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestWrongTokenOfTheOnlyCommunityEndsTheProgram(t *testing.T) {
	bad := unauthorized(t)
	path := configured(t, []string{"dongqu"}, func(s string) string {
		return s + fmt.Sprintf("telegram: {token: '7:wrong-and-secret', api_url: '%s'}\n", bad)
	})
	in := opens(t, path)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), quick)
	defer cancel()
	err = in.run(ctx, doors{http: ln})
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "telegram") || strings.Contains(err.Error(), "wrong-and-secret") {
		t.Errorf("it ended with %v", err)
	}
}

func TestBaseIsEmptyForOneCommunity(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	base, _ := running(t, in)
	b := visits(t, base)
	if n, _, head := b.get("/"); n != http.StatusFound || head.Get("Location") != "/chat/" {
		t.Errorf("/ gave %d to %s", n, head.Get("Location"))
	}
	enters(t, b, in.houses[0], in.houses[0].code(t, "person", "chen"), "陈社区")
	if n, _, _ := b.get("/readyz"); n != http.StatusOK {
		t.Errorf("/readyz %d", n)
	}
	if _, err := in.house("other"); err == nil || errors.Is(err, context.Canceled) {
		t.Error("a community that is not there was found")
	}
}
