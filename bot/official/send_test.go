package official

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/official/fake"
)

// The windows of the platform: five messages in 48 hours after somebody wrote, three in a
// minute after they tapped or scanned.
func TestWindows(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	send := func() error {
		_, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Text: "办好了"})
		s.discreet(err)
		return err
	}
	count := func() (n int) {
		t.Helper()
		for {
			if err := send(); err != nil {
				if !errors.As(err, new(bot.Closed)) {
					t.Errorf("message %d: %v, want Closed", n+1, err)
				}
				return n
			}
			n++
		}
	}
	if n := count(); n != 0 {
		t.Errorf("%d messages to somebody who has said nothing", n)
	}
	for _, test := range []struct {
		name string
		do   func()
		wait time.Duration
		want int
	}{
		{"writing", func() { u.Say("漏水") }, 0, 5},
		{"writing again", func() { u.Say("漏水"); u.Say("快点") }, 0, 5},
		{"nearly two days later", func() { u.Say("漏水") }, 48*time.Hour - time.Second, 5},
		{"two days later", func() { u.Say("漏水") }, 48 * time.Hour, 0},
		{"tapping", func() { u.Tap("我的事") }, 0, 3},
		{"a minute later", func() { u.Tap("我的事") }, time.Minute, 0},
		{"following", func() { u.Follow("") }, 0, 3},
		{"both", func() { u.Tap("我的事"); u.Say("漏水") }, 0, 8},
		{"both, a minute later", func() { u.Tap("我的事"); u.Say("漏水") }, time.Minute, 5},
	} {
		s.now.Pass(72 * time.Hour)
		test.do()
		s.quiet()
		s.now.Pass(test.wait)
		if n := count(); n != test.want {
			t.Errorf("%s: %d messages, want %d", test.name, n, test.want)
		}
	}
	// What is heard says the same.
	for _, in := range s.ears.Heard() {
		if w := in.Window; w.Messages == 5 && w.For != 48*time.Hour || w.Messages == 3 && w.For != time.Minute || w.Messages != 3 && w.Messages != 5 {
			t.Errorf("%s opens %+v", in.Kind, w)
		}
	}
	u.Unfollow()
	if err := send(); !errors.As(err, new(bot.Gone)) {
		t.Errorf("a message to who follows no longer: %v", err)
	}
}

// The token dies in the middle: one new one is got, whoever needed it, and each message is
// sent once. A restart costs none.
func TestTokenDies(t *testing.T) {
	for _, code := range []int{40001, 40014, 42001} {
		s := newStage(t, func(_ *Options, f *fake.Server) { f.Endless, f.Dead = true, code })
		var all []*fake.User
		for range 20 {
			all = append(all, s.server.Follower())
		}
		burst := func() {
			var wait sync.WaitGroup
			for i, u := range all {
				wait.Go(func() {
					if _, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Key: fmt.Sprint(i), Text: "办好了"}); err != nil {
						t.Errorf("%d: %v", code, err)
					}
				})
			}
			wait.Wait()
		}
		burst()
		if n := s.server.Asked(); n != 1 {
			t.Errorf("%d: %d tokens at the start", code, n)
		}
		s.now.Pass(time.Minute)
		s.server.Kill()
		burst()
		if n := s.server.Asked(); n != 2 {
			t.Errorf("%d: %d tokens after the first died", code, n)
		}
		for _, u := range all {
			if n := len(u.Shown()); n != 2 {
				t.Errorf("%d: somebody was told %d times, not twice", code, n)
			}
		}
		options := s.channel.options
		options.Secret, options.Token, options.AESKey = fake.Secret, fake.Token, fake.AESKey
		s.open(options)
		burst()
		if n := s.server.Asked(); n != 2 {
			t.Errorf("%d: %d tokens after a restart", code, n)
		}
		s.now.Pass(3 * time.Hour) // it expires
		burst()
		if n := s.server.Asked(); n != 3 {
			t.Errorf("%d: %d tokens after the second expired", code, n)
		}
		// A store that is broken costs no message.
		s.shelf.Fail = func(bool, string) error { return errors.New("disk is full") }
		s.now.Pass(3 * time.Hour)
		burst()
		s.discreet(nil)
	}
}

