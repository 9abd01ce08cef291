package official

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/official/fake"
)

// still is a stage without a network, for time that a test moves. The platform's time is
// that of the machine.
func still(t *testing.T, passive bool) *stage {
	s := &stage{T: t, server: fake.New(), ears: &bottest.Ears{}, log: &bottest.Log{}}
	var err error
	s.channel, err = New(Options{AppID: fake.AppID, Token: fake.Token, AESKey: fake.AESKey, Passive: passive, Secret: fake.Secret, Shelf: &bottest.Shelf{}, Receive: s.ears})
	if err != nil {
		t.Fatal(err)
	}
	s.server.Hook = s.channel
	t.Cleanup(s.server.Close)
	return s
}

// outbox sends what the answer to something heard announces, one after another as the
// engine does, each after a wait.
type outbox struct {
	s    *stage
	wait time.Duration

	mu   sync.Mutex
	done []sent
}

// sends is what came of what was sent so far.
func (o *outbox) sends() []sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.done)
}

func (o *outbox) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done = nil
}

type sent struct {
	text, ref string
	err       error
	after     time.Duration
}

func (o *outbox) send(to string, texts ...string) {
	go func() {
		for _, text := range texts {
			time.Sleep(o.wait)
			began := time.Now()
			ref, err := o.s.channel.Send(o.s.Context(), to, bot.Message{Key: text, Text: text})
			o.mu.Lock()
			o.done = append(o.done, sent{text, ref, err, time.Since(began)})
			o.mu.Unlock()
		}
	}()
}

// answer answers whoever is heard by these texts.
func (o *outbox) answer(texts ...string) func(bot.Inbound) (bot.Answer, error) {
	return func(in bot.Inbound) (bot.Answer, error) {
		o.send(in.From.Address, texts...)
		return bot.Answer{Says: len(texts)}, nil
	}
}

// answering makes whoever is heard answered by these texts.
func (s *stage) answering(wait time.Duration, texts ...string) *outbox {
	o := &outbox{s: s, wait: wait}
	s.ears.Judge(o.answer(texts...))
	return o
}

func (s *stage) say(u *fake.User, n int) (*httptest.ResponseRecorder, time.Duration) {
	began := time.Now()
	w := httptest.NewRecorder()
	s.channel.ServeHTTP(w, signed(s.server, u, saying(n, "漏水")))
	return w, time.Since(began)
}

// An account that may only answer tells somebody as many messages as there are, as one text,
// as soon as it has them.
func TestAnswer(t *testing.T) {
	for _, plain := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := still(t, true)
			if plain {
				s.server.Plain = true
				var err error
				if s.channel, err = New(Options{AppID: fake.AppID, Token: fake.Token, Plain: true, Passive: true, Receive: s.ears}); err != nil {
					t.Fatal(err)
				}
				s.server.Hook = s.channel
			}
			o := s.answering(200*time.Millisecond, "记下了，0412号。", "今天18点前回您。 ]]> <b>&\x07", "谢谢")
			u := s.server.Follower()
			began := time.Now()
			u.Say("漏水")
			if err := s.server.Wait(t.Context(), func() bool { return s.server.Pending() == 0 }); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(began); d != 600*time.Millisecond {
				t.Errorf("it took %s", d)
			}
			got := u.Shown()
			if len(got) != 1 || !got[0].Answer || got[0].Text != "记下了，0412号。\n\n今天18点前回您。 ]]> <b>&\n\n谢谢" || s.server.Broken() != 0 {
				t.Errorf("shown %+v, broken %d", got, s.server.Broken())
			}
			synctest.Wait()
			refs := map[string]bool{}
			for _, x := range o.sends() {
				if x.err != nil || x.ref == "" || strings.Contains(x.ref, "/") || refs[x.ref] {
					t.Errorf("%q: %q, %v", x.text, x.ref, x.err)
				}
				refs[x.ref] = true
			}
			if in := s.ears.Heard()[0]; in.Window != (bot.Window{Kind: "said", For: answerFor, Messages: 3}) || time.Since(in.At) > time.Second {
				t.Errorf("the window is %+v from %v", in.Window, in.At)
			}
			if c := s.channel.Capabilities(); c.Buttons != 0 || c.Photos || c.PushWindow != answerFor {
				t.Errorf("it says it can do %+v", c)
			}
			// Nobody waits for an answer now.
			_, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Text: "办好了"})
			if !errors.As(err, new(bot.Closed)) {
				t.Errorf("a message to nobody who waits: %v", err)
			}
			if _, err := s.channel.Knock(t.Context(), u.OpenID, bot.Form{What: "办好了"}); !errors.As(err, new(bot.Closed)) {
				t.Errorf("a notice of such an account: %v", err)
			}
		})
	}
}

