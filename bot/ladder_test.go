package bot_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// What staff have told in person is not told once more.
func TestToldInPerson(t *testing.T) {
	s, wx := wxStage(t, false, 1, telling(t), nil)
	s.say("li", "", "事 r1 personal ab")
	wx.take()
	list := s.troubles()
	if len(list) != 1 {
		t.Fatalf("troubles %+v", list)
	}
	if err := s.b.Dismiss(s.Context(), list[0].ID, "chen"); err != nil {
		t.Fatal(err)
	}
	s.hear(onWX(s.said("o1", "", "在吗"), 5))
	s.drain()
	if got := lines(wx.take()); len(got) != 0 {
		t.Errorf("told again: %q", got)
	}
}

// Where the window is shut, the platform's own form is next; then another address; and what was
// told by one is not told by the next.
func TestLadder(t *testing.T) {
	s, wx := wxStage(t, true, 1, telling(t), nil)
	s.update(func(tx storage.Tx) error {
		p, err := tx.Person("r1")
		p.Reach, p.Addresses = append(p.Reach, "toy:p9"), append(p.Addresses, "toy:p9")
		if err != nil {
			return err
		}
		return tx.PutPerson(p)
	})
	s.say("li", "", "事 r1 personal ab")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a"}) {
		t.Errorf("told %q", got)
	}
	if len(wx.forms) != 1 || wx.forms[0].No != "0002" || wx.forms[0].What != "b" || wx.forms[0].Key == "" {
		t.Errorf("forms %+v", wx.forms)
	}
	s.told()
	if got := s.the("2").Heard; !slices.Contains(got, "rb confirmed") {
		t.Errorf("the rules heard %q", got)
	}
	wx.fails = bot.Closed{Why: "refused the subscription"}
	s.say("li", "", "事 r1 personal c")
	s.told("p9: c")
	wx.fails = nil
	s.say("li", "", "事 r1 invitation d") // not what such forms are for
	s.told("p9: d")
	if len(wx.forms) != 1 || len(s.troubles()) != 0 {
		t.Errorf("forms %d, troubles %+v", len(wx.forms), s.troubles())
	}
	s.hear(onWX(s.said("o1", "", "在"), 5))
	s.drain()
	if got := lines(wx.take()); len(got) != 0 {
		t.Errorf("told twice: %q", got)
	}
}

// A platform that says later that something did not arrive: it goes on from there, once.
func TestUndelivered(t *testing.T) {
	s, wx := wxStage(t, true, 5, telling(t), nil)
	s.say("li", "", "事 r1 personal a")
	sent := wx.take()
	fail := func(ref string, why bot.Loss) {
		in := s.said("o1", "", "")
		in.Channel, in.Kind, in.Ref, in.Loss = "wx", bot.Undelivered, ref, why
		s.hear(in)
		s.drain()
	}
	fail("nobody's", bot.Loss{Closed: true})
	fail(sent[0].Ref, bot.Loss{Closed: true, Why: "48 hours"})
	fail(sent[0].Ref, bot.Loss{Closed: true, Why: "48 hours"})
	if got := wx.take(); len(got) != 0 || len(wx.forms) != 1 {
		t.Fatalf("told %q, %d forms", lines(got), len(wx.forms))
	}
	fail("form-1", bot.Loss{Closed: true, Why: "no longer follows"})
	fail("form-1", bot.Loss{Closed: true, Why: "no longer follows"})
	if list := s.troubles(); len(list) != 1 || list[0].Kind != "unreached" {
		t.Errorf("troubles %+v", list)
	}
	if n := len(slices.DeleteFunc(s.the("2").Heard, func(x string) bool { return x != "ra confirmed" })); n != 1 {
		t.Errorf("the rules heard %d times that it arrived", n)
	}
	s.say("li", "", "事 r1 personal b") // nothing may be sent there now
	if got := wx.take(); len(got) != 0 {
		t.Errorf("told %q", lines(got))
	}
	fail("form-2", bot.Loss{Gone: true, Why: "the account was closed"})
	s.view(func(tx storage.Tx) error {
		p, err := tx.Person("r1")
		if len(p.Reach) != 0 {
			t.Errorf("still reached at %v", p.Reach)
		}
		return err
	})
}

