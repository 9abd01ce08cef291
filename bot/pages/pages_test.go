package pages

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/flows/room"
	"linli/prompts/local"
	"linli/storage"
)

// house is a community with its engine and the pages of its residents.
type house struct {
	t        *testing.T
	at       time.Time
	settings *flows.Settings
	store    storage.Store
	bot      *bot.Bot
	media    string // the folder of photos
	pages    *Pages
	srv      *httptest.Server
}

var key = bytes.Repeat([]byte("k"), 32)

func build(t *testing.T, base string, change func(*Options)) *house {
	t.Helper()
	example := flowstest.Example(t, demand.DutyList())
	h := &house{t: t, media: t.TempDir(), at: time.Date(2026, 3, 11, 10, 0, 0, 0, example.Zone), settings: example}
	h.store = bottest.Store(t, example.Community)
	var err error
	fl := flowstest.Flows(t, poll.New, hearing.New, room.New, demand.New, dispatch.New, purchase.New)
	now := func() time.Time { return h.at }
	if h.bot, err = bot.New(bot.Options{Store: h.store, Settings: h.settings, Flows: fl, Reader: local.New(), Media: h.media, Now: now}); err != nil {
		t.Fatal(err)
	}
	o := Options{Base: base, PublicURL: "https://linli.example", Key: key, Settings: h.bot.Settings, Data: h.bot, Copy: h.bot.Copy, Deletions: h.bot.Deletions, Now: now,
		Store: h.store, Receive: h.bot, Photos: h.bot, EnterHome: h.bot.EnterHome,
		Erase: func(ctx context.Context, p flows.PersonID) (int, error) {
			e, err := h.bot.Erase(ctx, p, "asked")
			return e.Waiting, err
		}}
	if change != nil {
		change(&o)
	}
	if h.pages, err = New(o); err != nil {
		t.Fatal(err)
	}
	h.srv = httptest.NewServer(h.pages.Handler())
	t.Cleanup(h.srv.Close)
	return h
}

func (h *house) update(f func(storage.Tx) error) {
	h.t.Helper()
	if err := h.store.Update(h.t.Context(), f); err != nil {
		h.t.Fatal(err)
	}
}

// resident makes somebody with a case in which they said something.
func (h *house) resident(id, name, said string) {
	h.update(func(tx storage.Tx) error {
		n, err := tx.Count("number")
		if err != nil {
			return err
		}
		s := demand.State{Stage: demand.Filed, Item: "1-1", Place: flows.Place{Building: "3", Unit: "2"}, Words: said, Reporter: flows.PersonID(id), Who: "li", Due: h.at.Add(time.Hour), At: h.at}
		c := flows.Case{ID: flows.ID("c" + id), Flow: "demand", No: n, Opened: h.at, Data: flows.Data(s), Summary: s.Summary()}
		return errors.Join(
			tx.PutPerson(storage.Person{ID: flows.PersonID(id), Name: name, Home: flows.Place{Building: "3", Unit: "2", Room: "501"}, Consent: h.at, Addresses: []string{"telegram:" + id}, Reach: []string{"telegram:" + id}}),
			tx.PutCase(c), tx.PutEntry(c.ID, flows.Entry{Key: id, Tag: "reporter"}),
			tx.Note(storage.Record{Case: c.ID, At: h.at, Event: "e" + id, Kind: "opened", By: flows.PersonID(id), After: "filed"}))
	})
}

// numbered keeps a case with a number as a flow would have.
func (h *house) numbered(flow string, s flows.State) (id flows.ID) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error {
		n, err := tx.Count("case")
		if err != nil {
			return err
		}
		id = flows.ID(strconv.Itoa(n))
		no, err := tx.Count("number")
		if err != nil {
			return err
		}
		return tx.PutCase(flows.Case{ID: id, Flow: flow, No: no, Opened: h.at, Data: flows.Data(s), Summary: s.Summary()})
	})
	return id
}

