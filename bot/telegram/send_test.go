package telegram

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/telegram/fake"
)

// known is a stage with a person who has started the bot and a group.
func known(t *testing.T) (s *stage, person, group string) {
	s = newStage(t, Polling)
	u := s.server.AddUser("王阿姨")
	u.Start("")
	g := s.server.AddGroup("3号楼群")
	return s, strconv.FormatInt(u.ID, 10), strconv.FormatInt(g.ID, 10)
}

func number(t *testing.T, address string) int64 {
	n, err := strconv.ParseInt(address, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var (
	jpeg = []byte("\xff\xd8\xff not really a picture")
	ok   = [][]bot.Button{{{Label: "接单", Data: "c1/accept"}, {Label: "退回", Data: "c1/back"}}, {}, {{Label: "转办", Data: "c1/pass"}}}
	rows = [][]fake.Button{{{Label: "接单", Data: "c1/accept"}, {Label: "退回", Data: "c1/back"}}, {{Label: "转办", Data: "c1/pass"}}}
)

func TestSend(t *testing.T) {
	photo := func(n int) (p []bot.Photo) {
		for range n {
			p = append(p, bot.Photo{Name: `现场 "1".jpg`, Data: jpeg})
		}
		return p
	}
	long := strings.Repeat("漏", 1025)
	for _, test := range []struct {
		name    string
		message bot.Message
		want    []fake.Message
		calls   []string
		ref     string
	}{
		{"text", bot.Message{Text: "记下了，0412号。\n“好” & <b>"}, []fake.Message{{Text: "记下了，0412号。\n“好” & <b>"}}, []string{"sendMessage"}, "2"},
		{"text like a number", bot.Message{Text: "0412"}, []fake.Message{{Text: "0412"}}, []string{"sendMessage"}, "2"},
		{"text like JSON", bot.Message{Text: `{"a":"b"}`}, []fake.Message{{Text: `{"a":"b"}`}}, []string{"sendMessage"}, "2"},
		{"just fits", bot.Message{Text: strings.Repeat("😀", 2048)}, []fake.Message{{Text: strings.Repeat("😀", 2048)}}, []string{"sendMessage"}, "2"},
		{"buttons", bot.Message{Text: "新诉求", Buttons: ok}, []fake.Message{{Text: "新诉求", Buttons: rows}}, []string{"sendMessage"}, "2"},
		{"silent answer", bot.Message{Text: "好", Silent: true, Quote: "1"}, []fake.Message{{Text: "好", Silent: true, ReplyTo: 1}}, []string{"sendMessage"}, "2"},
		{"answer to what is gone", bot.Message{Text: "好", Quote: "77"}, []fake.Message{{Text: "好"}}, []string{"sendMessage"}, "2"},
		{"answer to another channel's", bot.Message{Text: "好", Quote: "wx-1"}, []fake.Message{{Text: "好"}}, []string{"sendMessage"}, "2"},
		{"neutral", bot.Message{Text: "妇联😀在", Neutral: true}, []fake.Message{{Text: "妇联😀在", Spoiler: true}}, []string{"sendMessage"}, "2"},
		{"photo", bot.Message{Text: "修好了", Photos: photo(1), Buttons: ok, Silent: true, Quote: "1"},
			[]fake.Message{{Text: "修好了", Caption: true, Photos: []string{"x"}, Buttons: rows, Silent: true, ReplyTo: 1, Preview: true}}, []string{"sendPhoto"}, "2"},
		{"neutral photo", bot.Message{Text: "修好了", Photos: photo(1), Neutral: true},
			[]fake.Message{{Text: "修好了", Caption: true, Photos: []string{"x"}, Spoiler: true, Preview: true}}, []string{"sendPhoto"}, "2"},
		{"album", bot.Message{Text: "修好了", Photos: photo(3), Quote: "1"}, []fake.Message{
			{Text: "修好了", Caption: true, Photos: []string{"x"}, Album: "2", ReplyTo: 1, Preview: true},
			{Caption: true, Photos: []string{"x"}, Album: "2", ReplyTo: 1, Preview: true},
			{Caption: true, Photos: []string{"x"}, Album: "2", ReplyTo: 1, Preview: true}}, []string{"sendMediaGroup"}, "2"},
		{"album with buttons", bot.Message{Text: "修好了", Photos: photo(2), Buttons: ok, Key: "k"}, []fake.Message{
			{Caption: true, Photos: []string{"x"}, Album: "2", Preview: true},
			{Caption: true, Photos: []string{"x"}, Album: "2", Preview: true},
			{Text: "修好了", Buttons: rows}}, []string{"sendMediaGroup", "sendMessage"}, "4"},
		{"photo with a long text", bot.Message{Text: long, Photos: photo(1)}, []fake.Message{
			{Caption: true, Photos: []string{"x"}, Preview: true}, {Text: long}}, []string{"sendPhoto", "sendMessage"}, "3"},
		{"eleven photos", bot.Message{Text: "a", Photos: photo(11)}, append(slices.Repeat([]fake.Message{{Caption: true, Photos: []string{"x"}, Album: "2", Preview: true}}, 10),
			fake.Message{Caption: true, Photos: []string{"x"}, Preview: true}, fake.Message{Text: "a"}), []string{"sendMediaGroup", "sendPhoto", "sendMessage"}, "13"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, person, _ := known(t)
			ref, err := s.tg.Send(t.Context(), person, test.message)
			if err != nil || ref != test.ref {
				t.Fatalf("Send = %q, %v; want %q", ref, err, test.ref)
			}
			got := s.server.Sent(number(t, person))
			for i := range got {
				for j, id := range got[i].Photos {
					if !bytes.Equal(s.server.File(id), jpeg) {
						t.Errorf("photo %d of message %d is not what was sent", j, i)
					}
					got[i].Photos[j] = "x"
				}
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(fake.Message{}, "ID", "Chat", "At", "Bot"), cmpopts.IgnoreUnexported(fake.Message{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			var calls []string
			for _, c := range s.server.Calls("") {
				calls = append(calls, c.Method)
				if c.Length <= 0 {
					t.Errorf("%s came without its length", c.Method)
				}
				if c.JSON != (c.Method == "sendMessage") {
					t.Errorf("%s came as JSON: %v", c.Method, c.JSON)
				}
			}
			if !slices.Equal(calls, test.calls) {
				t.Errorf("calls %q, want %q", calls, test.calls)
			}
		})
	}
}

func TestEdit(t *testing.T) {
	s, person, group := known(t)
	chat := number(t, person)
	ref, err := s.tg.Send(t.Context(), person, bot.Message{Text: "一", Buttons: ok})
	if err != nil {
		t.Fatal(err)
	}
	again := func(what string, m bot.Message, want string) fake.Message {
		t.Helper()
		got, err := s.tg.Send(t.Context(), person, m)
		if err != nil || got != want {
			t.Errorf("%s: Send = %q, %v; want %q", what, got, err, want)
		}
		sent := s.server.Sent(chat)
		return sent[len(sent)-1]
	}
	m := again("edit", bot.Message{Text: "二", Edit: ref}, ref)
	if m.Text != "二" || m.Buttons != nil || len(m.Edits) != 1 || m.Edits[0].Text != "一" || m.Preview {
		t.Errorf("after the edit %+v", m)
	}
	if m = again("the same again", bot.Message{Text: "二", Edit: ref}, ref); len(m.Edits) != 1 {
		t.Errorf("after the second %+v", m)
	}
	again("unknown", bot.Message{Text: "三", Edit: "99"}, "3")
	again("a person's message", bot.Message{Text: "四", Edit: "1"}, "4")
	again("no number", bot.Message{Text: "五", Edit: "wx-5"}, "5")
	if m = again("neutral edit", bot.Message{Text: "六", Edit: "5", Neutral: true}, "5"); !m.Spoiler {
		t.Errorf("neutral edit %+v", m)
	}
	again("photo", bot.Message{Text: "七", Photos: []bot.Photo{{Data: jpeg}}}, "6")
	if m = again("caption", bot.Message{Text: "八", Edit: "6", Buttons: ok}, "6"); m.Text != "八" || !m.Caption || len(m.Buttons) != 2 {
		t.Errorf("after the edit of a caption %+v", m)
	}
	again("same caption", bot.Message{Text: "八", Edit: "6", Buttons: ok}, "6")
	again("caption that became too long", bot.Message{Text: strings.Repeat("漏", 1025), Edit: "6"}, "7")

	s.server.Fail("editMessageText", 1, fake.TooMany(9))
	_, err = s.tg.Send(t.Context(), person, bot.Message{Text: "九", Edit: "3"})
	if err != (bot.Busy{After: 9 * time.Second}) {
		t.Errorf("busy edit: %v", err)
	}
	s.server.Fail("editMessageText", 1, fake.CloseAfter)
	if _, err = s.tg.Send(t.Context(), person, bot.Message{Text: "十", Edit: "3"}); err == nil || len(s.server.Sent(chat)) != 6 {
		t.Errorf("an edit with an unknown outcome: %v, and %d messages", err, len(s.server.Sent(chat)))
	}
	if _, err = s.tg.Send(t.Context(), group, bot.Message{Text: "十", Edit: "3"}); err != nil || len(s.server.Sent(number(t, group))) != 1 {
		t.Errorf("an edit in another chat: %v", err)
	}
}

func TestSendErrors(t *testing.T) {
	type unknown struct{ error }
	text := bot.Message{Text: "秘密的话"}
	for _, test := range []struct {
		name    string
		address string // instead of the person's
		fault   fake.Fault
		message *bot.Message
		want    error
	}{
		{name: "429", fault: fake.TooMany(31), want: bot.Busy{After: 31 * time.Second}},
		{name: "429 without a time", fault: fake.Refuse(429, "Too Many Requests"), want: bot.Busy{After: time.Second}},
		{name: "blocked", fault: fake.Refuse(403, "Forbidden: bot was blocked by the user"), want: bot.Gone{Why: "Forbidden: bot was blocked by the user"}},
		{name: "deactivated", fault: fake.Refuse(403, "Forbidden: user is deactivated"), want: bot.Gone{Why: "Forbidden: user is deactivated"}},
		{name: "kicked", fault: fake.Refuse(403, "Forbidden: bot was kicked from the supergroup chat"), want: bot.Gone{Why: "Forbidden: bot was kicked from the supergroup chat"}},
		{name: "peer", fault: fake.Refuse(400, "Bad Request: PEER_ID_INVALID"), want: bot.Gone{Why: "Bad Request: PEER_ID_INVALID"}},
		{name: "unknown chat", address: "12", want: bot.Gone{Why: "Bad Request: chat not found"}},
		{name: "no chat", address: "@channel", want: bot.Refused{Why: "address is no chat of telegram"}},
		{name: "no rights", fault: fake.Refuse(400, "Bad Request: not enough rights to send text messages to the chat"), want: bot.Refused{Why: "机器人在这个群里没有发这类消息的权限：请群主放开成员发言，或把机器人设为管理员（Bad Request: not enough rights to send text messages to the chat）"}},
		{name: "too long", message: &bot.Message{Text: strings.Repeat("😀", 2049)}, want: bot.Refused{Why: "Bad Request: message is too long"}},
		{name: "empty", message: &bot.Message{Text: " \n"}, want: bot.Refused{Why: "Bad Request: message text is empty"}},
		{name: "data", message: &bot.Message{Text: "a", Buttons: [][]bot.Button{{{Label: "a", Data: strings.Repeat("阿", 22)}}}}, want: bot.Refused{Why: "Bad Request: BUTTON_DATA_INVALID"}},
		{name: "413", fault: fake.Refuse(413, "Request Entity Too Large"), want: bot.Refused{Why: "Request Entity Too Large"}},
		{name: "401", fault: fake.Refuse(401, "Unauthorized"), want: unknown{}},
		{name: "500", fault: fake.Refuse(500, "Internal Server Error"), want: unknown{}},
		{name: "502 HTML", fault: fake.BadGateway, want: unknown{}},
		{name: "closed", fault: fake.CloseBefore, want: unknown{}},
		{name: "closed afterwards", fault: fake.CloseAfter, want: unknown{}},
		{name: "broken off", fault: fake.Garbage, want: unknown{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for method, m := range map[string]bot.Message{
				"sendMessage":     text,
				"sendPhoto":       {Text: text.Text, Photos: []bot.Photo{{Data: jpeg}}},
				"sendMediaGroup":  {Text: text.Text, Photos: []bot.Photo{{Data: jpeg}, {Data: jpeg}}},
				"editMessageText": {Text: text.Text, Edit: "2"},
			} {
				if test.message != nil {
					if method != "sendMessage" {
						continue
					}
					m = *test.message
				}
				s, person, _ := known(t)
				if method == "editMessageText" {
					s.tg.Send(t.Context(), person, bot.Message{Text: "x"})
				}
				if test.address != "" {
					person = test.address
				}
				s.server.Fail(method, 1, test.fault)
				ref, err := s.tg.Send(t.Context(), person, m)
				if _, any := test.want.(unknown); any {
					var (
						busy    bot.Busy
						gone    bot.Gone
						refused bot.Refused
						moved   bot.Moved
					)
					if err == nil || errors.As(err, &busy) || errors.As(err, &gone) || errors.As(err, &refused) || errors.As(err, &moved) {
						t.Errorf("%s: err = %#v, want an unknown outcome", method, err)
					}
				} else if err != test.want {
					t.Errorf("%s: err = %#v, want %#v", method, err, test.want)
				}
				if ref != "" && method != "editMessageText" {
					t.Errorf("%s: ref = %q", method, ref)
				}
				if err != nil && strings.Contains(err.Error(), "秘密") {
					t.Errorf("%s: the error quotes the message: %v", method, err)
				}
			}
		})
	}

	s, _, group := known(t)
	stranger := s.server.AddUser("没点过开始")
	if _, err := s.tg.Send(t.Context(), strconv.FormatInt(stranger.ID, 10), text); err != (bot.Gone{Why: "Forbidden: bot can't initiate conversation with a user"}) {
		t.Errorf("stranger: %v", err)
	}
	wang := s.server.AddUser("王阿姨")
	g := s.server.AddGroup("小群")
	next := g.Migrate(wang)
	if _, err := s.tg.Send(t.Context(), strconv.FormatInt(g.ID, 10), text); err != (bot.Moved{Address: strconv.FormatInt(next.ID, 10)}) {
		t.Errorf("migrated: %v", err)
	}
	s.server.Close()
	if _, err := s.tg.Send(t.Context(), group, text); err == nil || strings.Contains(err.Error(), fake.Token) {
		t.Errorf("nobody there: %v", err)
	}
}

// An answer that is not of the Bot API says nothing about the chat.
func TestSendProxyErrors(t *testing.T) {
	for _, code := range []int{400, 403, 404, 429, 503} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(code)
			io.WriteString(w, "<html>"+r.URL.Path+"</html>")
		}))
		tg, err := New(Options{Token: fake.Token, APIURL: proxy.URL, Receive: &bottest.Ears{}, Cursor: &bookmark{}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tg.Send(t.Context(), "1", bot.Message{Text: "a"})
		switch busy := (bot.Busy{}); {
		case err == nil, strings.Contains(fmt.Sprint(err), "html"):
			t.Errorf("%d: %v", code, err)
		case errors.As(err, &busy) != (code == 429):
			t.Errorf("%d: %v", code, err)
		case errors.As(err, new(bot.Gone)), errors.As(err, new(bot.Refused)):
			t.Errorf("%d: %v", code, err)
		}
		proxy.Close()
	}
}

// A sent message that quotes something the library does not know was sent.
func TestSendResultOfAnUnknownKind(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"ok":true,"result":{"message_id":5,"date":1,"chat":{"id":1,"type":"private"},"text":"a","reply_to_message":{"message_id":4,"forward_origin":{"type":"from_mars"}}}}`)
	}))
	defer server.Close()
	tg, err := New(Options{Token: fake.Token, APIURL: server.URL, Receive: &bottest.Ears{}, Cursor: &bookmark{}})
	if err != nil {
		t.Fatal(err)
	}
	if ref, err := tg.Send(t.Context(), "1", bot.Message{Text: "a"}); ref != "5" || err != nil {
		t.Errorf("Send = %q, %v", ref, err)
	}
}

// When the text behind an album fails, the album is not sent again.
func TestSendHalf(t *testing.T) {
	s, person, _ := known(t)
	m := bot.Message{Key: "row-1", Text: "修好了", Buttons: ok, Photos: []bot.Photo{{Data: jpeg}, {Data: jpeg}}}
	s.server.Fail("sendMessage", 2, fake.TooMany(5))
	for range 2 {
		if _, err := s.tg.Send(t.Context(), person, m); err != (bot.Busy{After: 5 * time.Second}) {
			t.Fatal(err)
		}
	}
	if ref, err := s.tg.Send(t.Context(), person, m); ref != "4" || err != nil {
		t.Errorf("Send = %q, %v", ref, err)
	}
	if n := len(s.server.Sent(number(t, person))); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
	if n := s.tg.begun.Len(); n != 0 {
		t.Errorf("left behind: %d", n)
	}
}

func TestFetch(t *testing.T) {
	s := newStage(t, Polling)
	data := bytes.Repeat([]byte("照片"), 1000)
	u := s.server.AddUser("李")
	s.server.Say(u, u.ID, "看", fake.Photo(data))
	s.run()
	id := s.ears.Wait(t, 1)[0].Message.Media[0].Remote
	if got, err := s.tg.Fetch(t.Context(), id, int64(len(data))); err != nil || !bytes.Equal(got, data) {
		t.Errorf("Fetch = %d bytes, %v", len(got), err)
	}
	refused := func(what string, err error) {
		t.Helper()
		if !errors.As(err, new(bot.Refused)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := s.tg.Fetch(t.Context(), id, int64(len(data))-1)
	refused("too large", err)
	_, err = s.tg.wire.download(t.Context(), "photos/file_1.jpg", 10)
	refused("larger than it was said to be", err)
	_, err = s.tg.Fetch(t.Context(), "nothing", 10)
	refused("unknown", err)
	before := len(s.server.Calls("download"))
	for _, path := range []string{"", "/etc/passwd", "../../x", "photos/../../x", "//evil.example/x", "http://evil.example/x", "a/./b", `a\b`, "a?b", "a#b", "a%2e%2e/b", "@evil.example/x", "a\nb"} {
		s.server.MoveFile(id, path)
		_, err = s.tg.Fetch(t.Context(), id, 1<<20)
		refused(strconv.Quote(path), err)
	}
	if n := len(s.server.Calls("download")); n != before {
		t.Errorf("%d bad paths were asked for", n-before)
	}
	s.server.MoveFile(id, "photos/good.jpg")
	s.server.Fail("download", 1, fake.Refuse(404, ""))
	_, err = s.tg.Fetch(t.Context(), id, 1<<20)
	refused("404", err)
	s.server.Fail("download", 1, fake.BadGateway)
	s.server.Fail("download", 20, fake.CloseBefore) // net/http asks again on a kept connection
	for range 2 {
		if _, err = s.tg.Fetch(t.Context(), id, 1<<20); err == nil || errors.As(err, new(bot.Refused)) {
			t.Errorf("Fetch through a fault: %v", err)
		}
	}
}
