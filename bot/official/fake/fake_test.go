package fake

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// caller calls the platform by hand.
type caller struct {
	*testing.T
	s     *Server
	token string
}

func newCaller(t *testing.T) (*caller, *User) {
	s := New()
	s.Templates = map[string][]string{"T1": {"thing1", "time2", "character_string3", "phrase4"}}
	s.Notices = map[string][]string{"N1": {"thing1"}}
	c := &caller{T: t, s: s}
	c.token, _ = c.call("POST", "/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"`+AppID+`","secret":"`+Secret+`"}`)["access_token"].(string)
	if c.token == "" {
		t.Fatal("no token")
	}
	u := s.Follower()
	u.Touch()
	return c, u
}

func (c *caller) call(method, path, body string) map[string]any {
	c.Helper()
	path, query, _ := strings.Cut(path, "?")
	q, _ := url.ParseQuery(query)
	if !q.Has("access_token") {
		q.Set("access_token", c.token)
	}
	r := httptest.NewRequest(method, path+"?"+q.Encode(), strings.NewReader(body))
	if strings.HasPrefix(body, "--") {
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	}
	w := httptest.NewRecorder()
	c.s.ServeHTTP(w, r)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		return map[string]any{"errcode": 0.0, "file": w.Body.String(), "status": w.Code}
	}
	if out["errcode"] == nil {
		out["errcode"] = 0.0
	}
	return out
}

func (c *caller) code(method, path, body string) int {
	c.Helper()
	return int(c.call(method, path, body)["errcode"].(float64))
}

func photo(name string, data []byte) string {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("x"); err != nil {
		panic(err)
	}
	part, _ := w.CreateFormFile("media", name)
	part.Write(data)
	w.Close()
	return b.String()
}

