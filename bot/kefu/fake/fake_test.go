package fake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
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

	"linli/bot/bottest"
)

// client speaks to the server as anybody could, with nothing of the channel.
type client struct {
	*testing.T
	s     *Server
	base  string
	token string
	clock *bottest.Clock
}

func newClient(t *testing.T) *client {
	c := &client{T: t, s: New(), clock: bottest.NewClock(time.Now())}
	c.s.Now = c.clock.Now
	c.base = c.s.Start()
	t.Cleanup(c.s.Close)
	c.token = c.login()
	return c
}

func (c *client) get(path string) (object, []byte) {
	c.Helper()
	resp, err := http.Get(c.base + path)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	var o object
	_ = json.Unmarshal(data, &o)
	return o, data
}

func (c *client) login() string {
	c.Helper()
	o, _ := c.get("/cgi-bin/gettoken?corpid=" + CorpID + "&corpsecret=" + Secret)
	token, _ := o["access_token"].(string)
	return token
}

func (c *client) call(method, body string) (int, object) {
	c.Helper()
	resp, err := http.Post(c.base+"/cgi-bin/kf/"+method+"?access_token="+c.token, "application/json", strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	var o object
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
		c.Fatal(err)
	}
	code, ok := o["errcode"].(float64)
	if !ok || resp.StatusCode != 200 {
		c.Fatalf("%s answers %v", method, o)
	}
	return int(code), o
}

// is makes a call and compares its code.
func (c *client) is(want int, method, body string) object {
	c.Helper()
	code, o := c.call(method, body)
	if code != want {
		c.Errorf("%s %.120s: errcode %d %v, want %d", method, body, code, o["errmsg"], want)
	}
	return o
}

func text(to, id, content string) string {
	raw, _ := json.Marshal(object{"touser": to, "open_kfid": Account, "msgid": id, "msgtype": "text", "text": object{"content": content}})
	return string(raw)
}

func (c *client) png() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		c.Fatal(err)
	}
	return b.Bytes()
}

func TestTokens(t *testing.T) {
	c := newClient(t)
	first := c.token
	if c.login() != first || c.s.Tokens() != 1 {
		t.Error("while a token is valid, another one is given")
	}
	for query, want := range map[string]int{"corpid=x&corpsecret=" + Secret: 40013, "corpid=" + CorpID + "&corpsecret=x": 40001} {
		if o, _ := c.get("/cgi-bin/gettoken?" + query); o["errcode"].(float64) != float64(want) {
			t.Errorf("%s: %v", query, o)
		}
	}
	c.is(0, "account/list", "{}")
	c.token = ""
	c.is(41001, "account/list", "{}")
	c.token = "x"
	c.is(40014, "account/list", "{}")
	c.token = first
	c.s.KillToken(42001)
	c.is(42001, "account/list", "{}")
	if c.token = c.login(); c.token == first || c.s.Tokens() != 2 {
		t.Error("for a dead token no other one is given")
	}
	c.is(0, "account/list", "{}")
	c.clock.Pass(2 * time.Hour)
	c.is(42001, "account/list", "{}")
	c.s.Foreign("203.0.113.7")
	if o := c.is(60020, "account/list", "{}"); !strings.Contains(o["errmsg"].(string), "from ip: 203.0.113.7") {
		t.Error(o)
	}
}

func TestCallsThatAreNone(t *testing.T) {
	c := newClient(t)
	c.is(40035, "sing", "{}")
	for _, body := range []string{"", "x", "[]", "7"} {
		c.is(47001, "send_msg", body)
	}
	c.is(40058, "send_msg", `{"touser":7}`)
	if o, _ := c.get("/cgi-bin/kf/send_msg?access_token=" + c.token); o["errcode"].(float64) != 43002 {
		t.Error(o)
	}
}

