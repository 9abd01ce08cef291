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

// The code of a letter makes sure of a home, for each of those who live there, and of
// no other; who was not known is, and is asked nothing.
func TestHomeCode(t *testing.T) {
	s := newStage(t, wide)
	letter := code(s, "home", "3/1/501")
	if len(strings.ReplaceAll(letter, "-", "")) != 20 {
		t.Errorf("code %q", letter)
	}
	s.nowhere(letter)
	said := func(who, text, want string) {
		t.Helper()
		s.say(who, "", text)
		if got := lines(s.toy.take()); len(got) != 1 || !strings.HasPrefix(got[0], who+": "+want) {
			t.Errorf("%s is told %q, want %q", who, got, want)
		}
	}
	said("p1", letter, "核对好了：3号楼1单元501室。")
	said("p2", "/start "+strings.ToLower(letter), "核对好了：3号楼1单元501室。")
	said("p3", strings.ToLower(strings.ReplaceAll(letter, "-", " ")), "核对好了：3号楼1单元501室。")
	said("li", letter, "核对好了：3号楼1单元501室。")
	s.view(func(tx storage.Tx) error {
		for _, who := range []string{"p1", "p2", "p3", "li"} {
			p, err := tx.PersonAt("toy:" + who)
			if err != nil || p.Home != (flows.Place{Building: "3", Unit: "1", Room: "501"}) || !p.Proven.Equal(s.clock.Now()) || p.Consent.IsZero() || len(p.Reach) != 1 {
				t.Errorf("%s is %+v, %v", who, p, err)
			}
		}
		return nil
	})
	for _, bad := range []string{"3/1/502", "3/3/501", "9/1/501", "3/1", "", "3/1/501/x"} {
		if c, err := s.b.NewCode(t.Context(), "home", bad); err == nil {
			t.Errorf("a code %q for %q", c, bad)
		}
	}
	// Words are not taken for codes, and a code for something else opens no home.
	for _, text := range []string{"好的", "0412", "13800138000", "15020219900101123X", "THANKYOUVERYMUCH", "we need water seven pm", "three seven seven three", "seven seven seven seven", "Building 7 unit 2 room 402", "7号楼2单元402", "building-7-unit-2-room-402", "ABCDEFGH"} {
		s.say("p5", "", text)
		s.told()
	}
	s.say("p5", "", code(s, "person", "li"))
	s.told()
	s.nobodyAt("p5")
}

// nobodyAt says that nobody is kept at an address.
func (s *stage) nobodyAt(who string) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		if p, err := tx.PersonAt("toy:" + who); !errors.Is(err, storage.ErrNone) {
			s.Errorf("at %s is kept %+v, %v", who, p, err)
		}
		return nil
	})
}

// A code that is over, of somewhere else, or that a group has seen, opens nothing, and
// wrong ones are counted; a good one of one's own does not begin the count anew.
func TestHomeCodeThatIsWorthNothing(t *testing.T) {
	s := newStage(t, wide)
	const wrong = "这个码不对，或已过期。请对着信再看一遍，或向社区再要一张。"
	letter := code(s, "home", "3/1/501")
	s.clock.Set(s.clock.Now().Add(60*24*time.Hour - time.Minute))
	s.hear(s.said("p1", "", letter))
	s.clock.Set(s.clock.Now().Add(2 * time.Minute))
	s.drain()
	if got := lines(s.toy.take()); len(got) != 1 || !strings.HasPrefix(got[0], "p1: 核对好了") {
		t.Errorf("on its last day the code is answered with %q", got)
	}
	s.say("p2", "", letter)
	s.told("p2: " + wrong)
	s.nobodyAt("p2")

	letter = code(s, "home", "3/1/501")
	s.say("p2", "g3", letter)
	s.told("g3: 这个码群里的人都看到了，已经作废。请向社区再要一张，私下发给我。")
	s.say("p3", "", letter)
	s.told("p3: " + wrong)
	s.say("p3", "g3", "ABCDE-FGHJK-MNPQR-STUVW") // nobody's
	s.told()
	letter = code(s, "home", "3/1/501")
	s.say("p2", "g3", "/start "+letter)
	s.say("p3", "", "/start "+letter)
	if got := lines(s.toy.take()); len(got) != 2 || strings.Contains(got[1], "核对好了") {
		t.Errorf("what was sent to a group is answered with %q", got)
	}

	letter = code(s, "home", "3/1/501")
	for i := range 4 {
		s.say("p4", "", fmt.Sprintf("ABCDE-FGHJK-MNPQR-STUV%d", i+2))
	}
	s.say("p4", "", letter)
	got := lines(s.toy.take())
	if len(got) != 5 || !strings.HasPrefix(got[4], "p4: 核对好了") {
		t.Fatalf("told %q", got)
	}
	s.say("p4", "", "ABCDE-FGHJK-MNPQR-STUV9")
	s.say("p4", "", letter)
	s.told("p4: "+wrong, "p4: "+wrong)
	// As a reader can mistype it, it is answered, too.
	s.say("p6", "", "ABCDE-FGHJK-MN0QR-23I45")
	s.told("p6: " + wrong)
	s.say("p7", "", letter)
	if got := lines(s.toy.take()); len(got) != 1 || !strings.HasPrefix(got[0], "p7: 核对好了") {
		t.Errorf("another account is told %q", got)
	}
}

