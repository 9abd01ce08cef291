package kefu

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/kefu/fake"
	"linli/bot/weixin"
)

// The platform brings each callback five times, and what there is is heard once.
func TestFiveTimes(t *testing.T) {
	s := newStage(t)
	s.server.Times = 5
	s.run()
	p := s.server.AddPerson()
	id := p.Say("3号楼电梯停了")
	got := s.ears.Wait(t, 1)
	s.await("five answers", func() bool { return len(s.server.Answers()) == 5 })
	p.Say("还没好")
	s.ears.Wait(t, 2)
	s.await("ten answers", func() bool { return len(s.server.Answers()) == 10 })
	s.synced()
	if texts := s.ears.Texts(); !slices.Equal(texts, []string{"3号楼电梯停了", "还没好"}) || s.ears.Again() > 0 {
		t.Errorf("heard %q, %d times again", texts, s.ears.Again())
	}
	for _, a := range s.server.Answers() {
		if a.Status != http.StatusOK || a.Body != "success" {
			t.Errorf("a callback is answered with %+v", a)
		}
	}
	in := got[0]
	if in.Keys[0] != "kefu/"+id || in.Message.Ref != id || in.Chat.Address != p.ID || in.From.Address != p.ID || !in.From.Person || in.Chat.Group {
		t.Errorf("heard as %+v", in)
	}
	if in.Window != (bot.Window{Kind: "said", For: 48 * time.Hour, Messages: 5}) {
		t.Errorf("it opens the window %+v", in.Window)
	}
	if n := s.server.Tokens(); n != 1 {
		t.Errorf("%d tokens were made", n)
	}
}

// Callbacks are answered while the worker stands still, and then what is new is asked for
// once.
func TestCallbackWaitsForNobody(t *testing.T) {
	s := newStage(t)
	hold := make(chan struct{})
	var once sync.Once
	s.ears.Judge(func(bot.Inbound) (bot.Answer, error) { <-hold; return bot.Answer{}, nil })
	defer once.Do(func() { close(hold) })
	s.run()
	p := s.server.AddPerson()
	for i := range 20 {
		p.Say(fmt.Sprint(i))
	}
	s.await("20 answers", func() bool { return len(s.server.Answers()) == 20 })
	asked := len(s.server.Calls("sync_msg"))
	once.Do(func() { close(hold) })
	s.ears.Wait(t, 20)
	s.synced()
	if n := len(s.server.Calls("sync_msg")); n > asked+3 {
		t.Errorf("of 20 callbacks %d were asked for after %d", n, asked)
	}
	if texts := s.ears.Texts(); texts[0] != "0" || texts[19] != "19" {
		t.Errorf("heard %q", texts)
	}
}

// What was said before the start, and what no callback told of, is heard.
func TestWithoutCallbacks(t *testing.T) {
	s := newStage(t)
	s.server.Quiet = true
	s.kefu.round = time.Millisecond
	p := s.server.AddPerson()
	p.Say("早")
	s.run()
	s.ears.Wait(t, 1)
	s.synced()
	p.Say("还在吗")
	s.ears.Wait(t, 2)
	for _, c := range s.server.Calls("sync_msg") {
		if c.Text("token") != "" {
			t.Error("a callback's token was made up")
		}
	}
}

