package bot_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// wide is a community with two grids and three buildings of different kinds.
func wide(o *bot.Options) {
	s := *o.Settings
	s.Grids = []flows.Grid{{ID: "g1", Name: "第一网格"}, {ID: "g2", Name: "第二网格"}}
	s.Buildings = []flows.Building{
		{ID: "3", Name: "3号楼", Grid: "g1", Units: []string{"1", "2"}, Floors: 6, PerFloor: 2},
		{ID: "5", Name: "5号楼", Grid: "g1", Units: []string{"1"}, Floors: 2, PerFloor: 2, OnFloor: map[int]int{2: 3}},
		{ID: "7", Name: "7号楼", Grid: "g2", Units: []string{"1"}},
	}
	s.Households = []flows.Household{{Building: "3", Unit: "1", Room: "501"}, {Building: "3", Unit: "2", Room: "501"}}
	o.Settings = &s
}

// A Say to the nearest groups goes to those that lie within, and where there are none
// to the smallest that hold it.
func TestNearestGroups(t *testing.T) {
	var to flows.Scope
	s := newStage(t, wide, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if m, missed := e.What.(flows.Missed); missed {
			n.Heard = append(n.Heard, "missed "+m.Mark)
			return n, nil
		}
		n.Stage = "filed"
		return n, []flows.Effect{tell(flows.To{Nearest: to}, flows.Notice, "在吗")}
	}))
	group := func(id string, scope flows.Scope, left bool) {
		s.update(func(tx storage.Tx) error {
			return tx.PutChat(flows.Chat{ID: flows.ChatID("c" + id), Address: "toy:" + id, Group: true, Directory: id, Scope: scope, Left: left, Introduced: s.clock.Now()})
		})
	}
	ask := func(what string, scope flows.Scope, want ...string) {
		t.Helper()
		to = scope
		s.say("p1", "", "事情")
		var got []string
		for _, a := range s.toy.take() {
			got = append(got, a.To)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: told in %q, want %q", what, got, want)
		}
	}
	group("g5", flows.Scope{Building: "5"}, true)
	ask("a building with a group", flows.Scope{Building: "3"}, "g3")
	ask("one whose group Linli has left, and none around", flows.Scope{Building: "5"})
	if n := s.the("2"); !slices.Contains(n.Heard, "missed text") {
		t.Errorf("nobody was told, and the case heard %q", n.Heard)
	}
	group("all", flows.Everywhere, false)
	group("also", flows.Everywhere, false)
	ask("one that only the community's hold", flows.Scope{Building: "5"}, "all", "also")
	group("grid", flows.Scope{Grid: "g1"}, false)
	ask("one that a grid's holds", flows.Scope{Building: "5"}, "grid")
	ask("one in another grid", flows.Scope{Building: "7"}, "all", "also")
	ask("a grid with groups of its own", flows.Scope{Grid: "g1"}, "g3", "grid")
	ask("a grid with none", flows.Scope{Grid: "g2"}, "all", "also")
	ask("the community", flows.Everywhere, "all", "also", "g3", "grid")
	group("b3", flows.Scope{Building: "3"}, false)
	ask("a building with two", flows.Scope{Building: "3"}, "b3", "g3")
}

