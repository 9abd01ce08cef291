package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot/bottest"
	kf "linli/bot/kefu/fake"
	oa "linli/bot/official/fake"
	"linli/bot/webchat"
	"linli/flows"
	"linli/storage"
)

// platforms are both of WeChat, and a configuration of a community on them.
type platforms struct {
	oa   *oa.Server
	kf   *kf.Server
	path string
}

// onWeChat gives a configuration with a public account and a customer service; change may
// alter its text.
func onWeChat(t *testing.T, change func(string) string) *platforms {
	t.Helper()
	p := &platforms{oa: oa.New(), kf: kf.New()}
	t.Cleanup(p.oa.Close)
	t.Cleanup(p.kf.Close)
	text := fmt.Sprintf(`public_url: https://linli.example.org
official:
  app_id: %s
  secret: %s
  token: %s
  aes_key: %s
  api_url: %s
  menu: true
  oauth: true
  share: true
kefu:
  corp_id: %s
  secret: %s
  token: %s
  aes_key: %s
  account: %s
  api_url: %s
`, oa.AppID, oa.Secret, oa.Token, oa.AESKey, p.oa.Start(), kf.CorpID, kf.Secret, kf.Token, kf.AESKey, kf.Account, p.kf.Start())
	p.path = configured(t, []string{"dongqu"}, func(s string) string {
		if s += text; change != nil {
			s = change(s)
		}
		return s
	})
	return p
}

// hooks lets both platforms call a running Linli.
func (p *platforms) hooks(base string) {
	p.oa.HookURL = base + "/hook/official"
	p.kf.Hook(base + "/hook/kefu")
}

// linked is what "linli links" prints, as a table.
func linked(t *testing.T, path string) (rows map[string][]string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = run(t.Context(), []string{"links", "--config", path}, &out, &out)
	rows = map[string][]string{}
	for line := range strings.Lines(out.String()) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		rows[cells[0]] = cells[1:]
	}
	return rows, err
}