// Who has no account votes for the household whose letter they hold: as one and the
// same person, who cannot be written to, can be erased, and is forgotten in time.
func TestEnterHome(t *testing.T) {
	s := newStage(t, func(o *bot.Options) {
		wide(o)
		set := *o.Settings
		set.Limits.Keep.Idle = 100 * 24 * time.Hour
		o.Settings = &set
	}, homesTold(t, "box"))
	letter := code(s, "home", "3/1/501")
	enter := func(code, visitor string) flows.PersonID {
		t.Helper()
		id, err := s.b.EnterHome(t.Context(), code, visitor)
		if err != nil && (!errors.Is(err, bot.ErrCode) || code != "" && strings.Contains(err.Error(), code)) {
			t.Errorf("entered %q: %v", id, err)
		}
		return id
	}
	one, two := enter(letter, "10.0.0.1"), enter(strings.ToLower(letter), "10.0.0.2")
	if one == "" || one != two {
		t.Fatalf("one household is %q and %q", one, two)
	}
	if id := enter(code(s, "home", "3/2/501"), "10.0.0.1"); id == "" || id == one {
		t.Errorf("another household is %q, the first %q", id, one)
	}
	s.view(func(tx storage.Tx) error {
		p, err := tx.Person(one)
		if p.Name != "" || len(p.Reach) != 0 || !slices.Equal(p.Addresses, []string{"home:3/1/501"}) || p.Consent.IsZero() || p.Proven.IsZero() || p.Home.Room != "501" {
			t.Errorf("the household is %+v", p)
		}
		return err
	})
	// On a page they are who they are, and nobody can write to them.
	press := s.pressed(string(one), "", "1/close")
	s.say("p1", "", "票")
	press.Channel, press.As = "pages", one
	if press.Keys = []string{"page/1"}; s.hear(press).Toast != "" {
		t.Error("a press is answered")
	}
	if b := s.box("1"); b.Stage != "done" {
		t.Errorf("the press of a household led to %q", b.Stage)
	}
	m, err := s.b.Mine(t.Context(), one)
	if err != nil || !slices.Equal(m.Addresses, []string{"home"}) {
		t.Errorf("of the household is held %+v, %v", m, err)
	}
	if text, err := s.b.Copy(t.Context(), one); err != nil || !strings.Contains(string(text), "入户信上的码") {
		t.Errorf("the copy is %q, %v", text, err)
	}
	for i := range 5 {
		enter(fmt.Sprintf("ABCDE-FGHJK-MNPQR-STUV%d", i+2), "10.0.0.9")
	}
	if id := enter(letter, "10.0.0.9"); id != "" {
		t.Errorf("after five wrong codes a visitor has entered as %q", id)
	}
	for _, bad := range []string{"", code(s, "person", "li"), code(s, "join", "b3")} {
		if id := enter(bad, "10.0.0.8"); id != "" {
			t.Errorf("%q opens %q", bad, id)
		}
	}
	if e, err := s.b.Erase(t.Context(), one, "asked"); err != nil || !e.Done() {
		t.Errorf("erased %+v, %v", e, err)
	}
	s.nowhere("home:3/1/501")
	press.Keys = []string{"page/2"}
	if a := s.hear(press); a.Toast == "" {
		t.Error("a page that was left open says nothing to who was forgotten")
	}
	s.view(func(tx storage.Tx) error {
		if p, err := tx.Person(one); !errors.Is(err, storage.ErrNone) {
			t.Errorf("a page that was left open has brought back %+v, %v", p, err)
		}
		return nil
	})
	letter = code(s, "home", "3/1/501")
	three := enter(letter, "10.0.0.2")
	s.clock.Set(s.clock.Now().Add(55 * 24 * time.Hour))
	enter(letter, "10.0.0.2") // somebody of the household comes back
	s.clock.Set(s.clock.Now().Add(99 * 24 * time.Hour))
	if err := s.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.b.Mine(t.Context(), three); err != nil {
		t.Errorf("before the time for which people are kept: %v", err)
	}
	s.clock.Set(s.clock.Now().Add(2 * 24 * time.Hour))
	if err := s.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.b.Mine(t.Context(), three); !errors.Is(err, storage.ErrNone) {
		t.Errorf("after the time for which people are kept: %v", err)
	}
}