// Nothing to say is said at once, and what does not come is not waited for longer than the
// platform waits.
func TestAnswerTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := still(t, true)
		u := s.server.Follower()
		if w, d := s.say(u, 1); d != 0 || w.Body.String() != "success" {
			t.Errorf("nothing is said after %s as %q", d, w.Body)
		}
		// The window begins when it is heard of: the platform may have tried before.
		r := signed(s.server, u, saying(11, "漏水"))
		time.Sleep(11 * time.Second)
		s.channel.ServeHTTP(httptest.NewRecorder(), r)
		if in := s.ears.Heard()[1]; !in.At.Equal(time.Now()) {
			t.Errorf("the window begins %s ago", time.Since(in.At))
		}
		s.ears.Judge(func(bot.Inbound) (bot.Answer, error) { return bot.Answer{Says: 2}, nil })
		if w, d := s.say(u, 2); d != answerFor || w.Body.String() != "success" {
			t.Errorf("what did not come is said after %s as %q", d, w.Body)
		}
		o := s.answering(3*time.Second, "一", "二")
		w, d := s.say(u, 3)
		if d != answerFor || !strings.Contains(w.Body.String(), "<Encrypt>") {
			t.Errorf("the half of it is said after %s as %q", d, w.Body)
		}
		time.Sleep(10 * time.Second)
		if len(o.sends()) != 2 || o.sends()[0].err != nil || !errors.As(o.sends()[1].err, new(bot.Closed)) {
			t.Errorf("sent %+v", o.sends())
		}
	})
}

// The platform has hung up before it had the answer: its next try gets the same, nothing
// happens twice, and what was sent was sent.
func TestAnswerLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := still(t, true)
		o := s.answering(0, "记下了", "谢谢")
		u := s.server.Follower()
		s.server.Drop = func(try int) bool { return try < 2 }
		u.Say("漏水")
		if err := s.server.Wait(t.Context(), func() bool { return s.server.Pending() == 0 }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := u.Shown(); len(got) != 1 || got[0].Text != "记下了\n\n谢谢" {
			t.Errorf("shown %+v", got)
		}
		if len(s.ears.Tries()) != 1 || len(o.sends()) != 2 || s.server.Pushes() != 3 {
			t.Errorf("heard %d times, sent %d, pushed %d", len(s.ears.Tries()), len(o.sends()), s.server.Pushes())
		}
	})
}

// torn is a connection that is gone when the answer is written.
type torn struct{ *httptest.ResponseRecorder }

func (t torn) FlushError() error { return errors.New("broken pipe") }

// The answer could not be written. The last message waits for the platform's next try; if
// there is none it did not arrive, and of the first one, which was taken as sent, the
// engine hears so.
func TestAnswerNeverTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := still(t, true)
		o := &outbox{s: s}
		u := s.server.Follower()
		answer := o.answer("记下了", "谢谢")
		failed := 0
		s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
			if in.Kind != bot.Undelivered {
				return answer(in)
			}
			if failed++; failed < 3 {
				return bot.Answer{}, errors.New("disk is full")
			}
			return bot.Answer{}, nil
		})
		r := signed(s.server, u, saying(1, "漏水"))
		s.channel.ServeHTTP(torn{httptest.NewRecorder()}, r)
		synctest.Wait()
		if len(o.sends()) != 1 || o.sends()[0].err != nil {
			t.Fatalf("sent %+v before anything was written", o.sends())
		}
		time.Sleep(time.Minute)
		if len(o.sends()) != 2 || !errors.As(o.sends()[1].err, new(bot.Closed)) || o.sends()[1].after != lostFor {
			t.Errorf("sent %+v", o.sends())
		}
		var lost []bot.Inbound
		for _, in := range s.ears.Heard() {
			if in.Kind == bot.Undelivered {
				lost = append(lost, in)
			}
		}
		if len(lost) != 1 || lost[0].Ref != o.sends()[0].ref || !lost[0].Loss.Closed || lost[0].Chat.Address != u.OpenID || len(lost[0].Keys) != 1 {
			t.Errorf("undelivered: %+v", lost)
		}

		// With a next try both have arrived.
		o.forget()
		s.channel.ServeHTTP(torn{httptest.NewRecorder()}, signed(s.server, u, saying(2, "漏水")))
		time.Sleep(5 * time.Second)
		w := httptest.NewRecorder()
		s.channel.ServeHTTP(w, signed(s.server, u, saying(2, "漏水")))
		synctest.Wait()
		if len(o.sends()) != 2 || o.sends()[0].err != nil || o.sends()[1].err != nil || o.sends()[1].after != 5*time.Second {
			t.Errorf("sent %+v", o.sends())
		}
		time.Sleep(time.Minute)
		if n := len(s.ears.Heard()); n != 3 {
			t.Errorf("%d things were heard", n)
		}
		// Hanging up is seen on the connection, too.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		o.forget()
		s.channel.ServeHTTP(httptest.NewRecorder(), signed(s.server, u, saying(3, "漏水")).WithContext(ctx))
		time.Sleep(time.Minute)
		if len(o.sends()) != 2 || o.sends()[1].err == nil {
			t.Errorf("sent %+v to who had hung up", o.sends())
		}
	})
}

