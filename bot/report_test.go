package bot_test

import (
	"slices"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

// Words that a form behind a code brings are about where it was put up, whoever lives where;
// nobody is greeted for them, and it is known whether anything followed.
func TestSaidAtACode(t *testing.T) {
	s, wx := wxStage(t, false, 9, toy(t, "toy", only()), nil)
	var home flows.Place
	s.read.read = func(_ string, c prompts.Context) flows.Reading { home = c.Home; return flows.Reading{} }
	for _, x := range []struct {
		lives flows.Place
		scene string
		want  flows.Place
	}{
		{flows.Place{}, bot.SceneBuilding("3"), flows.Place{Building: "3"}},
		{flows.Place{Building: "5", Unit: "1", Room: "101"}, bot.SceneBuilding("3"), flows.Place{Building: "3"}},
		{flows.Place{Building: "5", Unit: "1", Room: "101"}, bot.SceneGroup("b3"), flows.Place{Building: "3"}},
		{flows.Place{Building: "3", Unit: "1", Room: "101"}, bot.SceneBuilding("3"), flows.Place{Building: "3", Unit: "1", Room: "101"}}, // there it is their own
		{flows.Place{Building: "5", Unit: "1", Room: "101"}, bot.SceneBuilding("99"), flows.Place{Building: "5", Unit: "1", Room: "101"}},
		{flows.Place{Building: "5", Unit: "1", Room: "101"}, "", flows.Place{Building: "5", Unit: "1", Room: "101"}},
	} {
		s.update(func(tx storage.Tx) error {
			return tx.PutPerson(storage.Person{ID: "r1", Name: "王阿姨", Home: x.lives, Consent: s.clock.Now(), Addresses: []string{"wx:o1"}, Reach: []string{"wx:o1"}})
		})
		in := onWX(s.said("o1", "", "事"), 9)
		in.Scene = x.scene
		if a := s.hear(in); !a.Kept || a.Opened == "" {
			t.Errorf("%+v: %+v", x, a)
		}
		if home != x.want {
			t.Errorf("%+v was read as said at %+v", x, home)
		}
		again := s.hear(in)
		if !again.Kept {
			t.Errorf("brought again: %+v", again)
		}
	}
	if a := s.hear(onWX(s.said("o1", "", "哦"), 9)); a.Kept {
		t.Errorf("small talk: %+v", a)
	}
	s.drain()
	if got := lines(wx.take()); len(got) != 0 {
		t.Errorf("greeted with %q", got)
	}
}

// Who sends a form whose button files what it says has agreed by that: to rules it is
// somebody who agrees, and it is kept when. What leads to nothing keeps nobody.
func TestFormThatFiles(t *testing.T) {
	var agreed []bool
	s, _ := wxStage(t, false, 9, toy(t, "toy", func(id string, n note, e flows.Event) (note, []flows.Effect) {
		if _, ok := e.What.(flows.Opened); ok {
			agreed = append(agreed, e.By.Consent)
		}
		return only()(id, n, e)
	}), nil)
	at := func(who string) (p storage.Person, known bool) {
		s.view(func(tx storage.Tx) error {
			var err error
			p, err = tx.PersonAt("wx:" + who)
			known = err == nil
			return nil
		})
		return p, known
	}
	send := func(who, text string, agrees bool, kind bot.Kind) {
		in := onWX(s.said(who, "", text), 9)
		in.Agrees, in.Kind = agrees, kind
		s.hear(in)
	}
	send("o5", "哦", true, bot.Said)
	if _, known := at("o5"); known {
		t.Error("small talk keeps somebody")
	}
	send("o5", "事", false, bot.Said)
	if p, _ := at("o5"); !p.Consent.IsZero() {
		t.Errorf("without such a button: %+v", p)
	}
	send("o6", "事", true, bot.Edited)
	if p, _ := at("o6"); !p.Consent.IsZero() {
		t.Errorf("by another way: %+v", p)
	}
	send("o5", "事", true, bot.Said)
	first, _ := at("o5")
	if !first.Consent.Equal(s.clock.Now()) {
		t.Errorf("%+v", first)
	}
	s.pass(time.Hour)
	send("o5", "事", true, bot.Said)
	if p, _ := at("o5"); !p.Consent.Equal(first.Consent) {
		t.Errorf("agreed at %s, and then at %s", first.Consent, p.Consent)
	}
	if want := []bool{false, false, true, true}; !slices.Equal(agreed[len(agreed)-4:], want) {
		t.Errorf("to rules it is %v, want %v at the end", agreed, want)
	}
}