func TestStrictSend(t *testing.T) {
	c := newClient(t)
	p := c.s.AddPerson()
	p.Begin()
	item := func(s string) string {
		return fmt.Sprintf(`{"touser":%q,"open_kfid":%q,"msgtype":"msgmenu","msgmenu":{"head_content":"h","list":[%s]}}`, p.ID, Account, s)
	}
	click := `{"type":"click","click":{"id":"1/a","content":"好"}}`
	for what, x := range map[string]struct {
		want int
		body string
	}{
		"no touser":         {40058, `{"open_kfid":"` + Account + `","msgtype":"text","text":{"content":"x"}}`},
		"no account":        {40058, `{"touser":"` + p.ID + `","msgtype":"text","text":{"content":"x"}}`},
		"another account":   {95004, strings.Replace(text(p.ID, "", "x"), Account, "wkOther", 1)},
		"nobody":            {40096, text("wmNobody", "", "x")},
		"no type":           {40008, `{"touser":"` + p.ID + `","open_kfid":"` + Account + `"}`},
		"no text":           {40058, `{"touser":"` + p.ID + `","open_kfid":"` + Account + `","msgtype":"text"}`},
		"an empty text":     {40058, text(p.ID, "", "")},
		"2049 bytes":        {40058, text(p.ID, "", strings.Repeat("x", 2049))},
		"a msgid with a .":  {40058, text(p.ID, "17.a", "x")},
		"a msgid of 33":     {40058, text(p.ID, strings.Repeat("a", 33), "x")},
		"no such picture":   {40007, `{"touser":"` + p.ID + `","open_kfid":"` + Account + `","msgtype":"image","image":{"media_id":"x"}}`},
		"a menu of none":    {40058, item("")},
		"a menu of eleven":  {40058, item(strings.Join(slices.Repeat([]string{click}, 11), ","))},
		"an id of 65":       {40058, item(strings.Replace(click, "1/a", strings.Repeat("d", 65), 1))},
		"an empty id":       {40058, item(strings.Replace(click, "1/a", "", 1))},
		"a label of 129":    {40058, item(strings.Replace(click, "好", strings.Repeat("x", 129), 1))},
		"a script":          {40058, item(`{"type":"view","view":{"url":"javascript:x","content":"x"}}`)},
		"an unknown entry":  {40058, item(`{"type":"dance"}`)},
		"a head of 1025":    {40058, strings.Replace(item(click), `"h"`, `"`+strings.Repeat("x", 1025)+`"`, 1)},
		"a click with none": {40058, item(`{"type":"click"}`)},
	} {
		if code, o := c.call("send_msg", x.body); code != x.want {
			t.Errorf("%s: %d %v, want %d", what, code, o["errmsg"], x.want)
		}
	}
	if len(p.Shown()) != 0 {
		t.Error("something arrived")
	}
	c.is(0, "send_msg", item(strings.Join(slices.Repeat([]string{click}, 10), ",")))
	c.is(0, "send_msg", text(p.ID, "a_-9", strings.Repeat("x", 2048)))
	if o := c.is(40058, "send_msg", text(p.ID, "a_-9", "y")); !strings.Contains(o["errmsg"].(string), "msgid") {
		t.Error(o)
	}
	c.s.Set(func(s *Server) { s.Repeats = true })
	if o := c.is(0, "send_msg", text(p.ID, "a_-9", "y")); o["msgid"] != "a_-9" || len(p.Shown()) != 2 {
		t.Error(o)
	}
}

func TestWindow(t *testing.T) {
	c := newClient(t)
	p := c.s.AddPerson()
	c.is(95018, "send_msg", text(p.ID, "", "x")) // has not written
	p.Say("在吗")
	for i := range 5 {
		c.is(0, "send_msg", text(p.ID, "", fmt.Sprint(i)))
	}
	c.is(95001, "send_msg", text(p.ID, "", "x"))
	p.Say("好")
	c.is(0, "send_msg", text(p.ID, "", "x"))
	c.clock.Pass(window + time.Minute)
	c.token = c.login()
	c.is(95002, "send_msg", text(p.ID, "", "x"))
	c.s.Set(func(s *Server) { s.Silent = true })
	o := c.is(0, "send_msg", text(p.ID, "late", "x"))
	if got := c.s.log[len(c.s.log)-1].item; o["msgid"] != "late" || got["event"].(object)["fail_msgid"] != "late" || got["event"].(object)["fail_type"].(float64) != 4 {
		t.Error(got)
	}
	if len(p.Shown()) != 6 {
		t.Errorf("%d arrived", len(p.Shown()))
	}
}

