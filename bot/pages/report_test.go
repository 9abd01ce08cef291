package pages

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// phone is a browser in WeChat, or none, with its cookies.
type phone struct {
	h       *house
	agent   string
	cookies map[string]string
}

const inside = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.56.2800"

func (h *house) phone(agent string) *phone { return &phone{h, agent, map[string]string{}} }

func (p *phone) ask(method, path string, form url.Values) answer {
	p.h.t.Helper()
	var all []string
	for k, v := range p.cookies {
		all = append(all, k+"="+v)
	}
	http.DefaultClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { http.DefaultClient.CheckRedirect = nil }()
	a := p.h.ask(method, path, form, "User-Agent", p.agent, "Cookie", strings.Join(all, "; "))
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		p.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(p.cookies, c.Name)
		}
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
			p.h.t.Errorf("the cookie is %+v", c)
		}
	}
	return a
}

// wx is the platform as a page sees it: an account for each code.
type wx struct {
	codes map[string]string
	asked []string // states
	down  error
}

func (x *wx) oauth() *OAuth {
	return &OAuth{Channel: "official",
		URL: func(redirect, state string) string {
			x.asked = append(x.asked, state)
			return "https://open.example/authorize?" + url.Values{"redirect_uri": {redirect}, "state": {state}}.Encode()
		},
		Who: func(_ context.Context, code string) (string, error) {
			if x.down != nil {
				return "", x.down
			}
			account, ok := x.codes[code]
			if !ok {
				return "", errors.New("invalid code")
			}
			delete(x.codes, code) // good once
			return account, nil
		}}
}

// wechat is a community whose pages are opened in WeChat.
func wechat(t *testing.T, base string, change func(*Options)) (*house, *wx) {
	t.Helper()
	x := &wx{codes: map[string]string{}}
	return build(t, base, func(o *Options) {
		o.OAuth, o.Report = x.oauth(), "/chat/report"
		if change != nil {
			change(o)
		}
	}), x
}

// goes opens a page as the owner of an account and follows the way to the platform and back.
func (p *phone) goes(x *wx, path, account string) answer {
	p.h.t.Helper()
	a := p.ask("GET", path, nil)
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "https://open.example/") {
		p.h.t.Fatalf("%s: %d %s", path, a.Status, a.Header.Get("Location"))
	}
	u, _ := url.Parse(a.Header.Get("Location"))
	back, _ := url.Parse(u.Query().Get("redirect_uri"))
	if back.Scheme+"://"+back.Host != "https://linli.example" {
		p.h.t.Fatalf("it comes back to %s", back)
	}
	code := "code-" + account
	x.codes[code] = account
	a = p.ask("GET", back.Path+"?code="+code+"&state="+u.Query().Get("state"), nil)
	if a.Status != http.StatusSeeOther {
		p.h.t.Fatalf("back: %d %s", a.Status, a.Body)
	}
	return p.ask("GET", a.Header.Get("Location"), nil)
}

var formForm = regexp.MustCompile(`name="form" value="([0-9a-f]{32})"`)

func (h *house) form(page string) string {
	h.t.Helper()
	m := formForm.FindStringSubmatch(page)
	if m == nil {
		h.t.Fatalf("no form on the page\n%s", page)
	}
	return m[1]
}

func (h *house) code(scene string) string {
	h.t.Helper()
	u, err := url.Parse(h.pages.ReportLink(scene))
	if err != nil || u.Host != "linli.example" {
		h.t.Fatalf("the link is %v %v", u, err)
	}
	return u.Path
}