// The fake refuses what the platform refuses.
func TestRefusals(t *testing.T) {
	text := func(to, s string) string {
		b, _ := json.Marshal(map[string]any{"touser": to, "msgtype": "text", "text": map[string]string{"content": s}})
		return string(b)
	}
	menu := func(n int, id, content, head string) string {
		var list []map[string]string
		for range n {
			list = append(list, map[string]string{"id": id, "content": content})
		}
		b, _ := json.Marshal(map[string]any{"touser": "U", "msgtype": "msgmenu", "msgmenu": map[string]any{"head_content": head, "list": list}})
		return string(b)
	}
	notice := func(to, id, thing, at, no, phrase string) string {
		return `{"touser":"` + to + `","template_id":"` + id + `","data":{"thing1":{"value":"` + thing + `"},"time2":{"value":"` + at + `"},"character_string3":{"value":"` + no + `"},"phrase4":{"value":"` + phrase + `"}}}`
	}
	custom, template := "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"
	png := []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 40))
	token := `{"grant_type":"client_credential","appid":"` + AppID + `","secret":"` + Secret + `"}`
	for _, test := range []struct {
		name, method, path, body string
		change                   func(*Server, *User)
		want                     int
	}{
		{"a text", "POST", custom, text("U", "办好了"), nil, 0},
		{"no token", "POST", custom + "?access_token=", text("U", "x"), nil, 41001},
		{"a token of nobody", "POST", custom + "?access_token=x", text("U", "x"), nil, 40001},
		{"a dead token", "POST", custom, text("U", "x"), func(s *Server, _ *User) { s.Kill() }, 40001},
		{"a dead token, otherwise", "POST", custom, text("U", "x"), func(s *Server, _ *User) { s.Dead = 40014; s.Kill() }, 40014},
		{"an old token", "POST", custom, text("U", "x"), func(s *Server, _ *User) { s.Now = func() time.Time { return time.Now().Add(3 * time.Hour) } }, 42001},
		{"another machine", "POST", custom, text("U", "x"), func(s *Server, _ *User) { s.Barred = "203.0.113.7" }, 40164},
		{"no right", "POST", custom, text("U", "x"), func(s *Server, _ *User) { s.Unverified = true }, 48001},
		{"GET", "GET", custom, "", nil, 43002},
		{"no JSON", "POST", custom, "touser=U", nil, 47001},
		{"wrong UTF-8", "POST", custom, text("U", "x")[:20] + "\xff", nil, 47001},
		{"nobody", "POST", custom, text("oNobody", "x"), nil, 40003},
		{"no one", "POST", custom, text("", "x"), nil, 40003},
		{"no follower", "POST", custom, text("U", "x"), func(_ *Server, u *User) { u.follows = false }, 43004},
		{"no window", "POST", custom, text("U", "x"), func(_ *Server, u *User) { u.windows = nil }, 45015},
		{"an empty window", "POST", custom, text("U", "x"), func(_ *Server, u *User) { u.windows[0].left = 0 }, 45047},
		{"no type", "POST", custom, `{"touser":"U"}`, nil, 41008},
		{"a type that is none", "POST", custom, `{"touser":"U","msgtype":"hologram"}`, nil, 40008},
		{"no words", "POST", custom, text("U", ""), nil, 44004},
		{"2048 bytes", "POST", custom, text("U", strings.Repeat("x", 2048)), nil, 0},
		{"2049 bytes", "POST", custom, text("U", strings.Repeat("x", 2049)), nil, 45002},
		{"a photo of nobody", "POST", custom, `{"touser":"U","msgtype":"image","image":{"media_id":"x"}}`, nil, 40007},
		{"a menu", "POST", custom, menu(10, "1/x", "接单", "选"), nil, 0},
		{"eleven entries", "POST", custom, menu(11, "1/x", "接单", "选"), nil, 40058},
		{"an entry without an id", "POST", custom, menu(1, "", "接单", "选"), nil, 40058},
		{"an id of 65 bytes", "POST", custom, menu(1, strings.Repeat("x", 65), "接单", "选"), nil, 40058},
		{"a menu without a head", "POST", custom, menu(1, "1/x", "接单", ""), nil, 44004},
		{"a menu of a test account", "POST", custom, menu(1, "1/x", "接单", "选"), func(s *Server, _ *User) { s.Sandbox = true }, 40200},
		{"a notice", "POST", template, notice("U", "T1", "停水", "2026年12月5日 15:00", "0412", "处理中"), nil, 0},
		{"a notice of no form", "POST", template, notice("U", "T9", "停水", "2026-12-05", "0412", "处理中"), nil, 40037},
		{"a notice to nobody", "POST", template, notice("oNobody", "T1", "停水", "2026-12-05", "0412", "处理中"), nil, 40003},
		{"a notice to no follower", "POST", template, notice("U", "T1", "停水", "2026-12-05", "0412", "处理中"), func(_ *Server, u *User) { u.follows = false }, 43004},
		{"21 letters", "POST", template, notice("U", "T1", strings.Repeat("长", 21), "2026-12-05", "0412", "处理中"), nil, 47003},
		{"an empty field", "POST", template, notice("U", "T1", "", "2026-12-05", "0412", "处理中"), nil, 47003},
		{"no time", "POST", template, notice("U", "T1", "停水", "明天", "0412", "处理中"), nil, 47003},
		{"Chinese for a number", "POST", template, notice("U", "T1", "停水", "2026-12-05", "第四百", "处理中"), nil, 47003},
		{"a phrase of six", "POST", template, notice("U", "T1", "停水", "2026-12-05", "0412", "正在处理之中"), nil, 47003},
		{"订阅通知, not allowed", "POST", "/cgi-bin/message/subscribe/bizsend", notice("U", "N1", "停水", "", "", ""), nil, 43101},
		{"订阅通知", "POST", "/cgi-bin/message/subscribe/bizsend", notice("U", "N1", "停水", "", "", ""), func(_ *Server, u *User) { u.Allow("N1") }, 0},
		{"no menu yet", "GET", "/cgi-bin/menu/get", "", nil, 46003},
		{"a menu below", "POST", "/cgi-bin/menu/create", `{"button":[{"type":"click","name":"我的事","key":"我的事"}]}`, nil, 0},
		{"four below", "POST", "/cgi-bin/menu/create", `{"button":[1,2,3,4]}`, nil, 40016},
		{"a long name below", "POST", "/cgi-bin/menu/create", `{"button":[{"type":"click","name":"我的所有事情","key":"x"}]}`, nil, 40018},
		{"a page of no web", "POST", "/cgi-bin/menu/create", `{"button":[{"type":"view","name":"我","url":"javascript:x"}]}`, nil, 40020},
		{"a code", "POST", "/cgi-bin/qrcode/create", `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"b-3"}}}`, nil, 0},
		{"a code of no scene", "POST", "/cgi-bin/qrcode/create", `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":""}}}`, nil, 40053},
		{"a code of a year", "POST", "/cgi-bin/qrcode/create", `{"expire_seconds":31536000,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"b"}}}`, nil, 40052},
		{"a photo", "POST", "/cgi-bin/media/upload?type=image", photo("a.png", png), nil, 0},
		{"a photo that is none", "POST", "/cgi-bin/media/upload?type=image", photo("a.png", []byte("<html>")), nil, 40005},
		{"a photo without an ending", "POST", "/cgi-bin/media/upload?type=image", photo("a", png), nil, 40005},
		{"a voice note", "POST", "/cgi-bin/media/upload?type=voice", photo("a.amr", []byte("#!AMR\n")), nil, 0},
		{"a voice note of MP3", "POST", "/cgi-bin/media/upload?type=voice", photo("a.mp3", []byte("ID3\x04")), nil, 0},
		{"a voice note of Opus", "POST", "/cgi-bin/media/upload?type=voice", photo("a.amr", []byte("OggS")), nil, 40004},
		{"a photo as a voice note", "POST", "/cgi-bin/media/upload?type=voice", photo("a.png", png), nil, 40004},
		{"a voice note as a photo", "POST", "/cgi-bin/media/upload?type=image", photo("a.amr", []byte("#!AMR\n")), nil, 40005},
		{"a large voice note", "POST", "/cgi-bin/media/upload?type=voice", photo("a.amr", append([]byte("#!AMR\n"), make([]byte, 2<<20)...)), nil, 40010},
		{"a voice note without an ending", "POST", "/cgi-bin/media/upload?type=voice", photo("a", []byte("#!AMR\n")), nil, 40005},
		{"a film", "POST", "/cgi-bin/media/upload?type=video", photo("a.mp4", png), nil, 40004},
		{"a voice note of nobody", "POST", custom, `{"touser":"U","msgtype":"voice","voice":{"media_id":"x"}}`, nil, 40007},
		{"a voice note of nothing", "POST", custom, `{"touser":"U","msgtype":"voice"}`, nil, 41006},
		{"no photo", "POST", "/cgi-bin/media/upload?type=image", `{}`, nil, 41005},
		{"a file of nobody", "GET", "/cgi-bin/media/get?media_id=x", "", nil, 40007},
		{"a ticket", "GET", "/cgi-bin/ticket/getticket?type=jsapi", "", nil, 0},
		{"a ticket of another kind", "GET", "/cgi-bin/ticket/getticket?type=wx_card", "", nil, 40097},
		{"a code of nobody", "GET", "/sns/oauth2/access_token?appid=" + AppID + "&secret=" + Secret + "&code=x&grant_type=authorization_code", "", nil, 40029},
		{"another secret", "GET", "/sns/oauth2/access_token?appid=" + AppID + "&secret=x&code=x&grant_type=authorization_code", "", nil, 40125},
		{"another account", "POST", "/cgi-bin/stable_token", strings.Replace(token, AppID, "wx0", 1), nil, 40013},
		{"a token for another secret", "POST", "/cgi-bin/stable_token", strings.Replace(token, Secret, "x", 1), nil, 40125},
		{"a token for nothing", "POST", "/cgi-bin/stable_token", `{}`, nil, 40002},
	} {
		c, u := newCaller(t)
		if test.change != nil {
			test.change(c.s, u)
		}
		body := strings.ReplaceAll(test.body, `"touser":"U"`, `"touser":"`+u.OpenID+`"`)
		if got := c.code(test.method, test.path, body); got != test.want {
			t.Errorf("%s: errcode %d, want %d", test.name, got, test.want)
		}
		c.s.Close()
	}
}

