package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"linli/bot"
	"linli/bot/telegram/fake"
)

// watched fails the test if the body is read.
type watched struct {
	io.Reader
	read bool
}

func (w *watched) Read(p []byte) (int, error) {
	w.read = true
	return w.Reader.Read(p)
}
func (w *watched) Close() error { return nil }

func TestWebhook(t *testing.T) {
	text := said(`"text":"漏水"`)
	pad := func(n int) string { return text + strings.Repeat(" ", n-len(text)) }
	reaction := `{"update_id":7,"message_reaction":{"chat":{"id":1,"type":"private"},"message_id":1,"date":1,"old_reaction":[],"new_reaction":[{"type":"hologram"}]}}`
	tests := []struct {
		name, method string
		kind         string // application/json if empty
		secret       []string
		body         string
		length       int64 // 0: as it is
		receive      error
		status       int
		heard        []string
		unread       bool
	}{
		{name: "message", body: text, status: 200, heard: []string{"漏水"}},
		{name: "GET", method: "GET", status: 405, unread: true},
		{name: "PUT", method: "PUT", body: text, status: 405, unread: true},
		{name: "no secret", secret: []string{}, body: text, status: 403, unread: true},
		{name: "empty secret", secret: []string{""}, body: text, status: 403, unread: true},
		{name: "prefix", secret: []string{hookSecret[:len(hookSecret)-1]}, body: text, status: 403, unread: true},
		{name: "longer", secret: []string{hookSecret + "x"}, body: text, status: 403, unread: true},
		{name: "other case", secret: []string{strings.ToUpper(hookSecret)}, body: text, status: 403, unread: true},
		{name: "twice", secret: []string{hookSecret, hookSecret}, body: text, status: 403, unread: true},
		{name: "wrong and right", secret: []string{"x", hookSecret}, body: text, status: 403, unread: true},
		{name: "just fits", body: pad(1 << 20), status: 200, heard: []string{"漏水"}},
		{name: "too large", body: pad(1<<20 + 1), status: 413},
		{name: "too large, announced", body: text, length: 1<<20 + 1, status: 413, unread: true},
		{name: "too large, no length", body: pad(1<<20 + 1), length: -1, status: 413},
		{name: "with a charset", kind: "application/json; charset=UTF-8", body: text, status: 200, heard: []string{"漏水"}},
		{name: "a form", kind: "application/x-www-form-urlencoded", body: text, status: 415, unread: true},
		{name: "plain text", kind: "text/plain", body: text, status: 415, unread: true},
		{name: "a kind that is none", kind: "application/json; charset", body: text, status: 415, unread: true},
		{name: "a kind of its own, forged", kind: "text/plain", secret: []string{"x"}, body: text, status: 403, unread: true},
		{name: "10 MB of emoji", body: said(`"text":"` + strings.Repeat("😀", 10<<20/4) + `"`), length: -1, status: 413},
		{name: "empty", body: "", status: 400},
		{name: "broken JSON", body: text[:len(text)-1], status: 400},
		{name: "two values", body: text + text, status: 400},
		{name: "not JSON", body: "update_id=7", status: 400},
		{name: "wrong UTF-8", body: strings.Replace(text, "漏", "\xe6\xbc", 1), status: 400},
		{name: "overlong UTF-8", body: strings.Replace(text, "漏", "\xc0\xaf", 1), status: 400},
		{name: "too deep", body: `{"update_id":7,"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, status: 400},
		{name: "half a surrogate", body: strings.Replace(text, "漏水", `\ud83d`, 1), status: 200, heard: []string{"\ufffd"}},
		{name: "unknown kind", body: `{"update_id":7,"telepathy":{}}`, status: 200, heard: []string{"<ignored>"}},
		{name: "unknown reaction", body: reaction, status: 200, heard: []string{"<reacted>"}},
		{name: "wrong type", body: said(`"text":{}`), status: 200, heard: []string{"<ignored>"}},
		{name: "number too large", body: said(`"reply_to_message":{"message_id":1e40}`), status: 200, heard: []string{"<ignored>"}},
		{name: "no update", body: `{}`, status: 200},
		{name: "a list", body: `[` + text + `]`, status: 200},
		{name: "not taken", body: text, receive: errors.New("disk is full"), status: 503},
		{name: "unknown, not taken", body: reaction, receive: errors.New("disk is full"), status: 503},
	}
	for i := range hookSecret {
		forged := []byte(hookSecret)
		forged[i] ^= 1
		tests = append(tests, tests[0])
		last := &tests[len(tests)-1]
		last.name, last.secret, last.status, last.heard, last.unread = fmt.Sprintf("forged at %d", i), []string{string(forged)}, 403, nil, true
	}
	for _, test := range tests {
		s := newStage(t, Webhook)
		s.ears.Judge(func(bot.Inbound) (bot.Answer, error) { return bot.Answer{}, test.receive })
		if test.method == "" {
			test.method = http.MethodPost
		}
		if test.secret == nil {
			test.secret = []string{hookSecret}
		}
		body := &watched{Reader: strings.NewReader(test.body)}
		r := httptest.NewRequest(test.method, "/hook/telegram", body)
		r.ContentLength = int64(len(test.body))
		if test.kind == "" {
			test.kind = "application/json"
		}
		r.Header.Set("Content-Type", test.kind)
		if test.length != 0 {
			r.ContentLength = test.length
		}
		for _, v := range test.secret {
			r.Header.Add("X-Telegram-Bot-Api-Secret-Token", v)
		}
		w := httptest.NewRecorder()
		s.tg.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s: status %d, want %d", test.name, w.Code, test.status)
		}
		if got := s.ears.Texts(); !slices.Equal(got, test.heard) {
			t.Errorf("%s: heard %q, want %q", test.name, got, test.heard)
		}
		if test.unread && body.read {
			t.Errorf("%s: the body was read", test.name)
		}
		if strings.Contains(w.Body.String(), "漏水") || strings.Contains(s.log.String(), "漏水") || strings.Contains(s.log.String()+w.Body.String(), hookSecret) {
			t.Errorf("%s: words or secret shown", test.name)
		}
	}
}

func TestWebhookOnlyInItsMode(t *testing.T) {
	s := newStage(t, Polling)
	r := httptest.NewRequest(http.MethodPost, "/hook/telegram", bytes.NewBufferString(said(`"text":"a"`)))
	r.Header.Set(secretHeader, "")
	w := httptest.NewRecorder()
	s.tg.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound || len(s.ears.Heard()) != 0 {
		t.Errorf("status %d, heard %q", w.Code, s.ears.Texts())
	}
}

// Against the server: registered with secret and kinds, resent while it
// fails, order kept.
func TestWebhookResent(t *testing.T) {
	s := newStage(t, Webhook)
	var mu sync.Mutex
	fails := 0
	s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		if fails++; fails%4 == 0 {
			return bot.Answer{}, errors.New("store is busy")
		}
		return bot.Answer{}, nil
	})
	s.server.Fail("setWebhook", 1, fake.BadGateway)
	s.run()
	s.await("setWebhook", func() bool { return len(s.server.Calls("setWebhook")) == 2 })
	call := s.server.Calls("setWebhook")[1]
	for _, kind := range []string{"message", "edited_message", "callback_query", "my_chat_member", "chat_member", "message_reaction"} {
		if !strings.Contains(call.Params["allowed_updates"], `"`+kind+`"`) {
			t.Errorf("allowed_updates = %s lacks %s", call.Params["allowed_updates"], kind)
		}
	}
	if call.Params["secret_token"] != hookSecret || call.Params["drop_pending_updates"] != "" {
		t.Errorf("setWebhook with %v", call.Params)
	}
	wang := s.server.AddUser("王阿姨")
	groups := []*fake.Group{s.server.AddGroup("a"), s.server.AddGroup("b"), s.server.AddGroup("c")}
	const each = 20
	for i := range each {
		for _, g := range groups {
			s.server.Say(wang, g.ID, strconv.Itoa(i))
		}
	}
	got := s.ears.Counted(t, each*len(groups))
	s.await("all confirmed", func() bool { return s.server.Pending() == 0 })
	if s.server.Deliveries() <= len(got) {
		t.Errorf("%d deliveries: nothing was resent", s.server.Deliveries())
	}
}

// Deliveries of one chat that come at the same time go through one by one.
func TestWebhookSerialises(t *testing.T) {
	s := newStage(t, Webhook)
	in, out := make(chan string), make(chan struct{})
	s.ears.Judge(func(i bot.Inbound) (bot.Answer, error) {
		in <- i.Chat.Address
		<-out
		return bot.Answer{}, nil
	})
	var posts sync.WaitGroup
	post := func(ctx context.Context, chat int) {
		body := strings.ReplaceAll(said(`"text":"a"`), "-100200", strconv.Itoa(chat))
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)).WithContext(ctx)
		r.Header.Set(secretHeader, hookSecret)
		r.Header.Set("Content-Type", "application/json")
		posts.Go(func() { s.tg.ServeHTTP(httptest.NewRecorder(), r) })
	}
	post(t.Context(), -1)
	<-in
	// One of the same chat gives up waiting; those behind it still wait.
	ctx, cancel := context.WithCancel(t.Context())
	first := tail(&s.tg.lanes, "-1")
	post(ctx, -1)
	for tail(&s.tg.lanes, "-1") == first {
		runtime.Gosched()
	}
	cancel()
	for range 5 {
		post(t.Context(), -1)
	}
	post(t.Context(), -2)
	if chat := <-in; chat != "-2" {
		t.Fatalf("chat %s was let in beside -1", chat)
	}
	out <- struct{}{}
	out <- struct{}{}
	for range 5 {
		<-in
		out <- struct{}{}
	}
	posts.Wait()
	if s.ears.Beside() {
		t.Error("two updates of one chat were received at the same time")
	}
	s.tg.lanes.mu.Lock()
	defer s.tg.lanes.mu.Unlock()
	if n := len(s.tg.lanes.last); n != 0 {
		t.Errorf("%d lanes are left", n)
	}
}

// An address that Telegram refuses ends Run.
func TestWebhookRefusedAddress(t *testing.T) {
	s := newStage(t, Webhook)
	s.tg.options.PublicURL = "http://example.com/hook"
	err := s.tg.Run(t.Context())
	if refused := (bot.Refused{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "HTTPS") {
		t.Errorf("Run = %v", err)
	}
}

func TestLanesOrder(t *testing.T) {
	var l lanes
	leave, err := l.enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	const n = 50
	var got []int
	var all sync.WaitGroup
	for i := range n {
		before := tail(&l, "a")
		all.Go(func() {
			leave, err := l.enter(context.Background(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			got = append(got, i) // guarded by the lane
			leave()
		})
		for tail(&l, "a") == before { // until it has taken its place
			runtime.Gosched()
		}
	}
	leave()
	all.Wait()
	for i := range n {
		if got[i] != i {
			t.Fatalf("order %v", got)
		}
	}
}

func tail(l *lanes, lane string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last[lane]
}
