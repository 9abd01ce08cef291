package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"linli/bot"
	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

// Of what is said with other people's words in it nothing is kept once it has left, but that it
// was said; what could not leave is on no printed notice, and in no form.
func TestUnkept(t *testing.T) {
	say := tell(person("chen"), flows.Personal, "1. 老李 2. 王姐")
	say.Unkept, say.Reply = true, true
	s := newStage(t, nil, toy(t, "toy", only(say, tell(person("chen"), flows.Personal, "读到两行"))))
	s.say("p1", "", "事情")
	s.told("chen: 1. 老李 2. 王姐", "chen: 读到两行")
	told, err := s.b.ToldOf(s.Context(), "1")
	if err != nil || len(told) != 2 || told[0].Text != "" || told[0].To == "" || told[1].Text != "读到两行" {
		t.Errorf("%+v, %v", told, err)
	}
	s.view(func(tx storage.Tx) error {
		all, err := tx.Keys("case/")
		for k, v := range all {
			if strings.Contains(string(v), "老李") {
				t.Errorf("%s keeps %s", k, v)
			}
		}
		return err
	})
	p := &shutter{platform: &platform{name: "wx", clock: s.clock, caps: bot.Capabilities{PushWindow: 1, Buttons: 10, DataBytes: 64, Text: 2000}}}
	other := newStage(t, func(o *bot.Options) { o.Channels = []bot.Channel{outside{p}} }, toy(t, "toy", only(say)))
	p.clock = other.clock
	other.update(func(tx storage.Tx) error {
		c, err := tx.Person("chen")
		if err != nil {
			return err
		}
		c.Addresses, c.Reach = []string{"wx:chen"}, []string{"wx:chen"}
		return tx.PutPerson(c)
	})
	in := other.said("p1", "", "事情")
	in.Channel = "wx"
	other.hear(in)
	other.drain()
	if len(p.forms) > 0 {
		t.Errorf("a form says %+v", p.forms)
	}
	list := other.troubles()
	if len(list) != 1 {
		t.Fatalf("troubles %+v", list)
	}
	other.view(func(tx storage.Tx) error {
		post, err := bot.ToPost(tx, list[0])
		if post {
			t.Error("it would be printed")
		}
		return err
	})
}

// A list is nobody's answer to a question of ours; and in private it meets the activities and
// hearings that it may be called like, in a group only the polls.
func TestListsFindTheirCases(t *testing.T) {
	ear := &shown{}
	ask := tell(person("chen"), flows.Personal, "为什么不办了？")
	ask.Expect = "off"
	s := newStage(t, nil, ear.flow(t), toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		switch w := e.What.(type) {
		case flows.Opened:
			return n, []flows.Effect{ask}
		case flows.Said:
			n.Words = w.Tag + " " + w.Message.Text
		}
		return n, nil
	}))
	s.read.read = func(text string, _ prompts.Context) flows.Reading {
		if strings.HasPrefix(text, "#接龙") {
			return flows.Reading{Chain: &flows.Chain{Marked: true, Lines: []flows.ChainLine{{N: 1, Text: "老李"}}}}
		}
		return flows.Reading{}
	}
	for i, m := range []string{flows.PollMatter, flows.ActivityMatter, flows.HearingMatter} {
		s.update(func(tx storage.Tx) error {
			return tx.PutCase(flows.Case{ID: flows.ID(fmt.Sprint(70 + i)), Flow: "f" + m, No: 70 + i, Summary: flows.Summary{Stage: "open", Matter: []string{m}, Title: "学吉他"}})
		})
	}
	s.say("p1", "", "事情")
	s.say("chen", "", "#接龙\n1. 老李")
	if got := ear.take(); !slices.Equal(got, []string{"70 f#poll/ matter", "71 f#activity/ matter", "72 f#hearing/ matter"}) {
		t.Errorf("in private it meets %q", got)
	}
	if w := s.the("1").Words; w != "" {
		t.Errorf("it was taken for the answer %q", w)
	}
	s.say("p1", "g3", "#接龙\n1. 老李")
	if got := ear.take(); !slices.Equal(got, []string{"70 f#poll/ matter"}) {
		t.Errorf("in a group it meets %q", got)
	}
	s.say("chen", "", "下雨")
	if w := s.the("1").Words; w != "off 下雨" {
		t.Errorf("the answer is %q", w)
	}
}
