package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// lineTo is a line of a case in the group, with a button.
func lineTo(text string) flows.Say {
	say := tell(flows.To{Chat: "g"}, flows.Notice, text)
	say.Reply, say.Digest, say.Slot = true, true, "line"
	say.Buttons = []flows.Button{{Words: "also", Choice: "also"}}
	return say
}

// liner says a line when a case is opened, and changes it at each press.
func liner(_ string, n note, e flows.Event) (note, []flows.Effect) {
	n.Stage = "filed"
	switch w := e.What.(type) {
	case flows.Opened:
		n.Words = w.Said.Message.Text
	case flows.Chose:
		n.Words += "+"
		if w.Choice == "over" {
			say := lineTo(n.Words + "，完了")
			say.Digest, say.Reply, say.Tidy, say.Buttons = false, false, true, nil
			return n, []flows.Effect{say}
		}
	default:
		return n, nil
	}
	return n, []flows.Effect{lineTo(n.Words)}
}

func counted(o *bot.Options) {
	p := o.Channels[0].(*platform)
	p.caps.PerGroup, p.caps.Reacts = 20, true
}

// The first line leaves at once, those that come within a minute share one
// message, each is changed by itself, and the others stay as they are.
func TestDigest(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", liner))
	for i := range 4 {
		s.say(fmt.Sprintf("p%d", i), "g3", fmt.Sprintf("事%d", i))
	}
	s.told("g3: 事0 [我也是]")
	s.pass(time.Minute)
	s.told("g3: 事1\n事2\n事3 [0002 我也是] [0003 我也是] [0004 我也是]")
	s.hear(s.pressed("p9", "g3", "3/also"))
	s.hear(s.pressed("p8", "g3", "1/also"))
	s.pass(2 * time.Minute)
	s.told("g3*: 事1\n事2+\n事3 [0002 我也是] [0003 我也是] [0004 我也是]", "g3*: 事0+ [我也是]")
	s.restart()
	s.hear(s.pressed("p9", "g3", "2/over"))
	s.pass(2 * time.Minute)
	s.told("g3*: 事1+，完了\n事2+\n事3 [0003 我也是] [0004 我也是]")
	s.say("p5", "g3", "事5")
	s.told("g3: 事5 [我也是]")
}

// A new text that comes while its line waits is the only one that is told; one
// that comes while it is under way changes the message.
func TestDigestNewerText(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", liner))
	for i := range 3 {
		s.say(fmt.Sprintf("p%d", i), "g3", fmt.Sprintf("事%d", i))
	}
	s.hear(s.pressed("p9", "g3", "2/also"))
	s.toy.on(func(to string, m bot.Message) error {
		if strings.Contains(m.Text, "事2") && m.Edit == "" {
			s.hear(s.pressed("p9", "g3", "3/also"))
		}
		return nil
	})
	s.pass(3 * time.Minute)
	s.told("g3: 事0 [我也是]", "g3: 事1+\n事2 [0002 我也是] [0003 我也是]", "g3*: 事1+\n事2+ [0002 我也是] [0003 我也是]")
}

// However the sends fail, every line arrives once and none is lost.
func TestDigestUnderFaults(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", liner))
	n := 0
	s.toy.on(func(string, bot.Message) error {
		if n++; n%3 != 0 {
			return bot.Busy{After: 7 * time.Second}
		}
		return nil
	})
	for i := range 40 {
		s.say(fmt.Sprintf("p%d", i), "g3", fmt.Sprintf("事%02d。", i))
		s.pass(5 * time.Second)
	}
	s.pass(10 * time.Minute)
	var got []string
	messages := 0
	for _, a := range s.toy.take() {
		if a.Edit != "" {
			t.Errorf("a line was changed: %q", a.Text)
		}
		got = append(got, strings.Split(a.Text, "\n")...)
		messages++
	}
	slices.Sort(got)
	for i, x := range got {
		if want := fmt.Sprintf("事%02d。", i); x != want {
			t.Fatalf("line %d is %q, want %q", i, x, want)
		}
	}
	if len(got) != 40 || messages > 8 {
		t.Errorf("%d lines in %d messages", len(got), messages)
	}
}

