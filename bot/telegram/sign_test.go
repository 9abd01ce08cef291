package telegram

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/telegram/fake"
)

func TestReact(t *testing.T) {
	heard := bot.Message{React: bot.SignHeard, Quote: "1"}
	for _, test := range []struct {
		name    string
		signs   []string // which the group allows; nil: all
		message bot.Message
		fault   fake.Fault
		faults  int
		want    string // on message 1
		err     error
	}{
		{name: "heard", message: heard, want: "👀"},
		{name: "done", message: bot.Message{React: bot.SignDone, Quote: "1"}, want: "👌"},
		{name: "heard, where few are allowed", signs: []string{"👍", "✍"}, message: heard, want: "✍"},
		{name: "done, where few are allowed", signs: []string{"👍", "✍"}, message: bot.Message{React: bot.SignDone, Quote: "1"}, want: "👍"},
		{name: "none is allowed", signs: []string{}, message: heard},
		{name: "the message is gone", message: bot.Message{React: bot.SignHeard, Quote: "99"}},
		{name: "with a topic in the reference", message: bot.Message{React: bot.SignHeard, Quote: "1@5"}, want: "👀"},
		{name: "words beside it", message: bot.Message{React: bot.SignHeard, Quote: "1", Text: "记下了", Buttons: ok}, want: "👀"},
		{name: "no such sign", message: bot.Message{React: "angry", Quote: "1"}, err: bot.Refused{Why: "no such sign, or no message to put it on"}},
		{name: "on nothing", message: bot.Message{React: bot.SignHeard}, err: bot.Refused{Why: "no such sign, or no message to put it on"}},
		{name: "another channel's message", message: bot.Message{React: bot.SignHeard, Quote: "wx-1"}, err: bot.Refused{Why: "no such sign, or no message to put it on"}},
		{name: "busy", message: heard, fault: fake.TooMany(7), faults: 1, err: bot.Busy{After: 7 * time.Second}},
		{name: "kicked", message: heard, fault: fake.Refuse(403, "Forbidden: bot was kicked from the supergroup chat"), faults: 1, err: bot.Gone{Why: "Forbidden: bot was kicked from the supergroup chat"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, Polling)
			wang := s.server.AddUser("王阿姨")
			g := s.server.AddGroup("3号楼群")
			g.Signs = test.signs
			s.server.Say(wang, g.ID, "电梯停了")
			s.server.Fail("setMessageReaction", test.faults, test.fault)
			ref, err := s.tg.Send(t.Context(), address(g.ID), test.message)
			if err != test.err || err == nil && ref != test.message.Quote {
				t.Errorf("Send = %q, %v; want %v", ref, err, test.err)
			}
			if got := s.server.Sign(g.ID, 1); got != test.want {
				t.Errorf("the sign is %q, want %q", got, test.want)
			}
			if n := s.server.SentCount(g.ID); n != 0 {
				t.Errorf("%d messages were sent beside it", n)
			}
		})
	}
	// A later sign takes the place of the earlier one; the same again is no error.
	s := newStage(t, Polling)
	g := s.server.AddGroup("3号楼群")
	s.server.Say(s.server.AddUser("王阿姨"), g.ID, "电梯停了")
	for _, sign := range []string{bot.SignHeard, bot.SignHeard, bot.SignDone} {
		if _, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{React: sign, Quote: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.server.Sign(g.ID, 1); got != "👌" {
		t.Errorf("in the end the sign is %q", got)
	}
	// What is not known to have arrived is no verdict.
	for _, f := range []fake.Fault{fake.BadGateway, fake.CloseBefore, fake.CloseAfter, fake.Garbage} {
		s.server.Fail("setMessageReaction", 1, f)
		_, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{React: bot.SignHeard, Quote: "1"})
		if err == nil || errors.As(err, new(bot.Refused)) || errors.As(err, new(bot.Gone)) {
			t.Errorf("%v: %v", f, err)
		}
	}
}