// What was not taken is answered by nothing; the messages of others that had found their
// way into its answer try again.
func TestAnswerNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := still(t, true)
		u := s.server.Follower()
		o := &outbox{s: s}
		s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
			o.send(in.From.Address, "办好了")
			time.Sleep(time.Second)
			return bot.Answer{}, errors.New("disk is full")
		})
		w, _ := s.say(u, 1)
		synctest.Wait()
		if w.Code != http.StatusServiceUnavailable || len(o.sends()) != 1 || !errors.As(o.sends()[0].err, new(bot.Busy)) {
			t.Errorf("%d, sent %+v", w.Code, o.sends())
		}
		o = s.answering(0, "记下了")
		if w, _ := s.say(u, 1); w.Code != http.StatusOK || w.Body.String() == "success" {
			t.Errorf("the next try is answered %d %q", w.Code, w.Body)
		}
		synctest.Wait()
		if len(o.sends()) != 1 || o.sends()[0].err != nil || len(s.ears.Tries()) != 2 {
			t.Errorf("sent %+v, heard %d times", o.sends(), len(s.ears.Tries()))
		}
	})
}

// An answer has 2,000 bytes. What has no room waits for the next.
func TestAnswerFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := still(t, true)
		u := s.server.Follower()
		o := s.answering(0, strings.Repeat("长", 600), strings.Repeat("长", 66), "短")
		w, d := s.say(u, 1)
		if d != 0 || w.Code != http.StatusOK {
			t.Errorf("answered %d after %s", w.Code, d)
		}
		synctest.Wait()
		if len(o.sends()) != 3 || o.sends()[0].err != nil || o.sends()[1].err != nil || !errors.As(o.sends()[2].err, new(bot.Busy)) {
			t.Errorf("sent %+v", o.sends())
		}
		for name, m := range map[string]bot.Message{
			"a text that is too long": {Text: strings.Repeat("x", textLimit+1)},
			"a photo and no words":    {Photos: []bot.Photo{{Data: png}}},
			"a button":                {Text: "选", Buttons: [][]bot.Button{{{Label: "接单", Data: "1/x"}}}},
		} {
			if _, err := s.channel.Send(t.Context(), u.OpenID, m); !errors.As(err, new(bot.Refused)) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Two messages of the same person are answered each by its own.
func TestAnswerTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := still(t, true)
		u := s.server.Follower()
		n := 0
		o := &outbox{s: s, wait: time.Second}
		s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
			n++
			if n == 1 {
				o.send(in.From.Address, "一", "二")
			}
			return bot.Answer{Says: 1}, nil
		})
		s.server.Plain = true
		var err error
		if s.channel, err = New(Options{AppID: fake.AppID, Token: fake.Token, Plain: true, Passive: true, Receive: s.ears}); err != nil {
			t.Fatal(err)
		}
		bodies := make(chan string, 2)
		for i := range 2 {
			go func() { w, _ := s.say(u, i); bodies <- w.Body.String() }()
			synctest.Wait()
		}
		if a, b := <-bodies, <-bodies; !strings.Contains(a, "一") || strings.Contains(a, "二") || !strings.Contains(b, "二") {
			t.Errorf("answered %q and %q", a, b)
		}
	})
}

// When the process ends so does a send that waits.
func TestAnswerEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := still(t, true)
		u := s.server.Follower()
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
			go func() { _, err = s.channel.Send(ctx, u.OpenID, bot.Message{Text: "记下了"}) }()
			time.Sleep(time.Second)
			cancel()
			time.Sleep(time.Second)
			return bot.Answer{Says: 1}, nil
		})
		s.say(u, 1)
		synctest.Wait()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a send that was cut off: %v", err)
		}
	})
}
