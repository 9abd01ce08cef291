package kefu

import (
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/kefu/fake"
)

// A resident asks for a person, talks with them, and afterwards with Linli again.
func TestHandOver(t *testing.T) {
	for _, word := range []string{"人工", " 转人工\n"} {
		s := newStage(t)
		s.kefu.options.Waiting = "转给社区的工作人员了，请在这里等一等。"
		s.run()
		p := s.server.AddPerson()
		p.Say("3号楼电梯停了")
		p.Say("请人工处理一下") // a sentence, not the word
		s.ears.Wait(t, 2)
		s.synced()
		if p.State() != 0 {
			t.Fatalf("a sentence hands over, state %d", p.State())
		}
		p.Say(word)
		s.ears.Wait(t, 3)
		s.synced()
		if p.State() != 2 {
			t.Fatalf("%q leaves the state %d", word, p.State())
		}
		if got := p.Shown(); len(got) != 1 || got[0].Text != s.kefu.options.Waiting || !got[0].ByCode {
			t.Errorf("who waits is told %+v", got)
		}
		if _, err := s.send(p, bot.Message{Text: "记下了"}); !as[bot.Closed](err) || !strings.Contains(err.Error(), "waits for a person") {
			t.Errorf("while they wait: %v, want Closed", err)
		}
		// Nobody has it yet, and what is said must not be lost; nor is it handed over again.
		p.Say("闻到煤气味")
		p.Say(word)
		s.ears.Wait(t, 5)

		p.TakeOver()
		p.Reply("您好，我是王敏")
		p.Say("我家的事只跟您说")
		p.File("image", picture().Data)
		s.ears.Wait(t, 9)
		if _, err := s.send(p, bot.Message{Text: "记下了"}); !as[bot.Closed](err) || !strings.Contains(err.Error(), "a person is talking") {
			t.Errorf("while a person is talking: %v, want Closed", err)
		}
		p.End(true)
		s.ears.Wait(t, 10)
		if _, err := s.send(p, bot.Message{Text: "记下了"}); !as[bot.Closed](err) {
			t.Errorf("after the end, before they write: %v, want Closed", err)
		}
		p.Say("谢谢")
		s.ears.Wait(t, 11)
		if _, err := s.send(p, bot.Message{Text: "不客气"}); err != nil {
			t.Error(err)
		}
		want := []string{"3号楼电梯停了", "请人工处理一下", word, "闻到煤气味", word,
			"<ignored>", "<ignored>", "<ignored>", "<ignored>", "<ignored>", "谢谢"}
		if got := s.ears.Texts(); !slices.Equal(got, want) {
			t.Errorf("heard %q", got)
		}
		for _, in := range s.ears.Heard()[5:10] {
			if in.From.Address+in.Chat.Address+in.Message.Text+in.Message.Ref != "" || in.Message.Media != nil || in.Window.For != 0 {
				t.Errorf("of what was said to a person there is %+v", in)
			}
		}
		if n := len(s.server.Calls("service_state/trans")); n != 1 {
			t.Errorf("handed over %d times", n)
		}
		s.stop()
	}
}

// The platform tells nothing of a conversation that it assigned itself: a send finds out, and
// from then on what is said there is the person's. Nor does it tell of each end.
func TestTakenWithoutAWord(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	p.Say("在吗")
	s.ears.Wait(t, 1)
	p.TakeOver()
	if _, err := s.send(p, bot.Message{Text: "在"}); !as[bot.Closed](err) {
		t.Fatalf("%v, want Closed", err)
	}
	p.Say("跟您说")
	s.ears.Wait(t, 2)
	// A restart forgets nothing of it.
	s.stop()
	s.build(s.ears)
	s.run()
	p.Say("还跟您说")
	s.ears.Wait(t, 3)
	s.synced()
	p.End(false)
	p.Say("邻里在吗")
	s.ears.Wait(t, 4)
	if got := s.ears.Texts(); !slices.Equal(got, []string{"在吗", "<ignored>", "<ignored>", "邻里在吗"}) {
		t.Errorf("heard %q", got)
	}
	if _, err := s.send(p, bot.Message{Text: "在"}); err != nil {
		t.Error(err)
	}
	// Who was with a person is not asked about any more.
	before := len(s.server.Calls("service_state/get"))
	p.Say("好")
	s.ears.Wait(t, 5)
	if n := len(s.server.Calls("service_state/get")); n != before {
		t.Errorf("asked %d times who has it", n-before)
	}
}