// The process ends after a page was taken and before its cursor is kept: the page is read
// again, in its order, and nothing of it is lost.
func TestCrashBetweenPageAndCursor(t *testing.T) {
	s := newStage(t)
	p, q := s.server.AddPerson(), s.server.AddPerson()
	for i := range 6 {
		p.Say(fmt.Sprint("甲", i))
		q.Say(fmt.Sprint("乙", i))
	}
	s.kefu.page = 5
	s.shelf.Fail = func(save bool, name string) error {
		if save && strings.HasSuffix(name, "/cursor") {
			return errStore
		}
		return nil
	}
	s.run()
	s.ears.Wait(t, 5)
	s.stop()
	if n := len(s.ears.Heard()); n != 5 || s.shelf.cursor() != "" {
		t.Fatalf("heard %d, cursor %q", n, s.shelf.cursor())
	}

	s.shelf.Fail = nil
	s.build(s.ears)
	s.kefu.page = 5
	s.run()
	s.ears.Wait(t, 12)
	s.synced()
	if s.ears.Again() != 5 {
		t.Errorf("%d were handed over again, want the page of 5", s.ears.Again())
	}
	for _, who := range []string{"甲", "乙"} {
		n := 0
		for _, text := range s.ears.Texts() {
			if strings.HasPrefix(text, who) {
				if text != fmt.Sprint(who, n) {
					t.Errorf("heard %q as number %d", text, n)
				}
				n++
			}
		}
	}
	// The token outlives the process.
	if n := s.server.Tokens(); n != 1 {
		t.Errorf("%d tokens were made", n)
	}
}

// A message that cannot be taken stops the cursor, and nobody else.
func TestCursorWaits(t *testing.T) {
	s := newStage(t)
	var mu sync.Mutex
	fail := true
	s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		if fail && in.Message.Text == "二" {
			return bot.Answer{}, errStore
		}
		return bot.Answer{}, nil
	})
	wang, li := s.server.AddPerson(), s.server.AddPerson()
	wang.Say("一")
	wang.Say("二")
	wang.Say("三")
	li.Say("四")
	s.shelf.Fail = func(save bool, name string) error {
		if save && strings.HasSuffix(name, "/cursor") {
			if n := len(s.ears.Texts()); n < 4 {
				t.Errorf("the cursor moves after %d of 4", n)
			}
		}
		return nil
	}
	s.run()
	s.ears.Wait(t, 2)
	got := s.ears.Texts()
	slices.Sort(got)
	if !slices.Equal(got, []string{"一", "四"}) || s.shelf.cursor() != "" {
		t.Errorf("heard %q, cursor %q", got, s.shelf.cursor())
	}
	mu.Lock()
	fail = false
	mu.Unlock()
	s.ears.Wait(t, 4)
	s.synced()
	if all := s.ears.Texts(); slices.Index(all, "二") > slices.Index(all, "三") || s.ears.Again() > 0 {
		t.Errorf("heard %q, %d again", all, s.ears.Again())
	}
}

// There may be more behind a page without a message.
func TestEmptyPages(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Say("在吗")
	s.server.HoldBack(8)
	s.run()
	s.ears.Wait(t, 1)
	s.synced()
	if n := len(s.pauses.list()); n < 4 || n > 8 {
		t.Errorf("%d waits between 8 empty pages", n)
	}
}

// A platform that says there is more and moves nothing is not asked in a tight loop, nor is
// one that answers with what nobody can read.
func TestStuck(t *testing.T) {
	for what, body := range map[string]string{
		"the same cursor": `{"errcode":0,"errmsg":"ok","next_cursor":"c1","has_more":1,"msg_list":[]}`,
		"no cursor":       `{"errcode":0,"errmsg":"ok","has_more":1,"msg_list":[]}`,
		"no JSON":         `<html>login</html>`,
		"a list":          `[]`,
		"a wrong list":    `{"errcode":0,"next_cursor":"c9","has_more":0,"msg_list":{"a":1}}`,
		"nothing":         ``,
	} {
		s := newStage(t)
		asked := 0
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/gettoken") {
				fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","access_token":"at-1000","expires_in":7200}`)
				return
			}
			asked++
			fmt.Fprint(w, body)
		}))
		if err := weixin.Connect(weixin.Lines{Work: api.URL}); err != nil {
			t.Fatal(err)
		}
		if err := s.shelf.Save(t.Context(), s.kefu.shelf("cursor"), []byte("c1"), s.clock.Now().AddDate(1, 0, 0)); err != nil {
			t.Fatal(err)
		}
		if err := s.kefu.sync(t.Context()); err == nil {
			t.Errorf("%s: no error", what)
		} else {
			s.discreet(err.Error())
		}
		if asked > 2 || s.shelf.cursor() != "c1" {
			t.Errorf("%s: asked %d times, the cursor is %q", what, asked, s.shelf.cursor())
		}
		api.Close()
	}
}

