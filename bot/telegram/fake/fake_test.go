package fake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

type reply struct {
	OK          bool            `json:"ok"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Result      json.RawMessage `json:"result"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
	broken bool // no answer
}

// call makes a call with a body of JSON.
func call(t *testing.T, s *Server, method string, params map[string]any) reply {
	t.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, s, method, "application/json", bytes.NewReader(body))
}

func send(t *testing.T, s *Server, method, kind string, body io.Reader) (r reply) {
	t.Helper()
	resp, err := http.Post(s.test.URL+"/bot"+Token+"/"+method, kind, body)
	if err != nil {
		return reply{broken: true}
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		return reply{broken: true, Code: resp.StatusCode}
	}
	if r.Code != 0 && r.Code != resp.StatusCode {
		t.Errorf("%s: error_code %d with status %d", method, r.Code, resp.StatusCode)
	}
	return r
}

func start(t *testing.T) (*Server, *User, *Group) {
	s := New()
	s.Start()
	t.Cleanup(s.Close)
	u := s.AddUser("王阿姨")
	u.Start("")
	return s, u, s.AddGroup("3号楼群")
}

func ids(t *testing.T, r reply) (ids []int64) {
	t.Helper()
	var list []struct {
		ID int64 `json:"update_id"`
	}
	if err := json.Unmarshal(r.Result, &list); err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	for _, u := range list {
		ids = append(ids, u.ID-730_000_000)
	}
	return ids
}

func keyboard(label, data string) map[string]any {
	return map[string]any{"inline_keyboard": [][]map[string]any{{{"text": label, "callback_data": data}}}}
}

