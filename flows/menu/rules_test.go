package menu_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/menu"
)

// reads renders what was said last to somebody or some group, in all languages, with its buttons.
func (b *table) reads(say flows.Say) (out string) {
	b.T.Helper()
	for _, lang := range flows.Languages {
		text, err := b.Flow.Words.Render(lang, say.Words, say.Vars, 0, b.now, b.Settings)
		if err != nil {
			b.T.Fatal(err)
		}
		out += text
		for _, x := range say.Buttons {
			label, err := b.Flow.Words.Render(lang, x.Words, x.Vars, 0, b.now, b.Settings)
			if err != nil {
				b.T.Fatal(err)
			}
			out += " [" + label + "]"
		}
	}
	return out
}

// The words of a resident are in no list, no question and no answer to others until staff
// have put them on the menu.
func TestWordsAreShownToStaffOnly(t *testing.T) {
	b := set(t)
	b.wish("r1", "学看星星")
	b.wish("r1", "学吉他")
	b.press("chen", "send")
	b.wish("r2", "晚上看星星")
	b.does("r2", flows.Told{Name: "list"})
	b.press("r3", "tick!=d1")
	b.does("", flows.Woke{Name: "card"})
	for _, say := range b.said {
		if say.To.Role == "" && say.To.Person != "r1" && say.To.Person != "chen" && strings.Contains(b.reads(say), "学看星星") {
			t.Errorf("%s is told to %+v: %s", say.Words, say.To, b.reads(say))
		}
	}
	if public := b.state().Public(b.Counts()); len(public) != 1 || public[0].Title != "学吉他" {
		t.Errorf("on the menu is %+v", public)
	}
	if b.Counts()["d1"] != 2 {
		t.Errorf("what is not on the menu was ticked: %v", b.Counts())
	}
	b.press("chen", "up=d1")
	b.now = b.now.AddDate(0, 0, 29)
	b.press("chen", "send")
	if last := b.said[len(b.said)-2]; last.To.Groups.Zero() || !strings.Contains(b.reads(last), "[学看星星]") {
		t.Errorf("what staff have put on the menu is not asked: %s", b.reads(last))
	}
}

// A dish outlives the words it was called by: the next who wishes it gives it theirs.
func TestWordsGoWithTheirSpeaker(t *testing.T) {
	for name, leave := range map[string]func(*table){
		"erased":    func(b *table) { b.does("", flows.Erased{Person: "r1"}) },
		"withdrawn": func(b *table) { b.press("r1", "un!=d1") },
	} {
		b := set(t)
		b.wish("r1", "学看星星")
		for i := range 3 {
			b.wish(flows.PersonID(fmt.Sprintf("r%d", i+2)), "看星星")
		}
		leave(b)
		s := b.state()
		if len(s.Dishes) != 1 || len(s.Dishes[0].Said) != 1 || s.Dishes[0].Said[0].Text != "看星星" || b.Counts()["d1"] != 3 {
			t.Errorf("%s: %+v, counted %v", name, s.Dishes, b.Counts())
		}
		if strings.Contains(string(b.Case.Data), "学看星星") || strings.Contains(string(b.Case.Data), `"r1"`) {
			t.Errorf("%s: their words are still there: %s", name, b.Case.Data)
		}
	}
	// The same where a dish was called by nobody else.
	b := set(t)
	b.wish("r1", "学看星星")
	b.wish("r2", "学看星星") // in the same words: those are kept once, as of the first
	b.does("", flows.Erased{Person: "r1"})
	if d := b.find("学看星星"); d.Said[0].By != "r2" {
		t.Errorf("it is called as %+v has said", d.Said)
	}
}

// Who has stopped invitations has them stopped whatever else they choose, until they say
// themself that they may come again.
func TestStopIsForGood(t *testing.T) {
	b := set(t)
	b.wish("r1", "学吉他")
	b.does("r1", flows.Told{Name: "stop"})
	for _, choice := range []string{"age!=young;;s", "age!=minor;;s", "age!=elder;;s", "like!=music;;s", "with!=yes;;s", "free!=evening;;s", "here!=;;s", "lang!=en;;s", "next!=often;;s", "tick!=d1", "un!=d1", "likes!", "mine!"} {
		b.press("r1", choice)
		if p := b.people["r1"].Profile; !p.Stopped() {
			t.Fatalf("after %s they are invited again: %+v", choice, p)
		}
	}
	b.wish("r1", "观鸟")
	from := []flows.Candidate{{Person: "r1", Profile: b.people["r1"].Profile, Left: 5}}
	if got := flows.Choose(b.Settings, flows.Invitees{Scope: flows.Everywhere, Dish: "d2", Urgent: true}, from, 10); len(got) > 0 {
		t.Errorf("they would be invited: %+v", got)
	}
	b.press("r1", "start!")
	if p := b.people["r1"].Profile; p.Stopped() || p.Often != flows.Any {
		t.Errorf("they have said that they may come again, and it is %+v", p)
	}
}

