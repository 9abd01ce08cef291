package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"linli/storage"
)

// Who opens the menu of the public account comes to their own pages, if the account is known
// as theirs, and to nobody else's.
func TestMineInWeChat(t *testing.T) {
	h, x := wechat(t, "", nil)
	h.resident("r1", "王阿姨", "电梯又停了")
	h.resident("r2", "别人", "别人的话")
	h.update(func(tx storage.Tx) error {
		p, err := tx.Person("r1")
		p.Addresses = append(p.Addresses, "official:oWANG")
		return errors.Join(err, tx.PutPerson(p))
	})
	wang := h.phone(inside)
	a := wang.goes(x, "/wx/mine", "oWANG")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/my/") {
		t.Fatalf("%d %s", a.Status, a.Header.Get("Location"))
	}
	page := wang.ask("GET", a.Header.Get("Location"), nil)
	h.has(page.Body, "王阿姨", "电梯又停了")
	if strings.Contains(page.Body, "别人") {
		t.Error("another's words")
	}
	for _, account := range []string{"oNOBODY", "r1", "oWANG2"} {
		h.has(h.phone(inside).goes(x, "/wx/mine", account).Body, "邻里还不认得您这个微信号", "绑定另一个账号")
	}
	// The account is remembered for an hour, in WeChat only.
	if a := wang.ask("GET", "/wx/mine", nil); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/my/") {
		t.Errorf("%d %s", a.Status, a.Header.Get("Location"))
	}
	outside := &phone{h, "Safari", wang.cookies}
	h.has(outside.ask("GET", "/wx/mine", nil).Body, "请在微信里打开")
	h.at = h.at.Add(time.Hour)
	if a := wang.ask("GET", "/wx/mine", nil); !strings.HasPrefix(a.Header.Get("Location"), "https://open.example/") {
		t.Errorf("after an hour: %d %s", a.Status, a.Header.Get("Location"))
	}
	// An address that is theirs no more opens nothing.
	h.update(func(tx storage.Tx) error {
		p, err := tx.Person("r1")
		p.Addresses = []string{"telegram:r1"}
		return errors.Join(err, tx.PutPerson(p))
	})
	h.has(h.phone(inside).goes(x, "/wx/mine", "oWANG").Body, "邻里还不认得您")
	// Where no account tells anything, the page says where to open it.
	h.has(build(t, "", nil).page("/wx/mine"), "请在微信里打开")
}

// Only the browser that went to the platform comes back from it, once, in time, and to where
// it was going.
func TestWayToThePlatform(t *testing.T) {
	h, x := wechat(t, "/c/x", nil)
	goes := func(p *phone) (state string) {
		t.Helper()
		a := p.ask("GET", "/c/x/wx/mine", nil)
		u, _ := url.Parse(a.Header.Get("Location"))
		state = u.Query().Get("state")
		if len(state) != 32 || strings.Trim(state, "0123456789abcdef") != "" || u.Query().Get("redirect_uri") != "https://linli.example/c/x/wx/back" {
			t.Fatalf("%s", u)
		}
		return state
	}
	comes := func(p *phone, state string) answer {
		t.Helper()
		x.codes["c"] = "oWANG"
		a := p.ask("GET", "/c/x/wx/back?code=c&state="+url.QueryEscape(state), nil)
		if a.Status != http.StatusSeeOther {
			if a.Status != http.StatusForbidden || !strings.Contains(a.Body, "没有从微信回到这里") {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			if _, ok := p.cookies[knownName]; ok {
				t.Error("it is known all the same")
			}
		}
		return a
	}
	refused := func(what string, a answer) {
		t.Helper()
		if a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", what, a.Status)
		}
	}
	p := h.phone(inside)
	refused("who never went", comes(p, strings.Repeat("0", 32)))
	state := goes(p)
	refused("another browser", comes(h.phone(inside), state))
	other := h.phone(inside)
	refused("somebody else's state", comes(p, goes(other)))
	refused("the right state, after a wrong one", comes(p, state))

	state = goes(p)
	way := p.cookies[passName]
	if a := comes(p, state); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/c/x/wx/mine" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if _, ok := p.cookies[passName]; ok {
		t.Error("the cookie of the way is still there")
	}
	again := h.phone(inside)
	again.cookies[passName] = way
	refused("a second time", comes(again, state))

	p = h.phone(inside)
	state = goes(p)
	h.at = h.at.Add(passFor)
	refused("too late", comes(p, state))

	p = h.phone(inside)
	state = goes(p)
	p.cookies[passName] = p.cookies[passName][:20] + "A" + p.cookies[passName][21:]
	refused("a cookie that nobody signed", comes(p, state))
	p.cookies[passName] = h.pages.seal(knowns, "oWANG", "/wx/mine", h.at.Add(time.Hour))
	refused("a cookie of another kind", comes(p, "oWANG"))

	// The platform says no, or nothing.
	x.codes[strings.Repeat("c", 513)] = "oWANG"
	for _, query := range []string{"", "&code=", "&code=unknown", "&code=" + strings.Repeat("c", 513)} {
		p = h.phone(inside)
		state = goes(p)
		a := p.ask("GET", "/c/x/wx/back?state="+state+query, nil)
		if a.Status != http.StatusBadGateway || !strings.Contains(a.Body, "微信没有告诉我们") || p.cookies[knownName] != "" {
			t.Errorf("%q: %d", query, a.Status)
		}
	}
	seen := map[string]bool{}
	for _, s := range x.asked {
		if seen[s] {
			t.Error("a state was used twice")
		}
		seen[s] = true
	}
}

// What was used is remembered no longer than it could be used again.
func TestOnceIsForgotten(t *testing.T) {
	var o once
	at := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	for range 1000 {
		at = at.Add(time.Second)
		if !o.first(at.String(), at) || o.first(at.String(), at) {
			t.Fatal("not once")
		}
	}
	if len(o.used) > int(passFor/time.Second)+2 {
		t.Errorf("%d are remembered", len(o.used))
	}
}
