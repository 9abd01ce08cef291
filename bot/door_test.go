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

func code(s *stage, kind, target string) string {
	s.Helper()
	c, err := s.b.NewCode(s.Context(), kind, target)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// A code binds an account to a post once, and takes it from whoever had it.
func TestCodeForAPerson(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", offering))
	c := code(s, "person", "li")
	if !regexp.MustCompile(`^[A-HJ-NP-Z2-9]{5}-[A-HJ-NP-Z2-9]{5}$`).MatchString(c) {
		t.Errorf("code %q", c)
	}
	s.nowhere(c)
	s.say("p1", "", "事情") // a resident so far
	s.hear(s.pressed("p1", "", "1/yes"))
	s.toy.take()
	s.say("p1", "", "/start "+strings.ToLower(c))
	s.told("p1: 绑定好了，李网格。以后派给您的事发到这里。想问问大家一件事，发“/poll”看怎么写。")
	s.say("p2", "", "/start "+c)
	s.told("p2: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p1")
		if err != nil || p.ID != "li" || p.Reach[0] != "toy:p1" || !slices.Contains(p.Addresses, "toy:p1") {
			t.Errorf("at the address is %+v, %v", p, err)
		}
		r, err := tx.Person("r1")
		if err != nil || len(r.Addresses) != 0 || len(r.Reach) != 0 {
			t.Errorf("the resident it was is %+v, %v", r, err)
		}
		_, err = tx.PersonAt("toy:p2")
		if !errors.Is(err, storage.ErrNone) {
			t.Errorf("a wrong code made a person: %v", err)
		}
		return nil
	})
}

func TestCodeThatIsOver(t *testing.T) {
	s := newStage(t, nil)
	old, fresh := code(s, "person", "li"), ""
	s.clock.Set(s.clock.Now().Add(7*24*time.Hour + time.Minute))
	fresh = code(s, "person", "sun")
	s.say("p1", "", "/start "+old)
	s.told("p1: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	s.say("p1", "g3", "/start "+fresh) // a person's code is not for a group to see
	if got := lines(s.toy.take()); len(got) != 1 || !strings.Contains(got[0], "不对") {
		t.Errorf("told %q", got)
	}
	s.say("p2", "", "/start "+fresh) // they have seen it
	s.told("p2: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	fresh = code(s, "person", "sun")
	s.say("p1", "", "/start "+fresh)
	s.told("p1: 绑定好了，孙值班。以后派给您的事发到这里。")
}

// After five wrong codes an address has to wait for an hour, with a right one
// too; others do not.
func TestGuessing(t *testing.T) {
	s := newStage(t, nil)
	good := code(s, "person", "li")
	for i := range 5 {
		s.say("p1", "", fmt.Sprintf("/start WRONG-%d", i))
	}
	s.toy.take()
	s.say("p1", "", "/start "+good)
	s.told("p1: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	other := code(s, "person", "sun")
	s.say("p2", "", "/start "+other)
	s.told("p2: 绑定好了，孙值班。以后派给您的事发到这里。")
	s.clock.Set(s.clock.Now().Add(61 * time.Minute))
	s.say("p1", "", "/start "+good)
	s.told("p1: 绑定好了，李网格。以后派给您的事发到这里。想问问大家一件事，发“/poll”看怎么写。")
}

// A group's code is said in the group; staff get it, others do not.
func TestCodeForAGroup(t *testing.T) {
	s := newStage(t, nil)
	joined := s.said("chen", "g9", "")
	joined.Kind, joined.Title, joined.Chat.Name = bot.Joined, "没人认识的群", "没人认识的群"
	s.hear(joined)
	s.drain()
	got := lines(s.toy.take())
	if len(got) != 2 || !strings.HasPrefix(got[0], "g9: 大家好") && !strings.HasPrefix(got[1], "g9: 大家好") {
		t.Fatalf("told %q", got)
	}
	s.say("p1", "", "/code 3号楼群")
	s.told("p1: 这个要社区工作人员才能用。")
	s.say("chen", "", "/code 3号楼群")
	given := lines(s.toy.take())
	c := regexp.MustCompile(`/start (\S+)`).FindStringSubmatch(strings.Join(given, ""))
	if c == nil {
		t.Fatalf("told %q", given)
	}
	s.say("p1", "", "/start "+c[1]) // in private it opens nothing, and is not used up
	s.toy.take()
	s.say("p5", "g9", "/start "+c[1])
	s.told("g9: 这个群已接入：3号楼群。")
	s.view(func(tx storage.Tx) error {
		chat, err := tx.ChatAt("toy:g9")
		if chat.Directory != "b3" || chat.Scope != (flows.Scope{Building: "3"}) {
			t.Errorf("the group is %+v", chat)
		}
		return err
	})
	s.nobody()
}

// Who enters by the door of the web chat comes into the groups of the code.
func TestEnter(t *testing.T) {
	s := newStage(t, nil)
	c := code(s, "join", "b3")
	for range 3 { // an invitation is for many
		if groups, err := s.b.Enter(t.Context(), c, "toy:p1", "王阿姨"); err != nil || !slices.Equal(groups, []string{"b3"}) {
			t.Errorf("entered %v, %v", groups, err)
		}
	}
	s.nobody()
	c = code(s, "person", "li")
	if groups, err := s.b.Enter(t.Context(), c, "toy:p1", "谁"); err != nil || !slices.Equal(groups, []string{"b3"}) {
		t.Errorf("the grid leader entered %v, %v", groups, err)
	}
	for _, bad := range []string{c, "", "AAAAA-AAAAA", code(s, "group", "b3"), code(s, "person", "nobody")} {
		if groups, err := s.b.Enter(t.Context(), bad, "toy:p2", "王阿姨"); !errors.Is(err, bot.ErrCode) || groups != nil {
			t.Errorf("%q opens %v, %v", bad, groups, err)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error shows the code: %v", err)
		}
	}
}

// Linli says what it is once, before anything else, where it was before it
// could hear of it; a group it was taken out of is told nothing more.
func TestComingAndGoing(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(flows.To{Chat: "g1"}, flows.Notice, "记下了"))))
	s.say("p1", "g7", "吃了吗")
	if got := lines(s.toy.take()); len(got) != 1 || !strings.HasPrefix(got[0], "g7: 大家好，我是小社区的“邻里”") {
		t.Fatalf("told %q", got)
	}
	s.say("p1", "g7", "事情")
	s.told("g7: 记下了")
	out := s.said("p1", "g7", "")
	out.Kind = bot.Removed
	s.hear(out)
	s.drain()
	s.told("chen: 我已不在群“3号楼群”里，听不到那边的话了。")
	s.say("p1", "", "事情")
	s.told()
	back := s.said("p1", "g7", "")
	back.Kind, back.Title = bot.Joined, "3号楼群"
	s.hear(back)
	s.drain()
	s.toy.take()
	s.say("p1", "", "事情")
	s.told("g7: 记下了")
	// Somebody who blocks Linli is written to no more.
	block := s.said("li", "", "")
	block.Kind = bot.Removed
	s.hear(block)
	s.view(func(tx storage.Tx) error {
		p, err := tx.Person("li")
		if len(p.Reach) != 0 || len(p.Addresses) != 1 {
			t.Errorf("who blocked is %+v", p)
		}
		return err
	})
}