// A platform that takes nothing until somebody has put it right.
func TestHalted(t *testing.T) {
	s, wx := wxStage(t, false, 9, telling(t), nil)
	stopped := true
	wx.on(func(string, bot.Message) error {
		if stopped {
			return bot.Halted{Why: "40164", Fix: "把10.0.0.7加进IP白名单"}
		}
		return nil
	})
	s.say("li", "", "事 r1 personal ab")
	s.told("chen: 有个平台不收邻里的消息了，要人处理：\n把10.0.0.7加进IP白名单\n处理好以后我自己接着发，不用重来。")
	s.pass(25 * time.Minute)
	if n := len(wx.tries()); n > 6 {
		t.Errorf("it was tried %d times in half an hour", n)
	}
	s.told() // once
	s.restart()
	s.pass(11 * time.Minute)
	s.told()
	stopped = false
	s.pass(11 * time.Minute)
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a", "o1: b"}) {
		t.Errorf("told %q", got)
	}
	stopped = true
	s.say("li", "", "事 r1 personal c")
	if got := lines(s.toy.take()); len(got) != 1 {
		t.Errorf("that it stopped once more is told %d times", len(got))
	}
}

// Of who is let go of nothing is left under their address.
func TestAddressIsForgotten(t *testing.T) {
	s, _ := wxStage(t, true, 2, telling(t), func(c *bot.Capabilities) { c.Buttons = 0 })
	s.say("li", "", "事 r1 personal abcd")
	in := onWX(s.said("o1", "", ""), 2)
	in.Kind, in.Scene = bot.Entered, bot.SceneBuilding("3")
	s.hear(in)
	s.drain()
	count := func() (n int) {
		s.view(func(tx storage.Tx) error {
			all, err := tx.Keys("")
			for name, raw := range all {
				if strings.Contains(name, "o1") || strings.Contains(string(raw), "wx:o1") {
					n++
				}
			}
			return err
		})
		return n
	}
	s.update(func(tx storage.Tx) error { return tx.PutKey("shelf/wx/with/o1", []byte("1")) })
	if count() < 4 {
		t.Fatalf("only %d keys name the address", count())
	}
	if _, err := s.b.Erase(s.Context(), "r1", "asked"); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		s.view(func(tx storage.Tx) error {
			all, err := tx.Keys("")
			for name, raw := range all {
				if strings.Contains(name, "o1") || strings.Contains(string(raw), "wx:o1") {
					t.Errorf("%s = %s", name, raw)
				}
			}
			return err
		})
		t.Errorf("%d keys still name the address", n)
	}
}

// Somebody who asks for a person where one can take over.
func TestHuman(t *testing.T) {
	s, wx := wxStage(t, false, 9, telling(t), nil)
	s.hear(onWX(s.said("o1", "", "转人工"), 9))
	s.drain()
	if got := lines(wx.take()); len(got) != 0 {
		t.Errorf("told %q: that is the channel's", got)
	}
	s.told("chen: 有一位邻居在微信客服里找居委会的人说话，请去接一下。")
	s.say("p1", "", "转人工") // here nobody can
	s.told()
}

// When the platform says that a window is shut, it is, until its owner speaks.
func TestPlatformShuts(t *testing.T) {
	s, wx := wxStage(t, false, 5, telling(t), nil)
	wx.on(func(string, bot.Message) error { return bot.Closed{Why: "45015"} })
	s.say("li", "", "事 r1 personal ab")
	if n := len(wx.tries()); n != 1 {
		t.Errorf("it was asked %d times, and had said no", n)
	}
	wx.on(nil)
	s.hear(onWX(s.said("o1", "", "在"), 5))
	s.drain()
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a", "o1: b"}) {
		t.Errorf("told %q", got)
	}
}