// Where the platform does not say who has a conversation, what is said is heard.
func TestNobodyKnowsWhoHasIt(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	p.Say("在吗")
	s.ears.Wait(t, 1)
	p.TakeOver()
	if _, err := s.send(p, bot.Message{Text: "在"}); !as[bot.Closed](err) {
		t.Fatal(err)
	}
	s.server.Fail("service_state/get", 1, fake.Refuse(48002, "api forbidden"))
	p.Say("着火了")
	s.ears.Wait(t, 2)
	s.synced()
	s.server.Fail("service_state/get", 1, fake.BadGateway)
	s.server.Fail("send_msg", 1, fake.Refuse(95018, "send msg session status invalid"))
	if _, err := s.send(p, bot.Message{Text: "在"}); !as[bot.Closed](err) {
		t.Errorf("%v, want Closed", err)
	}
	if got := s.ears.Texts(); !slices.Equal(got, []string{"在吗", "着火了"}) {
		t.Errorf("heard %q", got)
	}
}

// A conversation that was a person's, and waits for another one by now, is nobody's.
func TestWaitsAgain(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	p.Say("人工")
	s.ears.Wait(t, 1)
	s.synced()
	if err := s.kefu.away(t.Context(), p.ID, true); err != nil {
		t.Fatal(err)
	}
	p.Say("还在等")
	s.ears.Wait(t, 2)
	if got := s.ears.Texts(); got[1] != "还在等" || p.State() != 2 {
		t.Errorf("heard %q in state %d", got, p.State())
	}
}

// A platform that is busy is asked to hand over again; one that refuses is not. What was said
// is taken in any case, and the next message follows.
func TestHandOverFails(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	s.server.Fail("service_state/trans", 2, fake.CloseBefore)
	p.Say("人工")
	s.ears.Wait(t, 1)
	s.synced()
	if p.State() != 2 {
		t.Errorf("after two failures the state is %d", p.State())
	}
	q := s.server.AddPerson()
	s.server.Fail("service_state/trans", 1, fake.Refuse(60011, "no privilege"))
	q.Say("人工")
	q.Say("那我跟你说")
	s.ears.Wait(t, 3)
	s.synced()
	if q.State() != 0 {
		t.Errorf("state %d", q.State())
	}
	if n := len(s.server.Calls("service_state/trans")); n != 4 {
		t.Errorf("tried %d times, want 3 and 1", n)
	}
}