func (h *house) person(id string) (p storage.Person, err error) {
	h.t.Helper()
	err = h.store.View(h.t.Context(), func(tx storage.Tx) (err error) { p, err = tx.Person(flows.PersonID(id)); return err })
	return p, err
}

// path is the link of a person without the host.
func (h *house) path(id string) string {
	h.t.Helper()
	u, err := url.Parse(h.pages.Link(flows.PersonID(id), h.at))
	if err != nil || u.Host != "linli.example" || u.Scheme != "https" {
		h.t.Fatalf("the link is %v %v", u, err)
	}
	return u.Path
}

type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (h *house) ask(method, path string, form url.Values, head ...string) answer {
	h.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.srv.URL+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (h *house) page(path string) string {
	h.t.Helper()
	a := h.ask("GET", path, nil)
	if a.Status != 200 {
		h.t.Fatalf("GET: %d\n%s", a.Status, a.Body)
	}
	return a.Body
}

func (h *house) has(page string, words ...string) {
	h.t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			h.t.Errorf("%q is not on the page\n%s", w, page)
		}
	}
}

// Whoever has the link sees their own matters and data, and puts right, takes
// along, withdraws, deletes.
func TestMine(t *testing.T) {
	for _, base := range []string{"", "/c/x"} {
		t.Run("base"+base, func(t *testing.T) {
			h := build(t, base, nil)
			h.resident("r1", "王阿姨", "电梯又停了")
			h.resident("r2", "别人", "别人的话")
			my := h.path("r1")
			if !strings.HasPrefix(my, base+"/my/") {
				t.Fatalf("the link is %s", my)
			}
			page := h.page(my)
			h.has(page, "王阿姨", "3号楼2单元501室", "电梯又停了", "0001", "Telegram", "3月11日", base+"/pages/page.css", my+"/correct", "下载一份")
			if strings.Contains(page, "别人") {
				t.Error("the page has another's words")
			}
			if a := h.ask("GET", base+"/pages/page.css", nil); a.Status != 200 {
				t.Errorf("the style sheet: %d", a.Status)
			}
			cp := h.ask("GET", my+"/copy", nil)
			h.has(cp.Body, "王阿姨", "电梯又停了")
			if !strings.HasPrefix(cp.Header.Get("Content-Disposition"), "attachment") || cp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("the copy comes as %v", cp.Header)
			}

			h.has(h.ask("POST", my+"/correct", url.Values{"name": {"王秀英"}, "building": {"5"}, "unit": {"1"}, "room": {"1801"}, "lang": {"zh-CN"}}).Body, "已改好", "王秀英", "5号楼1单元1801室")
			h.has(h.ask("POST", my+"/correct", url.Values{"building": {""}, "unit": {"9"}}).Body, "已改好", "没有留")
			if p, _ := h.person("r1"); p.Name != "王秀英" || !p.Home.Zero() {
				t.Errorf("kept is %+v", p)
			}
			for _, bad := range []url.Values{{"building": {"99"}}, {"building": {"5"}, "unit": {"7"}}, {"building": {"5"}, "room": {"<b>"}}, {"name": {strings.Repeat("长", 61)}}, {"lang": {"xx"}}, {"name": {"\xff"}}} {
				if a := h.ask("POST", my+"/correct", bad); a.Status != 400 {
					t.Errorf("%v: %d", bad, a.Status)
				}
			}
			h.has(h.ask("POST", my+"/correct", url.Values{"lang": {"en"}}).Body, `<html lang="en">`, "Corrected.")
			h.ask("POST", my+"/correct", url.Values{"lang": {"zh-CN"}})
			h.has(h.ask("POST", my+"/withdraw", nil).Body, "已撤回同意", "没有同意，或已撤回")
			if p, _ := h.person("r1"); !p.Consent.IsZero() {
				t.Error("the consent is still there")
			}

			h.has(h.page(my+"/delete"), "不能恢复", "您有1件事还没办完", `name="sure" value="yes"`)
			if a := h.ask("POST", my+"/delete", nil); a.Status != 400 {
				t.Errorf("without the second confirmation: %d", a.Status)
			}
			if _, err := h.person("r1"); err != nil {
				t.Fatal("deleted without the second confirmation")
			}
			h.has(h.ask("POST", my+"/delete", url.Values{"sure": {"yes"}}).Body, "您的资料已删除")
			if _, err := h.person("r1"); !errors.Is(err, storage.ErrNone) {
				t.Errorf("the person is still there: %v", err)
			}
			if _, err := h.person("r2"); err != nil {
				t.Errorf("another person: %v", err)
			}
			a := h.ask("GET", my, nil)
			if a.Status != 404 {
				t.Errorf("afterwards: %d", a.Status)
			}
			h.has(a.Body, "没有存您的资料")
			h.has(h.page(base+"/deletions"), "2026-03-11", "本人要求")
		})
	}
}

