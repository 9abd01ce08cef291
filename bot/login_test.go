package bot_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

var typed = regexp.MustCompile(`[A-HJ-NP-Z2-9]{5}(?:-[A-HJ-NP-Z2-9]{5})+`)

// withPages is a stage whose pages have an address.
func withPages(o *bot.Options) {
	o.Link = func(page string, p flows.PersonID, word string) string {
		return "https://linli.test/" + page + "?who=" + string(p) + "&word=" + word
	}
}

// desk asks for a way into the desk, and gives the word of the link and the code.
func desk(s *stage, who, ask string) (word, code string) {
	s.Helper()
	s.say(who, "", ask)
	got := s.toy.take()
	if len(got) != 1 || got[0].To != who {
		s.Fatalf("told %q", lines(got))
	}
	if m := regexp.MustCompile(`word=(\S+)`).FindStringSubmatch(got[0].Text); m != nil {
		word = m[1]
	}
	return word, typed.FindString(got[0].Text)
}

func login(s *stage, code, visitor string) (flows.PersonID, error) {
	return s.b.Login(s.Context(), code, visitor)
}

// One login gives a link and a code; they open the door once between them, for
// ten minutes, and asking again makes the older ones worthless.
func TestLogin(t *testing.T) {
	s := newStage(t, withPages)
	for i, ask := range []string{"/desk", "登录", "工作台"} {
		word, code := desk(s, "chen", ask)
		if len(word) < 32 || len(code) != 11 {
			t.Fatalf("word %q, code %q", word, code)
		}
		s.nowhere(word)
		use, other := word, strings.ToLower(code)
		if i > 0 {
			use, other = other, use
		}
		if who, err := login(s, use, "v"); who != "chen" || err != nil {
			t.Errorf("%s: %q, %v", ask, who, err)
		}
		for _, c := range []string{use, other} {
			if who, err := login(s, c, "v"); who != "" || !errors.Is(err, bot.ErrCode) {
				t.Errorf("%s, a second time: %q, %v", ask, who, err)
			}
		}
	}
	_, old := desk(s, "chen", "/desk")
	_, code := desk(s, "chen", "/desk")
	if _, err := login(s, old, "w"); !errors.Is(err, bot.ErrCode) {
		t.Errorf("the older code: %v", err)
	}
	s.clock.Set(s.clock.Now().Add(10*time.Minute + time.Second))
	if _, err := login(s, code, "w"); !errors.Is(err, bot.ErrCode) {
		t.Errorf("after ten minutes: %v", err)
	}
}

// Only who may come to the desk is given a way in, and a code of another kind
// is none; who has lost the post meanwhile stays outside.
func TestLoginIsForThePost(t *testing.T) {
	s := newStage(t, nil)
	for _, who := range []string{"p1", "feng", "sun"} {
		s.say(who, "", "/desk")
		s.told(who + ": 这个要社区工作人员才能用。")
	}
	s.say("chen", "g3", "/desk")
	s.told()
	if word, code := desk(s, "li", "/desk"); word != "" || code == "" { // no pages, no link
		t.Errorf("word %q, code %q", word, code)
	}
	for _, c := range []string{code(s, "person", "chen"), code(s, "login", "feng"), code(s, "login", "nobody"), ""} {
		if who, err := login(s, c, "v"); who != "" || !errors.Is(err, bot.ErrCode) {
			t.Errorf("let in %q, %v", who, err)
		}
	}
	_, c := desk(s, "li", "/desk")
	without := *settings()
	without.People = slices.DeleteFunc(slices.Clone(without.People), func(o flows.Official) bool { return o.ID == "li" })
	s.b.SetSettings(&without)
	if who, err := login(s, c, "v"); who != "" || !errors.Is(err, bot.ErrCode) {
		t.Errorf("let in %q, %v", who, err)
	}
}

// Five wrong tries of a visitor are all there are in an hour.
func TestLoginGuessed(t *testing.T) {
	s := newStage(t, nil)
	_, c := desk(s, "chen", "/desk")
	for i := range 5 {
		login(s, fmt.Sprintf("WRONG-%d", i), "10.0.0.1")
	}
	if _, err := login(s, c, "10.0.0.1"); !errors.Is(err, bot.ErrCode) {
		t.Errorf("a sixth try: %v", err)
	}
	if who, err := login(s, c, "10.0.0.2"); who != "chen" || err != nil {
		t.Errorf("another visitor: %q, %v", who, err)
	}
}