// What the platform answers, and what it means.
func TestSendErrors(t *testing.T) {
	is := func(target any) func(error) bool { return func(err error) bool { return errors.As(err, target) } }
	unknown := func(err error) bool {
		return err != nil && !errors.As(err, new(bot.Busy)) && !errors.As(err, new(bot.Closed)) && !errors.As(err, new(bot.Gone)) &&
			!errors.As(err, new(bot.Refused)) && !errors.As(err, new(bot.Halted))
	}
	for _, test := range []struct {
		name  string
		path  string
		fault fake.Fault
		want  func(error) bool
		shown int // messages that arrived all the same
	}{
		{"busy", customSend, fake.Busy, is(new(bot.Busy)), 0},
		{"too often", customSend, fake.Refuse(45009, "reach max api daily quota limit"), is(new(bot.Busy)), 0},
		{"outside of the window", customSend, fake.Refuse(45015, "response out of time limit"), is(new(bot.Closed)), 0},
		{"too many", customSend, fake.Refuse(45047, "out of response count limit"), is(new(bot.Closed)), 0},
		{"nobody", customSend, fake.Refuse(40003, "invalid openid"), is(new(bot.Gone)), 0},
		{"no follower", customSend, fake.Refuse(43004, "require subscribe"), is(new(bot.Gone)), 0},
		{"a payload that is wrong", customSend, fake.Refuse(47001, "data format error"), is(new(bot.Refused)), 0},
		{"no right", customSend, fake.Refuse(48001, "api unauthorized"), is(new(bot.Halted)), 0},
		{"restricted", customSend, fake.Refuse(50002, "user limited"), is(new(bot.Halted)), 0},
		{"a code that nobody knows, with words", customSend, fake.Refuse(99999, plant), unknown, 0},
		{"a page of HTML", customSend, fake.BadGateway, unknown, 0},
		{"the connection closed before", customSend, fake.CloseBefore, unknown, 0},
		{"the connection closed after", customSend, fake.CloseAfter, unknown, 1},
		{"what is no JSON", customSend, fake.Garbage, unknown, 1},
		{"an answer that says nothing", "/cgi-bin/stable_token", fake.Garbage, unknown, 0},
		{"no token", "/cgi-bin/stable_token", fake.BadGateway, unknown, 0},
		{"a token that is busy", "/cgi-bin/stable_token", fake.Busy, is(new(bot.Busy)), 0},
		{"a secret that is wrong", "/cgi-bin/stable_token", fake.Refuse(40125, "invalid appsecret"), is(new(bot.Halted)), 0},
	} {
		s := newStage(t)
		u := s.server.Follower()
		u.Touch()
		s.server.Fail(test.path, 1, test.fault)
		_, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Text: plant})
		if !test.want(err) {
			t.Errorf("%s: %v (%T)", test.name, err, err)
		}
		if n := len(u.Shown()); n != test.shown {
			t.Errorf("%s: %d messages arrived", test.name, n)
		}
		s.discreet(err)
	}
}

// The machine is not on the account's list: what is to be done names its address.
func TestBarred(t *testing.T) {
	s := newStage(t, func(_ *Options, f *fake.Server) { f.Barred = "203.0.113.77" })
	u := s.server.Follower()
	_, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Text: plant})
	var halted bot.Halted
	if !errors.As(err, &halted) || !strings.Contains(halted.Fix, "203.0.113.77") || !strings.Contains(halted.Fix, "白名单") {
		t.Errorf("%v, fix %q", err, halted.Fix)
	}
	s.discreet(err)
	if _, err := s.channel.Check(t.Context()); !errors.As(err, &halted) {
		t.Errorf("Check = %v", err)
	}
}

// A message that is slow ends with its context, and no verdict.
func TestSendEnds(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	u.Touch()
	s.server.Fail(customSend, 1, fake.Slow(time.Minute))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.channel.Send(ctx, u.OpenID, bot.Message{Text: plant})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	s.discreet(err)
}