// What Telegram refuses, and what just passes.
func TestStrict(t *testing.T) {
	s, u, g := start(t)
	stranger := s.AddUser("没点过开始")
	blocked := s.AddUser("拉黑")
	blocked.Start("")
	blocked.Block()
	kicked := s.AddGroup("踢了")
	kicked.Kick(u)
	old := s.AddGroup("旧")
	next := old.Migrate(u)
	call(t, s, "sendMessage", map[string]any{"chat_id": u.ID, "text": "一", "reply_markup": keyboard("好", "ok")}) // 2
	big := [][]map[string]any{}
	for range 101 {
		big = append(big, []map[string]any{{"text": "a", "callback_data": "a"}})
	}
	for _, test := range []struct {
		method string
		params map[string]any
		want   string // beginning of the description, "" if it passes
		code   int
	}{
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": strings.Repeat("😀", 2048)}, "", 0},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": strings.Repeat("😀", 2048) + "a"}, "Bad Request: message is too long", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": ""}, "Bad Request: message text is empty", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": " \n\t"}, "Bad Request: message text is empty", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID}, "Bad Request: message text is empty", 400},
		{"sendMessage", map[string]any{"text": "a"}, "Bad Request: chat_id is empty", 400},
		{"sendMessage", map[string]any{"chat_id": 12, "text": "a"}, "Bad Request: chat not found", 400},
		{"sendMessage", map[string]any{"chat_id": stranger.ID, "text": "a"}, "Forbidden: bot can't initiate conversation with a user", 403},
		{"sendMessage", map[string]any{"chat_id": blocked.ID, "text": "a"}, "Forbidden: bot was blocked by the user", 403},
		{"sendMessage", map[string]any{"chat_id": kicked.ID, "text": "a"}, "Forbidden: bot was kicked from the supergroup chat", 403},
		{"sendMessage", map[string]any{"chat_id": old.ID, "text": "a"}, "Bad Request: group chat was upgraded", 400},
		{"sendMessage", map[string]any{"chat_id": next.ID, "text": "a"}, "", 0},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_markup": keyboard("a", strings.Repeat("阿", 21)+"a")}, "", 0},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_markup": keyboard("a", strings.Repeat("阿", 21)+"ab")}, "Bad Request: BUTTON_DATA_INVALID", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_markup": keyboard("a", "")}, "Bad Request: BUTTON_DATA_INVALID", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_markup": keyboard(" ", "a")}, "Bad Request: inline keyboard button text is empty", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_markup": map[string]any{"inline_keyboard": [][]map[string]any{{{"text": "a"}}}}}, "Bad Request: text buttons are unallowed", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_markup": map[string]any{"inline_keyboard": big}}, "Bad Request: reply markup is too long", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_markup": "{broken"}, "Bad Request: can't parse reply_markup", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_parameters": map[string]any{"message_id": 999}}, "Bad Request: message to be replied not found", 400},
		{"sendMessage", map[string]any{"chat_id": u.ID, "text": "a", "reply_parameters": map[string]any{"message_id": 999, "allow_sending_without_reply": true}}, "", 0},
		{"editMessageText", map[string]any{"chat_id": u.ID, "message_id": 2, "text": "一", "reply_markup": keyboard("好", "ok")}, "Bad Request: message is not modified", 400},
		{"editMessageText", map[string]any{"chat_id": u.ID, "message_id": 2, "text": "一"}, "", 0}, // the buttons go
		{"editMessageText", map[string]any{"chat_id": u.ID, "message_id": 2, "text": "一"}, "Bad Request: message is not modified", 400},
		{"editMessageText", map[string]any{"chat_id": u.ID, "message_id": 2, "text": ""}, "Bad Request: message text is empty", 400},
		{"editMessageText", map[string]any{"chat_id": u.ID, "message_id": 999, "text": "a"}, "Bad Request: message to edit not found", 400},
		{"editMessageText", map[string]any{"chat_id": u.ID, "message_id": 1, "text": "a"}, "Bad Request: message can't be edited", 400},
		{"editMessageCaption", map[string]any{"chat_id": u.ID, "message_id": 2, "caption": "a"}, "Bad Request: there is no caption", 400},
		{"deleteMessage", map[string]any{"chat_id": u.ID, "message_id": 999}, "Bad Request: message to delete not found", 400},
		{"deleteMessage", map[string]any{"chat_id": u.ID, "message_id": 2}, "", 0},
		{"editMessageText", map[string]any{"chat_id": u.ID, "message_id": 2, "text": "b"}, "Bad Request: message to edit not found", 400},
		{"sendPhoto", map[string]any{"chat_id": u.ID}, "Bad Request: there is no photo", 400},
		{"sendPhoto", map[string]any{"chat_id": u.ID, "photo": "nothing"}, "Bad Request: wrong file identifier", 400},
		{"sendPhoto", map[string]any{"chat_id": u.ID, "photo": "nothing", "caption": strings.Repeat("a", 1025)}, "Bad Request: message caption is too long", 400},
		{"sendMediaGroup", map[string]any{"chat_id": u.ID, "media": []any{}}, "Bad Request: wrong number of media", 400},
		{"answerCallbackQuery", map[string]any{"callback_query_id": "1"}, "Bad Request: query is too old", 400},
		{"getFile", map[string]any{"file_id": "1"}, "Bad Request: invalid file_id", 400},
		{"setWebhook", map[string]any{"url": "http://example.com/"}, "Bad Request: bad webhook: An HTTPS URL", 400},
		{"setWebhook", map[string]any{"url": "https://example.com/", "secret_token": "a b"}, "Bad Request: secret token", 400},
		{"setMyCommands", map[string]any{"commands": []map[string]any{{"command": "状态", "description": "a"}}}, "Bad Request: BOT_COMMAND_INVALID", 400},
		{"setMyCommands", map[string]any{"commands": []map[string]any{{"command": "status", "description": "进度"}}}, "", 0},
		{"getChat", map[string]any{"chat_id": g.ID}, "", 0},
		{"sendTelepathy", nil, "Not Found", 404},
	} {
		r := call(t, s, test.method, test.params)
		if r.OK != (test.want == "") || r.Code != test.code || !strings.HasPrefix(r.Description, test.want) {
			t.Errorf("%s %.80v: %v %d %q, want %d %q", test.method, test.params, r.OK, r.Code, r.Description, test.code, test.want)
		}
	}
	if r := call(t, s, "sendMessage", map[string]any{"chat_id": old.ID, "text": "a"}); r.Parameters.MigrateTo != next.ID {
		t.Errorf("migrate_to_chat_id %d, want %d", r.Parameters.MigrateTo, next.ID)
	}
	if r := send(t, s, "sendMessage", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"chat_id": {fmt.Sprint(u.ID)}, "text": {"\xff"}}.Encode())); r.Description != "Bad Request: strings must be encoded in UTF-8" {
		t.Errorf("wrong UTF-8: %+v", r)
	}
	for path, code := range map[string]int{"/bot123:wrong/getMe": 401, "/botwrong/getMe": 404, "/": 404, "/file/bot123:wrong/x": 401, "/file/bot" + Token + "/nothing": 404} {
		resp, err := http.Get(s.test.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != code {
			t.Errorf("%s: status %d, want %d", path, resp.StatusCode, code)
		}
	}
}

