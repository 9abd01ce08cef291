package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/telegram/fake"
)

// A batch with updates in the middle that no library understands is taken as
// a whole, and what follows them too.
func TestPollPoison(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	g := s.server.AddGroup("3号楼群")
	s.server.Say(wang, g.ID, "一")
	s.server.Inject("x", "message_reaction", json.RawMessage(`{"chat":{"id":1,"type":"private"},"message_id":1,"date":1,"old_reaction":[],"new_reaction":[{"type":"hologram"}]}`))
	s.server.Inject("x", "message", json.RawMessage(`{"message_id":"not a number"}`))
	s.server.Inject("x", "telepathy", 17)
	s.server.Say(wang, g.ID, "二", fake.With("forward_origin", map[string]any{"type": "from_mars"}))
	s.server.Say(wang, g.ID, "三")
	s.run()
	got := s.ears.Wait(t, 6)
	s.await("all confirmed", func() bool { return s.server.Pending() == 0 })
	var ignored int
	var words []string
	for _, in := range got {
		switch in.Kind {
		case bot.Ignored:
			ignored++
		case bot.Said:
			words = append(words, in.Message.Text)
		}
	}
	if ignored != 2 || !slices.Equal(words, []string{"一", "二", "三"}) {
		t.Errorf("ignored %d, said %q", ignored, words)
	}
	// The offset is past all six.
	if at := s.cursor.now(); at != 730_000_007 {
		t.Errorf("offset %d", at)
	}
	if strings.Contains(s.log.String(), "not a number") {
		t.Error("the log quotes a message")
	}
}

// Updates of one chat keep their order and never overlap, whatever fails.
func TestPollOrder(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	var groups []*fake.Group
	for i := range 20 {
		groups = append(groups, s.server.AddGroup(strconv.Itoa(i)))
	}
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	s.ears.Judge(func(bot.Inbound) (bot.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		if random.IntN(5) == 0 {
			return bot.Answer{}, errors.New("store is busy")
		}
		return bot.Answer{}, nil
	})
	s.run()
	s.polled()
	const each = 40
	for i := range each {
		for _, g := range groups {
			s.server.Say(wang, g.ID, strconv.Itoa(i))
		}
	}
	s.ears.Counted(t, each*len(groups))
}

// One chat that waits holds back only itself.
func TestPollChatsDoNotWait(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	slow, quick := s.server.AddGroup("slow"), s.server.AddGroup("quick")
	heard := make(chan struct{})
	s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
		if in.Chat.Address == strconv.FormatInt(slow.ID, 10) {
			<-heard
		} else {
			close(heard)
		}
		return bot.Answer{}, nil
	})
	s.server.Say(wang, slow.ID, "a")
	s.server.Say(wang, quick.ID, "b")
	s.run()
	s.ears.Wait(t, 2) // would never come if quick waited for slow
}

// The offset is saved only after everything below it was accepted, and
// Telegram forgets nothing before it was saved.
func TestPollOffset(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	s.cursor.fail = 3
	s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
		if s.server.Pending() == 0 {
			t.Error("the update was confirmed before it was received")
		}
		return bot.Answer{}, nil
	})
	s.cursor.check = func(at int64) {
		for id := int64(730_000_001); id < at; id++ {
			if !slices.ContainsFunc(s.ears.Heard(), func(in bot.Inbound) bool { return in.Keys[0] == "u/"+strconv.FormatInt(id, 10) }) {
				t.Errorf("offset %d saved, but update %d was not accepted", at, id)
			}
		}
		if s.server.Pending() == 0 {
			t.Error("updates were confirmed before the offset was saved")
		}
	}
	for i := range 250 {
		s.server.Say(wang, wang.ID, strconv.Itoa(i))
	}
	s.run()
	s.ears.Wait(t, 250)
	s.await("all confirmed", func() bool { return s.server.Pending() == 0 })
	s.stop()
	if got := s.cursor.now(); got != 730_000_251 || len(s.cursor.saved) < 3 {
		t.Errorf("offset %d after %v", got, s.cursor.saved)
	}
	if len(s.ears.Heard()) != 250 {
		t.Errorf("heard %d", len(s.ears.Heard()))
	}
}