// How a message looks on the platform.
func TestCompose(t *testing.T) {
	page := "https://linli.example/mine?k=a&l=%E6%A5%BC"
	button := func(label, data, url string) [][]bot.Button {
		return [][]bot.Button{{{Label: label, Data: data, URL: url}}}
	}
	long := strings.Repeat("长", 666)
	for _, test := range []struct {
		name string
		m    bot.Message
		want []fake.Message // nil: Refused
	}{
		{"words", bot.Message{Text: "办好了"}, []fake.Message{{Kind: "text", Text: "办好了"}}},
		{"a link", bot.Message{Text: "办好了", Buttons: button("看看", "", page)},
			[]fake.Message{{Kind: "text", Text: "办好了\n<a href=\"" + page + "\">看看</a>"}}},
		{"a button", bot.Message{Text: "也遇到的点", Buttons: button("我也是", "412/also", "")},
			[]fake.Message{{Kind: "menu", Text: "也遇到的点", Items: []fake.Item{{ID: "412/also", Content: "我也是"}}}}},
		{"both", bot.Message{Text: "您的事", Buttons: append(button("看看", "", page), button("撤回", "1/back", "")...)},
			[]fake.Message{{Kind: "menu", Text: "您的事", Tail: "看看：" + page, Items: []fake.Item{{ID: "1/back", Content: "撤回"}}}}},
		{"a long text with a link", bot.Message{Text: long, Buttons: button("看看", "", page)},
			[]fake.Message{{Kind: "text", Text: long}, {Kind: "text", Text: "<a href=\"" + page + "\">看看</a>"}}},
		{"a long text with a long button", bot.Message{Text: long, Buttons: button(strings.Repeat("按", 30), "1/x", "")},
			[]fake.Message{{Kind: "text", Text: long}, {Kind: "menu", Text: "▼", Items: []fake.Item{{ID: "1/x", Content: strings.Repeat("按", 30)}}}}},
		{"a link of somebody's", bot.Message{Text: `他说：<a href="https://evil.example">点这里</a> <A  HREF='weixin://bizmsgmenu?msgmenucontent=x&msgmenuid=412/close'>接单</A> <b> <abbr> a<b`},
			[]fake.Message{{Kind: "text", Text: `他说：(a href="https://evil.example">点这里(/a> (A  HREF='weixin://bizmsgmenu?msgmenucontent=x&msgmenuid=412/close'>接单(/A> <b> <abbr> a<b`}}},
		{"a label of somebody's", bot.Message{Text: "选", Buttons: button("<a href=x>\n接\x00单", "1/x", "")},
			[]fake.Message{{Kind: "menu", Text: "选", Items: []fake.Item{{ID: "1/x", Content: "a href=x 接单"}}}}},
		{"only a button", bot.Message{Buttons: button("接单", "1/x", "")}, []fake.Message{{Kind: "menu", Text: "▼", Items: []fake.Item{{ID: "1/x", Content: "接单"}}}}},
		{"nothing", bot.Message{}, nil},
		{"a poll", bot.Message{Text: "x", Poll: &bot.Poll{Question: "x"}}, nil},
		{"a script", bot.Message{Text: "x", Buttons: button("看看", "", "javascript:alert(1)")}, nil},
		{"an address with a quote", bot.Message{Text: "x", Buttons: button("看看", "", `https://x.example/" onclick="`)}, []fake.Message{{Kind: "text", Text: "x\n<a href=\"https://x.example/%22%20onclick=%22\">看看</a>"}}},
		{"a query with a quote", bot.Message{Text: "x", Buttons: button("看看", "", `https://x.example/?a="><b`)}, nil},
		{"no label", bot.Message{Text: "x", Buttons: button("", "1/x", "")}, nil},
		{"an address that is too long", bot.Message{Text: "x", Buttons: button("看看", "", "https://x.example/"+strings.Repeat("a", 2048))}, nil},
		{"labels that are too long", bot.Message{Text: "x", Buttons: button(strings.Repeat("长", 700), "1/x", "")}, nil},
	} {
		s := newStage(t)
		u := s.server.Follower()
		u.Touch()
		_, err := s.channel.Send(t.Context(), u.OpenID, test.m)
		got := u.Shown()
		if test.want == nil {
			if !errors.As(err, new(bot.Refused)) || len(got) > 0 {
				t.Errorf("%s: %v, shown %d", test.name, err, len(got))
			}
			continue
		}
		if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", test.want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", test.name, err, got, test.want)
		}
	}
}

