package fake

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func poll(chat int64, q string, options ...string) map[string]any {
	list := []map[string]any{}
	for _, o := range options {
		list = append(list, map[string]any{"text": o})
	}
	return map[string]any{"chat_id": chat, "question": q, "options": list, "is_anonymous": false}
}

// What Telegram refuses of polls, and what just passes.
func TestStrictPolls(t *testing.T) {
	s, u, g := start(t)
	kicked := s.AddGroup("踢了")
	kicked.Kick(u)
	call(t, s, "sendMessage", map[string]any{"chat_id": g.ID, "text": "一"})              // 1
	open := call(t, s, "sendPoll", poll(g.ID, "装不装", "装", "不装"))                         // 2
	call(t, s, "sendPoll", poll(g.ID, "装不装", "装", "不装"))                                 // 3
	call(t, s, "deleteMessage", map[string]any{"chat_id": g.ID, "message_id": int64(3)}) // which is gone
	said := s.Say(u, g.ID, "二").Message                                                  // 4
	if !open.OK {
		t.Fatalf("%+v", open)
	}
	with := func(m map[string]any, field string, value any) map[string]any { m[field] = value; return m }
	many := strings.Split("abcdefghijkl", "")
	for _, test := range []struct {
		method string
		params map[string]any
		want   string // beginning of the description, "" if it passes
	}{
		{"sendPoll", poll(g.ID, strings.Repeat("😀", 300), strings.Repeat("阿", 100), "b"), ""},
		{"sendPoll", poll(g.ID, strings.Repeat("阿", 301), "a", "b"), "Bad Request: poll question length must not exceed 300"},
		{"sendPoll", poll(g.ID, "?", "a", strings.Repeat("阿", 101)), "Bad Request: poll options length must not exceed 100"},
		{"sendPoll", poll(g.ID, "?", many...), ""},
		{"sendPoll", poll(g.ID, "?", append(many, "m")...), "Bad Request: poll can't have more than 12 options"},
		{"sendPoll", poll(g.ID, "?", "a"), "Bad Request: poll must have at least 2 option"},
		{"sendPoll", map[string]any{"chat_id": g.ID, "question": "?"}, "Bad Request: poll must have at least 2 option"},
		{"sendPoll", poll(g.ID, " \n", "a", "b"), "Bad Request: text must be non-empty"},
		{"sendPoll", poll(g.ID, "?", "a", " "), "Bad Request: text must be non-empty"},
		{"sendPoll", with(poll(g.ID, "?"), "options", []string{"a", "b"}), ""},
		{"sendPoll", with(poll(g.ID, "?"), "options", "{"), "Bad Request: can't parse options JSON object"},
		{"sendPoll", with(poll(g.ID, "?"), "options", []any{1, 2}), "Bad Request: can't parse InputPollOption"},
		{"sendPoll", with(poll(g.ID, "?", "a", "b"), "type", "survey"), "Bad Request: unsupported poll type specified"},
		{"sendPoll", with(poll(g.ID, "?", "a", "b"), "reply_markup", keyboard("好", strings.Repeat("a", 65))), "Bad Request: BUTTON_DATA_INVALID"},
		{"sendPoll", poll(kicked.ID, "?", "a", "b"), "Forbidden: bot was kicked"},
		{"sendPoll", poll(12, "?", "a", "b"), "Bad Request: chat not found"},
		{"editMessageText", map[string]any{"chat_id": g.ID, "message_id": 2, "text": "x"}, "Bad Request: there is no text in the message to edit"},
		{"editMessageCaption", map[string]any{"chat_id": g.ID, "message_id": 2, "caption": "x"}, "Bad Request: there is no caption"},
		{"stopPoll", map[string]any{"chat_id": g.ID, "message_id": 1}, "Bad Request: message is not a poll"},
		{"stopPoll", map[string]any{"chat_id": g.ID, "message_id": 3}, "Bad Request: message with poll to stop not found"},
		{"stopPoll", map[string]any{"chat_id": g.ID, "message_id": 999}, "Bad Request: message with poll to stop not found"},
		{"stopPoll", map[string]any{"chat_id": g.ID, "message_id": said}, "Bad Request: message is not a poll"},
		{"stopPoll", map[string]any{"chat_id": g.ID}, "Bad Request: message with poll to stop not found"},
		{"stopPoll", map[string]any{"chat_id": kicked.ID, "message_id": 1}, "Forbidden: bot was kicked"},
		{"stopPoll", map[string]any{"chat_id": g.ID, "message_id": 2, "reply_markup": keyboard(" ", "a")}, "Bad Request: inline keyboard button text is empty"},
		{"stopPoll", map[string]any{"chat_id": g.ID, "message_id": 2}, ""},
		{"stopPoll", map[string]any{"chat_id": g.ID, "message_id": 2}, "Bad Request: poll has already been closed"},
	} {
		before := s.SentCount(g.ID)
		r := call(t, s, test.method, test.params)
		if r.OK != (test.want == "") || !strings.HasPrefix(r.Description, test.want) {
			t.Errorf("%s %.80v: %v %q, want %q", test.method, test.params, r.OK, r.Description, test.want)
		}
		if n := s.SentCount(g.ID) - before; n > 1 || n == 1 && (test.want != "" || test.method != "sendPoll") {
			t.Errorf("%s %.80v said %d messages", test.method, test.params, n)
		}
	}
}