// The token dies between two pages. One call gets another, and nothing comes twice.
func TestTokenDiesDuringSync(t *testing.T) {
	for _, code := range []int{40014, 42001} {
		s := newStage(t)
		p := s.server.AddPerson()
		for i := range 10 {
			p.Say(fmt.Sprint(i))
		}
		s.kefu.page = 3
		n := 0
		s.server.Judge = func(c fake.Call) fake.Fault {
			if c.Method == "sync_msg" {
				if n++; n == 3 {
					s.server.KillToken(code)
				}
			}
			return fake.Fault{}
		}
		s.run()
		s.ears.Wait(t, 10)
		s.synced()
		if s.server.Tokens() != 2 || s.ears.Again() > 0 {
			t.Errorf("%d: %d tokens, %d messages again", code, s.server.Tokens(), s.ears.Again())
		}
		s.stop()
	}
}

// A platform that takes no token at all is not asked for one in a loop.
func TestTokenNeverWorks(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Say("在吗")
	s.server.Fail("sync_msg", 6, fake.Refuse(42001, "access_token expired"))
	s.run()
	s.ears.Wait(t, 1)
	if asked, got := len(s.server.Calls("sync_msg")), len(s.server.Calls("gettoken")); got > 4 || asked > 12 {
		t.Errorf("for %d calls %d tokens were asked for", asked, got)
	}
}

// With the token of the newest callback one may ask often; with an old one, not at all.
func TestCallbackToken(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	s.run()
	p.Say("一")
	s.ears.Wait(t, 1)
	s.synced()
	s.await("a call with the callback's token", func() bool {
		return slices.ContainsFunc(s.server.Calls("sync_msg"), func(c fake.Call) bool { return c.Text("token") != "" && c.Code == 0 })
	})
	s.stop()

	// A token that the platform does not take is left out, at once.
	p.Say("二")
	s.await("its callback", func() bool { return len(s.server.Answers()) == 2 })
	s.server.Fail("sync_msg", 1, fake.Refuse(95007, "invalid msgtoken"))
	before := len(s.server.Calls("sync_msg"))
	s.run()
	s.ears.Wait(t, 2)
	s.synced()
	calls := s.server.Calls("sync_msg")[before:]
	if calls[0].Text("token") == "" || calls[0].Code != 95007 || calls[1].Text("token") != "" || calls[1].Code != 0 {
		t.Errorf("asked with %q, then with %q", calls[0].Text("token"), calls[1].Text("token"))
	}
	s.stop()

	// One of ten minutes ago is not even tried.
	s.server.Quiet = true
	s.kefu.word.note("old", s.clock.Now(), s.clock.Now())
	s.clock.Pass(9*time.Minute + time.Second)
	p.Say("三")
	before = len(s.server.Calls("sync_msg"))
	s.run()
	s.ears.Wait(t, 3)
	if got := s.server.Calls("sync_msg")[before].Text("token"); got != "" {
		t.Errorf("asked with the token %q", got)
	}
}

func TestNewestToken(t *testing.T) {
	var w word
	now := time.Now()
	w.note("b", now.Add(-time.Minute), now)
	w.note("a", now.Add(-2*time.Minute), now) // brought again
	if got := w.get(now); got != "b" {
		t.Errorf("the newest is %q", got)
	}
	w.note("", now, now)
	w.note("c", now.Add(time.Hour), now) // a clock ahead of ours
	if got := w.get(now.Add(8 * time.Minute)); got != "c" {
		t.Errorf("the newest is %q", got)
	}
	if got := w.get(now.Add(9 * time.Minute)); got != "" {
		t.Errorf("%q is too old", got)
	}
	w.drop("b")
	if w.get(now) != "c" {
		t.Error("another one was dropped")
	}
}