// While a channel is halted one message tries for all; an emergency goes where it can.
func TestHaltedForAll(t *testing.T) {
	s, wx := wxStage(t, false, 0, telling(t), nil)
	for i := range 9 {
		id := fmt.Sprint("o", i+2)
		s.update(func(tx storage.Tx) error {
			return tx.PutPerson(storage.Person{ID: flows.PersonID("r" + id), Consent: s.clock.Now(), Addresses: []string{"wx:" + id}, Reach: []string{"wx:" + id, "toy:" + id}})
		})
		s.hear(onWX(s.said(id, "", "在"), 5))
	}
	s.drain()
	stopped := true
	wx.on(func(string, bot.Message) error {
		if stopped {
			return bot.Halted{Why: "48001", Fix: "去开通"}
		}
		return nil
	})
	s.say("li", "", "事 ro2 emergency !")
	s.toy.take()
	s.say("li", "", "事 ro3 emergency !")
	s.told("o3: !")
	for i := range 8 {
		s.say("li", "", fmt.Sprintf("事 ro%d personal a", i+3))
	}
	before := len(wx.tries())
	s.pass(35 * time.Minute)
	if n := len(wx.tries()) - before; n > 8 {
		t.Errorf("tried %d times", n)
	}
	if n := len(wx.tries()) - before; n < 1 {
		t.Error("it was not tried again")
	}
	s.restart()
	stopped = false
	s.pass(15 * time.Minute)
	if got := wx.take(); len(got) != 8 {
		t.Errorf("%d of 8 were told", len(got))
	}
	s.toy.take()
	stopped = true
	s.say("li", "", "事 ro3 personal b")
	if got := lines(s.toy.take()); len(got) != 1 {
		t.Errorf("that it stopped again is told %d times", len(got))
	}
}

// What nobody can read is answered, and shown to staff once.
func TestUnread(t *testing.T) {
	s, wx := wxStage(t, false, 9, telling(t), nil)
	for _, kind := range []string{"other", "video"} {
		in := onWX(s.said("o1", "", ""), 9)
		in.Message.Media = []flows.Media{{Kind: kind, Channel: "wx", Remote: "x"}}
		s.hear(in)
		s.hear(in)
		s.drain()
		if got := lines(wx.take()); len(got) != 1 || !strings.Contains(got[0], "这个我看不了") {
			t.Errorf("%s is answered with %q", kind, got)
		}
	}
	if list := s.troubles(); len(list) != 1 || list[0].Kind != "parked" || strings.Contains(list[0].Text, "o1") {
		t.Errorf("troubles %+v", list)
	}
	photo := onWX(s.said("o1", "", ""), 9)
	photo.Message.Media = []flows.Media{{Kind: "photo", Channel: "wx", Remote: "x"}}
	s.hear(photo)
	s.drain()
	if got := lines(wx.take()); len(got) != 0 {
		t.Errorf("a photo is answered with %q", got)
	}
}

// A platform may say that a message did not arrive before it is kept here that it was sent.
func TestUndeliveredEarly(t *testing.T) {
	s, wx := wxStage(t, true, 5, telling(t), nil)
	wx.on(func(string, bot.Message) error {
		in := s.said("o1", "", "")
		in.Channel, in.Kind, in.Ref, in.Loss = "wx", bot.Undelivered, fmt.Sprintf("wx-%d", wx.n+1), bot.Loss{Closed: true, Why: "48 hours"}
		s.hear(in)
		return nil
	})
	s.say("li", "", "事 r1 personal a")
	if len(wx.forms) != 1 || wx.forms[0].What != "a" {
		t.Errorf("forms %+v", wx.forms)
	}
	s.pass(time.Hour)
	if len(wx.forms) != 1 || len(s.troubles()) != 0 {
		t.Errorf("forms %+v, troubles %+v", wx.forms, s.troubles())
	}
}