func TestPin(t *testing.T) {
	for _, test := range []struct {
		name   string
		admin  bool
		edit   bool
		fault  fake.Fault
		pinned bool
	}{
		{name: "an admin", admin: true, pinned: true},
		{name: "an admin, an edit", admin: true, edit: true, pinned: true},
		{name: "no admin"},
		{name: "busy", admin: true, fault: fake.TooMany(30)},
		{name: "unreachable", admin: true, fault: fake.CloseBefore},
	} {
		s := newStage(t, Polling)
		g := s.server.AddGroup("3号楼群")
		g.Admin = test.admin
		m := bot.Message{Text: "我是邻里", Pin: true}
		if test.edit {
			ref, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{Text: "我是"})
			if err != nil {
				t.Fatal(err)
			}
			m.Edit = ref
		}
		if test.fault != (fake.Fault{}) {
			s.server.Fail("pinChatMessage", 1, test.fault)
		}
		if ref, err := s.tg.Send(t.Context(), address(g.ID), m); ref != "1" || err != nil {
			t.Errorf("%s: Send = %q, %v", test.name, ref, err)
		}
		sent := s.server.Sent(g.ID)
		if len(sent) != 1 || sent[0].Pinned != test.pinned || sent[0].PinLoud || sent[0].Text != "我是邻里" {
			t.Errorf("%s: sent %+v", test.name, sent)
		}
	}
	s, person, _ := known(t)
	if _, err := s.tg.Send(t.Context(), person, bot.Message{Text: "好", Pin: true}); err != nil || len(s.server.Calls("pinChatMessage")) != 0 {
		t.Errorf("in private: %v, and %d pins", err, len(s.server.Calls("pinChatMessage")))
	}
}

func TestLinkButtons(t *testing.T) {
	s, person, _ := known(t)
	m := bot.Message{Text: "您的事", Buttons: [][]bot.Button{
		{{Label: "看看", URL: "https://linli.example/mine?k=1"}, {Label: "撤回", Data: "1/back"}},
		{{Label: "开始", URL: "https://t.me/linli_test_bot?start=a", Data: "ignored"}, {Label: "本地", URL: "http://127.0.0.1:8080/x"}},
	}}
	if _, err := s.tg.Send(t.Context(), person, m); err != nil {
		t.Fatal(err)
	}
	want := [][]fake.Button{
		{{Label: "看看", URL: "https://linli.example/mine?k=1"}, {Label: "撤回", Data: "1/back"}},
		{{Label: "开始", URL: "https://t.me/linli_test_bot?start=a"}, {Label: "本地", URL: "http://127.0.0.1:8080/x"}},
	}
	if diff := cmp.Diff(want, s.server.Sent(number(t, person))[0].Buttons); diff != "" {
		t.Errorf("buttons (-want +got):\n%s", diff)
	}
	for _, url := range []string{"javascript:alert(1)", "https://localhost/x", "/mine", "https://", "data:text/html,x"} {
		_, err := s.tg.Send(t.Context(), person, bot.Message{Text: "a", Buttons: [][]bot.Button{{{Label: "a", URL: url}}}})
		if !errors.As(err, new(bot.Refused)) {
			t.Errorf("%s: %v, want Refused", url, err)
		}
	}
}

func TestLink(t *testing.T) {
	s := newStage(t, Polling)
	if l, g := s.tg.Link("abc"), s.tg.GroupLink("abc"); l != "" || g != "" {
		t.Errorf("before the name is known the links are %q and %q", l, g)
	}
	if _, _, err := s.tg.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("Z", 64)
	for word, want := range map[string]string{
		"abc-1_Z":  "https://t.me/linli_test_bot?start=abc-1_Z",
		long:       "https://t.me/linli_test_bot?start=" + long,
		long + "Z": "", "": "", "a b": "", "a&admin=1": "", "绑定": "", "a\n": "",
	} {
		if got := s.tg.Link(word); got != want {
			t.Errorf("Link(%q) = %q, want %q", word, got, want)
		}
	}
	if got, want := s.tg.GroupLink("g-1"), "https://t.me/linli_test_bot?startgroup=g-1&admin=pin_messages"; got != want {
		t.Errorf("GroupLink = %q, want %q", got, want)
	}
	// What the link carries comes back as words.
	s.run()
	s.polled()
	wang := s.server.AddUser("王阿姨")
	if _, ok := wang.Follow(s.tg.Link("code_7")); !ok {
		t.Fatal("the link leads nowhere")
	}
	if in := s.ears.Wait(t, 1)[0]; in.Message.Text != "/start code_7" || in.Chat.Group {
		t.Errorf("heard %+v", in)
	}
}