func TestSessions(t *testing.T) {
	c := newClient(t)
	p := c.s.AddPerson()
	trans := func(want, to int, more string) object {
		t.Helper()
		return c.is(want, "service_state/trans", fmt.Sprintf(`{"open_kfid":%q,"external_userid":%q,"service_state":%d%s}`, Account, p.ID, to, more))
	}
	who := fmt.Sprintf(`{"open_kfid":%q,"external_userid":%q}`, Account, p.ID)
	trans(95016, 2, "") // has not begun
	p.Say("人工")
	trans(40058, 3, "")
	code := trans(0, 2, "")["msg_code"].(string)
	trans(95016, 1, "")
	c.is(95018, "send_msg", text(p.ID, "", "x"))
	on := func(want int, body string) {
		t.Helper()
		c.is(want, "send_msg_on_event", body)
	}
	on(40058, `{"msgtype":"text","text":{"content":"x"}}`)
	on(40008, `{"code":"`+code+`","msgtype":"image","image":{"media_id":"x"}}`)
	on(0, `{"code":"`+code+`","msgtype":"text","text":{"content":"等一等"}}`)
	on(40058, `{"code":"`+code+`","msgtype":"text","text":{"content":"again"}}`)
	p.TakeOver()
	if o := c.is(0, "service_state/get", who); o["service_state"].(float64) != 3 || o["servicer_userid"] != "zhangsan" {
		t.Error(o)
	}
	p.Say("x")
	if p.State() != 3 {
		t.Error("what somebody says ends a conversation with a person")
	}
	p.End(true)
	c.is(95018, "send_msg", text(p.ID, "", "x"))
	p.Say("x")
	c.is(0, "send_msg", text(p.ID, "", "x"))
	c.is(40096, "service_state/get", strings.Replace(who, p.ID, "wmNobody", 1))
	c.is(95004, "service_state/get", strings.Replace(who, Account, "wkOther", 1))
}

func TestWelcome(t *testing.T) {
	c := newClient(t)
	p := c.s.AddPerson()
	greet := func(code string) string {
		return `{"code":"` + code + `","msgtype":"text","text":{"content":"您好"}}`
	}
	code := p.Enter("b-3", "x")
	if code == "" || p.Enter("b-3", "") != "" {
		t.Error("a code is given once in 48 hours")
	}
	c.is(0, "send_msg_on_event", greet(code))
	c.is(40058, "send_msg_on_event", greet(code))
	c.clock.Pass(49 * time.Hour)
	c.token = c.login()
	code = p.Enter("", "param without a scene")
	if e := c.s.log[len(c.s.log)-1].item["event"].(object); e["scene"] != nil || e["scene_param"] != nil {
		t.Error(e)
	}
	c.clock.Pass(21 * time.Second)
	c.is(40058, "send_msg_on_event", greet(code))
}

func TestSync(t *testing.T) {
	c := newClient(t)
	p := c.s.AddPerson()
	for i := range 5 {
		p.Say(fmt.Sprint(i))
	}
	ask := func(cursor, token string, limit int) string {
		return fmt.Sprintf(`{"cursor":%q,"token":%q,"limit":%d,"open_kfid":%q}`, cursor, token, limit, Account)
	}
	var got []string
	cursor, rounds := "", 0
	c.s.HoldBack(1)
	for more := 1.0; more == 1; rounds++ {
		o := c.is(0, "sync_msg", ask(cursor, "", 2))
		for _, x := range o["msg_list"].([]any) {
			got = append(got, x.(object)["text"].(object)["content"].(string))
		}
		if o["next_cursor"] == cursor || len(o["next_cursor"].(string)) > 64 {
			t.Error(o)
		}
		cursor, more = o["next_cursor"].(string), o["has_more"].(float64)
	}
	if !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) || rounds != 4 || c.s.Pending(cursor) != 0 {
		t.Errorf("%q in %d rounds", got, rounds)
	}
	c.is(40058, "sync_msg", ask("nonsense", "", 2))
	c.is(40058, "sync_msg", ask(strings.Repeat("a", 65), "", 2))
	c.is(40058, "sync_msg", ask("", "", 1001))
	c.is(95007, "sync_msg", ask("", "nonsense", 2))
	c.is(95004, "sync_msg", `{}`)
	push := c.s.Word()
	c.is(0, "sync_msg", ask(cursor, push, 0))
	for range bareCalls - 5 {
		c.is(0, "sync_msg", ask(cursor, "", 0))
	}
	c.is(45009, "sync_msg", ask(cursor, "", 0))
	c.is(0, "sync_msg", ask(cursor, push, 0))
	c.clock.Pass(11 * time.Minute)
	c.is(95007, "sync_msg", ask(cursor, push, 0))
	c.clock.Pass(3 * 24 * time.Hour)
	c.token = c.login()
	p.Say("neu")
	if o := c.is(0, "sync_msg", ask("", "", 0)); len(o["msg_list"].([]any)) != 1 {
		t.Errorf("after three days there are %v", o["msg_list"])
	}
}