// filed are the cases with a number.
func (h *house) filed() (list []flows.Case) {
	h.t.Helper()
	err := h.store.View(h.t.Context(), func(tx storage.Tx) (err error) {
		list, err = tx.Cases(100, func(c flows.Case) bool { return c.Numbered })
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// Who opens the code of a building in WeChat writes a line, and it is filed there as theirs:
// the button is the consent.
func TestReportInWeChat(t *testing.T) {
	for _, base := range []string{"", "/c/x"} {
		h, x := wechat(t, base, nil)
		p := h.phone(inside)
		path := h.code(bot.SceneBuilding("3"))
		if !strings.HasPrefix(path, base+"/r/") {
			t.Fatalf("the link is %s", path)
		}
		page := p.goes(x, path, "oABC")
		h.has(page.Body, "报修、反映问题", "3号楼", "2单元", "火警119", "0471-0000000", "点“登记”就是同意", `action="`+path+`" autocomplete="off" class="upright" enctype="multipart/form-data"`)
		if !strings.Contains(page.Body, `type="file"`) || strings.Contains(page.Body, "oABC") {
			t.Error(page.Body)
		}
		form := h.form(page.Body)
		for range 2 { // a form sent twice is one report
			a := p.ask("POST", path, url.Values{"form": {form}, "text": {"电梯停了，老人下不了楼"}, "unit": {"2"}, "name": {"王阿姨"}})
			if a.Status != http.StatusSeeOther {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			done := p.ask("GET", a.Header.Get("Location"), nil)
			h.has(done.Body, "记下了，0001号", base+"/wx/mine", "火警119")
		}
		list := h.filed()
		var of []flows.Case
		for _, c := range list {
			if c.Flow == "demand" {
				of = append(of, c)
			}
		}
		if len(of) != 1 || of[0].Place.Building != "3" || of[0].Place.Unit != "2" {
			t.Fatalf("filed %+v", of)
		}
		err := h.store.View(t.Context(), func(tx storage.Tx) error {
			who, err := tx.PersonAt("official:oABC")
			if err == nil && (who.Consent.IsZero() || who.Name != "王阿姨") {
				t.Errorf("the reporter is %+v", who)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// What they see of it is theirs, by the same way.
		mine := p.ask("GET", base+"/wx/mine", nil)
		h.has(p.ask("GET", mine.Header.Get("Location"), nil).Body, "电梯停了，老人下不了楼", "王阿姨", "公众号")
	}
}

// A resident of another building who writes at this code writes of this building.
func TestReportIsOfTheCodesBuilding(t *testing.T) {
	h, x := wechat(t, "", nil)
	h.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "r1", Name: "王阿姨", Home: flows.Place{Building: "5", Unit: "1", Room: "101"}, Consent: h.at, Addresses: []string{"official:oABC"}, Reach: []string{"official:oABC"}})
	})
	p := h.phone(inside)
	for i, scene := range []string{bot.SceneBuilding("3"), bot.SceneGroup("b3")} {
		path := h.code(scene)
		page := p.ask("GET", path, nil)
		if i == 0 {
			page = p.goes(x, path, "oABC")
		}
		a := p.ask("POST", path, url.Values{"form": {h.form(page.Body)}, "text": {[]string{"电梯停了", "楼道灯坏了"}[i]}, "unit": {"2"}})
		if a.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	n := 0
	for _, c := range h.filed() {
		if c.Flow == "demand" {
			n++
			if c.Place.Building != "3" {
				t.Errorf("%s is at %+v", c.Item, c.Place)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d were filed", n)
	}
}

// What cannot be taken says why, and the words are still there; nothing is lost without a
// word.
func TestReportSaysWhatIsWrong(t *testing.T) {
	h, x := wechat(t, "", nil)
	p := h.phone(inside)
	path := h.code(bot.SceneBuilding("3"))
	form := h.form(p.goes(x, path, "oABC").Body)
	try := func(status int, want string, v url.Values) {
		t.Helper()
		if !v.Has("form") {
			v.Set("form", form)
		}
		a := p.ask("POST", path, v)
		if a.Status != status || !strings.Contains(a.Body, want) {
			t.Errorf("%v: %d\n%s", v, a.Status, a.Body)
		}
		if text := v.Get("text"); status == 400 && v.Get("form") == form && !strings.Contains(a.Body, ">"+text+"</textarea>") {
			t.Errorf("the words are gone\n%s", a.Body)
		}
	}
	try(400, "还没有写是什么事", url.Values{"text": {""}})
	try(400, "最多2000个字", url.Values{"text": {strings.Repeat("长", 2001)}})
	try(400, "称呼最多60个字", url.Values{"text": {"电梯停了"}, "name": {strings.Repeat("长", 61)}})
	try(400, "没有改成", url.Values{"text": {"电梯停了"}, "form": {"x"}})
	form = h.form(p.ask("GET", path, nil).Body)
	try(400, "没有听出来是什么事", url.Values{"text": {"今天天气真好呀"}})
	for range 30 {
		form = h.form(p.ask("GET", path, nil).Body)
		p.ask("POST", path, url.Values{"form": {form}, "text": {"今天天气真好呀"}})
	}
	form = h.form(p.ask("GET", path, nil).Body)
	try(400, "一小时内交得太多", url.Values{"text": {"电梯停了"}})
	h.at = h.at.Add(time.Hour + time.Minute)
	try(400, "您写的话还在，请再点一次", url.Values{"text": {"电梯停了"}})
	if n := len(h.filed()); n != 0 {
		t.Errorf("%d were filed", n)
	}
}

// Danger is said aloud on the page, with whom to call.
func TestReportOfADanger(t *testing.T) {
	h, x := wechat(t, "", nil)
	p := h.phone(inside)
	path := h.code(bot.SceneGroup("b3"))
	form := h.form(p.goes(x, path, "oABC").Body)
	a := p.ask("POST", path, url.Values{"form": {form}, "text": {"楼道里一股煤气味，呛人"}})
	h.has(p.ask("GET", a.Header.Get("Location"), nil).Body, "正在找值班员", "燃气抢修0471-0000000")
	if list := h.filed(); len(list) == 0 {
		t.Error("nothing was filed")
	}
}

// Without an account the words go to the web chat; without that the page says how Linli is
// reached. WeCom's browser and a plain one know nobody.
func TestReportWithoutAnAccount(t *testing.T) {
	h, x := wechat(t, "", func(o *Options) {
		o.Ways = func(_ context.Context, scene string) ([]Way, error) {
			return []Way{{Channel: "official", URL: "http://weixin.qq.com/q/" + scene}, {Channel: "kefu", URL: "https://work.weixin.qq.com/kfid/kf1?scene=" + scene, Tap: true}}, nil
		}
	})
	path := h.code(bot.SceneBuilding("3"))
	for _, agent := range []string{"Mozilla/5.0 Safari/605", inside + " wxwork/4.1.30"} {
		page := h.phone(agent).ask("GET", path, nil)
		h.has(page.Body, `action="/chat/report"`, `type="file"`, `name="code" value="`+strings.TrimPrefix(path, "/r/")+`"`, "点了才留", path+"/official.png", path+"/kefu.png", `href="https://work.weixin.qq.com/kfid/kf1?scene=b-3"`)
	}
	if len(x.asked) > 0 {
		t.Error("somebody was sent to the platform")
	}
	// The platform does not say who it is: the report goes on without.
	p := h.phone(inside)
	x.down = errors.New("the platform is down")
	a := p.ask("GET", path, nil)
	u, _ := url.Parse(a.Header.Get("Location"))
	a = p.ask("GET", "/wx/back?code=c&state="+u.Query().Get("state"), nil)
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != path+"?without=1" {
		t.Fatalf("%d %s", a.Status, a.Header.Get("Location"))
	}
	h.has(p.ask("GET", path+"?without=1", nil).Body, `action="/chat/report"`)

	// Pictures are squares that a telephone reads, of these ways and no others.
	for name, status := range map[string]int{"official.png": 200, "kefu.png": 200, "page.png": 200, "telegram.png": 404, "kefu": 404, "..": 404} {
		a := h.phone("").ask("GET", path+"/"+url.PathEscape(name), nil)
		if a.Status != status && !(name == ".." && a.Status >= 300) {
			t.Errorf("%s: %d", name, a.Status)
		}
		if status == 200 {
			if _, err := png.Decode(strings.NewReader(a.Body)); err != nil || a.Header.Get("Content-Type") != "image/png" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	bare, _ := wechat(t, "", func(o *Options) { o.OAuth, o.Report = nil, "" })
	page := bare.phone(inside).ask("GET", bare.code(bot.SceneBuilding("3")), nil)
	h.has(page.Body, "这个页面上现在不能直接写", "0473-0000000")
	if strings.Contains(page.Body, "<form") {
		t.Error("a form that nobody takes")
	}
}

// A code opens its place and nothing else; it has no end but that of its key, and of its
// building in the directory.
func TestReportCodes(t *testing.T) {
	h, _ := wechat(t, "", func(o *Options) { o.OAuth = nil })
	path := h.code(bot.SceneBuilding("3"))
	code := strings.TrimPrefix(path, "/r/")
	raw, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		if a := h.ask("GET", "/r/"+base64.RawURLEncoding.EncodeToString(bad), nil); a.Status != 404 || !strings.Contains(a.Body, "这个码打不开") {
			t.Fatalf("byte %d changed: %d", i, a.Status)
		}
	}
	for _, bad := range []string{"", "x", code + "A", code[:len(code)-1], strings.Repeat("A", 400)} {
		if a := h.ask("GET", "/r/"+bad, nil); a.Status != 404 {
			t.Errorf("%.20q: %d", bad, a.Status)
		}
		if _, ok := h.pages.Scene(bad); ok {
			t.Errorf("%.20q is a code", bad)
		}
	}
	if scene, ok := h.pages.Scene(code); !ok || scene != "b-3" {
		t.Error(scene, ok)
	}
	// A link of another kind is none, though it is signed with the same key; nor one for a person.
	for _, k := range []sealed{pollLinks, hearingLinks, activityLinks, passes, knowns} {
		if _, ok := h.pages.Scene(h.pages.seal(k, "b-3", "", time.Time{})); ok {
			t.Errorf("%q opens it", k.label)
		}
	}
	if _, ok := h.pages.Scene(h.pages.seal(reportLinks, "b-3", "r1", time.Time{})); ok {
		t.Error("a code that names a person")
	}
	if _, ok := h.pages.Scene(h.pages.seal(reportLinks, "b-99", "", time.Time{})); ok {
		t.Error("a building that is not there")
	}
	h.at = h.at.AddDate(5, 0, 0)
	h.page(path)
	other, _ := wechat(t, "", func(o *Options) { o.Key, o.OAuth = bytes.Repeat([]byte("o"), 32), nil })
	if a := other.ask("GET", path, nil); a.Status != 404 {
		t.Errorf("with another key: %d", a.Status)
	}
	if l := build(t, "", func(o *Options) { o.PublicURL = "" }).pages.ReportLink("b-3"); l != "" {
		t.Errorf("a link without an address: %q", l)
	}
	for _, path := range []string{path, path + "/paper"} {
		if policy := h.ask("GET", path, nil).Header.Get("Content-Security-Policy"); strings.Contains(policy, "script") {
			t.Errorf("%s: %s", path, policy)
		}
	}
	h.has(h.page(path+"/paper"), "3号楼", "扫一扫", "<svg", "https://linli.example"+path, "0473-0000000")
}

// Only a page that brings its own card runs a script, and only in WeChat.
func TestReportCard(t *testing.T) {
	signed := ""
	h, _ := wechat(t, "", func(o *Options) {
		o.OAuth = nil
		o.Card = func(_ context.Context, page string) (Card, error) {
			if signed = page; strings.Contains(page, "without") {
				return Card{}, errors.New("no ticket")
			}
			return Card{AppID: "wx1", Nonce: "n", Signature: `"><script>`, At: 7}, nil
		}
	})
	path := h.code(bot.SceneBuilding("3"))
	a := h.phone(inside).ask("GET", path+"?from=singlemessage", nil)
	h.has(a.Body, `src="https://res.wx.qq.com/open/js/jweixin-1.6.0.js"`, `src="/pages/card.js"`, `data-link="https://linli.example`+path+`"`, `data-title="3号楼报修、反映问题"`, "&#34;&gt;&lt;script&gt;")
	if signed != "https://linli.example"+path+"?from=singlemessage" {
		t.Errorf("signed is %q", signed)
	}
	if policy := a.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") || !strings.HasSuffix(policy, "; script-src 'self' https://res.wx.qq.com") {
		t.Error(policy)
	}
	for _, a := range []answer{h.phone("Safari").ask("GET", path, nil), h.phone(inside).ask("GET", path+"?without=1", nil), h.phone(inside).ask("GET", path+"/paper", nil)} {
		if a.Status != 200 || strings.Contains(a.Body, "<script") || strings.Contains(a.Header.Get("Content-Security-Policy"), "script") {
			t.Errorf("%d %s", a.Status, a.Header.Get("Content-Security-Policy"))
		}
	}
	js := h.ask("GET", "/pages/card.js", nil)
	if js.Status != 200 || js.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Error(js.Status, js.Header)
	}
}

// A report is a form of our own only.
func TestReportFromElsewhere(t *testing.T) {
	h, x := wechat(t, "", nil)
	p := h.phone(inside)
	path := h.code(bot.SceneBuilding("3"))
	form := h.form(p.goes(x, path, "oABC").Body)
	a := h.ask("POST", path, url.Values{"form": {form}, "text": {"电梯停了"}}, "User-Agent", inside, "Cookie", knownName+"="+p.cookies[knownName], "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if a.Status != http.StatusForbidden {
		t.Errorf("%d", a.Status)
	}
	// Nor of somebody else: an account that nobody signed is none.
	for _, forged := range []string{h.pages.seal(passes, "oABC", "", h.at.Add(time.Hour)), h.pages.seal(knowns, "oABC", "r1", h.at.Add(time.Hour)), "x", strconv.Itoa(1)} {
		p.cookies[knownName] = forged
		if a := p.ask("POST", path, url.Values{"form": {form}, "text": {"电梯停了"}}); a.Status != 400 || !strings.Contains(a.Body, "请再点一次") {
			t.Errorf("%q: %d", forged, a.Status)
		}
	}
	if len(h.filed()) != 0 {
		t.Error("something was filed")
	}
}