// Codes of a building lead from both platforms into its conversation, and what is said there
// is answered there. A restart asks for no new token, and not again for what was given.
func TestWeChatInAHouse(t *testing.T) {
	p := onWeChat(t, nil)
	in := opens(t, p.path)
	base, stop := running(t, in)
	p.hooks(base)
	until(t, "no menu", func() bool { _, n := p.oa.Menu(); return n == 1 })

	rows, err := linked(t, p.path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows["楼或群"], []string{"报修页", "要打印的码", "微信客服", "公众号二维码图片"}) || len(rows) != 1+13+2 {
		t.Fatalf("%q", rows)
	}
	row := rows["3号楼"]
	if !strings.HasPrefix(row[0], "https://linli.example.org/r/") || row[1] != row[0]+"/paper" || !strings.HasPrefix(row[2], "https://work.weixin.qq.com/") || !strings.HasPrefix(row[3], "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=") {
		t.Fatalf("%q", row)
	}
	h := in.houses[0]
	post, err := h.signpost(t.Context(), "b-3")
	if err != nil || post.Kefu != row[2] || post.Picture != row[3] {
		t.Fatalf("%+v %v", post, err)
	}

	wang := p.oa.AddUser()
	if err := wang.Scan(post.Follow); err != nil {
		t.Fatal(err)
	}
	hears := func(what string, texts func() []string) {
		t.Helper()
		until(t, what+" was not heard", func() bool {
			return slices.ContainsFunc(texts(), func(s string) bool { return strings.Contains(s, what) })
		})
	}
	official := func() (all []string) {
		for _, m := range wang.Shown() {
			all = append(all, m.Text)
		}
		return all
	}
	hears("您扫的是3号楼的码", official)
	wang.Say("2单元电梯停了")
	hears("要登记吗", official)
	zhang := p.kf.AddPerson()
	if err := zhang.EnterBy(post.Kefu); err != nil {
		t.Fatal(err)
	}
	zhang.Say("1单元下水道堵了")
	hears("要登记吗", func() (all []string) {
		for _, m := range zhang.Shown() {
			all = append(all, m.Text)
		}
		return all
	})
	err = h.store.View(t.Context(), func(tx storage.Tx) error {
		list, err := tx.Cases(10, func(c flows.Case) bool { return c.Stage == "offered" })
		if len(list) != 2 || list[0].Place.Building != "3" || list[1].Place.Building != "3" {
			t.Errorf("offered %+v", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	tokens, qrs, ways := p.oa.Asked(), len(p.oa.Calls("/cgi-bin/qrcode/create")), len(p.kf.Calls("add_contact_way"))
	if tokens != 1 || p.kf.Tokens() != 1 || qrs != 15 || ways != 15 {
		t.Errorf("%d and %d tokens, %d codes, %d links", tokens, p.kf.Tokens(), qrs, ways)
	}
	if err := errors.Join(stop(), in.close()); err != nil {
		t.Fatal(err)
	}
	again, err := linked(t, p.path) // not running
	if err != nil || !slices.Equal(again["3号楼"], row) {
		t.Errorf("%q %v", again["3号楼"], err)
	}
	in = opens(t, p.path)
	base, _ = running(t, in)
	p.hooks(base)
	before := len(wang.Shown())
	wang.Say("还有楼道灯也坏了")
	until(t, "not heard after the restart", func() bool { return len(wang.Shown()) > before })
	if p.oa.Asked() != tokens || p.kf.Tokens() != 1 || len(p.oa.Calls("/cgi-bin/qrcode/create")) != qrs || len(p.kf.Calls("add_contact_way")) != ways {
		t.Error("the restart has asked for something again")
	}
	if _, n := p.oa.Menu(); n != 1 {
		t.Error("the menu was put up again")
	}
}

// A platform that gives nothing hides nothing of the rest, and what to do is said; what was
// given is not asked for again.
func TestLinksOfAPlatformThatRefuses(t *testing.T) {
	p := onWeChat(t, nil)
	p.oa.Barred = "203.0.113.9"
	in := opens(t, p.path)
	if err := in.close(); err != nil {
		t.Fatal(err)
	}
	rows, err := linked(t, p.path)
	if err == nil || strings.Count(err.Error(), "203.0.113.9") == 0 || strings.Contains(err.Error(), oa.Secret) {
		t.Fatalf("%v", err)
	}
	if n := strings.Count(err.Error(), "公众号没有给二维码"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
	if row := rows["3号楼"]; len(row) != 4 || row[2] == "" || row[3] != "" {
		t.Errorf("%q", row)
	}
	p.oa.Barred = ""
	rows, err = linked(t, p.path)
	if row := rows["3号楼"]; err != nil || row[3] == "" {
		t.Errorf("%q %v", row, err)
	}
	if n := len(p.kf.Calls("add_contact_way")); n != 15 {
		t.Errorf("%d links were asked for", n)
	}
}

// Without WeChat the table has the pages, and without an address it says what is missing.
func TestLinksWithoutWeChat(t *testing.T) {
	path := configured(t, []string{"dongqu", "xiqu"}, func(s string) string { return s + "public_url: https://linli.example.org\n" })
	in := opens(t, path)
	if err := in.close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"links", "--config", path}, &out, &out); err == nil || !strings.Contains(err.Error(), "--community") {
		t.Error(err)
	}
	if err := run(t.Context(), []string{"links", "--config", path, "--community", "xiqu"}, &out, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "楼或群\t报修页\t要打印的码\n1号楼\thttps://linli.example.org/c/xiqu/r/") {
		t.Error(out.String())
	}
	bare := configured(t, []string{"dongqu"}, nil)
	if err := opens(t, bare).close(); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"links", "--config", bare}, &out, &out); err == nil || !strings.Contains(err.Error(), "没有写 public_url") {
		t.Error(err)
	}
	if err := run(t.Context(), []string{"links", "--config", bare, "more"}, &out, &out); err == nil {
		t.Error("an argument that nobody knows")
	}
}

const weChatAgent = "Mozilla/5.0 Chrome/116.0 Mobile MicroMessenger/8.0.56"

// inWeChat is a request in WeChat with the cookies of a phone.
func inWeChat(t *testing.T, method, address string, cookies map[string]string, form url.Values) (int, string, http.Header) {
	t.Helper()
	kind := "application/x-www-form-urlencoded"
	if form == nil {
		kind = ""
	}
	return sentInWeChat(t, method, address, cookies, kind, strings.NewReader(form.Encode()))
}

func sentInWeChat(t *testing.T, method, address string, cookies map[string]string, kind string, form io.Reader) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, form)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", weChatAgent)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for k, v := range cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	status, body, head := visits(t, "").ask(r)
	for _, c := range (&http.Response{Header: head}).Cookies() {
		if cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(cookies, c.Name)
		}
	}
	return status, body, head
}

var formField = regexp.MustCompile(`name="form" value="([0-9a-f]{32})"`)