// The letters of a scope are made for every household that is known one by one; those
// made before stay good.
func TestHomeCodes(t *testing.T) {
	s := newStage(t, wide)
	old := code(s, "home", "5/1/101")
	for _, x := range []struct {
		scope flows.Scope
		want  []string
	}{
		{flows.Scope{Building: "3"}, []string{"3/1/501", "3/2/501"}},
		{flows.Scope{Grid: "g1"}, []string{"3/1/501", "3/2/501", "5/1/101", "5/1/102", "5/1/201", "5/1/202", "5/1/203"}},
		{flows.Everywhere, []string{"3/1/501", "3/2/501", "5/1/101", "5/1/102", "5/1/201", "5/1/202", "5/1/203"}}, // how many doors there are in 7 nobody knows
		{flows.Scope{Building: "7"}, nil},
		{flows.Scope{}, nil},
	} {
		codes, err := s.b.HomeCodes(t.Context(), x.scope)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		seen := map[string]bool{}
		for p, c := range codes {
			got = append(got, p.Building+"/"+p.Unit+"/"+p.Room)
			seen[c] = true
		}
		if slices.Sort(got); !slices.Equal(got, x.want) || len(seen) != len(got) {
			t.Errorf("%+v: codes for %q (%d different), want %q", x.scope, got, len(seen), x.want)
		}
		for p, c := range codes {
			id, err := s.b.EnterHome(t.Context(), c, "10.0.0.1")
			if err != nil {
				t.Fatalf("the code of %+v: %v", p, err)
			}
			if m, err := s.b.Mine(t.Context(), id); err != nil || m.Home != p {
				t.Errorf("the code of %+v leads to %+v, %v", p, m.Home, err)
			}
		}
	}
	if _, err := s.b.EnterHome(t.Context(), old, "10.0.0.1"); err != nil {
		t.Errorf("a code made before: %v", err)
	}
}

// A button that leads to the private conversation brings its case along.
func TestGoOnInPrivate(t *testing.T) {
	var by []flows.Actor
	s := newStage(t, wide, boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		if w, press := e.What.(flows.Chose); press {
			by = append(by, e.By)
			toast := tell(person(e.By.Person), flows.Personal, "您选"+w.Choice)
			toast.Toast = true
			return b, []flows.Effect{toast}
		}
		return b, nil
	}))
	s.say("li", "", "票")
	s.toy.take()
	s.say("p1", "", "/start v1")
	s.told("p1: 您选open")
	if len(by) != 1 || by[0].Person == "" || !by[0].Reachable {
		t.Errorf("the case heard %+v", by)
	}
	s.nobodyAt("p1") // they have not agreed to anything, and nothing names them
	s.say("p1", "", "/start v9")
	s.told("p1: 这件事已经不在了。")
	s.say("p1", "g3", "/start v1")
	s.toy.take()
	if len(by) != 1 {
		t.Errorf("in a group the case heard %+v", by[1:])
	}
}