func TestMenu(t *testing.T) {
	commands := []Command{
		{Word: "mine", Text: map[string]string{"zh-CN": "我报过的事", "en": "What I reported"}},
		{Word: "help", Text: map[string]string{"zh-CN": "怎么用"}, Group: true},
	}
	menus := func(s *stage) map[string][]fake.Command {
		out := map[string][]fake.Command{}
		for _, scope := range []string{"default", "all_private_chats", "all_group_chats"} {
			for _, lang := range []string{"", "en", "zh"} {
				if m := s.server.Menu(scope, lang); m != nil {
					out[scope+"/"+lang] = m
				}
			}
		}
		return out
	}
	want := map[string][]fake.Command{
		"all_private_chats/":   {{Command: "mine", Description: "我报过的事"}, {Command: "help", Description: "怎么用"}},
		"all_private_chats/en": {{Command: "mine", Description: "What I reported"}, {Command: "help", Description: "怎么用"}},
		"all_group_chats/":     {{Command: "help", Description: "怎么用"}},
		"all_group_chats/en":   {{Command: "help", Description: "怎么用"}},
	}
	for _, mode := range []string{Polling, Webhook} {
		s := newStage(t, mode)
		s.tg.options.Commands = commands
		s.server.Fail("setMyCommands", 1, fake.BadGateway)
		s.server.Fail("setMyCommands", 1, fake.TooMany(9))
		s.run()
		s.await("the menu", func() bool { return len(s.server.Calls("setMyCommands")) == 6 })
		if diff := cmp.Diff(want, menus(s)); diff != "" {
			t.Errorf("%s: menus (-want +got):\n%s", mode, diff)
		}
		s.stop()
	}
	// A refused menu keeps nobody from being heard.
	s := newStage(t, Polling)
	s.tg.options.Commands = commands
	s.server.Fail("setMyCommands", 1, fake.Refuse(400, "Bad Request: BOT_COMMAND_INVALID"))
	s.run()
	wang := s.server.AddUser("王阿姨")
	s.polled()
	s.server.Say(wang, wang.ID, "在吗")
	s.ears.Wait(t, 1)
	for limit := time.Now().Add(20 * time.Second); !strings.Contains(s.log.String(), "the menu of commands is not shown"); runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatal("nobody is told that the menu was refused")
		}
	}
	s.stop()
	// Without commands nothing is asked.
	s = newStage(t, Polling)
	s.run()
	s.polled()
	s.stop()
	if len(s.server.Calls("setMyCommands")) != 0 {
		t.Error("an empty menu was set")
	}

	for name, c := range map[string]Command{
		"capitals":          {Word: "Help", Text: map[string]string{"zh-CN": "a"}},
		"Chinese":           {Word: "帮助", Text: map[string]string{"zh-CN": "a"}},
		"none":              {Word: "", Text: map[string]string{"zh-CN": "a"}},
		"long":              {Word: strings.Repeat("a", 33), Text: map[string]string{"zh-CN": "a"}},
		"no Chinese":        {Word: "help", Text: map[string]string{"en": "a"}},
		"long text":         {Word: "help", Text: map[string]string{"zh-CN": strings.Repeat("😀", 129)}},
		"an empty text":     {Word: "help", Text: map[string]string{"zh-CN": "a", "en": ""}},
		"an odd language":   {Word: "help", Text: map[string]string{"zh-CN": "a", "en-GB": "a"}},
		"a slash before it": {Word: "/help", Text: map[string]string{"zh-CN": "a"}},
	} {
		if _, err := New(Options{Token: fake.Token, Receive: &bottest.Ears{}, Cursor: &bookmark{}, Commands: []Command{c}}); err == nil {
			t.Errorf("%s: New took it", name)
		}
	}
}