// Forms and JSON mean the same; what was uploaded can be downloaded.
func TestFormAndFiles(t *testing.T) {
	s, u, _ := start(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	form.WriteField("chat_id", fmt.Sprint(u.ID))
	form.WriteField("media", `[{"type":"photo","media":"attach://a","caption":"看"},{"type":"photo","media":"attach://b"}]`)
	for _, name := range []string{"a", "b"} {
		w, _ := form.CreateFormFile(name, name+".jpg")
		io.WriteString(w, "picture "+name)
	}
	form.Close()
	if r := send(t, s, "sendMediaGroup", form.FormDataContentType(), &body); !r.OK {
		t.Fatalf("%+v", r)
	}
	sent := s.Sent(u.ID)
	if len(sent) != 2 || sent[0].Text != "看" || sent[0].Album == "" || string(s.File(sent[1].Photos[0])) != "picture b" {
		t.Fatalf("sent %+v", sent)
	}
	var f struct {
		Path string `json:"file_path"`
		Size int    `json:"file_size"`
	}
	r := call(t, s, "getFile", map[string]any{"file_id": sent[0].Photos[0]})
	if err := json.Unmarshal(r.Result, &f); err != nil || f.Size != len("picture a") {
		t.Fatalf("getFile %+v", r)
	}
	resp, err := http.Get(s.test.URL + "/file/bot" + Token + "/" + f.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if data, _ := io.ReadAll(resp.Body); string(data) != "picture a" {
		t.Errorf("downloaded %q", data)
	}
	if c := s.Calls("sendMediaGroup")[0]; !slices.Equal(c.Files, []string{"a.jpg", "b.jpg"}) || c.JSON || c.Chat != u.ID {
		t.Errorf("recorded %+v", c)
	}
}

// What no player plays is shown as a document, whatever it was sent as.
func TestSoundAndDocuments(t *testing.T) {
	s, u, _ := start(t)
	shy := s.AddUser("不收语音")
	shy.NoVoice = true
	shy.Start("")
	sound := "OggS" + strings.Repeat("\x00", 24) + "OpusHead"
	for _, test := range []struct {
		method, data string
		to           *User
		want, why    string
	}{
		{"sendVoice", sound, u, "voice", ""},
		{"sendVoice", "\x1aE\xdf\xa3 webm", u, "document", ""},
		{"sendVoice", sound, shy, "", "Bad Request: VOICE_MESSAGES_FORBIDDEN"},
		{"sendAudio", "ID3 music", shy, "audio", ""},
		{"sendAudio", sound, u, "document", ""},
		{"sendDocument", sound, shy, "document", ""},
		{"sendDocument", "", u, "", "Bad Request: file must be non-empty"},
	} {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		form.WriteField("chat_id", fmt.Sprint(test.to.ID))
		form.WriteField("duration", "4")
		w, _ := form.CreateFormFile(strings.ToLower(strings.TrimPrefix(test.method, "send")), "a.ogg")
		io.WriteString(w, test.data)
		form.Close()
		before := s.SentCount(test.to.ID)
		r := send(t, s, test.method, form.FormDataContentType(), &body)
		if r.Description != test.why || r.OK != (test.why == "") {
			t.Errorf("%s: %v %q, want %q", test.method, r.OK, r.Description, test.why)
		}
		if !r.OK {
			if s.SentCount(test.to.ID) != before {
				t.Errorf("%s was refused and sent", test.method)
			}
			continue
		}
		var result map[string]json.RawMessage
		if err := json.Unmarshal(r.Result, &result); err != nil || result[test.want] == nil || result["text"] != nil {
			t.Errorf("%s is shown as %s", test.method, r.Result)
		}
		sent := s.Sent(test.to.ID)
		f := sent[len(sent)-1].File
		if f == nil || f.Kind != test.want || f.Name != "a.ogg" || string(s.File(f.ID)) != test.data || (f.Seconds == 4) != (f.Kind != "document") {
			t.Errorf("%s: recorded %+v", test.method, f)
		}
	}
	if r := call(t, s, "sendVoice", map[string]any{"chat_id": u.ID}); r.Description != "Bad Request: there is no voice in the request" {
		t.Errorf("without a file: %+v", r)
	}
}

func TestOffsets(t *testing.T) {
	s, u, _ := start(t) // update 1 is /start
	clock := time.Now()
	var mu sync.Mutex
	s.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); clock = clock.Add(time.Second); return clock }
	for range 4 {
		s.Say(u, u.ID, "a")
	}
	get := func(params map[string]any, want ...int64) {
		t.Helper()
		if got := ids(t, call(t, s, "getUpdates", params)); !slices.Equal(got, want) {
			t.Errorf("getUpdates %v = %v, want %v", params, got, want)
		}
	}
	const base = 730_000_000
	get(map[string]any{}, 1, 2, 3, 4, 5)
	get(map[string]any{}, 1, 2, 3, 4, 5) // nothing was confirmed
	get(map[string]any{"limit": 2}, 1, 2)
	get(map[string]any{"offset": base + 2, "limit": 2}, 2, 3)
	get(map[string]any{"offset": base + 1}, 2, 3, 4, 5) // 1 is gone for good
	get(map[string]any{"offset": -2}, 4, 5)
	get(map[string]any{}, 4, 5)
	get(map[string]any{"offset": base + 6})
	if s.Pending() != 0 {
		t.Errorf("%d pending", s.Pending())
	}
	// The same offset again at once gives one update only.
	s.Now = func() time.Time { return clock }
	s.Say(u, u.ID, "a")
	s.Say(u, u.ID, "b")
	get(map[string]any{"offset": base + 5}, 6, 7)
	get(map[string]any{"offset": base + 5}, 6)
	// Presses do not keep.
	call(t, s, "sendMessage", map[string]any{"chat_id": u.ID, "text": "?", "reply_markup": keyboard("好", "ok")})
	if _, err := s.Press(u, u.ID, "nothing"); err == nil {
		t.Error("pressed a button that is not there")
	}
	id, err := s.Press(u, u.ID, "好")
	if err != nil {
		t.Fatal(err)
	}
	get(map[string]any{"offset": base + 7}, 7, 8)
	clock = clock.Add(151 * time.Second)
	get(map[string]any{}, 7)
	if r := call(t, s, "answerCallbackQuery", map[string]any{"callback_query_id": id}); r.OK {
		t.Error("an old press was answered")
	}
	clock = clock.Add(24 * time.Hour)
	get(map[string]any{})
}