// A stable token is the same while it is good; one of the other call replaces the one before
// and leaves it a few minutes.
func TestTokens(t *testing.T) {
	c, _ := newCaller(t)
	now := time.Now()
	c.s.Now = func() time.Time { return now }
	ask := `{"grant_type":"client_credential","appid":"` + AppID + `","secret":"` + Secret + `"}`
	again, _ := c.call("POST", "/cgi-bin/stable_token", ask)["access_token"].(string)
	if again != c.token || c.s.Asked() != 2 {
		t.Errorf("another stable token after %d", c.s.Asked())
	}
	path := "/cgi-bin/token?grant_type=client_credential&appid=" + AppID + "&secret=" + Secret
	one, _ := c.call("GET", path, "")["access_token"].(string)
	two, _ := c.call("GET", path, "")["access_token"].(string)
	works := func(token string) bool {
		return c.code("GET", "/cgi-bin/getcallbackip?access_token="+token, "") == 0
	}
	if one == two || !works(one) || !works(two) || !works(c.token) {
		t.Error("tokens do not overlap")
	}
	now = now.Add(6 * time.Minute)
	if works(one) || !works(two) || !works(c.token) {
		t.Error("the old token stays, or others go")
	}
	now = now.Add(2 * time.Hour)
	if works(two) || works(c.token) {
		t.Error("tokens stay for ever")
	}
}

