package official

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/official/fake"
)

// A code on a staircase leads people to the account and says where it hung.
func TestQR(t *testing.T) {
	s := newStage(t)
	for _, forever := range []bool{false, true} {
		picture, link, err := s.channel.QR(t.Context(), "b-3hao", forever)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(picture)
		if err != nil || u.Host != "mp.weixin.qq.com" || !strings.HasSuffix(u.Query().Get("ticket"), "==") {
			t.Errorf("the picture is at %s", picture)
		}
		s.ears.Forget()
		person := s.server.AddUser()
		for range 2 { // the second time they follow already
			if err := person.Scan(link); err != nil {
				t.Fatal(err)
			}
		}
		for _, in := range s.ears.Wait(t, 2) {
			if in.Kind != bot.Entered || in.Scene != "b-3hao" {
				t.Errorf("heard %s with %q", in.Kind, in.Scene)
			}
		}
	}
	for _, scene := range []string{"", "a b", "3号楼", "../x", strings.Repeat("a", 65)} {
		if _, _, err := s.channel.QR(t.Context(), scene, false); !errors.As(err, new(bot.Refused)) {
			t.Errorf("the scene %q: %v", scene, err)
		}
	}
	s.server.Fail("/cgi-bin/qrcode/create", 1, fake.Refuse(48001, "api unauthorized"))
	if _, _, err := s.channel.QR(t.Context(), "b-3", true); !errors.As(err, new(bot.Halted)) {
		t.Errorf("without the right: %v", err)
	}
}

// A page learns who opened it in WeChat.
func TestWho(t *testing.T) {
	s := newStage(t)
	u := s.server.AddUser()
	u.UnionID = "o6_bmasdasdsad6_2sgVt7hMZOPfL"
	address, err := url.Parse(s.channel.AuthURL("https://linli.example/r?g=1&b=2", "abc123"))
	if err != nil {
		t.Fatal(err)
	}
	q := address.Query()
	if address.Host != "open.weixin.qq.com" || address.Fragment != "wechat_redirect" || q.Get("appid") != fake.AppID || q.Get("redirect_uri") != "https://linli.example/r?g=1&b=2" ||
		q.Get("scope") != "snsapi_base" || q.Get("state") != "abc123" || q.Get("response_type") != "code" {
		t.Errorf("people are sent to %s", address)
	}
	for _, state := range []string{"a b", "a&b=c", "#", strings.Repeat("a", 129)} {
		if got := s.channel.AuthURL("https://linli.example/", state); got != "" {
			t.Errorf("the state %q leads to %s", state, got)
		}
	}
	code := u.Code()
	openid, unionid, err := s.channel.Who(t.Context(), code)
	if err != nil || openid != u.OpenID || unionid != u.UnionID {
		t.Errorf("%q, %q, %v", openid, unionid, err)
	}
	for name, code := range map[string]string{"used": code, "made up": "0123456789abcdef", "late": u.Code()} {
		if name == "late" {
			s.now.Pass(6 * time.Minute)
		}
		if openid, _, err := s.channel.Who(t.Context(), code); err == nil || openid != "" {
			t.Errorf("a code that is %s names %q", name, openid)
		} else if strings.Contains(err.Error(), code) {
			t.Errorf("a code that is %s stands in the error", name)
		}
	}
	calls := len(s.server.Calls("/sns/oauth2/access_token"))
	for _, code := range []string{"", "a&secret=b", "a b c d e f g h", "0123456789\n", strings.Repeat("a", 513)} {
		if _, _, err := s.channel.Who(t.Context(), code); !errors.As(err, new(bot.Refused)) {
			t.Errorf("%q: %v", code, err)
		}
	}
	if n := len(s.server.Calls("/sns/oauth2/access_token")); n != calls {
		t.Errorf("the platform was asked %d times for what is no code", n-calls)
	}
	u.Snapshot = true
	if openid, _, err := s.channel.Who(t.Context(), u.Code()); !errors.Is(err, ErrGuest) || openid != "" {
		t.Errorf("a snapshot names %q, %v", openid, err)
	}
	s.server.Fail("/sns/oauth2/access_token", 1, fake.CloseBefore)
	_, _, err = s.channel.Who(t.Context(), u.Code())
	if err == nil {
		t.Error("a connection that was closed names somebody")
	}
	s.discreet(err)
}

// A page is signed as it stands in the browser, with one ticket for all.
func TestJSConfig(t *testing.T) {
	s := newStage(t)
	for range 3 {
		c, err := s.channel.JSConfig(t.Context(), "https://linli.example/r?g=1#top")
		if err != nil {
			t.Fatal(err)
		}
		var ticket string
		for _, x := range s.server.Secrets() {
			if strings.HasPrefix(x, "FAKETICKET") {
				ticket = x
			}
		}
		sum := sha1.Sum(fmt.Appendf(nil, "jsapi_ticket=%s&noncestr=%s&timestamp=%d&url=https://linli.example/r?g=1", ticket, c.Nonce, c.Timestamp))
		if c.AppID != fake.AppID || c.Nonce == "" || c.Signature != hex.EncodeToString(sum[:]) {
			t.Errorf("%+v", c)
		}
		text, _ := json.Marshal(c)
		for _, key := range []string{`"appId"`, `"timestamp"`, `"nonceStr"`, `"signature"`} {
			if !strings.Contains(string(text), key) {
				t.Errorf("wx.config would not find %s in %s", key, text)
			}
		}
	}
	if n := len(s.server.Calls("/cgi-bin/ticket/getticket")); n != 1 {
		t.Errorf("%d tickets were got", n)
	}
	if _, err := s.channel.JSConfig(t.Context(), "javascript:alert(1)"); !errors.As(err, new(bot.Refused)) {
		t.Error(err)
	}
}