func TestMedia(t *testing.T) {
	c := newClient(t)
	p := c.s.AddPerson()
	p.Begin()
	upload := func(kind, name string, data []byte) object {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		if part, err := form.CreateFormFile("media", name); err != nil {
			t.Fatal(err)
		} else if _, err := part.Write(data); err != nil {
			t.Fatal(err)
		}
		form.Close()
		resp, err := http.Post(c.base+"/cgi-bin/media/upload?access_token="+c.token+"&type="+kind, form.FormDataContentType(), &b)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var o object
		if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	for what, x := range map[string]struct {
		want float64
		o    object
	}{
		"a page":     {40004, upload("image", "a.png", []byte("<html></html>"))},
		"nothing":    {44001, upload("image", "a.png", nil)},
		"too large":  {40009, upload("image", "a.png", append(c.png(), make([]byte, maxImage)...))},
		"of no type": {40005, upload("", "a.png", c.png())},
		"a picture":  {0, upload("image", "a.png", c.png())},
		"a note":     {0, upload("voice", "a.amr", []byte("#!AMR\n"))},
		"MP3":        {40004, upload("voice", "a.mp3", []byte("ID3\x04 sound"))},
		"no note":    {40004, upload("voice", "a.amr", c.png())},
		"no picture": {40004, upload("image", "a.png", []byte("#!AMR\n"))},
		"too loud":   {40010, upload("voice", "a.amr", append([]byte("#!AMR\n"), make([]byte, maxVoice)...))},
	} {
		if x.o["errcode"] != x.want {
			t.Errorf("%s: %v, want %v", what, x.o, x.want)
		}
	}
	id := upload("image", "a.png", c.png())["media_id"].(string)
	body := `{"touser":"` + p.ID + `","open_kfid":"` + Account + `","msgtype":"image","image":{"media_id":"` + id + `"}}`
	c.is(0, "send_msg", body)
	if got := p.Shown(); len(got) != 1 || !bytes.Equal(got[0].File, c.png()) {
		t.Error("the picture did not arrive")
	}
	note := upload("voice", "a.amr", []byte("#!AMR\n"))["media_id"].(string)
	c.is(40007, "send_msg", strings.Replace(body, id, note, 1))
	voice := strings.ReplaceAll(body, "image", "voice")
	c.is(40007, "send_msg", voice)
	c.is(40058, "send_msg", strings.Replace(voice, id, "", 1))
	c.is(0, "send_msg", strings.Replace(voice, id, note, 1))
	if got := p.Shown(); len(got) != 2 || got[1].Kind != "voice" || string(got[1].File) != "#!AMR\n" {
		t.Error("the voice note did not arrive")
	}
	p.File("voice", []byte("#!AMR\nx"))
	item := c.s.log[len(c.s.log)-1].item
	theirs := item["voice"].(object)["media_id"].(string)
	if _, data := c.get("/cgi-bin/media/get?access_token=" + c.token + "&media_id=" + theirs); string(data) != "#!AMR\nx" {
		t.Errorf("downloaded %q", data)
	}
	// What a resident sent is no picture to send on.
	c.is(40007, "send_msg", strings.Replace(body, id, theirs, 1))
	if o, _ := c.get("/cgi-bin/media/get?access_token=" + c.token + "&media_id=x"); o["errcode"].(float64) != 40007 {
		t.Error(o)
	}
	c.clock.Pass(kept + time.Minute)
	c.token = c.login()
	c.is(40007, "send_msg", body)
	if o, _ := c.get("/cgi-bin/media/get?access_token=" + c.token + "&media_id=" + theirs); o["errcode"].(float64) != 40007 {
		t.Error(o)
	}
}

func TestCallbacks(t *testing.T) {
	c := newClient(t)
	var (
		mu   sync.Mutex
		seen []url.Values
		fail = 4
	)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		sealed, _, _ := strings.Cut(string(body[strings.Index(string(body), "<Encrypt><![CDATA[")+len("<Encrypt><![CDATA["):]), "]]>")
		q := r.URL.Query()
		if q.Get("msg_signature") != Sign(Token, q.Get("timestamp"), q.Get("nonce"), sealed) {
			t.Error("the signature is wrong")
		}
		seen = append(seen, q)
		if fail--; fail > 0 {
			w.WriteHeader(503)
		}
	}))
	defer hook.Close()
	c.s.Hook(hook.URL)
	p := c.s.AddPerson()
	p.Say("一") // brought three times, in vain
	p.Say("二")
	if err := c.s.Wait(t.Context(), func() bool { return len(c.s.Answers()) == 4 }); err != nil {
		t.Fatal(err)
	}
	c.s.Set(func(s *Server) { s.Times = 5 })
	p.Say("三")
	if err := c.s.Wait(t.Context(), func() bool { return len(c.s.Answers()) == 9 }); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if seen[0].Encode() != seen[2].Encode() || seen[2].Encode() == seen[3].Encode() || seen[4].Encode() != seen[8].Encode() {
		t.Error("what is brought again is not the same")
	}
}

// The signature and the seal are those of the published example.
func TestSignature(t *testing.T) {
	if got := Sign("QDG6eK", "1409659589", "263014780", "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="); got != "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3" {
		t.Error(got)
	}
}