// A Say to homes reaches everybody once who has agreed, lives there, can be told and
// is not passed over, officials too, however many they are.
func TestTellHomes(t *testing.T) {
	r := func(b box, e flows.Event) (box, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			b.Over = []string{"nobody"}
		case flows.Chose:
			say := tell(flows.To{Homes: flows.Scope{Grid: "g1"}, Except: []flows.PersonID{"r0007"}}, flows.Notice, "还没投的")
			if w.Choice == "all" {
				say.To.Homes = flows.Everywhere
			}
			if w.Choice == "fault" {
				b.Over = []string{"fault"}
			}
			return b, []flows.Effect{say}
		}
		return b, nil
	}
	s := newStage(t, wide, boxes(t, "box", r))
	at := s.clock.Now()
	want := map[string]int{}
	s.update(func(tx storage.Tx) error {
		keep := func(i int, p storage.Person) {
			p.ID = flows.PersonID(fmt.Sprintf("r%04d", i))
			a := "toy:" + string(p.ID)
			p.Addresses = []string{a}
			if p.Seen = at; p.Reach == nil {
				p.Reach = []string{a}
			}
			if err := tx.PutPerson(p); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 250 {
			p := storage.Person{Consent: at, Home: flows.Place{Building: "3", Unit: "1", Room: fmt.Sprint(101 + i)}}
			if i%2 == 0 {
				p.Home.Building = "5"
			}
			keep(i, p)
			want[fmt.Sprintf("r%04d", i)] = 1
		}
		keep(900, storage.Person{Home: flows.Place{Building: "3"}})
		keep(901, storage.Person{Consent: at, Home: flows.Place{Building: "7"}})
		keep(902, storage.Person{Consent: at})
		keep(903, storage.Person{Consent: at, Home: flows.Place{Building: "3"}, Reach: []string{}})
		li, err := tx.Person("li")
		if err != nil {
			return err
		}
		li.Home, li.Consent = flows.Place{Building: "3", Unit: "1", Room: "101"}, time.Time{}
		return tx.PutPerson(li)
	})
	s.say("li", "", "票")
	delete(want, "r0007") // excepted
	s.put("1", "r0003", "v/A/3", 1)
	s.put("1", "h/3/1/106", "v/A/3", 1) // the home of r0005
	delete(want, "r0003")
	delete(want, "r0005")
	want["li"] = 1
	s.toy.take()

	s.hear(s.pressed("li", "", "1/remind"))
	// Where it goes on is nobody's id, which would be found and changed as theirs.
	if n, _, err := s.b.Round(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d rows, %v", n, err)
	}
	var rest storage.Job
	s.view(func(tx storage.Tx) error {
		rows, err := tx.Jobs()
		for _, j := range rows {
			if j.Kind == "say" {
				rest = j
			}
		}
		return err
	})
	if rest.ID == 0 || strings.Contains(string(rest.Body), "r0199") {
		t.Errorf("between two batches waits %s", rest.Body)
	}
	s.drain()
	got := map[string]int{}
	for _, a := range s.toy.take() {
		got[a.To]++
	}
	if !maps.Equal(got, want) {
		for who := range want {
			if got[who] != 1 {
				t.Errorf("%s was told %d times", who, got[who])
			}
		}
		for who := range got {
			if want[who] == 0 {
				t.Errorf("%s was told", who)
			}
		}
	}
	s.hear(s.pressed("li", "", "1/all"))
	s.drain()
	if n := len(s.toy.take()); n != len(want)+1 {
		t.Errorf("in the whole community %d were told, want %d", n, len(want)+1)
	}
	s.hear(s.pressed("li", "", "1/fault"))
	s.drain()
	if got, all := lines(s.toy.take()), s.troubles(); len(all) != 1 || len(got) != 0 {
		t.Errorf("a rule failed on whom to tell: %d troubles, told %d", len(all), len(got))
	}
}

// homesTold is a flow that notes whose home has changed, and who they are then.
func homesTold(t *testing.T, name string) flows.Flow {
	return boxes(t, name, func(b box, e flows.Event) (box, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			return b, []flows.Effect{flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "voter"}}}
		case flows.Chose:
			switch w.Choice {
			case "close":
				b.Stage = "done"
			case "home":
				yes := true
				home := flows.Place{Building: w.Value, Unit: "1", Room: "501"}
				return b, []flows.Effect{
					flows.Remember{Person: e.By.Person, Consent: &yes, Home: &home},
					flows.Next{Tag: "nothing", N: 1},
					flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "moved to " + w.Value}},
				}
			}
		case flows.Told:
			if w.Name == flows.HomeChanged {
				b.Saw = append(b.Saw, fmt.Sprintf("%s %s/%s/%s %v %v", e.By.Person, e.By.Home.Building, e.By.Home.Unit, e.By.Home.Room, e.By.Proven, e.Entry != nil && e.Entry.Tag == "voter"))
			}
		}
		return b, nil
	})
}