// The menu is put up once, and again when it is another one.
func TestMenu(t *testing.T) {
	menu := []MenuItem{{Name: "我的事", Key: "我的事"}, {Name: "活动", Items: []MenuItem{{Name: "有什么活动", Key: "有什么活动"}, {Name: "日历", URL: "https://linli.example/calendar?a=1&b=2"}}}}
	s := newStage(t, func(o *Options, _ *fake.Server) { o.Menu = menu })
	// Run puts it up, and then only waits.
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.channel.Run(ctx) }()
	s.await("the menu", func() bool { return len(s.server.Calls("/cgi-bin/menu/create")) > 0 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	run := func(want int) {
		t.Helper()
		s.channel.setMenu(t.Context())
		if _, n := s.server.Menu(); n != want {
			t.Errorf("the menu was put up %d times, want %d", n, want)
		}
	}
	run(1)
	text, _ := s.server.Menu()
	for _, part := range []string{`"click"`, `"view"`, "https://linli.example/calendar?a=1&b=2", "我的事", "有什么活动"} {
		if !strings.Contains(text, part) {
			t.Errorf("the menu %s lacks %s", text, part)
		}
	}
	run(1)
	s.channel.options.Menu[0].Key = "我的所有事"
	run(2)

	// What stands in its way is tried again, what will always do so is not.
	var mutex = make(chan struct{}, 100)
	s.channel.pause = func(ctx context.Context, d time.Duration) error { mutex <- struct{}{}; return ctx.Err() }
	s.server.Fail("/cgi-bin/menu/get", 2, fake.Busy)
	s.server.Fail("/cgi-bin/menu/get", 1, fake.BadGateway)
	s.server.Fail("/cgi-bin/menu/create", 1, fake.Refuse(48001, "api unauthorized"))
	s.channel.options.Menu[0].Key = "我"
	run(3)
	if n := len(mutex); n != 4 {
		t.Errorf("it waited %d times", n)
	}
	s.discreet(nil)
}

// The doctor learns what is missing, and nobody sees anything of it.
func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*Options, *fake.Server)
		missing []string
		wrong   string
	}{
		"as it should be":       {},
		"no template":           {change: func(o *Options, f *fake.Server) { o.Template, f.Templates = Template{}, nil }},
		"a template of others":  {change: func(_ *Options, f *fake.Server) { f.Templates = map[string][]string{"OTHER": {"thing2"}} }, wrong: "没有编号"},
		"a field that is not":   {change: func(_ *Options, f *fake.Server) { f.Templates[form] = []string{"thing2", "time3"} }, wrong: "character_string1"},
		"a field that is empty": {change: func(_ *Options, f *fake.Server) { f.Templates[form] = append(f.Templates[form], "thing9") }, wrong: "thing9"},
		"no rights":             {change: func(_ *Options, f *fake.Server) { f.Unverified = true }, missing: []string{"客服消息", "生成带参数的二维码", "微信JS-SDK", "自定义菜单", "模板消息"}},
		"only answers":          {change: func(o *Options, f *fake.Server) { f.Unverified, o.Passive = true, true }},
	} {
		s := knocking(t, false, func(o *Options, _ *fake.Server) { o.Menu = []MenuItem{{Name: "我的事", Key: "我的事"}} })
		if test.change != nil {
			s = knocking(t, false, func(o *Options, f *fake.Server) {
				o.Menu = []MenuItem{{Name: "我的事", Key: "我的事"}}
				test.change(o, f)
			})
		}
		u := s.server.Follower()
		u.Touch()
		h, err := s.channel.Check(t.Context())
		if err != nil || len(h.Callers) != 1 || !slices.Equal(h.Missing, test.missing) || (h.Template == "") != (test.wrong == "") || !strings.Contains(h.Template, test.wrong) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
		if len(u.Shown()) > 0 {
			t.Errorf("%s: somebody was written to", name)
		}
	}
	s := knocking(t, true)
	if h, err := s.channel.Check(t.Context()); err != nil || h.Template != "" || len(h.Missing) > 0 {
		t.Errorf("订阅通知: %+v, %v", h, err)
	}
	s.server.Fail("/cgi-bin/getcallbackip", 1, fake.BadGateway)
	if _, err := s.channel.Check(t.Context()); err == nil {
		t.Error("a platform that cannot be reached is well")
	}
}