// A channel that stops while Receive fails confirms nothing; the next one gets
// it all again.
func TestPollRedelivery(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	s.server.Say(wang, wang.ID, "漏水")
	s.server.Say(wang, wang.ID, "三楼")
	failing := make(chan struct{})
	once := sync.OnceFunc(func() { close(failing) })
	n := 0
	s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
		if in.Message.Text == "三楼" {
			t.Error("the second message came before the first was accepted")
		}
		if n++; n == 5 {
			once()
		}
		return bot.Answer{}, errors.New("disk is full")
	})
	s.run()
	<-failing
	s.stop()
	if len(s.cursor.saved) != 0 || s.server.Pending() != 2 {
		t.Errorf("offsets %v saved, %d updates pending", s.cursor.saved, s.server.Pending())
	}
	s.ears.Judge(nil)
	s.run()
	s.ears.Wait(t, 2)
	if got := s.ears.Texts(); !slices.Equal(got, []string{"漏水", "三楼"}) {
		t.Errorf("heard %q", got)
	}
}

// Numbers that start anew below the offset must be followed down.
func TestPollNumbersStartAnew(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	s.cursor.at = 900_000_000
	s.server.SetNextUpdate(1000)
	s.server.Say(wang, wang.ID, "一")
	s.server.Say(wang, wang.ID, "二")
	s.run()
	s.await("all confirmed", func() bool { return s.server.Pending() == 0 && s.cursor.now() == 1002 })
	if got := s.ears.Texts(); !slices.Equal(got, []string{"一", "二"}) {
		t.Errorf("heard %q", got)
	}
}

func TestPollErrors(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault fake.Fault
		n     int
		waits func([]time.Duration) error
		log   string
	}{
		{"502 with HTML", fake.BadGateway, 8, grows, "not of the Bot API"},
		{"connection closed", fake.CloseBefore, 8, grows, "no updates"},
		{"answer lost", fake.CloseAfter, 3, grows, "no updates"},
		{"answer broken off", fake.Garbage, 3, grows, "broke off"},
		{"500 from the API", fake.Refuse(500, "Internal Server Error"), 3, grows, "500 Internal"},
		{"400 from the API", fake.Refuse(400, "Bad Request: odd"), 3, grows, "odd"},
		{"429", fake.TooMany(17), 3, func(d []time.Duration) error {
			for _, x := range d {
				if x != 17*time.Second {
					return fmt.Errorf("retry_after is 17s, waited %s", x)
				}
			}
			return nil
		}, "asks to wait"},
		{"409", fake.Refuse(409, "Conflict: terminated by other getUpdates request"), 4, func(d []time.Duration) error {
			for _, x := range d {
				if x < 5*time.Second {
					return fmt.Errorf("waited only %s", x)
				}
			}
			return nil
		}, "another program"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, Polling)
			wang := s.server.AddUser("王阿姨")
			s.server.Fail("getUpdates", test.n, test.fault)
			s.server.Say(wang, wang.ID, "漏水")
			s.run()
			s.ears.Wait(t, 1)
			s.stop()
			var waits []time.Duration
			for range test.n {
				waits = append(waits, <-s.waits)
			}
			if err := test.waits(waits); err != nil {
				t.Errorf("%v in %v", err, waits)
			}
			if !strings.Contains(s.log.String(), test.log) {
				t.Errorf("the log does not say %q:\n%s", test.log, s.log)
			}
			if test.name == "409" && strings.Count(s.log.String(), "another program") != 1 {
				t.Errorf("a conflict is logged once:\n%s", s.log)
			}
			if got := s.ears.Texts(); !slices.Equal(got, []string{"漏水"}) {
				t.Errorf("heard %q", got)
			}
		})
	}
}

func grows(d []time.Duration) error {
	for i, x := range d {
		full := min(time.Second<<i, 30*time.Second)
		if x < full/2 || x > full {
			return fmt.Errorf("wait %d is %s, want %s to %s", i, x, full/2, full)
		}
	}
	return nil
}

// Without a valid token nothing can get better: Run ends and says why.
func TestPollTokenRevoked(t *testing.T) {
	for _, method := range []string{"getMe", "deleteWebhook", "getUpdates"} {
		s := newStage(t, Polling)
		s.server.Fail(method, 1, fake.Refuse(http.StatusUnauthorized, "Unauthorized"))
		err := s.tg.Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), "token is not accepted") {
			t.Errorf("%s: Run = %v", method, err)
		}
	}
}