// A hundred wrong codes from many addresses end the short ones for strangers,
// for the rest of the hour. What cannot be guessed, and who is bound to a
// post already, is let in: guessing must not lock the committee out.
func TestGuessedFromEverywhere(t *testing.T) {
	s := newStage(t, withPages)
	early := code(s, "person", "sun")
	word, short := desk(s, "chen", "/desk")
	for i := range 100 {
		if i%2 == 0 {
			login(s, "WRONG-GUESS", fmt.Sprint("v", i))
		} else {
			s.say(fmt.Sprint("x", i), "", "/start WRONG-GUESS")
		}
	}
	s.toy.take()
	s.say("p1", "", "/start "+early)
	s.told("p1: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	if _, err := login(s, short, "home"); !errors.Is(err, bot.ErrCode) {
		t.Errorf("a short code of a login: %v", err)
	}
	if who, err := login(s, word, "home"); who != "chen" || err != nil {
		t.Errorf("the link: %q, %v", who, err)
	}
	s.say("feng", "", "/start "+early) // somebody else's, but from a bound account it is tried at all
	s.told("feng: 绑定好了，孙值班。以后派给您的事发到这里。")
	late := code(s, "person", "qian")
	if len(strings.ReplaceAll(late, "-", "")) < 20 {
		t.Fatalf("a code made now is %q", late)
	}
	s.say("p2", "", "/start "+late)
	s.told("p2: 绑定好了，钱值班。以后派给您的事发到这里。")
	s.clock.Set(s.clock.Now().Add(61 * time.Minute))
	if c := code(s, "person", "li"); len(c) != 11 {
		t.Errorf("an hour later a code is %q", c)
	} else {
		s.say("p3", "", "/start "+c)
		s.told("p3: 绑定好了，李网格。以后派给您的事发到这里。想问问大家一件事，发“/poll”看怎么写。")
	}
}

// Of two people with one name the id is asked for.
func TestCodeForANameOfTwo(t *testing.T) {
	s := newStage(t, nil)
	two := *settings()
	two.People = append(slices.Clone(two.People), flows.Official{ID: "li2", Name: "李网格", Posts: []flows.Post{{Role: flows.Captain, Scope: flows.Scope{Building: "3"}}}})
	s.b.SetSettings(&two)
	s.say("chen", "", "/code 李网格")
	s.told("chen: 名册里叫“李网格”的不止一个：li（网格员）、li2（楼栋长）。请改写括号前的编号，比如“li”。")
	s.say("chen", "", "/code li2")
	got := lines(s.toy.take())
	c := typed.FindString(strings.Join(got, ""))
	s.say("p1", "", "/start "+c)
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p1")
		if p.ID != "li2" {
			t.Errorf("bound to %q; told %q", p.ID, got)
		}
		return err
	})
	s.toy.take()
	s.say("chen", "", "/code")
	s.told("chen: 请写上姓名或群名，比如“/code 李网格”。")
}

// A link with a word brings somebody into private: they can be told from then on, and
// a case in which they have a part hears of it, no other.
func TestLinksWithAWord(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			n.Stage = "filed"
			return n, []flows.Effect{flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "reporter"}}}
		case flows.Told:
			return n, []flows.Effect{tell(person(e.By.Person), flows.Personal, w.Name)}
		}
		return n, nil
	}
	s := newStage(t, nil, toy(t, "toy", r))
	s.toy.caps.WritesFirst = false
	s.say("p1", "g3", "事情")
	s.say("p2", "g3", "事情")
	s.say("p1", "", "/start hi")
	s.told("p1: 好，以后您的事我在这里告诉您。")
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p1")
		if !slices.Equal(p.Reach, []string{"toy:p1"}) {
			t.Errorf("reached at %q", p.Reach)
		}
		return err
	})
	s.say("p1", "", "/start c2") // not theirs
	s.told("p1: 好，以后您的事我在这里告诉您。")
	s.say("p2", "", "/start c2")
	s.told("p2: 好，以后您的事我在这里告诉您。", "p2: reached")
	s.say("p2", "", "/start c99")
	s.told("p2: 好，以后您的事我在这里告诉您。")
	if h := s.the("1").Heard; slices.Contains(h, "told") {
		t.Errorf("the other case heard %q", h)
	}
	s.say("p3", "", "/start c1") // a stranger is nobody still
	if got := lines(s.toy.take()); len(got) != 1 || !strings.HasPrefix(got[0], "p3: 您好，我是小社区的“邻里”") {
		t.Errorf("told %q", got)
	}
	// A code without its dash comes by a link as well.
	s.say("p4", "", "/start "+strings.ReplaceAll(code(s, "person", "li"), "-", ""))
	s.told("p4: 绑定好了，李网格。以后派给您的事发到这里。想问问大家一件事，发“/poll”看怎么写。")
}