func TestLongPollAndConflict(t *testing.T) {
	s, u, _ := start(t)
	first, second := make(chan reply), make(chan reply)
	go func() {
		first <- call(t, s, "getUpdates", map[string]any{"offset": 730_000_002, "timeout": 50})
	}()
	polling := func(n int) {
		t.Helper()
		if err := s.Wait(t.Context(), func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.poller != nil && s.lastOffset == 730_000_001+int64(n)
		}); err != nil {
			t.Fatal(err)
		}
	}
	polling(1)
	go func() {
		second <- call(t, s, "getUpdates", map[string]any{"offset": 730_000_002, "timeout": 50})
	}()
	if r := <-first; r.Code != 409 || !strings.Contains(r.Description, "terminated by other getUpdates") {
		t.Errorf("the first poller got %+v", r)
	}
	s.Say(u, u.ID, "a")
	if got := ids(t, <-second); !slices.Equal(got, []int64{2}) {
		t.Errorf("the second poller got %v", got)
	}
	if r := call(t, s, "setWebhook", map[string]any{"url": "http://127.0.0.1:1/"}); !r.OK {
		t.Fatal(r)
	}
	if r := call(t, s, "getUpdates", nil); r.Code != 409 || !strings.Contains(r.Description, "webhook is active") {
		t.Errorf("polling beside a webhook got %+v", r)
	}
	call(t, s, "deleteWebhook", nil)
	if got := ids(t, call(t, s, "getUpdates", nil)); len(got) != 1 {
		t.Errorf("after deleteWebhook %v", got)
	}
}

func TestWebhookDelivery(t *testing.T) {
	s, u, g := start(t)
	var mu sync.Mutex
	got := map[int64][]int64{}
	inside := map[int64]int{}
	tries := map[int64]int{}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var update struct {
			ID      int64 `json:"update_id"`
			Message struct {
				ID   int64 `json:"message_id"`
				Chat struct {
					ID int64 `json:"id"`
				} `json:"chat"`
			} `json:"message"`
		}
		if err := json.NewDecoder(r.Body).Decode(&update); err != nil || r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "s3" {
			t.Errorf("delivery: %v, header %v", err, r.Header)
		}
		chat := update.Message.Chat.ID
		mu.Lock()
		inside[chat]++
		if inside[chat] > 1 {
			t.Error("two deliveries of one chat at the same time")
		}
		tries[update.ID]++
		fail := tries[update.ID] < 3
		if !fail {
			got[chat] = append(got[chat], update.Message.ID)
		}
		inside[chat]--
		mu.Unlock()
		if fail {
			w.WriteHeader(500)
		}
	}))
	defer hook.Close()
	s.Resend = func(int) time.Duration { return 0 }
	for range 10 {
		s.Say(u, g.ID, "a")
	}
	call(t, s, "setWebhook", map[string]any{"url": hook.URL, "secret_token": "s3"})
	for range 10 {
		s.Say(u, u.ID, "a")
	}
	if err := s.Wait(t.Context(), func() bool { return s.Pending() == 0 }); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for chat, want := range map[int64]int{g.ID: 10, u.ID: 11} {
		if len(got[chat]) != want || !slices.IsSorted(got[chat]) {
			t.Errorf("chat %d got %v", chat, got[chat])
		}
	}
	if s.Deliveries() != 21*3 {
		t.Errorf("%d deliveries, want %d", s.Deliveries(), 21*3)
	}
}