// At the start, too, a Telegram that cannot be reached is waited for.
func TestPollStartIsPatient(t *testing.T) {
	s := newStage(t, Polling)
	s.server.Fail("getMe", 2, fake.BadGateway)
	s.server.Fail("deleteWebhook", 1, fake.CloseBefore)
	s.server.Fail("deleteWebhook", 1, fake.TooMany(3))
	wang := s.server.AddUser("王阿姨")
	s.server.Say(wang, wang.ID, "一")
	s.run()
	s.ears.Wait(t, 1)
	if s.server.Calls("deleteWebhook")[0].Params["drop_pending_updates"] != "" {
		t.Error("pending updates were dropped")
	}
}

// A batch that is fetched again because the answer got lost is heard again
// under the same keys.
func TestPollSameKeys(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	said := s.server.Say(wang, wang.ID, "漏水")
	s.server.Again(said.Update)
	s.run()
	got := s.ears.Wait(t, 2)
	if got[0].Keys[1] != got[1].Keys[1] || got[0].Keys[0] == got[1].Keys[0] {
		t.Errorf("keys %q and %q", got[0].Keys, got[1].Keys)
	}
}

func TestPressIsAnswered(t *testing.T) {
	for _, mode := range []string{Polling, Webhook} {
		s := newStage(t, mode)
		long := strings.Repeat("好😀", 100) // 300 units
		s.ears.Judge(func(bot.Inbound) (bot.Answer, error) { return bot.Answer{Toast: long}, nil })
		s.run()
		wang := s.server.AddUser("王阿姨")
		wang.Start("")
		s.ears.Wait(t, 1)
		if _, err := s.tg.Send(t.Context(), strconv.FormatInt(wang.ID, 10), bot.Message{Text: "?", Buttons: [][]bot.Button{{{Label: "接单", Data: "c1/accept"}}}}); err != nil {
			t.Fatal(err)
		}
		id, err := s.server.Press(wang, wang.ID, "接单")
		if err != nil {
			t.Fatal(err)
		}
		s.await("answer", func() bool { _, ok := s.server.Toast(id); return ok })
		if toast, _ := s.server.Toast(id); bot.UTF16.Len(toast) > 200 || bot.UTF16.Len(toast) < 199 || !strings.HasPrefix(long, toast) {
			t.Errorf("%s: toast %q", mode, toast)
		}
		// A press that is too old is nobody's fault.
		s.server.Fail("answerCallbackQuery", 1, fake.Refuse(400, "Bad Request: query is too old and response timeout expired or query ID is invalid"))
		s.server.Forge(wang, wang.ID, 99, "c1/none")
		s.await("second answer", func() bool { return len(s.server.Calls("answerCallbackQuery")) == 2 })
		s.stop()
		if got := s.ears.Heard()[2]; got.Kind != bot.Pressed || got.Press != "c1/none" || got.Message.Ref != "99" {
			t.Errorf("%s: heard %+v", mode, got)
		}
		if strings.Contains(s.log.String(), "not answered") {
			t.Errorf("%s: logged\n%s", mode, s.log)
		}
	}
}

// Who joins is told once: the two updates of a join share a key.
func TestJoinSharesKey(t *testing.T) {
	s := newStage(t, Polling)
	s.run()
	s.polled()
	s.await("poll", func() bool { return len(s.server.Calls("deleteWebhook")) > 0 })
	wang := s.server.AddUser("王阿姨")
	g := s.server.AddGroup("3号楼群")
	g.Join(wang)
	got := s.ears.Wait(t, 2)
	if got[0].Kind != bot.Joined || got[1].Kind != bot.Joined || got[0].Title != "3号楼群" {
		t.Fatalf("heard %+v", got)
	}
	if !slices.ContainsFunc(got[0].Keys, func(k string) bool { return slices.Contains(got[1].Keys, k) }) {
		t.Errorf("keys %q and %q have none in common", got[0].Keys, got[1].Keys)
	}
}

func BenchmarkPoll(b *testing.B) {
	server := fake.New()
	url := server.Start()
	defer server.Close()
	tg, err := New(Options{Token: fake.Token, APIURL: url, Receive: &bottest.Ears{}, Cursor: &bookmark{}})
	if err != nil {
		b.Fatal(err)
	}
	wang := server.AddUser("王阿姨")
	var groups []*fake.Group
	for i := range 20 {
		groups = append(groups, server.AddGroup(strconv.Itoa(i)))
	}
	for i := range b.N {
		server.Say(wang, groups[i%20].ID, "3号楼2单元下水道又堵了")
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.ResetTimer()
	go tg.Run(ctx)
	if err := server.Wait(ctx, func() bool { return server.Pending() == 0 }); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}