// An emergency waits for no platform that asks to wait: it goes to another address, and where
// there is none it ends, so that somebody else is called.
func TestBusyEmergency(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Emergency, "急"))))
	other := func(addresses ...string) {
		s.update(func(tx storage.Tx) error {
			p, err := tx.Person("li")
			if err != nil {
				return err
			}
			p.Reach, p.Addresses = addresses, addresses
			return tx.PutPerson(p)
		})
	}
	other("toy:li", "toy:li2")
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "li" {
			return bot.Busy{After: 10 * time.Minute}
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.told("li2: 急")
	other("toy:li")
	s.say("p1", "", "事情")
	s.pass(3 * time.Hour)
	if got := s.the("2").Heard; !slices.Contains(got, "text refused") {
		t.Errorf("after three hours the rules heard %q", got)
	}
}

// What was asked by a form is asked in full when its reader speaks: once, and only if it is
// still to be answered.
func TestKnocked(t *testing.T) {
	s, wx := wxStage(t, true, 1, telling(t, flows.Button{Words: "done", Choice: "done"}), nil)
	speak := func() []string {
		s.hear(onWX(s.said("o1", "", "在"), 5))
		s.drain()
		return lines(wx.take())
	}
	s.say("li", "", "事 r1 personal ab")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a [办好]"}) || len(wx.forms) != 1 {
		t.Fatalf("told %q, %d forms", got, len(wx.forms))
	}
	s.restart()
	if got := speak(); !slices.Equal(got, []string{"o1: b [办好]"}) {
		t.Errorf("asked %q", got)
	}
	if got := speak(); len(got) != 0 {
		t.Errorf("asked again: %q", got)
	}
	shut := func() { s.pass(49 * time.Hour) }
	shut()
	s.say("li", "", "事 r1 personal c")
	s.update(func(tx storage.Tx) error {
		c, err := tx.Case("3")
		c.Done = true
		return errors.Join(err, tx.PutCase(c))
	})
	s.say("li", "", "事 r1 personal d")
	s.update(func(tx storage.Tx) error { return tx.DropCase("4") })
	if got := speak(); len(got) != 0 {
		t.Errorf("asked what is over: %q", got)
	}
	shut()
	s.say("li", "", "事 r1 personal e")
	s.pass(8 * 24 * time.Hour)
	if got := speak(); len(got) != 0 {
		t.Errorf("asked after a week: %q", got)
	}
	shut()
	s.say("li", "", "事 r1 personal fghij")
	if got := speak(); !slices.Equal(got, []string{"o1: h [办好]", "o1: i [办好]", "o1: j [办好]"}) {
		t.Errorf("of many questions %q", got)
	}
	s.view(func(tx storage.Tx) error {
		left, err := tx.Keys("knocked/")
		if len(left) != 2 {
			t.Errorf("%d wait for the next time, want 2", len(left))
		}
		return err
	})
	if got := speak(); !slices.Equal(got, []string{"o1: f [办好]", "o1: g [办好]"}) {
		t.Errorf("the next time %q", got)
	}
}

// A form about something that was told anew since then is no question any more.
func TestKnockedIsReplaced(t *testing.T) {
	n := 0
	fl := toy(t, "toy", func(_ string, x note, e flows.Event) (note, []flows.Effect) {
		x.Stage = "filed"
		switch e.What.(type) {
		case flows.Opened, flows.Chose:
			n++
			say := tell(person("r1"), flows.Personal, fmt.Sprint("问", n))
			say.Slot = "ask"
			if n < 3 {
				say.Buttons = []flows.Button{{Words: "done", Choice: "done"}}
			}
			return x, []flows.Effect{say}
		}
		return x, nil
	})
	s, wx := wxStage(t, true, 1, fl, nil)
	wx.take()
	s.pass(49 * time.Hour)
	s.hear(s.pressed("li", "", "1/x")) // asked once more
	s.drain()
	s.hear(s.pressed("li", "", "1/x")) // and no more
	s.drain()
	if len(wx.forms) != 2 {
		t.Fatalf("%d forms", len(wx.forms))
	}
	s.hear(onWX(s.pressed("o1", "", "9/x"), 5))
	s.drain()
	for _, got := range lines(wx.take()) {
		if strings.Contains(got, "问2") {
			t.Errorf("asked what was told otherwise since: %q", got)
		}
	}
}