// A sign goes where the platform has them, is no message of the group, and
// nowhere else is anything said.
func TestSign(t *testing.T) {
	sign := flows.Say{To: flows.To{Chat: "g"}, Class: flows.Notice, Reply: true, React: bot.SignHeard, Quote: "m1"}
	for _, reacts := range []bool{true, false} {
		s := newStage(t, func(o *bot.Options) { counted(o); o.Channels[0].(*platform).caps.Reacts = reacts }, toy(t, "toy", only(sign)))
		s.say("p1", "g3", "事情")
		got := s.toy.take()
		if (len(got) == 1) != reacts || reacts && (got[0].React != bot.SignHeard || got[0].Quote != "m1" || got[0].Text != "" || got[0].To != "g3") {
			t.Errorf("with signs %t: %+v", reacts, got)
		}
		if list := s.troubles(); len(list) != 0 {
			t.Errorf("with signs %t: %+v", reacts, list)
		}
	}
}

// shy is a platform on which Linli must not write first.
type shy struct{ *platform }

func (shy) Link(word string) string { return "https://chat.example/linli?start=" + word }

// Who cannot be told in private is asked in the group, once, to say hello; a
// message that must not be seen there is not answered in this way.
func TestGreet(t *testing.T) {
	receipt := tell(flows.To{}, flows.Personal, "记下了")
	s := newStage(t, nil, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		say := receipt
		say.To = person(e.By.Person)
		if o, ok := e.What.(flows.Opened); ok {
			say.Greet, say.Near = !strings.Contains(o.Said.Message.Text, "密"), o.Said.Message.Ref
			yes := true
			return n, []flows.Effect{flows.Remember{Person: e.By.Person, Consent: &yes}, say}
		}
		return n, nil
	}))
	s.toy.caps.WritesFirst = false
	s.o.Channels = []bot.Channel{shy{s.toy}}
	s.restart()
	s.say("p1", "g3", "事：密")
	s.told()
	in := s.said("p1", "g3", "事情")
	s.hear(in)
	s.drain()
	got := s.toy.take()
	if len(got) != 1 || got[0].To != "g3" || got[0].Quote != in.Message.Ref || len(got[0].Buttons) != 1 ||
		got[0].Buttons[0][0].URL != "https://chat.example/linli?start=c2" || got[0].Buttons[0][0].Data != "" {
		t.Fatalf("told were %+v", got)
	}
	s.say("p1", "g3", "事情还有")
	s.told()
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p1")
		if err == nil && p.Asked.IsZero() {
			t.Error("it is not known that they were asked")
		}
		return err
	})
	if err := s.b.Sweep(context.Background()); err != nil {
		t.Error(err)
	}
}

// The lines of an old message are forgotten with the time, those of a new one not.
func TestDigestIsSwept(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", liner))
	known := func() (n int) {
		s.view(func(tx storage.Tx) error {
			all, err := tx.Keys("digest/")
			n = len(all)
			return err
		})
		return n
	}
	for i := range 3 {
		s.say(fmt.Sprintf("p%d", i), "g3", fmt.Sprintf("事%d", i))
	}
	s.pass(2 * time.Minute)
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{24 * time.Hour, 1}, {90 * 24 * time.Hour, 0}} {
		s.pass(c.after)
		if err := s.b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := known(); n != c.want {
			t.Errorf("after %s the lines of %d messages are known, want %d", c.after, n, c.want)
		}
	}
}

// A line of the message that can no longer be said keeps no other from being
// changed.
func TestDigestWithALineOfAnOlderVersion(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", liner))
	for i := range 3 {
		s.say(fmt.Sprintf("p%d", i), "g3", fmt.Sprintf("事%d", i))
	}
	s.pass(2 * time.Minute)
	s.toy.take()
	s.update(func(tx storage.Tx) error {
		all, err := tx.Keys("digest/")
		for name, raw := range all {
			if err := tx.PutKey(name, []byte(strings.Replace(string(raw), `"words":"text"`, `"words":"of-old"`, 1))); err != nil {
				return err
			}
		}
		return err
	})
	s.hear(s.pressed("p9", "g3", "3/also"))
	s.pass(2 * time.Minute)
	s.told("g3*: 事2+ [0003 我也是]")
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("troubles are %+v", list)
	}
}