// A callback is brought three times at most, an answer that is none is a fault to see, and
// a notice is sent once for one client_msg_id.
func TestCallbacks(t *testing.T) {
	for _, test := range []struct {
		name           string
		answer         http.HandlerFunc
		pushes, broken int
		shown          int
	}{
		{"success", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "success") }, 1, 0, 0},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, 1, 0, 0},
		{"not taken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 3, 1, 0},
		{"words in the clear", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<xml><Content>x</Content></xml>") }, 1, 1, 0},
		{"nonsense", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }, 1, 1, 0},
		{"late", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 3, 1, 0},
	} {
		s := New()
		s.Patience = 20 * time.Millisecond
		s.Hook = test.answer
		u := s.Follower()
		u.Say("漏水")
		if err := s.Wait(t.Context(), func() bool { return s.Pending() == 0 }); err != nil {
			t.Fatal(err)
		}
		if s.Pushes() != test.pushes || s.Broken() != test.broken || len(u.Shown()) != test.shown {
			t.Errorf("%s: %d pushes, %d broken, %d shown", test.name, s.Pushes(), s.Broken(), len(u.Shown()))
		}
		s.Close()
	}
	c, u := newCaller(t)
	body := `{"touser":"` + u.OpenID + `","template_id":"T1","client_msg_id":"k","data":{"thing1":{"value":"a"},"time2":{"value":"15:00"},"character_string3":{"value":"1"},"phrase4":{"value":"通知"}}}`
	if a, b := c.call("POST", "/cgi-bin/message/template/send", body), c.call("POST", "/cgi-bin/message/template/send", body); a["msgid"] != b["msgid"] || len(u.Shown()) != 1 {
		t.Errorf("%v and %v, shown %d", a, b, len(u.Shown()))
	}
}
