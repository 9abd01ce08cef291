package bot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/menu"
	"linli/prompts"
	"linli/storage"
)

// likesStage is a stage with the menu, on which "想…" is a wish.
func likesStage(t *testing.T) *stage {
	f, err := menu.New()
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, func(o *bot.Options) {
		o.Settings.Limits.Sure, o.Settings.Limits.Keep.Idle = 0.9, 700*24*time.Hour
		o.Settings.Activities = flows.Activities{Small: 5, Interests: []flows.Interest{{ID: "music", Name: map[string]string{"zh": "乐器", "en": "Music"}, Words: []string{"吉他"}}}}
	}, f)
	s.read.read = func(text string, _ prompts.Context) flows.Reading {
		if w, ok := strings.CutPrefix(text, "想"); ok {
			return flows.Reading{Wish: &flows.WishLine{Text: w}}
		}
		return flows.Reading{}
	}
	return s
}

// press presses the newest button with a label that somebody has.
func (s *stage) press(who, label string, from []arrived) {
	s.Helper()
	for i := len(from) - 1; i >= 0; i-- {
		for _, row := range from[i].Buttons {
			for _, b := range row {
				if b.Label == label {
					s.hear(s.pressed(who, "", b.Data))
					s.drain()
					return
				}
			}
		}
	}
	s.Fatalf("%s has no button %q in %q", who, label, lines(from))
}

// agreed lets a stranger wish for something and agree to that.
func (s *stage) agreed(who, wish string) {
	s.Helper()
	s.toy.take()
	s.say(who, "", wish)
	s.press(who, "记下", s.toy.take())
}

func theMenu(s *stage) (c flows.Case, state menu.State, counts map[string]int) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		cases, err := tx.Same(flows.MenuKey)
		if err != nil || len(cases) != 1 {
			s.Fatalf("%d menus, %v", len(cases), err)
		}
		c = cases[0]
		if state, err = menu.Read(c); err != nil {
			return err
		}
		counts, err = tx.Tally(c.ID)
		return err
	})
	return c, state, counts
}

// Two accounts that become one are one wisher, and if either has stopped invitations, none come.
func TestWishesOfTwoAccounts(t *testing.T) {
	s := likesStage(t)
	s.agreed("p1", "想学吉他")
	s.agreed("p2", "想学吉他")
	s.agreed("p3", "想学吉他")
	s.say("p1", "", "活动可以发了")
	s.say("p2", "", "想看星星")
	s.say("p2", "", "以后别发了")
	if _, _, n := theMenu(s); n["d1"] != 3 || n["d2"] != 1 {
		t.Fatalf("before it is counted %v", n)
	}
	join(s, "p2", selfCode(s, "p1", "绑定另一个账号"))
	_, state, n := theMenu(s)
	if n["d1"] != 2 || n["d2"] != 1 || n[menu.TagOwn] != 2 {
		t.Errorf("two people are counted as %v", n)
	}
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p2")
		if err != nil || p.ID != "r1" || !p.Profile.Stopped() || !slices.Equal(p.Profile.Wishes, []string{"d1", "d2"}) {
			t.Errorf("they are %s with %+v, %v", p.ID, p.Profile, err)
		}
		return nil
	})
	if i := state.Dish("d2"); i < 0 || len(state.Dishes[i].Said) != 1 || state.Dishes[i].Said[0].By != "r1" {
		t.Errorf("their words are %+v", state.Dishes)
	}
	if _, err := s.b.Erase(s.Context(), "r1", "asked"); err != nil {
		t.Fatal(err)
	}
	c, state, n := theMenu(s)
	if n["d1"] != 1 || n["d2"] != 0 || state.Dish("d2") >= 0 || strings.Contains(string(c.Data), "星星") || strings.Contains(string(c.Data), "r1") || strings.Contains(string(c.Data), "r2") {
		t.Errorf("after they were erased the menu is %s, counted %v", c.Data, n)
	}
}