// What is no wish is not heard as one.
func TestHear(t *testing.T) {
	s := settings(t)
	f := newMenu(t)
	wish := &flows.WishLine{Text: "学吉他", Interest: "music"}
	for name, c := range map[string]struct {
		text  string
		said  flows.Said
		read  flows.Reading
		agree bool
		want  string
	}{
		"a wish":                 {said: flows.Said{Direct: true}, read: flows.Reading{Wish: wish}, agree: true, want: "tell wish"},
		"of a stranger":          {said: flows.Said{Direct: true}, read: flows.Reading{Wish: wish}, want: "open"},
		"in a group":             {read: flows.Reading{Wish: wish}, agree: true},
		"a danger":               {said: flows.Said{Direct: true}, read: flows.Reading{Wish: wish, Danger: flows.Gas}, agree: true},
		"a demand":               {said: flows.Said{Direct: true}, read: flows.Reading{Wish: wish, Demand: 0.99}, agree: true},
		"perhaps a demand":       {said: flows.Said{Direct: true}, read: flows.Reading{Wish: wish, Demand: s.Limits.Maybe}, agree: true, want: "tell wish"},
		"forwarded":              {said: flows.Said{Direct: true, Message: flows.Message{Forwarded: true}}, read: flows.Reading{Wish: wish}, agree: true},
		"edited":                 {said: flows.Said{Direct: true, Edited: true}, read: flows.Reading{Wish: wish}, agree: true},
		"an activity":            {said: flows.Said{Direct: true}, read: flows.Reading{Wish: wish, Offer: &flows.OfferLine{Title: "学吉他"}}, agree: true},
		"who could teach":        {said: flows.Said{Direct: true}, read: flows.Reading{Offer: &flows.OfferLine{Title: "吉他", Teach: true}}, agree: true, want: "tell teach"},
		"the list":               {text: "有什么活动", said: flows.Said{Direct: true}, want: "tell list"},
		"the list in a group":    {text: "有什么活动"},
		"stop, of a stranger":    {text: "退订", said: flows.Said{Direct: true}, want: "tell stop"},
		"likings of a stranger":  {text: "我的喜好", said: flows.Said{Direct: true}, want: "open"},
		"the menu, of residents": {text: "菜单", said: flows.Said{Direct: true}, agree: true, want: "tell list"},
		"chatter":                {text: "今天天气不错", said: flows.Said{Direct: true}, agree: true},
	} {
		c.said.Message.Text = c.text
		got := ""
		for _, eff := range f.Hear(flows.Event{At: time.Date(2026, 12, 2, 10, 0, 0, 0, s.Zone), By: flows.Actor{Person: "r1", Consent: c.agree}, What: c.said, Reading: c.read, Settings: s}) {
			switch eff := eff.(type) {
			case flows.Tell:
				got = "tell " + eff.Name
			case flows.Open:
				got = "open"
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What was learnt is told from few people upward only, and fades.
func TestLearnt(t *testing.T) {
	b := set(t)
	learn := func(interest string, invited, yes, came int) {
		b.does("", flows.Told{From: "7", Name: "learnt", Data: flows.Data(flows.Learnt{Interest: interest, Invited: invited, Yes: yes, Came: came, Arms: map[string]flows.Arm{"young": {Sent: invited, Yes: yes}}})})
	}
	prior := func(interest string) [2]int {
		rate, shown := b.state().Prior(interest, b.now, b.Settings.Activities.Small)
		return [2]int{rate, shown}
	}
	learn("music", 4, 4, 2)
	if got := prior("music"); got != [2]int{0, 0} {
		t.Errorf("of four people is told %v", got)
	}
	learn("music", 76, 16, 10)
	if got := prior("music"); got != [2]int{15, 60} {
		t.Errorf("12 of 80 invited and 20 who said yes: %v", got)
	}
	if got := prior("taichi"); got != [2]int{15, 60} {
		t.Errorf("of what was not held yet all together is told: %v", got)
	}
	learn("taichi", 100, 50, 40)
	if got := prior("taichi"); got != [2]int{40, 80} {
		t.Errorf("40 of 100 invited and 50 who said yes: %v", got)
	}
	half := b.state().Learnt["music"].Faded(b.now.AddDate(0, 0, 180))
	if half.Invited < 80*0.5 || half.Invited > 80*0.56 || half.Arms["young"].Sent < 40 {
		t.Errorf("after half a year 80 count as %.1f", half.Invited)
	}
	b.now = b.now.AddDate(5, 0, 0)
	if got := prior("music"); got != [2]int{0, 0} {
		t.Errorf("after five years is told %v", got)
	}
	b.press("chen", "dish=d99")
	learn("music", -5, 1000000, 3) // nobody's arithmetic
	if s := b.state().Learnt["music"]; s.Invited < 0 || s.Yes > 100000 {
		t.Errorf("it has learnt %+v", s)
	}
}

// One person takes up so much of the menu, and no more, also with two accounts.
func TestTooManyWishes(t *testing.T) {
	b := set(t)
	for _, text := range []string{"观鸟", "观星", "变魔术", "钓鱼", "滑板", "游泳", "手语", "无人机"} {
		b.wish("r1", text)
	}
	b.wish("r1", "酿啤酒")
	b.wish("r2", "酿啤酒")
	if last := b.said[len(b.said)-1]; last.Words != "wish" {
		t.Errorf("r2 is answered %q", last.Words)
	}
	if !slices.ContainsFunc(b.said, func(s flows.Say) bool { return s.Words == "wish-many" && s.To.Person == "r1" }) {
		t.Error("nobody tells r1 that these are too many")
	}
	own := wishesOf(t, b.Entries["r1"])
	b.does("r2", flows.Told{Name: flows.Joined, Data: flows.Data(flows.Entry{Key: "r1", Tag: menu.TagOwn, Data: flows.Data(own)})})
	if n := len(wishesOf(t, b.Entries["r2"])); n != 8 {
		t.Errorf("two accounts together have %d wishes, at most 8", n)
	}
	b.people["r1"].Profile = flows.Profile{}
	b.sound()
}