// The page behind a code, opened in WeChat: the account is asked for once, the words are filed
// as that account's, and the answer comes into the public account. In another browser the same
// page leads into the web chat.
func TestReportPageOfAHouse(t *testing.T) {
	p := onWeChat(t, nil)
	in := opens(t, p.path)
	base, _ := running(t, in)
	p.hooks(base)
	rows, err := linked(t, p.path)
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(rows["3号楼"][0], "https://linli.example.org")
	wang, cookies := p.oa.Follower(), map[string]string{}
	wang.Say("你好") // the window is open

	n, body, head := inWeChat(t, "GET", base+path, cookies, nil)
	u, err := url.Parse(head.Get("Location"))
	if n != http.StatusSeeOther || err != nil || u.Host != "open.weixin.qq.com" {
		t.Fatalf("%d %s %s", n, u, body)
	}
	if q := u.Query(); q.Get("redirect_uri") != "https://linli.example.org/wx/back" || q.Get("scope") != "snsapi_base" || q.Get("appid") != oa.AppID {
		t.Errorf("%s", u)
	}
	n, body, head = inWeChat(t, "GET", base+"/wx/back?code="+wang.Code()+"&state="+u.Query().Get("state"), cookies, nil)
	if n != http.StatusSeeOther || head.Get("Location") != path {
		t.Fatalf("%d %s %s", n, head.Get("Location"), body)
	}
	n, body, head = inWeChat(t, "GET", base+path, cookies, nil)
	form := formField.FindStringSubmatch(body)
	if n != http.StatusOK || form == nil || !strings.Contains(body, "jweixin") || !strings.Contains(head.Get("Content-Security-Policy"), "res.wx.qq.com") || !strings.Contains(body, "/official.png") || !strings.Contains(body, "/kefu.png") {
		t.Fatalf("%d %s", n, body)
	}
	var sheet bytes.Buffer
	taken, bare := bottest.Snapshot()
	fields := multipart.NewWriter(&sheet)
	for _, x := range [][2]string{{"form", form[1]}, {"text", "电梯停了"}, {"unit", "2"}, {"name", "王阿姨"}} {
		_ = fields.WriteField(x[0], x[1])
	}
	file := must[io.Writer](t)(fields.CreateFormFile("photo", "IMG_0001.jpg"))
	_, _ = file.Write(taken)
	_ = fields.Close()
	n, body, head = sentInWeChat(t, "POST", base+path, cookies, fields.FormDataContentType(), &sheet)
	if n != http.StatusSeeOther {
		t.Fatalf("%d %s", n, body)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(p.path), "data", "*", "media", "*", "*"))
	if err != nil || len(files) != 1 || !bytes.Equal(must[[]byte](t)(os.ReadFile(files[0])), bare) {
		t.Errorf("the photo is kept as %q, %v", files, err)
	}
	_, body, _ = inWeChat(t, "GET", base+head.Get("Location"), cookies, nil)
	if !strings.Contains(body, "记下了，0001号") {
		t.Error(body)
	}
	until(t, "no answer in the public account", func() bool {
		return slices.ContainsFunc(wang.Shown(), func(m oa.Message) bool { return strings.Contains(m.Text, "0001号") })
	})
	for _, m := range wang.Shown() {
		if strings.Contains(m.Text, "您扫的是") || strings.Contains(m.Text, "要登记吗") {
			t.Errorf("it was asked or greeted besides: %s", m.Text)
		}
	}
	n, _, head = inWeChat(t, "GET", base+"/wx/mine", cookies, nil)
	if n != http.StatusSeeOther || !strings.HasPrefix(head.Get("Location"), "/my/") {
		t.Fatalf("%d %s", n, head.Get("Location"))
	}
	if _, body, _ = inWeChat(t, "GET", base+head.Get("Location"), cookies, nil); !strings.Contains(body, "电梯停了") {
		t.Error(body)
	}

	// A snapshot of the page is nobody's: the page goes on without an account.
	guest := p.oa.AddUser()
	guest.Snapshot = true
	other := map[string]string{}
	_, _, head = inWeChat(t, "GET", base+path, other, nil)
	u, _ = url.Parse(head.Get("Location"))
	_, _, head = inWeChat(t, "GET", base+"/wx/back?code="+guest.Code()+"&state="+u.Query().Get("state"), other, nil)
	_, body, _ = inWeChat(t, "GET", base+head.Get("Location"), other, nil)
	if !strings.Contains(body, `action="/chat/report"`) {
		t.Error(body)
	}

	zhang := visits(t, base)
	_, body, _ = zhang.get(path)
	form = formField.FindStringSubmatch(body)
	if form == nil {
		t.Fatal(body)
	}
	n, body, head = zhang.post("/chat/report", "code", strings.TrimPrefix(path, "/r/"), "form", form[1], "text", "1单元下水道堵了")
	if n != http.StatusSeeOther || head.Get("Location") != "/chat/" {
		t.Fatalf("%d %s", n, body)
	}
	_, body, _ = zhang.get("/chat/")
	m := regexp.MustCompile(`data-member="([0-9a-f]+)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no session\n%s", body)
	}
	until(t, "no offer in the web chat", func() bool {
		lines, err := in.houses[0].web.History("m/" + m[1])
		if err != nil {
			t.Fatal(err)
		}
		return len(lines) > 1 && slices.ContainsFunc(lines, func(l webchat.Line) bool { return strings.Contains(l.Text, "要登记吗") })
	})
}

// A notice may lie for days: what it links to must not be a link that is good for an hour.
func TestLinkOfANotice(t *testing.T) {
	for _, oauth := range []bool{true, false} {
		p := onWeChat(t, func(s string) string { return strings.Replace(s, "oauth: true", fmt.Sprintf("oauth: %v", oauth), 1) })
		in := opens(t, p.path)
		c, files, err := load(p.path)
		if err != nil {
			t.Fatal(err)
		}
		link := in.houses[0].link(c.plans(files, time.Now)[0], "mine", "r1", "later")
		if oauth != (link == "https://linli.example.org/wx/mine") || !strings.HasPrefix(link, "https://linli.example.org/") {
			t.Errorf("oauth %v: %s", oauth, link)
		}
		if now := in.houses[0].link(c.plans(files, time.Now)[0], "mine", "r1", ""); !strings.HasPrefix(now, "https://linli.example.org/my/") {
			t.Errorf("oauth %v: %s", oauth, now)
		}
	}
}

// What the lanes keep is there after a restart, not after its time, and not for ever.
func TestDrawer(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	h := in.houses[0]
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	h.now = func() time.Time { return now }
	d, ctx := (*drawer)(h), t.Context()
	save := func(name, value string, until time.Time) {
		t.Helper()
		if err := d.Save(ctx, name, []byte(value), until); err != nil {
			t.Fatal(err)
		}
	}
	has := func(name, want string) {
		t.Helper()
		if got, err := d.Load(ctx, name); err != nil || string(got) != want {
			t.Errorf("%s is %q %v, want %q", name, got, err, want)
		}
	}
	has("none", "")
	save("token", "a", now.Add(time.Hour))
	save("cursor", "c1", now.AddDate(1, 0, 0))
	save("cursor", "c2", now.AddDate(1, 0, 0))
	save("gone", "x", now.AddDate(1, 0, 0))
	if err := d.Save(ctx, "gone", nil, now); err != nil {
		t.Fatal(err)
	}
	has("token", "a")
	has("cursor", "c2")
	has("gone", "")
	now = now.Add(time.Hour)
	has("token", "")
	if err := d.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	err := h.store.View(ctx, func(tx storage.Tx) error {
		all, err := tx.Keys(drawerKey)
		if len(all) != 1 {
			t.Errorf("%d are kept", len(all))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	has("cursor", "c2")
}

// Everything the menu of the public account says is answered, and its pages are there.
func TestOfficialMenu(t *testing.T) {
	p := onWeChat(t, nil)
	in := opens(t, p.path)
	base, _ := running(t, in)
	p.hooks(base)
	n := 0
	for _, oauth := range []bool{true, false} {
		wang := p.oa.Follower() // a second tap within a second would be the first one, brought again
		for _, item := range officialMenu("https://linli.example.org", "", oauth) {
			for _, x := range append(item.Items, item) {
				switch {
				case x.Key != "":
					before := len(wang.Shown())
					wang.Tap(x.Key)
					until(t, x.Key+" is not answered", func() bool { return len(wang.Shown()) > before })
				case x.URL != "":
					if status, body, _ := visits(t, base).get(strings.TrimPrefix(x.URL, "https://linli.example.org")); status != http.StatusOK {
						t.Errorf("%s: %d %s", x.URL, status, body)
					}
				default:
					continue
				}
				n++
			}
		}
	}
	if n < 8 {
		t.Errorf("%d entries", n)
	}
	for _, item := range officialMenu("", "", true) {
		if item.URL != "" {
			t.Error("a page without an address")
		}
	}
}