func TestKnown(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	plain, admin, kicked, old := s.server.AddGroup("a"), s.server.AddGroup("b"), s.server.AddGroup("c"), s.server.AddGroup("d")
	admin.Admin = true
	kicked.Kick(wang)
	next := old.Migrate(wang)
	for _, test := range []struct {
		name         string
		chat         string
		all          bool
		reads, admin bool
		err          error
	}{
		{"member, privacy mode off", address(plain.ID), true, true, false, nil},
		{"member, privacy mode on", address(plain.ID), false, false, false, nil},
		{"admin, privacy mode on", address(admin.ID), false, true, true, nil},
		{"kicked", address(kicked.ID), true, false, false, bot.Gone{Why: "Forbidden: bot was kicked from the supergroup chat"}},
		{"migrated", address(old.ID), true, false, false, bot.Moved{Address: address(next.ID)}},
		{"unknown", "-1", true, false, false, bot.Gone{Why: "Bad Request: chat not found"}},
		{"no number", "@group", true, false, false, bot.Refused{Why: "address is no chat of telegram"}},
	} {
		s.server.ReadsAll = test.all
		reads, admin, err := s.tg.Known(t.Context(), test.chat)
		if reads != test.reads || admin != test.admin || err != test.err {
			t.Errorf("%s: %v, %v, %v", test.name, reads, admin, err)
		}
	}
	for _, method := range []string{"getMe", "getChatMember"} {
		s.server.Fail(method, 1, fake.BadGateway)
		if _, _, err := s.tg.Known(t.Context(), address(plain.ID)); err == nil || errors.As(err, new(bot.Gone)) {
			t.Errorf("%s failed: %v", method, err)
		}
	}
	left := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"a","username":"a_bot"}}`
		if strings.HasSuffix(r.URL.Path, "/getChatMember") {
			answer = `{"ok":true,"result":{"status":"left"}}`
		}
		w.Write([]byte(answer))
	}))
	defer left.Close()
	tg, err := New(Options{Token: fake.Token, APIURL: left.URL, Receive: s.ears, Cursor: s.cursor, Log: s.tg.log})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := tg.Known(t.Context(), "-1"); err != (bot.Gone{Why: "bot is not in the group"}) {
		t.Errorf("left: %v", err)
	}
}

// How long to wait stands in the answer or in its header.
func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		header, body string
		want         time.Duration
	}{
		{"", `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":31}}`, 31 * time.Second},
		{"17", `{"ok":false,"error_code":429,"description":"Too Many Requests"}`, 17 * time.Second},
		{"40", `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":31}}`, 40 * time.Second},
		{"17", `<html>`, 17 * time.Second},
		{"2", `<html>`, 5 * time.Second},
		{"Wed, 21 Oct 2026 07:28:00 GMT", `<html>`, 5 * time.Second},
		{"-3", `{"ok":false,"error_code":429,"description":"x"}`, time.Second},
		{"999999999", `<html>`, time.Hour},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", test.header)
			w.WriteHeader(http.StatusTooManyRequests)
			w.Write([]byte(test.body))
		}))
		tg, err := New(Options{Token: fake.Token, APIURL: server.URL, Receive: &bottest.Ears{}, Cursor: &bookmark{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tg.Send(t.Context(), "1", bot.Message{Text: "a"}); err != (bot.Busy{After: test.want}) {
			t.Errorf("%q %s: %v, want %v", test.header, test.body, err, test.want)
		}
		server.Close()
	}
}

// What staff are told of a refusal says what they can do.
func TestAdvice(t *testing.T) {
	for _, a := range advice {
		if strings.ToLower(a.part) != a.part {
			t.Errorf("%q can never be found", a.part)
		}
		s, _, group := known(t)
		s.server.Fail("sendMessage", 1, fake.Refuse(400, "Bad Request: "+strings.ToUpper(a.part)+" x"))
		_, err := s.tg.Send(t.Context(), group, bot.Message{Text: "秘密的话"})
		if refused := (bot.Refused{}); !errors.As(err, &refused) || !strings.HasPrefix(refused.Why, a.text+"（") || strings.Contains(err.Error(), "秘密") {
			t.Errorf("%s: %v", a.part, err)
		}
	}
}