// What is read again, of another day, hands nobody over again.
func TestHandOverOnce(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	p.Say("人工")
	s.ears.Wait(t, 1)
	s.synced()
	p.TakeOver()
	p.End(true)
	p.Say("谢谢")
	s.ears.Wait(t, 4)
	s.synced()
	s.stop()
	if err := s.shelf.Save(t.Context(), s.kefu.shelf("cursor"), nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	s.build(s.ears)
	s.run()
	s.synced()
	if p.State() != 0 || s.ears.Again() != 4 {
		t.Errorf("state %d after reading %d again", p.State(), s.ears.Again())
	}
}

// Who comes is greeted by the code that the platform gives, once, within 20 seconds.
func TestGreeting(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	p.Enter("b-3", "")
	in := s.ears.Wait(t, 1)[0]
	if in.Kind != bot.Entered || in.Scene != "b-3" || in.Chat.Address != p.ID || !in.From.Person || in.Window != (bot.Window{Kind: "entered", For: 20 * time.Second, Messages: 1}) {
		t.Fatalf("heard %+v", in)
	}
	m := bot.Message{Key: "5.a", Text: "您好，我是邻里。", Buttons: [][]bot.Button{{{Label: "怎么用", Data: "~help/x"}}}}
	for _, f := range []fake.Fault{fake.CloseBefore, fake.Busy, fake.CloseAfter} { // the last time the platform has it
		s.server.Fail("send_msg_on_event", 1, f)
		if _, err := s.send(p, m); err == nil || as[bot.Closed](err) {
			t.Fatalf("%v", err)
		}
	}
	ref, err := s.send(p, m)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Shown(); len(got) != 1 || !got[0].ByCode || got[0].ID != ref || got[0].Menu[0].Data != "~help/x" {
		t.Fatalf("greeted with %+v, reference %q", got, ref)
	}
	if again, err := s.send(p, m); err != nil || again != ref || len(p.Shown()) != 1 {
		t.Errorf("again: %q, %v; %d messages", again, err, len(p.Shown()))
	}
	if _, err := s.send(p, bot.Message{Key: "6.a", Text: "还有一句"}); !as[bot.Closed](err) {
		t.Errorf("a second message to who has not written: %v, want Closed", err)
	}
	p.Say("你好")
	s.ears.Wait(t, 2)
	if _, err := s.send(p, bot.Message{Key: "7.a", Text: "记下了"}); err != nil {
		t.Error(err)
	}

	// Without a code nobody may be written to.
	p.Enter("b-4", "")
	if in := s.ears.Wait(t, 3)[2]; in.Window.For != 0 || in.Scene != "b-4" {
		t.Errorf("who was written to lately opens %+v", in.Window)
	}
	// Too late.
	q := s.server.AddPerson()
	q.Enter("", "")
	s.ears.Wait(t, 4)
	s.clock.Pass(21 * time.Second)
	before := len(s.server.Calls("send_msg_on_event"))
	if _, err := s.send(q, bot.Message{Key: "8.a", Text: "您好"}); !as[bot.Closed](err) || len(s.server.Calls("send_msg_on_event")) != before {
		t.Errorf("after 21 s: %v, want Closed and no try with the code", err)
	}
	// A greeting that cannot go by the code: a photo.
	r := s.server.AddPerson()
	r.Enter("", "")
	s.ears.Wait(t, 5)
	if _, err := s.send(r, bot.Message{Key: "9.a", Photos: []bot.Photo{picture()}}); !as[bot.Closed](err) {
		t.Errorf("a photo as a greeting: %v, want Closed", err)
	}
	if _, err := s.send(r, bot.Message{Key: "10.a", Text: "您好"}); err != nil {
		t.Errorf("the code is still good: %v", err)
	}
	// One that the platform takes back, while the person has begun to write.
	u := s.server.AddPerson()
	u.Enter("", "")
	u.Say("在吗")
	s.ears.Wait(t, 7)
	s.server.Fail("send_msg_on_event", 1, fake.Refuse(40058, "invalid Request Parameter: code"))
	if _, err := s.send(u, bot.Message{Key: "11.a", Text: "在"}); err != nil || len(u.Shown()) != 1 || u.Shown()[0].ByCode {
		t.Errorf("%v, %+v", err, u.Shown())
	}
}

// The same event that is read again gives no second greeting.
func TestGreetingOnce(t *testing.T) {
	var w welcomes
	now := time.Now()
	w.note("p", "c1", now.Add(welcome))
	if got := w.take("p", "m1", now); got != "c1" {
		t.Fatal(got)
	}
	w.note("p", "c1", now.Add(welcome))
	if got := w.take("p", "m2", now); got != "" {
		t.Errorf("the code %q is given twice", got)
	}
	if got := w.take("p", "m1", now); got != "c1" {
		t.Errorf("for the same message it is %q", got)
	}
	w.note("p", "c2", now.Add(welcome))
	if got := w.take("p", "m2", now); got != "c2" {
		t.Errorf("the newest is %q", got)
	}
	w.note("q", "c3", now.Add(welcome))
	if w.take("q", "", now) != "c3" || w.take("q", "", now) != "" || w.take("nobody", "x", now) != "" {
		t.Error("without a key a code is good once")
	}
}