// A link is good for an hour, for one person, in one form; whatever is changed in
// it opens nothing.
func TestLinks(t *testing.T) {
	h := build(t, "", nil)
	h.resident("r1", "王阿姨", "电梯又停了")
	h.resident("r12", "别人", "别人的话")
	my := h.path("r1")
	token := strings.TrimPrefix(my, "/my/")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, bit := range []byte{1, 0x80} {
			bad := bytes.Clone(raw)
			bad[i] ^= bit
			if a := h.ask("GET", "/my/"+base64.RawURLEncoding.EncodeToString(bad), nil); a.Status != 404 {
				t.Fatalf("byte %d changed: %d", i, a.Status)
			}
		}
	}
	for _, bad := range []string{token + "A", token[:len(token)-1], token + "=", strings.Repeat("A", 400), "x", base64.RawURLEncoding.EncodeToString(append(raw, '2')), base64.RawURLEncoding.EncodeToString(raw[:41])} {
		if a := h.ask("GET", "/my/"+bad, nil); a.Status != 404 || !strings.Contains(a.Body, "我的数据") {
			t.Errorf("%.20q: %d", bad, a.Status)
		}
	}
	// The last letter of the token has bits that mean nothing: they must be zero.
	if last := strings.IndexByte(alphabet, token[len(token)-1]); len(raw)%3 != 0 {
		if a := h.ask("GET", "/my/"+token[:len(token)-1]+string(alphabet[last^1]), nil); a.Status != 404 {
			t.Errorf("another spelling of the same link: %d", a.Status)
		}
	}
	other := build(t, "", func(o *Options) { o.Key = bytes.Repeat([]byte("o"), 32) })
	other.resident("r1", "别的社区的人", "别的社区的话")
	if a := other.ask("GET", my, nil); a.Status != 404 {
		t.Errorf("in another community: %d", a.Status)
	}
	h.at = h.at.Add(time.Hour - time.Second)
	h.page(my)
	h.at = h.at.Add(time.Second)
	for _, rt := range h.pages.routes() {
		if !strings.HasPrefix(rt.path, "/my/") {
			continue
		}
		a := h.ask(rt.method, strings.Replace(rt.path, "/my/{token}", my, 1), url.Values{"sure": {"yes"}})
		if a.Status != http.StatusGone || !strings.Contains(a.Body, "已经过了1小时") {
			t.Errorf("%s %s after an hour: %d", rt.method, rt.path, a.Status)
		}
	}
	if _, err := h.person("r1"); err != nil {
		t.Error("an old link has deleted somebody")
	}
	if _, err := New(Options{Settings: h.bot.Settings, Data: h.bot, Key: key[:31]}); err == nil {
		t.Error("a short key is taken")
	}
	if l := build(t, "", func(o *Options) { o.PublicURL = "" }).pages.Link("r1", h.at); l != "" {
		t.Errorf("a link without an address: %q", l)
	}
}

