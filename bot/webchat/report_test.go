package webchat

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
)

// reports is a web chat at which building 3 can be reported from.
func reports(t *testing.T, change func(*Options)) (*Webchat, *bottest.Ears, *httptest.Server, *door) {
	t.Helper()
	return serve(t, func(o *Options) {
		o.Scene = func(code string) (string, bool) { return "b-3", code == "CODE" }
		if change != nil {
			change(o)
		}
	})
}

const formID = "0123456789abcdef0123456789abcdef"

// slip sends the form of a report page.
func (b *browser) slip(photo []byte, fields ...string) (int, string, http.Header) {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		_ = m.WriteField(fields[i], fields[i+1])
	}
	part, _ := m.CreateFormFile("photo", "")
	if photo != nil {
		part, _ = m.CreateFormFile("photo", "x.png")
	}
	_, _ = part.Write(photo)
	_ = m.Close()
	return b.do("POST", "/chat/report", m.FormDataContentType(), &body)
}

// member is who a browser is, by the page of the chat.
func (b *browser) member() string {
	b.t.Helper()
	_, page := b.get("/chat/")
	m := regexp.MustCompile(`data-member="([0-9a-f]+)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return m[1]
}

// What is written at a code begins a private chat: the code first, then the words, with the
// place; and once, however often the form is sent.
func TestReport(t *testing.T) {
	w, e, s, d := reports(t, nil)
	b := visit(t, s)
	for range 2 {
		n, body, head := b.slip(nil, "code", "CODE", "form", formID, "text", "电梯停了", "name", " 王 阿姨\u202e ")
		if n != http.StatusSeeOther || head.Get("Location") != "/chat/" {
			t.Fatalf("%d %s", n, body)
		}
	}
	id := b.member()
	if id == "" {
		t.Fatal("the chat does not open")
	}
	w.again(t.Context())
	in := e.Tries()
	if len(in) != 2 {
		t.Fatalf("%d things were heard", len(in))
	}
	if in[0].Kind != bot.Entered || in[0].Scene != "b-3" || in[0].Chat.Address != "m/"+id || in[0].Chat.Group || !in[0].From.Person {
		t.Errorf("first %+v", in[0])
	}
	if in[1].Kind != bot.Said || in[1].Scene != "b-3" || in[1].Message.Text != "电梯停了" || in[1].From.Name != "王 阿姨" || in[1].Keys[0] == in[0].Keys[0] {
		t.Errorf("then %+v", in[1])
	}
	same(t, texts(t, w, "m/"+id), []string{"电梯停了"})
	_, lines := b.get("/chat/lines")
	if strings.Contains(lines, "3hao") {
		t.Error("a guest is in a group")
	}

	// Somebody with a session stays who they are, and may add a photo instead of words.
	chen, chenID := enter(t, s, d, "BOTH", "陈晨")
	if n, body, _ := chen.slip(bottest.Picture(), "code", "CODE", "form", formID, "text", ""); n != http.StatusSeeOther {
		t.Fatalf("%d %s", n, body)
	}
	if got := chen.member(); got != chenID {
		t.Errorf("%s became %s", chenID, got)
	}
	last := e.Tries()[len(e.Tries())-1]
	if len(last.Message.Media) != 1 || last.From.Address != "m/"+chenID {
		t.Errorf("%+v", last)
	}
}

// What is not taken is said so, with the words still there; and nothing is kept of it.
func TestReportThatIsNotTaken(t *testing.T) {
	_, e, s, _ := reports(t, nil)
	for name, x := range map[string]struct {
		status int
		wrong  string
		photo  []byte
		fields []string
	}{
		"no such code":      {404, "place", nil, []string{"code", "OTHER", "form", formID, "text", "<b>电梯"}},
		"no code":           {404, "place", nil, []string{"form", formID, "text", "<b>电梯"}},
		"no form":           {400, "form", nil, []string{"code", "CODE", "text", "<b>电梯"}},
		"nothing":           {400, "empty", nil, []string{"code", "CODE", "form", formID, "text", " \n"}},
		"too long":          {413, "long", nil, []string{"code", "CODE", "form", formID, "text", "<b>电梯" + strings.Repeat("长", 4000)}},
		"Linli's own name":  {400, "name", nil, []string{"code", "CODE", "form", formID, "text", "<b>电梯", "name", "邻里"}},
		"no picture":        {415, "type", []byte("<svg onload=alert(1)>"), []string{"code", "CODE", "form", formID, "text", "<b>电梯"}},
		"too large":         {400, "large", bytes.Repeat([]byte("x"), maxPhoto+(80<<10)), []string{"code", "CODE", "form", formID, "text", "<b>电梯"}},
		"as large as it is": {413, "large", bytes.Repeat([]byte("x"), maxPhoto+1), []string{"code", "CODE", "form", formID, "text", "<b>电梯"}},
	} {
		b := visit(t, s)
		n, body, _ := b.slip(x.photo, x.fields...)
		if n != x.status || !strings.Contains(body, `data-t="unfit-`+x.wrong+`"`) {
			t.Errorf("%s: %d %s", name, n, body)
		}
		if strings.Contains(body, "<b>") || name != "nothing" && name != "no code" && len(x.photo) < maxPhoto && !strings.Contains(body, "&lt;b&gt;电梯") {
			t.Errorf("%s: the words are not shown again as they were written\n%s", name, body)
		}
	}
	for _, in := range e.Tries() {
		if in.Kind != bot.Entered {
			t.Errorf("heard %+v", in)
		}
	}
	// Elsewhere than at a web chat that has such codes there is no such form.
	_, _, bare, _ := serve(t, nil)
	if n, _, _ := visit(t, bare).slip(nil, "code", "CODE", "form", formID, "text", "x"); n != http.StatusForbidden {
		t.Error(n)
	}
	// Nor from another site.
	b := visit(t, s)
	b.head.Set("Origin", "https://evil.example")
	if n, _, _ := b.slip(nil, "code", "CODE", "form", formID, "text", "x"); n != http.StatusForbidden {
		t.Error(n)
	}
}

// A store that is full loses nothing: the report is kept and handed over again.
func TestReportWaitsForTheReceiver(t *testing.T) {
	w, e, s, _ := reports(t, nil)
	e.Judge(func(bot.Inbound) (bot.Answer, error) { return bot.Answer{}, errors.New("disk full") })
	b := visit(t, s)
	if n, body, _ := b.slip(nil, "code", "CODE", "form", formID, "text", "电梯停了"); n != http.StatusSeeOther {
		t.Fatalf("%d %s", n, body)
	}
	e.Judge(nil)
	w.again(t.Context())
	in := e.Tries()
	if last := in[len(in)-1]; len(in) != 3 || in[1].Kind != bot.Entered || last.Message.Text != "电梯停了" {
		t.Errorf("%+v", in)
	}
}

// Nobody fills the house with guests; whoever has a session is not held up by that.
func TestGuestsAreCounted(t *testing.T) {
	w, _, s, d := reports(t, func(o *Options) { o.Proxied = true })
	w.allGuests.n = guestsEach + 5
	try := func(b *browser, from string) int {
		b.head.Set("X-Forwarded-For", from)
		n, _, _ := b.slip(nil, "code", "CODE", "form", formID, "text", "电梯停了")
		return n
	}
	for i := range guestsEach {
		if n := try(visit(t, s), "192.0.2.7"); n != http.StatusSeeOther {
			t.Fatalf("guest %d: %d", i, n)
		}
	}
	if n := try(visit(t, s), "192.0.2.7"); n != http.StatusTooManyRequests {
		t.Errorf("one too many from one address: %d", n)
	}
	for i := range 5 {
		if n := try(visit(t, s), fmt.Sprintf("198.51.%d.1", i)); n != http.StatusSeeOther {
			t.Fatalf("guest %d: %d", i, n)
		}
	}
	if n := try(visit(t, s), "203.0.113.1"); n != http.StatusTooManyRequests {
		t.Errorf("one too many in all: %d", n)
	}
	chen, _ := enter(t, s, d, "BOTH", "陈晨")
	if n := try(chen, "192.0.2.7"); n != http.StatusSeeOther {
		t.Errorf("a member: %d", n)
	}
}

// A guest whose session is over is forgotten with what they wrote; a member is not.
func TestGuestsAreForgotten(t *testing.T) {
	c := newClock()
	w, _, s, d := reports(t, func(o *Options) { o.Now = c.Now })
	chen, chenID := enter(t, s, d, "BOTH", "陈晨")
	b := visit(t, s)
	if n, _, _ := b.slip(nil, "code", "CODE", "form", formID, "text", "电梯停了"); n != http.StatusSeeOther {
		t.Fatal(n)
	}
	id := b.member()
	known := func(id string) bool {
		_, ok, err := w.Seats(id)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	c.Pass(sessionFor - time.Hour)
	if err := w.h.sweep(c.Now()); err != nil || !known(id) {
		t.Error("forgotten too early", err)
	}
	c.Pass(2 * time.Hour)
	if err := w.h.sweep(c.Now()); err != nil || known(id) {
		t.Error("not forgotten", err)
	}
	if !known(chenID) {
		t.Error("a member was forgotten")
	}
	u, _ := url.Parse(s.URL + "/chat/")
	if len(chen.Jar.Cookies(u)) == 0 || chen.member() != "" {
		t.Error("the session of the member is not over, so that this shows nothing")
	}
}
