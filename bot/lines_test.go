package bot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// Changes of the lines of one message make one change of it; those of several do not
// wait a minute for each other, nor does a new line for them.
func TestDigestChangesTogether(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", liner))
	for i := range 4 {
		s.say(fmt.Sprintf("p%d", i), "g3", fmt.Sprintf("事%d", i))
	}
	s.pass(time.Minute)
	s.toy.take()
	for i := 4; i > 0; i-- {
		s.hear(s.pressed("p9", "g3", fmt.Sprintf("%d/also", i)))
	}
	s.hear(s.pressed("p8", "g3", "2/also"))
	s.hear(s.said("p5", "g3", "事5"))
	s.pass(70 * time.Second)
	s.told("g3*: 事1++\n事2+\n事3+ [0002 我也是] [0003 我也是] [0004 我也是]", "g3*: 事0+ [我也是]", "g3: 事5 [我也是]")
	s.restart()
	s.hear(s.pressed("p7", "g3", "3/also"))
	s.pass(2 * time.Minute)
	s.told("g3*: 事1++\n事2++\n事3+ [0002 我也是] [0003 我也是] [0004 我也是]")
}

// Lines of different topics share no message.
func TestDigestByTopic(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", func(id string, n note, e flows.Event) (note, []flows.Effect) {
		n, effects := liner(id, n, e)
		if o, ok := e.What.(flows.Opened); ok {
			say := effects[0].(flows.Say)
			say.Near = o.Said.Message.Ref
			effects[0] = say
		}
		return n, effects
	}))
	for i, topic := range []string{"5", "6", "5", "6", "5"} {
		in := s.said(fmt.Sprintf("p%d", i), "g3", fmt.Sprintf("事%d", i))
		in.Message.Ref += "@" + topic
		s.hear(in)
	}
	s.pass(3 * time.Minute)
	got := s.toy.take()
	where := map[string]string{}
	for _, a := range got {
		_, topic, _ := strings.Cut(a.Near, "@")
		for _, l := range strings.Split(a.Text, "\n") {
			where[l] += topic
		}
	}
	if len(got) != 2 || where["事0"]+where["事2"]+where["事4"] != "555" || where["事1"]+where["事3"] != "66" {
		t.Errorf("%d messages, lines in topics %v", len(got), where)
	}
}

// A line that waits for the morning holds back none that answers somebody at
// night, and in the morning those that waited share a message.
func TestDigestAtNight(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", func(id string, n note, e flows.Event) (note, []flows.Effect) {
		n, effects := liner(id, n, e)
		say := effects[0].(flows.Say)
		say.Reply = !strings.Contains(n.Words, "早")
		return n, []flows.Effect{say}
	}))
	s.at(22, 0)
	s.say("p1", "g3", "事早1")
	s.say("p2", "g3", "事2")
	s.say("p3", "g3", "事早3")
	s.pass(30 * time.Minute)
	s.told("g3: 事2 [我也是]")
	s.pass(11 * time.Hour)
	s.told("g3: 事早1\n事早3 [0001 我也是] [0003 我也是]")
}

// What cannot be told to the end where it was begun is told from the beginning
// elsewhere.
func TestRestElsewhere(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "一二三四五六七八九十。甲乙丙丁"))))
	s.toy.caps.Text = 12
	s.update(func(tx storage.Tx) error {
		p, err := tx.Person("li")
		p.Addresses, p.Reach = append(p.Addresses, "toy:li2"), append(p.Reach, "toy:li2")
		return errors.Join(err, tx.PutPerson(p))
	})
	s.toy.on(func(to string, m bot.Message) error {
		if to == "li" && strings.Contains(m.Text, "甲") {
			return bot.Gone{Why: "blocked"}
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.told("li: 一二三四五六七八九十。", "li2: 一二三四五六七八九十。", "li2: 甲乙丙丁")
}

// In a group that has moved, nothing is put on or tied to a message that only has
// the number of an old one.
func TestMovedNumbers(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if o, ok := e.What.(flows.Opened); ok {
			n.Stage, n.Words = "filed", o.Said.Message.Ref
			return n, nil
		}
		if _, ok := e.What.(flows.Chose); ok {
			say := tell(flows.To{Chat: "g"}, flows.Notice, "办好")
			say.Reply, say.Quote = true, n.Words
			sign := say
			sign.React = bot.SignDone
			return n, []flows.Effect{say, sign}
		}
		return n, nil
	}))
	s.say("p1", "g3", "事情")
	s.hear(s.pressed("p1", "g3", "1/x"))
	s.drain()
	if got := s.toy.take(); len(got) != 2 || got[0].Quote != "m1" || got[1].React == "" {
		t.Fatalf("before: %+v", got)
	}
	in := s.said("p1", "g3", "")
	in.Kind, in.To = bot.Migrated, "g4"
	s.hear(in)
	s.hear(s.pressed("p1", "g3", "1/x")) // a button of an old message
	s.drain()
	if got := s.toy.take(); len(got) != 1 || got[0].To != "g4" || got[0].Quote != "" {
		t.Errorf("after: %+v", got)
	}
	edit := s.said("p1", "g4", "早上好")
	edit.Kind, edit.Message.Ref = bot.Edited, "m1"
	s.hear(edit)
	if heard := s.the("1").Heard; strings.Contains(strings.Join(heard, " "), "said") {
		t.Errorf("the case heard %q", heard)
	}
	s.view(func(tx storage.Tx) error {
		chats, err := tx.Chats()
		if len(chats) != 1 || chats[0].Address != "toy:g4" || chats[0].Left || chats[0].Directory != "b3" {
			t.Errorf("the groups are %+v", chats)
		}
		return err
	})
}

// A group that will take nothing more is told to staff once, however many lines wait
// for it, and none of them is a trouble.
func TestGoneGroup(t *testing.T) {
	s := newStage(t, counted, toy(t, "toy", liner))
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "g3" {
			return bot.Gone{Why: "kicked"}
		}
		return nil
	})
	s.hear(s.said("p1", "g3", "事1"))
	s.hear(s.said("p2", "g3", "事2"))
	s.pass(5 * time.Minute)
	s.told("chen: 我已不在群“3号楼群”里，听不到那边的话了。")
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("troubles: %+v", list)
	}
	if next := s.drain(); !next.IsZero() {
		t.Errorf("something waits until %s", next)
	}
}