// The key of a store is made once.
func TestKey(t *testing.T) {
	h := build(t, "", nil)
	one, err := Key(t.Context(), h.store)
	two, err2 := Key(t.Context(), h.store)
	other, err3 := Key(t.Context(), build(t, "", nil).store)
	if errors.Join(err, err2, err3) != nil || len(one) != 32 || !bytes.Equal(one, two) || bytes.Equal(one, other) {
		t.Errorf("keys %x, %x, elsewhere %x: %v", one, two, other, errors.Join(err, err2, err3))
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// Every route has its headers, refuses other sites' forms, changes nothing on a
// GET, and keeps its page to the person of the link.
func TestEveryRoute(t *testing.T) {
	h := build(t, "", nil)
	h.resident("r1", "王阿姨", "电梯又停了")
	my, asked, met, does := h.path("r1"), h.pollPath(h.poll(nil), "r1"), h.hearingPath(h.hearing(nil), "r1"), h.activityPath(h.activity(nil), "r1")
	h.helped("r1", flows.Served{No: 7, What: "清理楼道", At: h.at, Minutes: 90, By: "chen"})
	if err := h.bot.SealDays(t.Context()); err != nil { // of yesterday, for the board
		t.Fatal(err)
	}
	code := h.code(bot.SceneBuilding("3"))
	want := map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"}
	public := map[string]bool{"/pages/{name}": true, "/deletions": true, "/hearings": true, "/hearings.ics": true, "/activities": true, "/activities.ics": true, "/board": true, "/board/{day}": true, "/wx/mine": true, "/wx/back": true}
	posts := map[string]int{"/my/{token}/ask": 403, "/poll/{token}/paper": 403, "/hearing/{token}/door": 403, "/hearing/{token}/signin": 403, "/activity/{token}/door": 403, // not for a resident
		"/wx/back": 403} // nobody went
	check := func(what string, a answer) {
		for k, v := range want {
			if k == "Cache-Control" && strings.HasPrefix(what, "GET /pages/") {
				v = "no-cache"
			}
			if k == "Cache-Control" && strings.HasPrefix(a.Header.Get("Content-Type"), "text/calendar") {
				v = "private, no-cache"
			}
			if got := a.Header.Get(k); got != v {
				t.Errorf("%s: %s is %q", what, k, got)
			}
		}
	}
	for _, rt := range h.pages.routes() {
		what := rt.method + " " + rt.path
		path := strings.NewReplacer("/my/{token}", my, "/poll/{token}", asked, "/hearing/{token}", met, "/activity/{token}", does, "/r/{code}", code, "{picture}", "page.png", "{name}", "page.css", "{day}", "2026-03-10").Replace(rt.path)
		if (strings.Contains(rt.path, "{token}") || strings.Contains(rt.path, "{code}")) == public[rt.path] {
			t.Errorf("%s is for everybody or for one, and not listed so", what)
		}
		if !public[rt.path] {
			bad := h.ask(rt.method, strings.NewReplacer(my, "/my/AAAA", asked, "/poll/AAAA", met, "/hearing/AAAA", does, "/activity/AAAA", code, "/r/AAAA").Replace(path), url.Values{"sure": {"yes"}})
			if bad.Status != 404 {
				t.Errorf("%s with a wrong link: %d", what, bad.Status)
			}
			check(what, bad)
		}
		if rt.method == "GET" {
			before, _ := h.person("r1")
			a := h.ask("GET", path, nil)
			if status := cmp.Or(posts[rt.path], 200); a.Status != status {
				t.Errorf("%s: %d", what, a.Status)
			}
			check(what, a)
			if after, err := h.person("r1"); err != nil || after.Name != before.Name || !after.Consent.Equal(before.Consent) {
				t.Errorf("%s changes something", what)
			}
			continue
		}
		for _, head := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://elsewhere.example"}} {
			a := h.ask("POST", path, url.Values{"sure": {"yes"}, "name": {"别的名字"}}, head...)
			if a.Status != 403 {
				t.Errorf("%s from another site: %d", what, a.Status)
			}
			check(what, a)
		}
		if p, err := h.person("r1"); err != nil || p.Name != "王阿姨" || p.Consent.IsZero() {
			t.Errorf("%s from another site has changed something", what)
		}
	}
	if a := h.ask("POST", my+"/correct", url.Values{"name": {strings.Repeat("长", 40000)}}); a.Status != 413 {
		t.Errorf("a form of 360 kB: %d", a.Status)
	}
}

var element = regexp.MustCompile(`<(/?[a-zA-Z!][^\s>/]*)`)

// noMarkup says that pages have the same elements whatever is written into them.
func noMarkup(t *testing.T, shape func(string) map[string]string, hostile ...string) {
	t.Helper()
	elements := func(page string) string {
		var all []string
		for _, m := range element.FindAllStringSubmatch(page, -1) {
			all = append(all, m[1])
		}
		return strings.Join(all, " ")
	}
	plain := shape("字")
	for _, s := range hostile {
		for name, page := range shape(s) {
			if got, want := elements(page), elements(plain[name]); got != want {
				t.Errorf("%s with %q has\n%s\nnot\n%s", name, s, got, want)
			}
		}
	}
}

// Nothing becomes markup, whoever wrote it.
func TestNothingBecomesMarkup(t *testing.T) {
	shape := func(s string) map[string]string {
		h := build(t, "", func(o *Options) {
			o.Deletions = func(context.Context) ([]bot.Deletion, error) {
				return []bot.Deletion{{Day: s, Class: s, Why: s, N: 1}}, nil
			}
			o.Data = fixed{bot.Mine{Person: "r1", Name: s, Lang: s, Home: flows.Place{Building: "3", Unit: s, Room: s}, Consent: o.Now(), Addresses: []string{s},
				Cases: []bot.MyCase{{ID: "1", No: 1, Part: s, Stage: s, Item: s, Place: flows.Place{Building: "3", Unit: s, Room: s}, Opened: o.Now(), Said: s, Media: 1, Line: s, Forget: o.Now()}}, Until: o.Now()}}
		})
		my := h.path("r1")
		return map[string]string{"mine": h.page(my), "delete": h.page(my + "/delete"), "deletions": h.page("/deletions"),
			"wrong": h.ask("GET", "/my/"+url.PathEscape(s), nil).Body, "correct": h.ask("POST", my+"/correct", url.Values{"name": {"好"}}).Body}
	}
	noMarkup(t, shape, `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, `</option></select><script>`, `{{.}}`, "\u202e<b>", `<!--`, `javascript:alert(1)`)
}

// fixed is the data of one person that does not change.
type fixed struct{ m bot.Mine }

func (f fixed) Mine(context.Context, flows.PersonID) (bot.Mine, error)        { return f.m, nil }
func (f fixed) Correct(context.Context, flows.PersonID, bot.Correction) error { return nil }
func (f fixed) Withdraw(context.Context, flows.PersonID) error                { return nil }

// Who holds a post does not change their name here, and keeps the post.
func TestPosts(t *testing.T) {
	h := build(t, "", nil)
	h.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "li", Name: "李网格", Addresses: []string{"telegram:1"}})
	})
	my := h.path("li")
	page := h.page(my)
	h.has(page, "网格员", "职务由居委会写在名册里")
	if strings.Contains(page, `name="name"`) {
		t.Error("the name of an official can be changed")
	}
	if a := h.ask("POST", my+"/correct", url.Values{"name": {"李四"}}); a.Status != 403 {
		t.Errorf("%d", a.Status)
	}
	h.has(h.page(my+"/delete"), "职务和您经办的记录属于居委会")
}

// Withdrawing when there is nothing to be told of deletes, and says so.
func TestWithdrawWithoutCases(t *testing.T) {
	h := build(t, "", nil)
	h.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "r1", Name: "王阿姨", Consent: h.at, Addresses: []string{"telegram:1"}})
	})
	my := h.path("r1")
	h.has(h.page(my), "您的资料会一起删除")
	h.has(h.ask("POST", my+"/withdraw", nil).Body, "您的资料已删除")
}