func TestFaults(t *testing.T) {
	s, u, _ := start(t)
	s.Fail("sendMessage", 1, CloseBefore)
	s.Fail("sendMessage", 1, CloseAfter)
	s.Fail("sendMessage", 1, BadGateway)
	s.Fail("sendMessage", 1, Garbage)
	s.Fail("sendMessage", 1, TooMany(60))
	s.Fail("sendMessage", 1, Refuse(403, "Forbidden: x"))
	for i, want := range []struct {
		broken     bool
		code, sent int
	}{{true, 0, 0}, {true, 0, 1}, {true, 502, 1}, {true, 200, 2}, {false, 429, 2}, {false, 403, 2}, {false, 0, 3}} {
		r := call(t, s, "sendMessage", map[string]any{"chat_id": u.ID, "text": "a"})
		if r.broken != want.broken || r.Code != want.code || len(s.Sent(u.ID)) != want.sent || s.SentCount(u.ID) != want.sent {
			t.Errorf("call %d: %+v and %d sent, want %+v", i, r, len(s.Sent(u.ID)), want)
		}
		if want.code == 429 && r.Parameters.RetryAfter != 60 {
			t.Errorf("retry_after %d", r.Parameters.RetryAfter)
		}
	}
	if s.Early() != 2 || s.Failing("sendMessage") != 0 {
		t.Errorf("%d early calls, want 2", s.Early())
	}
	s.Judge = func(c Call) Fault {
		if c.Params["text"] == "bad" {
			return TooMany(1)
		}
		return Fault{}
	}
	for text, want := range map[string]int{"bad": 429, "good": 0} {
		if r := call(t, s, "sendMessage", map[string]any{"chat_id": u.ID, "text": text}); r.Code != want {
			t.Errorf("%s: %+v", text, r)
		}
	}
}

func TestLimits(t *testing.T) {
	s, u, g := start(t)
	clock := time.Now()
	s.Now, s.Limits = func() time.Time { return clock }, true
	count := func(chat int64, n int) (passed, after int) {
		for range n {
			r := call(t, s, "sendMessage", map[string]any{"chat_id": chat, "text": "a"})
			if r.OK {
				passed++
			} else if after = r.Parameters.RetryAfter; r.Code != 429 || after < 1 {
				t.Fatalf("%+v", r)
			}
		}
		return passed, after
	}
	if n, after := count(g.ID, 25); n != 20 || after != 3 {
		t.Errorf("%d of 25 passed in a group, then wait %d", n, after)
	}
	if n, _ := count(u.ID, 10); n != 5 {
		t.Errorf("%d of 10 passed in a private chat", n)
	}
	clock = clock.Add(time.Minute)
	if n, _ := count(g.ID, 25); n != 20 {
		t.Errorf("%d of 25 passed a minute later", n)
	}
}

func TestPrivacy(t *testing.T) {
	s, u, g := start(t)
	s.ReadsAll = false
	call(t, s, "sendMessage", map[string]any{"chat_id": g.ID, "text": "a"})
	if said := s.Say(u, g.ID, "随便说说"); said.Update != 0 {
		t.Error("the bot hears what it may not")
	}
	if said := s.Say(u, g.ID, "/help"); said.Update == 0 {
		t.Error("a command was not heard")
	}
	if said := s.Say(u, g.ID, "好", ReplyTo(1)); said.Update == 0 {
		t.Error("a reply to the bot was not heard")
	}
	g.Admin = true
	if said := s.Say(u, g.ID, "随便说说"); said.Update == 0 {
		t.Error("an admin hears everything")
	}
	if _, change := g.Leave(u); change != 0 {
		t.Error("chat_member was not asked for")
	}
}