// What is out of a message is not sent again by its next attempt.
func TestSendGoesOn(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	u.Touch()
	m := bot.Message{Key: "k1", Text: "看", Photos: []bot.Photo{{Data: png}, {Data: png}}, Buttons: [][]bot.Button{{{Label: "接单", Data: "1/x"}}}}
	s.server.Fail("/cgi-bin/media/upload", 1, fake.Fault{})
	s.server.Fail("/cgi-bin/media/upload", 1, fake.Busy)
	if _, err := s.channel.Send(t.Context(), u.OpenID, m); !errors.As(err, new(bot.Busy)) {
		t.Fatal(err)
	}
	ref, err := s.channel.Send(t.Context(), u.OpenID, m)
	if err != nil {
		t.Fatal(err)
	}
	kinds := ""
	for _, x := range u.Shown() {
		kinds += x.Kind + " "
	}
	if kinds != "image image menu " || u.Left() != 2 {
		t.Errorf("shown %s, %d left", kinds, u.Left())
	}
	other, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Key: "k2", Text: "别的"})
	if err != nil || other == ref || strings.Contains(ref+other, "/") {
		t.Errorf("the references are %q and %q: %v", ref, other, err)
	}
}

// A photo in a form that the platform does not take is left out; the words arrive.
func TestSendPhotoForms(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	u.Touch()
	if _, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Text: "看", Photos: []bot.Photo{{Name: "a.png", Data: []byte("RIFF\x00\x00\x00\x00WEBPVP8 ")}, {Data: png}}}); err != nil {
		t.Fatal(err)
	}
	if got := u.Shown(); len(got) != 2 || got[0].Kind != "image" || got[1].Text != "看" {
		t.Errorf("shown %+v", got)
	}
}

// A test account takes no menus: the engine is told that there are no buttons, and
// writes numbers.
func TestSandbox(t *testing.T) {
	s := newStage(t, func(_ *Options, f *fake.Server) { f.Sandbox = true })
	u := s.server.Follower()
	u.Touch()
	m := bot.Message{Text: "选", Buttons: [][]bot.Button{{{Label: "接单", Data: "1/x"}}}}
	if n := s.channel.Capabilities().Buttons; n != 10 {
		t.Fatalf("%d buttons", n)
	}
	if _, err := s.channel.Send(t.Context(), u.OpenID, m); !errors.As(err, new(bot.Busy)) {
		t.Errorf("a menu: %v", err)
	}
	if n := s.channel.Capabilities().Buttons; n != 0 {
		t.Errorf("%d buttons of an account that has none", n)
	}
	if _, err := s.channel.Send(t.Context(), u.OpenID, m); !errors.As(err, new(bot.Refused)) {
		t.Errorf("a menu, again: %v", err)
	}
	if _, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Text: "选\n1 接单"}); err != nil {
		t.Error(err)
	}
	if got := u.Shown(); len(got) != 1 || u.Left() != 4 {
		t.Errorf("shown %+v, %d left", got, u.Left())
	}
}

// An account without rights says so, with what to do.
func TestUnverified(t *testing.T) {
	s := newStage(t, func(_ *Options, f *fake.Server) { f.Unverified = true })
	u := s.server.Follower()
	u.Touch()
	_, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Text: plant})
	var halted bot.Halted
	if !errors.As(err, &halted) || halted.Fix == "" {
		t.Errorf("%v", err)
	}
	h, err := s.channel.Check(t.Context())
	if err != nil || len(h.Missing) != 3 {
		t.Errorf("Check = %+v, %v", h, err)
	}
}

var png = []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 40))