// What was kept for a time is gone when that is over, and nothing before.
func TestSweep(t *testing.T) {
	boom := toy(t, "toy", func(string, note, flows.Event) (note, []flows.Effect) { panic("rule") })
	s := newStage(t, nil, boom)
	s.say("p1", "", "事情"+private)
	code(s, "person", "li")
	in := s.said("p1", "", "吃了吗")
	s.hear(in)
	keys := func() (n int) {
		s.view(func(tx storage.Tx) error {
			k, err := tx.Keys("")
			for name := range k {
				if !strings.HasPrefix(name, "keep/") { // where the retention goes on
					n++
				}
			}
			return err
		})
		return n
	}
	sweep := func() {
		s.Helper()
		if err := s.b.Sweep(t.Context()); err != nil {
			s.Fatal(err)
		}
	}
	day := 24 * time.Hour
	for _, step := range []struct {
		after          time.Duration
		keys, troubles int
	}{{6 * day, 1, 1}, {2 * day, 0, 1}, {21 * day, 0, 1}, {2 * day, 0, 0}} {
		s.clock.Set(s.clock.Now().Add(step.after))
		sweep()
		if k, tr := keys(), len(s.troubles()); k != step.keys || tr != step.troubles {
			t.Errorf("at %v: %d keys and %d troubles, want %d and %d", s.clock.Now(), k, tr, step.keys, step.troubles)
		}
	}
	s.pass(day)
	s.toy.take()
	s.nowhere(private)
	s.view(func(tx storage.Tx) error {
		_, err := tx.Key("x")
		if !errors.Is(err, storage.ErrNone) {
			return err
		}
		return nil
	})
	s.update(func(tx storage.Tx) error {
		if _, seen, err := tx.Once(in.Keys[0], s.clock.Now(), nil); err != nil || seen {
			t.Errorf("the mark of a month ago is still there: %v %v", seen, err)
		}
		return nil
	})
}

// On the first day somebody must be let in.
func TestUnbound(t *testing.T) {
	s := newStage(t, nil)
	if staff, err := s.b.Unbound(t.Context()); err != nil || len(staff) != 0 {
		t.Errorf("unbound %v, %v", staff, err)
	}
	s.update(func(tx storage.Tx) error { return tx.DropPerson("chen") })
	if staff, err := s.b.Unbound(t.Context()); err != nil || !slices.Equal(staff, []flows.PersonID{"chen"}) {
		t.Errorf("unbound %v, %v", staff, err)
	}
}
