package fake

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

type thing = map[string]any

// What Telegram refuses of what is done to groups, topics and messages, and
// what just passes.
func TestStrictGroups(t *testing.T) {
	s, u, g := start(t)
	forum := s.AddGroup("论坛")
	forum.Forum = true
	open, closed, gone := forum.Topic(u, "报修"), forum.Topic(u, "旧事"), forum.Topic(u, "没了")
	forum.CloseTopic(closed)
	inGone := s.Say(u, forum.ID, "a", In(gone)).Message
	forum.DropTopic(gone)
	inOpen := s.Say(u, forum.ID, "a", In(open)).Message
	inClosed := s.Say(u, forum.ID, "a", In(closed)).Message
	admin, silent, few := s.AddGroup("管理"), s.AddGroup("不让点"), s.AddGroup("只让点")
	admin.Admin = true
	silent.Signs, few.Signs = []string{}, []string{"👍"}
	for _, x := range []*Group{g, admin, silent, few} {
		s.Say(u, x.ID, "a") // 1
	}
	out := s.AddGroup("出来了")
	out.Kick(u)
	never := s.AddGroup("没请过它")
	never.Remove(u)
	text := func(chat int64, more thing) thing {
		p := thing{"chat_id": chat, "text": "一二三"}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	sign := func(chat, message int64, list ...string) thing {
		r := []thing{}
		for _, e := range list {
			r = append(r, thing{"type": "emoji", "emoji": e})
		}
		return thing{"chat_id": chat, "message_id": message, "reaction": r}
	}
	button := func(b thing) thing { return thing{"reply_markup": thing{"inline_keyboard": [][]thing{{b}}}} }
	entity := func(kind string, offset, length int) thing {
		return thing{"entities": []thing{{"type": kind, "offset": offset, "length": length}}}
	}
	for _, test := range []struct {
		method string
		params thing
		want   string // beginning of the description, "" if it passes
		code   int
	}{
		{"sendMessage", text(forum.ID, thing{"message_thread_id": open}), "", 0},
		{"sendMessage", text(never.ID, nil), "Forbidden: bot is not a member", 403},
		{"sendPhoto", thing{"chat_id": never.ID, "photo": "x"}, "Forbidden: bot is not a member", 403},
		{"editMessageText", thing{"chat_id": never.ID, "message_id": 1, "text": "a"}, "Forbidden: bot is not a member", 403},
		{"getChatMember", thing{"chat_id": never.ID, "user_id": s.BotID()}, "Forbidden: bot is not a member", 403},
		{"sendMessage", text(forum.ID, thing{"message_thread_id": closed}), "Bad Request: TOPIC_CLOSED", 400},
		{"sendMessage", text(forum.ID, thing{"message_thread_id": gone}), "Bad Request: message thread not found", 400},
		{"sendMessage", text(forum.ID, thing{"message_thread_id": 1}), "Bad Request: message thread not found", 400},
		{"sendMessage", text(forum.ID, thing{"message_thread_id": inOpen}), "Bad Request: message thread not found", 400},
		{"sendMessage", text(g.ID, thing{"message_thread_id": 1}), "Bad Request: message thread not found", 400},
		{"sendMessage", text(u.ID, thing{"message_thread_id": 1}), "Bad Request: message thread not found", 400},
		{"sendMessage", text(forum.ID, thing{"reply_parameters": thing{"message_id": inClosed}}), "Bad Request: TOPIC_CLOSED", 400},
		{"sendMessage", text(forum.ID, thing{"reply_parameters": thing{"message_id": inGone, "allow_sending_without_reply": true}}), "", 0},
		{"sendMessage", text(g.ID, button(thing{"text": "a", "url": "https://linli.example/x"})), "", 0},
		{"sendMessage", text(g.ID, button(thing{"text": "a", "url": "http://127.0.0.1:80/x"})), "", 0},
		{"sendMessage", text(g.ID, button(thing{"text": "a", "url": "tg://user?id=1"})), "", 0},
		{"sendMessage", text(g.ID, button(thing{"text": "a", "url": "https://localhost/x"})), "Bad Request: inline keyboard button URL 'https://localhost/x' is invalid", 400},
		{"sendMessage", text(g.ID, button(thing{"text": "a", "url": "javascript:x"})), "Bad Request: inline keyboard button URL", 400},
		{"sendMessage", text(g.ID, button(thing{"text": "a", "url": "https://a.example", "callback_data": "a"})), "Bad Request: can't parse inline keyboard button", 400},
		{"sendMessage", text(g.ID, entity("spoiler", 0, 3)), "", 0},
		{"sendMessage", text(g.ID, entity("spoiler", 0, 4)), "Bad Request: ENTITY_BOUNDS_INVALID", 400},
		{"sendMessage", text(g.ID, entity("spoiler", -1, 1)), "Bad Request: ENTITY_BOUNDS_INVALID", 400},
		{"sendMessage", text(g.ID, entity("spoiler", 0, 0)), "Bad Request: ENTITY_BOUNDS_INVALID", 400},
		{"sendMessage", text(g.ID, entity("blink", 0, 1)), "Bad Request: can't parse MessageEntity", 400},
		{"setMessageReaction", sign(g.ID, 1, "👀"), "", 0},
		{"setMessageReaction", sign(g.ID, 1), "", 0},
		{"setMessageReaction", sign(g.ID, 1, "🏠"), "Bad Request: REACTION_INVALID", 400},
		{"setMessageReaction", sign(g.ID, 1, "👀", "👌"), "Bad Request: REACTIONS_TOO_MANY", 400},
		{"setMessageReaction", sign(g.ID, 9, "👀"), "Bad Request: message to react not found", 400},
		{"setMessageReaction", sign(silent.ID, 1, "👀"), "Bad Request: REACTION_INVALID", 400},
		{"setMessageReaction", sign(few.ID, 1, "👀"), "Bad Request: REACTION_INVALID", 400},
		{"setMessageReaction", sign(few.ID, 1, "👍"), "", 0},
		{"setMessageReaction", sign(out.ID, 1, "👍"), "Forbidden: bot was kicked", 403},
		{"setMessageReaction", thing{"chat_id": g.ID, "message_id": 1, "reaction": "👀"}, "Bad Request: can't parse reaction", 400},
		{"pinChatMessage", thing{"chat_id": g.ID, "message_id": 1}, "Bad Request: not enough rights to manage pinned messages", 400},
		{"pinChatMessage", thing{"chat_id": admin.ID, "message_id": 1}, "", 0},
		{"pinChatMessage", thing{"chat_id": admin.ID, "message_id": 9}, "Bad Request: message to pin not found", 400},
		{"pinChatMessage", thing{"chat_id": out.ID, "message_id": 1}, "Forbidden: bot was kicked", 403},
		{"getChatMember", thing{"chat_id": g.ID, "user_id": s.BotID()}, "", 0},
		{"getChatMember", thing{"chat_id": g.ID, "user_id": 12}, "Bad Request: member not found", 400},
		{"getChatMember", thing{"chat_id": out.ID, "user_id": s.BotID()}, "Forbidden: bot was kicked", 403},
		{"setMyCommands", thing{"commands": []thing{{"command": "Help", "description": "a"}}}, "Bad Request: BOT_COMMAND_INVALID", 400},
		{"setMyCommands", thing{"commands": []thing{{"command": strings.Repeat("a", 33), "description": "a"}}}, "Bad Request: BOT_COMMAND_INVALID", 400},
		{"setMyCommands", thing{"commands": []thing{{"command": "help", "description": strings.Repeat("😀", 129)}}}, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID", 400},
		{"setMyCommands", thing{"commands": slices.Repeat([]thing{{"command": "help", "description": "a"}}, 101)}, "Bad Request: BOT_COMMANDS_TOO_MUCH", 400},
		{"setMyCommands", thing{"commands": []thing{{"command": "help", "description": "a"}}, "scope": thing{"type": "everybody"}}, "Bad Request: can't parse BotCommandScope", 400},
		{"setMyCommands", thing{"commands": []thing{{"command": "help", "description": "a"}}, "language_code": "en-GB"}, "Bad Request: invalid language code", 400},
		{"setMyCommands", thing{"commands": []thing{{"command": "help", "description": "怎么用"}}, "scope": thing{"type": "all_group_chats"}}, "", 0},
	} {
		r := call(t, s, test.method, test.params)
		if r.OK != (test.want == "") || r.Code != test.code || !strings.HasPrefix(r.Description, test.want) {
			t.Errorf("%s %.90v: %v %d %q, want %d %q", test.method, test.params, r.OK, r.Code, r.Description, test.code, test.want)
		}
	}
	forum.Admin = true
	if r := call(t, s, "sendMessage", text(forum.ID, thing{"message_thread_id": closed})); !r.OK {
		t.Errorf("an admin in a closed topic: %+v", r)
	}
	if m := s.Menu("all_group_chats", ""); len(m) != 1 || m[0].Description != "怎么用" || s.Menu("default", "") != nil {
		t.Errorf("the menu of groups is %v", m)
	}
	if s.Sign(few.ID, 1) != "👍" || s.Sign(g.ID, 1) != "" || s.Sign(silent.ID, 1) != "" {
		t.Error("other signs are kept than were taken")
	}
	var sent struct {
		Thread int64 `json:"message_thread_id"`
		Topic  bool  `json:"is_topic_message"`
	}
	r := call(t, s, "sendMessage", text(forum.ID, thing{"reply_parameters": thing{"message_id": inOpen}}))
	if err := json.Unmarshal(r.Result, &sent); err != nil || sent.Thread != open || !sent.Topic {
		t.Errorf("an answer in a topic is shown as %s", r.Result)
	}
}

// heard gives what waits for the bot, by kind.
func heard(t *testing.T, s *Server) (all []map[string]json.RawMessage) {
	t.Helper()
	r := call(t, s, "getUpdates", thing{"allowed_updates": []string{"message", "edited_message", "callback_query", "my_chat_member", "chat_member", "message_reaction"}})
	if err := json.Unmarshal(r.Result, &all); err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	return all
}

// What a bot is told of a group depends on what it is there.
func TestTold(t *testing.T) {
	s, u, g := start(t)
	heard(t, s) // so that it has asked for all kinds
	li := s.AddUser("李")
	kinds := func(what string, do func(), want ...string) {
		t.Helper()
		before := len(heard(t, s))
		do()
		var got []string
		for _, update := range heard(t, s)[before:] {
			for kind := range update {
				if kind != "update_id" {
					got = append(got, kind)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: told %q, want %q", what, got, want)
		}
	}
	s.Say(u, g.ID, "一") // 1
	kinds("a reaction", func() { s.React(u, g.ID, 1, "👍") })
	kinds("one leaves", func() { g.Leave(li) }, "message")
	kinds("one comes", func() { g.Come(li) }, "message")
	kinds("promoted", func() { g.Promote(u) }, "my_chat_member")
	kinds("a reaction, as an admin", func() { s.React(u, g.ID, 1, "👎") }, "message_reaction")
	kinds("one leaves, as an admin", func() { g.Leave(li) }, "message", "chat_member")
	kinds("two come, as an admin", func() { g.Come(li, u) }, "message", "chat_member", "chat_member")
	kinds("demoted", func() { g.Demote(u) }, "my_chat_member")
	kinds("a reaction in private", func() { s.React(u, u.ID, 1, "👍") }, "message_reaction")
	kinds("an album", func() { s.Album(u, g.ID, "看", [][]byte{{1}, {2}}) }, "message", "message")
	s.ReadsAll = false
	kinds("words in privacy mode", func() { s.Say(u, g.ID, "随便说说") })
	kinds("an album in privacy mode", func() { s.Album(u, g.ID, "看", [][]byte{{1}}) })
	kinds("a sticker in privacy mode", func() { s.Say(u, g.ID, "", Carrying("sticker", "", []byte("x"))) })
	kinds("a member in privacy mode", func() { g.Come(s.AddUser("新")) }, "message")
	kinds("migrated", func() { g.Migrate(u) }, "message", "message")
	kinds("kicked", func() { g.Kick(u) }, "my_chat_member")
	kinds("words after it", func() { s.Say(u, g.ID, "/help") })

	var r struct {
		Old, New []sign
	}
	s.ReadsAll = true
	h := s.AddGroup("反应")
	h.Admin = true
	s.Say(u, h.ID, "一")
	s.React(u, h.ID, 1, "👍")
	s.React(u, h.ID, 1)
	all := heard(t, s)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(all[len(all)-1]["message_reaction"], &fields); err != nil {
		t.Fatal(err)
	}
	json.Unmarshal(fields["old_reaction"], &r.Old)
	json.Unmarshal(fields["new_reaction"], &r.New)
	if len(r.Old) != 1 || r.Old[0].Emoji != "👍" || r.New == nil || len(r.New) != 0 {
		t.Errorf("a sign taken off is told as %s", all[len(all)-1]["message_reaction"])
	}
}

func TestFollow(t *testing.T) {
	s, u, _ := start(t)
	const to = "https://t.me/linli_test_bot?start="
	for link, want := range map[string]bool{
		to + "abc-1_Z": true, to + strings.Repeat("a", 64): true,
		to + strings.Repeat("a", 65): false, to + "a%20b": false, to + "绑定": false, to: false,
		"https://t.me/other_bot?start=a": false, "https://evil.example/linli_test_bot?start=a": false, "https://t.me/linli_test_bot": false,
	} {
		if _, ok := u.Follow(link); ok != want {
			t.Errorf("%s: passed on = %v", link, ok)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a payload that no link carries was sent")
		}
	}()
	s.AddUser("李").Start("绑定 1")
}

// By webhook a press overtakes what its presser wrote before, and both die in
// their time if nobody takes them.
func TestWebhookPresses(t *testing.T) {
	s, u, _ := start(t)
	var mu sync.Mutex
	clock := time.Now()
	s.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); clock = clock.Add(d) }
	s.Resend = func(int) time.Duration { return time.Millisecond }
	messages, presses := 0, 0
	taken := false
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var update map[string]json.RawMessage
		json.NewDecoder(r.Body).Decode(&update)
		mu.Lock()
		defer mu.Unlock()
		if update["callback_query"] != nil {
			presses++
			if taken {
				return
			}
		} else {
			messages++
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer hook.Close()
	is := func(what string, cond func() bool) {
		t.Helper()
		if err := s.Wait(t.Context(), func() bool { mu.Lock(); defer mu.Unlock(); return cond() }); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	s.Say(u, u.ID, "先说的话")
	s.Forge(u, u.ID, 4711, "x")
	call(t, s, "setWebhook", thing{"url": hook.URL})
	is("both are tried", func() bool { return messages > 1 && presses > 1 })
	mu.Lock()
	taken = true
	mu.Unlock()
	if err := s.Wait(t.Context(), func() bool { return s.Pending() == 2 }); err != nil { // /start and the words
		t.Fatal(err)
	}
	mu.Lock()
	taken = false
	mu.Unlock()
	s.Forge(u, u.ID, 4712, "x")
	pass(151 * time.Second)
	if err := s.Wait(t.Context(), func() bool { return s.Pending() == 2 }); err != nil {
		t.Fatal(err)
	}
	pass(24 * time.Hour)
	if err := s.Wait(t.Context(), func() bool { return s.Pending() == 0 }); err != nil {
		t.Fatal(err)
	}
}

func TestSlow(t *testing.T) {
	s, u, _ := start(t)
	s.Fail("sendMessage", 1, Slow(30*time.Millisecond))
	began := time.Now()
	if r := call(t, s, "sendMessage", thing{"chat_id": u.ID, "text": "a"}); !r.OK || time.Since(began) < 30*time.Millisecond {
		t.Errorf("%+v after %s", r, time.Since(began))
	}
	// Closing the server does not wait for what is slow.
	s.Fail("sendMessage", 1, Slow(time.Hour))
	done := make(chan reply, 1)
	go func() { done <- call(t, s, "sendMessage", thing{"chat_id": u.ID, "text": "a"}) }()
	if err := s.Wait(t.Context(), func() bool { return s.Failing("sendMessage") == 0 }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	<-done
}