// A cursor that the platform does not know stops nothing.
func TestUnknownCursor(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Say("一")
	if err := s.shelf.Save(t.Context(), s.kefu.shelf("cursor"), []byte("from another life"), s.clock.Now().AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	s.run()
	s.ears.Wait(t, 1)
	s.synced()
	if !strings.Contains(s.log.String(), "read again") {
		t.Error("nobody is told that everything is read again")
	}
}

// Whatever goes wrong at the platform, what was said is heard, once.
func TestSyncFaults(t *testing.T) {
	for what, f := range map[string]fake.Fault{
		"busy": fake.Busy, "502": fake.BadGateway, "closed before": fake.CloseBefore, "closed after": fake.CloseAfter,
		"broken off": fake.Garbage, "too often": fake.Refuse(45009, "api freq out of limit"), "unknown": fake.Refuse(99999, "王阿姨家的事 13800138000"),
	} {
		s := newStage(t)
		p := s.server.AddPerson()
		p.Say("一")
		s.pauses.clock = s.clock
		s.server.Fail("sync_msg", 3, f)
		s.server.Fail("gettoken", 1, f)
		s.run()
		s.ears.Wait(t, 1)
		s.synced()
		if s.ears.Again() > 0 {
			t.Errorf("%s: heard again", what)
		}
		waits := s.pauses.list()
		if len(waits) < 3 || waits[len(waits)-1] <= waits[0]/2 {
			t.Errorf("%s: waited %v", what, waits)
		}
		if what == "too often" && !slices.ContainsFunc(waits, func(d time.Duration) bool { return d >= 10*time.Minute }) {
			t.Errorf("asked too often, waited %v", waits)
		}
		s.stop()
	}
}

// The address of this machine is not on the list: who looks after it is told which, and when
// it is, everything goes on by itself.
func TestAddressNotAllowed(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Say("一")
	s.pauses.clock = s.clock
	s.server.Foreign("203.0.113.7")
	s.run()
	s.await("three tries", func() bool { return len(s.server.Calls("gettoken")) >= 1 && len(s.pauses.list()) >= 2 })
	if log := s.log.String(); !strings.Contains(log, "203.0.113.7") || !strings.Contains(log, "可信IP") {
		t.Errorf("the log does not say what to do: %s", log)
	}
	for _, d := range s.pauses.list() {
		if d < time.Minute {
			t.Errorf("it is tried again after %v", d)
		}
	}
	if _, err := s.send(p, bot.Message{Text: "在"}); !errors.As(err, new(bot.Halted)) {
		t.Errorf("a send ends with %v, want Halted", err)
	} else if h := (bot.Halted{}); errors.As(err, &h) && !strings.Contains(h.Fix, "203.0.113.7") {
		t.Errorf("the fix is %q", h.Fix)
	}
	s.server.Foreign("")
	s.ears.Wait(t, 1)
	s.synced()
}

func TestOneWorker(t *testing.T) {
	s := newStage(t)
	s.run()
	s.await("the first round", func() bool { return len(s.server.Calls("sync_msg")) > 0 })
	if err := s.kefu.Run(t.Context()); err == nil {
		t.Error("a second worker runs")
	}
	s.stop()
	s.run() // and again, after the first has ended
	s.await("the next round", func() bool { return len(s.server.Calls("sync_msg")) > 1 })
}

// Two people do not wait for each other, and each is heard in order, one thing at a time.
func TestSideBySide(t *testing.T) {
	s := newStage(t)
	var people []*fake.Person
	for range 40 {
		people = append(people, s.server.AddPerson())
	}
	for i := range 5 {
		for _, p := range people {
			p.Say(fmt.Sprint(i))
		}
	}
	// The first of all is taken only when somebody else's last one was.
	last := make(chan struct{})
	var once sync.Once
	s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
		if in.Chat.Address == people[0].ID && in.Message.Text == "0" {
			select {
			case <-last:
			case <-time.After(10 * time.Second):
				t.Error("people wait for each other")
			}
		}
		if in.Chat.Address == people[1].ID && in.Message.Text == "4" {
			once.Do(func() { close(last) })
		}
		return bot.Answer{}, nil
	})
	s.run()
	s.ears.Counted(t, 200)
}