// What somebody says of themself is nowhere but in their profile: not in the journal, not
// among what was told; and who asks for the list, or does not agree, is not kept.
func TestNothingOfALikingIsKeptElsewhere(t *testing.T) {
	s := likesStage(t)
	s.say("p9", "", "有什么活动")
	s.say("p9", "", "以后别发了")
	s.say("p9", "", "我的喜好")
	s.press("p9", "不用", s.toy.take())
	s.say("p8", "", "想学吉他")
	s.pass(2 * time.Hour) // without an answer
	s.view(func(tx storage.Tx) error {
		for _, a := range []string{"toy:p8", "toy:p9"} {
			if p, err := tx.PersonAt(a); !errors.Is(err, storage.ErrNone) {
				t.Errorf("%s is kept as %+v, %v", a, p, err)
			}
		}
		return nil
	})
	s.agreed("p1", "想学吉他")
	s.toy.take()
	s.say("p1", "", "我的喜好")
	for _, label := range []string{"36–59", "乐器", "下一步", "带孩子", "周末", "下一步", "别发"} {
		s.press("p1", label, s.toy.take())
	}
	c, _, _ := theMenu(s)
	var who storage.Person
	s.view(func(tx storage.Tx) (err error) {
		if who, err = tx.PersonAt("toy:p1"); err != nil {
			return err
		}
		journal, err := tx.Journal(c.ID)
		if err != nil {
			return err
		}
		for _, r := range journal {
			for _, secret := range []string{"middle", "music", "weekend", "never", "yes", "d1"} {
				if strings.Contains(r.Detail, secret) {
					t.Errorf("the journal has %q", r.Detail)
				}
			}
		}
		return nil
	})
	if p := who.Profile; p.Age != flows.Middle || !slices.Equal(p.Likes, []string{"music"}) || !p.Children || !slices.Equal(p.Free, []flows.Free{flows.Weekends}) || !p.Stopped() || !slices.Equal(p.Wishes, []string{"d1"}) {
		t.Errorf("the profile is %+v", p)
	}
	told, err := s.b.ToldOf(s.Context(), c.ID)
	if err != nil || len(told) > 0 {
		t.Errorf("of what was told is kept: %+v, %v", told, err)
	}
	m, err := s.b.Mine(s.Context(), who.ID)
	if err != nil || len(m.Cases) > 0 || m.Wishes != "学吉他" {
		t.Errorf("their data are %+v, %v", m, err)
	}
	for _, want := range []string{"36–59岁", "乐器", "带孩子", "周末有空", "别发邀请", "学吉他"} {
		if !strings.Contains(m.Said, want) {
			t.Errorf("%q is not in %q", want, m.Said)
		}
	}
	copied, err := s.b.Copy(s.Context(), who.ID)
	if err != nil || !strings.Contains(string(copied), m.Said) {
		t.Errorf("the copy is %s, %v", copied, err)
	}
	// The menu is never over, but keeps nobody here.
	s.clock.Set(s.clock.Now().AddDate(3, 0, 0))
	if err := s.b.Sweep(s.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, n := theMenu(s); n["d1"] != 0 || n[menu.TagOwn] != 0 {
		t.Errorf("who was not heard for years is counted: %v", n)
	}
}

// Who withdraws their consent has no wishes and no profile any more, but what was
// confirmed that they did.
func TestWithdrawnLikes(t *testing.T) {
	s := likesStage(t)
	s.agreed("p1", "想学吉他")
	s.say("p1", "", "以后别发了")
	s.update(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p1")
		if err != nil {
			return err
		}
		p.Profile.Served = []flows.Served{{Case: "77", What: "捡垃圾", Minutes: 90, By: "chen"}}
		return tx.PutPerson(p)
	})
	if err := s.b.Withdraw(s.Context(), "r1"); err != nil {
		t.Fatal(err)
	}
	s.view(func(tx storage.Tx) error {
		p, err := tx.Person("r1")
		if err != nil || p.Profile.Stopped() || len(p.Profile.Wishes) > 0 {
			t.Errorf("the profile is %+v, %v", p.Profile, err)
		}
		return nil
	})
	if _, _, n := theMenu(s); n["d1"] != 0 || n[menu.TagOwn] != 0 {
		t.Errorf("it is counted %v", n)
	}
}