// Who has done what a reminder asks for, while it waits for the morning, does not get it;
// what goes to all goes to them too.
func TestRemindedTooLate(t *testing.T) {
	s := newStage(t, wide, boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		if w, ok := e.What.(flows.Chose); ok {
			return b, []flows.Effect{tell(flows.To{Homes: flows.Everywhere, All: w.Choice == "all"}, flows.Notice, "还没投的")}
		}
		return b, nil
	}))
	s.update(func(tx storage.Tx) error {
		for _, id := range []string{"r0001", "r0002"} {
			a, now := "toy:"+id, s.clock.Now()
			if err := tx.PutPerson(storage.Person{ID: flows.PersonID(id), Addresses: []string{a}, Reach: []string{a}, Seen: now, Consent: now, Home: flows.Place{Building: "3"}}); err != nil {
				return err
			}
		}
		return nil
	})
	s.say("li", "", "票")
	for choice, want := range map[string][]string{"remind": {"r0002: 还没投的"}, "all": {"r0001: 还没投的", "r0002: 还没投的"}} {
		s.at(23, 0)
		s.update(func(tx storage.Tx) error { return tx.DropEntry("1", "r0001") })
		s.toy.take()
		s.hear(s.pressed("li", "", "1/"+choice))
		s.drain()
		if got := lines(s.toy.take()); len(got) > 0 {
			t.Fatalf("told at night: %q", got)
		}
		s.put("1", "r0001", "v", 0)
		s.pass(11 * time.Hour)
		got := lines(s.toy.take())
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: told %q, want %q", choice, got, want)
		}
	}
}

// Whoever moves, or whose home is made sure of, is told about to the open cases in
// which they have a part, once for each change, when the step that did it is over.
func TestHomeChanged(t *testing.T) {
	plain := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		return n, []flows.Effect{flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "reporter"}}}
	})
	s := newStage(t, wide, homesTold(t, "box"), homesTold(t, "more"), plain)
	s.say("p1", "", "票") // 1
	s.say("p1", "", "票") // 2, will be over
	s.say("p1", "", "事") // 3, of a flow that does not ask
	s.say("p2", "", "票") // 4, somebody else's
	s.hear(s.pressed("p1", "", "2/close"))
	saw := func(what string, want ...string) {
		t.Helper()
		if got := s.box("1").Saw; !slices.Equal(got, want) {
			t.Errorf("%s: heard %q, want %q", what, got, want)
		}
		if got := append(s.box("2").Saw, s.box("4").Saw...); len(got) != 0 {
			t.Errorf("%s: others heard %q", what, got)
		}
		if got := s.the("3").Heard; slices.Contains(got, "told") {
			t.Errorf("%s: a flow that does not ask heard %q", what, got)
		}
	}
	s.hear(s.pressed("p1", "", "1/home=5"))
	// The entry was replaced in the same step, before it was told.
	saw("moved", "r1 5/1/501 false false")
	s.hear(s.pressed("p1", "", "1/home=5"))
	saw("said the same again", "r1 5/1/501 false false")
	s.put("1", "r1", "voter", 1)
	home := flows.Place{Building: "3", Unit: "1", Room: "501"}
	if err := s.b.Correct(t.Context(), "r1", bot.Correction{Home: &home}); err != nil {
		t.Fatal(err)
	}
	saw("corrected on the page", "r1 5/1/501 false false", "r1 3/1/501 false true")
	letter := code(s, "home", "3/1/501")
	s.say("p1", "", letter)
	saw("made sure of", "r1 5/1/501 false false", "r1 3/1/501 false true", "r1 3/1/501 true true")
	s.say("p1", "", letter)
	floor := home
	floor.Floor = 5
	if err := s.b.Correct(t.Context(), "r1", bot.Correction{Home: &floor}); err != nil {
		t.Fatal(err)
	}
	saw("the same home", "r1 5/1/501 false false", "r1 3/1/501 false true", "r1 3/1/501 true true")
	s.say("p1", "", "我的数据 住处 不留")
	saw("taken away", "r1 5/1/501 false false", "r1 3/1/501 false true", "r1 3/1/501 true true", "r1 // false true")
	s.view(func(tx storage.Tx) error {
		p, err := tx.Person("r1")
		if !p.Proven.IsZero() {
			t.Errorf("another home is still made sure of: %+v", p)
		}
		return err
	})
}