// Votes are counted, told where they change something and the poll is not anonymous,
// and refused where no client could make them.
func TestVotes(t *testing.T) {
	s, u, g := start(t)
	zhang := s.AddUser("张大爷")
	call(t, s, "getUpdates", map[string]any{"offset": int64(-1)})
	open := poll(g.ID, "装不装", "装", "不装", "再商量")
	call(t, s, "sendPoll", open)           // 1
	delete(open, "is_anonymous")           // which is the usual thing
	call(t, s, "sendPoll", open)           // 2
	several := poll(g.ID, "哪几天", "六", "日") // 3
	several["allows_multiple_answers"] = true
	call(t, s, "sendPoll", several)
	say := func(want string, update int64, err error) {
		t.Helper()
		if err != nil || (update != 0) != (want != "") {
			t.Fatalf("update %d, %v; want %q", update, err, want)
		}
		if want == "" {
			return
		}
		var list []struct {
			ID     int64          `json:"update_id"`
			Answer map[string]any `json:"poll_answer"`
		}
		r := call(t, s, "getUpdates", map[string]any{"offset": update})
		if err := json.Unmarshal(r.Result, &list); err != nil || len(list) != 1 || list[0].ID != update {
			t.Fatalf("told %s: %v", r.Result, err)
		}
		a := list[0].Answer
		who := a["user"].(map[string]any)["first_name"]
		if c, ok := a["voter_chat"].(map[string]any); ok {
			who = fmt.Sprint(c["type"], "/", who)
		}
		if got := fmt.Sprint(who, " ", a["option_ids"], " ", a["poll_id"] == s.Sent(g.ID)[0].Poll.ID); got != want+" true" {
			t.Errorf("told %s, want %s", got, want)
		}
	}
	say2 := func(want string) func(int64, error) {
		return func(n int64, err error) { t.Helper(); say(want, n, err) }
	}
	say2("王阿姨 [0]")(s.Vote(u, g.ID, 1, 0))
	say2("")(s.Vote(u, g.ID, 1, 0))
	say2("王阿姨 [2]")(s.Vote(u, g.ID, 1, 2))
	say2("张大爷 [2]")(s.Vote(zhang, g.ID, 1, 2))
	say2("supergroup/Channel [1]")(s.VoteAs(g.ID, "3号楼群", g.ID, 1, 1))
	say2("channel/Channel [1]")(s.VoteAs(-100900, "公告", g.ID, 1, 1))
	say2("张大爷 []")(s.Vote(zhang, g.ID, 1))
	say2("")(s.Vote(zhang, g.ID, 1))
	say2("")(s.Vote(u, g.ID, 2, 1)) // anonymous
	if p := s.Sent(g.ID)[0].Poll; len(p.Votes) != 3 || fmt.Sprint(p.Votes[u.ID]) != "[2]" {
		t.Errorf("votes %v", p.Votes)
	}
	if p := s.Sent(g.ID)[1].Poll; len(p.Votes) != 1 || !p.Anonymous {
		t.Errorf("the anonymous one %+v", p)
	}
	if _, err := s.Vote(u, g.ID, 3, 0, 1); err != nil {
		t.Errorf("several where several may be: %v", err)
	}
	var result struct {
		Closed  bool `json:"is_closed"`
		Total   int  `json:"total_voter_count"`
		Options []struct {
			N int `json:"voter_count"`
		}
	}
	r := call(t, s, "stopPoll", map[string]any{"chat_id": g.ID, "message_id": 1})
	if err := json.Unmarshal(r.Result, &result); err != nil || !result.Closed || result.Total != 3 || fmt.Sprint(result.Options) != "[{0} {2} {1}]" {
		t.Errorf("the end says %s: %v", r.Result, err)
	}
	for what, try := range map[string]func() (int64, error){
		"ended":          func() (int64, error) { return s.Vote(u, g.ID, 1, 0) },
		"several":        func() (int64, error) { return s.Vote(u, g.ID, 2, 0, 1) },
		"no such option": func() (int64, error) { return s.Vote(u, g.ID, 2, 3) },
		"no such poll":   func() (int64, error) { return s.Vote(u, g.ID, 99, 0) },
	} {
		if n, err := try(); err == nil {
			t.Errorf("%s: told as %d", what, n)
		}
	}
}
