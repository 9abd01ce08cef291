package round_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/round"
)

// Whatever places there are, whatever is looked at and however many a week: in as many weeks
// as it takes to go through all once, each place has had its turn; and in as many rounds as
// there are things to look at, each thing at each place.
func TestEveryPlaceHasItsTurn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlay(t, "g1")
		s := p.s
		s.Rounds.Visits, s.Rounds.Doors, s.Rounds.Spots = 0, 0, rapid.IntRange(1, 7).Draw(rt, "a week")
		s.Rounds.Looks = s.Rounds.Looks[:rapid.IntRange(1, 4).Draw(rt, "things")]
		s.Buildings = s.Buildings[:rapid.IntRange(1, 4).Draw(rt, "buildings")]
		places := len(s.Buildings) + 1 // the gate
		seen, pairs := map[flows.Place]int{}, map[string]bool{}
		weeks := (places + s.Rounds.Spots - 1) / s.Rounds.Spots
		for range weeks {
			p.week(rt, func(l round.Line) { seen[l.Place]++; pairs[fmt.Sprint(l.Place, l.Look)] = true })
		}
		if len(seen) != places {
			rt.Fatalf("in %d weeks of %d only %d of %d places: %v", weeks, s.Rounds.Spots, len(seen), places, seen)
		}
		for range weeks * len(s.Rounds.Looks) * 2 {
			p.week(rt, func(l round.Line) { seen[l.Place]++; pairs[fmt.Sprint(l.Place, l.Look)] = true })
		}
		want := len(s.Buildings) * len(s.Rounds.Looks)
		for _, l := range s.Rounds.Looks {
			if l.Spot {
				want++
			}
		}
		if len(pairs) != want {
			rt.Fatalf("%d of %d things at places: %v", len(pairs), want, pairs)
		}
		least, often := 1<<30, 0
		for _, n := range seen {
			least, often = min(least, n), max(often, n)
		}
		if often-least > 2 {
			rt.Fatalf("some are looked at far more often than others: %v", seen)
		}
	})
}

// week makes the next list, and does all of it.
func (p *play) week(t interface{ Fatalf(string, ...any) }, do func(round.Line)) {
	p.toMonday()
	places := map[flows.Place]bool{}
	for i, l := range p.state().Lines {
		if places[l.Place] {
			t.Fatalf("%+v is twice in one list", l.Place)
		}
		places[l.Place] = true
		do(l)
		how := "been"
		if l.Kind == round.Spot {
			how = "ok"
		}
		p.tick(i, how)
	}
	if homes, spots := p.state().Open(); homes+spots > 0 {
		t.Fatalf("all is done, and %d and %d are left", homes, spots)
	}
}

// Whoever has agreed has their turn as often as everybody else, whoever was at home and
// whatever was left undone.
func TestWhoHasAgreedHasTheirTurn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlay(t, "g1")
		p.s.Rounds.Spots, p.s.Rounds.Doors, p.s.Rounds.Visits = 0, 0, rapid.IntRange(1, 4).Draw(rt, "a week")
		n := rapid.IntRange(1, 12).Draw(rt, "people")
		for i := range n {
			p.agrees(flows.PersonID(fmt.Sprint("r", i)), flows.Place{Building: "3", Unit: "1", Room: fmt.Sprint(i/4+1, "0", i%4+1)})
		}
		turns := map[int]int{}
		for range 2 * n {
			p.toMonday()
			for i, l := range p.state().Lines {
				how := rapid.SampledFrom([]string{"been", "been", "called", "out", ""}).Draw(rt, "how")
				if how == "" {
					continue // it is for next week
				}
				p.tick(i, how)
				if how != "out" {
					turns[l.Row]++
				}
			}
		}
		// Each is asked for until somebody was there, or twice nobody was.
		for range 3 * n {
			p.week(rt, func(l round.Line) { turns[l.Row]++ })
		}
		for i := 1; i <= n; i++ {
			if turns[i] == 0 {
				rt.Fatalf("of %d people, %d was never visited: %v", n, i, turns)
			}
		}
	})
}

// What was not done stands in the next list, under its number, and the list is no longer
// for it.
func TestWhatIsLeftIsForNextWeek(t *testing.T) {
	p := newPlay(t, "g1")
	p.agrees("r1", flows.Place{Building: "3", Unit: "1", Room: "501"})
	p.toMonday()
	before := p.state().Lines
	p.tick(0, "ok")
	p.toMonday()
	after := p.state().Lines
	if len(after) != 4 {
		t.Fatalf("%+v", after)
	}
	for _, l := range before[1:] {
		if !slices.Contains(after, l) {
			t.Errorf("%+v was not done, and is not in the next list: %+v", l, after)
		}
	}
	if slices.ContainsFunc(after, func(l round.Line) bool { return l.N == before[0].N }) {
		t.Error("what was done is asked for again")
	}
	w := p.state().Weeks
	if len(w) != 1 || w[0].Asked != 4 || w[0].Spots != 1 || w[0].Homes != 0 {
		t.Errorf("of last week is kept %+v", w)
	}
	// One who has said stop is not in it any more, and nothing of them is kept.
	p.event(flows.Event{What: flows.Told{Name: "stop"}, By: flows.Actor{Person: "r1"}}, "r1")
	if strings.Contains(string(p.c.Data), "r1") || strings.Contains(string(p.c.Data), "501") || len(p.entries) > 0 {
		t.Errorf("who has stopped is still in it: %s", p.c.Data)
	}
}

// Through the year: a list comes in working hours, on one working day a week, with at least
// two working days for it, and there is at most one reminder between two lists.
func TestYear(t *testing.T) {
	for day := range time.Weekday(7) {
		t.Run(day.String(), func(t *testing.T) { year(t, day) })
	}
}

func year(t *testing.T, day time.Weekday) {
	p := newPlay(t, "g1")
	p.s.Rounds.Plan.Day = day
	p.now = time.Date(2026, 1, 1, 10, 0, 0, 0, p.s.Zone)
	p.c = flows.Case{ID: "7", Flow: flows.RoundFlow}
	p.wakes = nil
	p.happens(flows.Opened{Key: flows.RoundKey("g1")}, "")
	c := p.s.Calendar
	lists, before := 0, p.now.AddDate(0, 0, -7)
	for p.state().Next.Year() == 2026 {
		p.toMonday()
		lists++
		s := p.state()
		if !c.Open(p.now) {
			t.Errorf("a list on %s, when nobody works", p.now.Format("Mon 01-02 15:04"))
		}
		if p.now.Sub(before) < 2*24*time.Hour {
			t.Errorf("lists on %s and %s", before.Format("Mon 01-02"), p.now.Format("Mon 01-02"))
		}
		before = p.now
		days := 0
		for d := p.now; d.Before(s.Next.Truncate(24 * time.Hour)); d = d.AddDate(0, 0, 1) {
			if c.Working(d) {
				days++
			}
		}
		if days < 2 || !c.Working(s.Until) || !s.Until.After(p.now) || !s.Until.Before(s.Next) {
			t.Errorf("a list of %s with %d days, until %s, the next %s", p.now.Format("Mon 01-02"), days, s.Until.Format("Mon 01-02 15:04"), s.Next.Format("Mon 01-02 15:04"))
		}
		if s.Remind.IsZero() {
			continue
		}
		if s.Remind.Before(p.now) || s.Remind.After(s.Until) || !c.Working(s.Remind) {
			t.Errorf("a reminder at %s, of a list until %s", s.Remind.Format("Mon 01-02 15:04"), s.Until.Format("Mon 01-02 15:04"))
		}
		got := p.wake("remind")
		if lists <= 2 {
			p.want(got, "li: 第一网格这周还有")
		} else if len(got) > 0 {
			t.Errorf("of %d lists nothing was ticked, and still: %q", lists, got)
		}
		if got := p.happens(flows.Woke{Name: "remind", Due: s.Remind}, ""); len(got) > 0 {
			t.Errorf("reminded twice: %q", got)
		}
	}
	if lists < 46 || lists > 52 {
		t.Errorf("%d lists in a year", lists)
	}
}

// The doors have their turn one after the other, but those that want nobody, and those whose
// people have agreed to be visited anyway.
func TestDoorsInTurn(t *testing.T) {
	p := newPlay(t, "g1")
	p.s.Rounds.Spots, p.s.Rounds.Doors = 0, 2
	p.happens(flows.Told{Name: "put", Data: flows.Data(flows.VisitLine{Place: flows.Place{Building: "1", Unit: "1", Room: "102"}, Stop: true})}, "li")
	p.agrees("r1", flows.Place{Building: "1", Unit: "1", Room: "103"})
	p.s.Rounds.Visits = 0
	var got []string
	for range 3 {
		p.week(t, func(l round.Line) { got = append(got, l.Place.Building+"-"+l.Place.Unit+"-"+l.Place.Room) })
	}
	if want := []string{"1-1-101", "1-1-104", "1-1-201", "1-1-202", "1-1-203", "1-1-204"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	// One that says so when somebody comes is left in peace from then on.
	n := p.state().Lines[0].N
	p.happens(flows.Chose{Choice: "never", Value: fmt.Sprint(n)}, "li")
	if never := p.state().Never; len(never) != 2 {
		t.Errorf("%+v", never)
	}
}

// Who goes: the leader, who stands in for a leave, then those of the directory; where there is
// nobody, staff hear it once, and again only when it was otherwise in between.
func TestNobodyGoes(t *testing.T) {
	p := newPlay(t, "g1")
	people := slices.Clone(p.s.People)
	set := func(who flows.PersonID, by flows.PersonID, away bool) {
		p.s.People = slices.Clone(people)
		for i, o := range p.s.People {
			if o.ID == who && away {
				p.s.People[i].Leave = []flows.Leave{{From: p.now.AddDate(0, 0, -1), To: p.now.AddDate(1, 0, 0), By: by}}
			}
		}
	}
	p.want(p.toMonday(), "li: 第一网格这周走访巡查")
	set("li", "wu", true)
	p.want(p.toMonday(), "li: 第一网格这周的走访巡查已经过了", "wu: 第一网格这周走访巡查")
	set("li", "", true)
	p.want(p.toMonday(), "zhou: 第一网格这周走访巡查")
	p.s.Grids[0].StandIns = nil
	p.want(p.toMonday(), "staff: 第一网格没有人走访巡查")
	for range 2 {
		if got := p.toMonday(); slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, "staff") }) {
			t.Errorf("staff are told again: %q", got)
		}
	}
	set("li", "", false)
	p.want(p.toMonday(), "li: 第一网格这周走访巡查")
	// Who leaves in the middle of the week hands the list on, with what is left of it.
	p.tick(0, "ok")
	p.s.People = slices.DeleteFunc(slices.Clone(people), func(o flows.Official) bool { return o.ID == "li" })
	p.s.Grids[0].Leader, p.s.Grids[0].StandIns = "zhou", nil
	p.want(p.happens(flows.Woke{Name: "directory", Due: p.now}, ""), "zhou: 第一网格这周走访巡查")
	if homes, spots := p.state().Open(); homes != 1 || spots != 1 || p.state().Walker != "zhou" {
		t.Errorf("handed on with %d and %d", homes, spots)
	}
}

// Who goes on leave in the middle of the week is not reminded, and nobody else is either: the
// next list goes to who stands in.
func TestAwayOnFriday(t *testing.T) {
	p := newPlay(t, "g1")
	p.toMonday()
	p.s.People = slices.Clone(p.s.People)
	for i, o := range p.s.People {
		if o.ID == "li" {
			p.s.People[i].Leave = []flows.Leave{{From: p.now.AddDate(0, 0, 1), To: p.now.AddDate(0, 0, 14)}}
		}
	}
	if got := p.wake("remind"); len(got) > 0 {
		t.Errorf("%q", got)
	}
	p.want(p.toMonday(), "zhou: 第一网格这周走访巡查")
}

// A card that reaches nobody is told to staff once, not every week.
func TestNoAccount(t *testing.T) {
	p := newPlay(t, "g1")
	p.toMonday()
	p.want(p.happens(flows.Missed{Mark: "week-1"}, ""), "staff: 第一网格网格员李网格收不到")
	p.toMonday()
	if got := p.happens(flows.Missed{Mark: "week-2"}, ""); len(got) > 0 {
		t.Errorf("again: %q", got)
	}
}

// Somebody who is erased, or moves house, is in the plan no more, nor in this week's list.
func TestErasedAndMoved(t *testing.T) {
	for _, how := range []string{"erased", "moved away", "moved within", "joined"} {
		p := newPlay(t, "g1")
		p.agrees("r1", flows.Place{Building: "3", Unit: "1", Room: "501"})
		p.agrees("r2", flows.Place{Building: "4", Unit: "2", Room: "302"})
		p.toMonday()
		switch how {
		case "erased":
			p.happens(flows.Erased{Person: "r1"}, "")
		case "moved away":
			p.event(flows.Event{What: flows.Told{Name: flows.HomeChanged}, By: flows.Actor{Person: "r1", Home: flows.Place{Building: "9", Unit: "1", Room: "101"}}}, "r1")
		case "moved within":
			p.event(flows.Event{What: flows.Told{Name: flows.HomeChanged}, By: flows.Actor{Person: "r1", Home: flows.Place{Building: "2", Unit: "1", Room: "101"}}}, "r1")
			if !strings.Contains(string(p.c.Data), "r1") || strings.Contains(string(p.c.Data), `"501"`) {
				t.Errorf("%s: %s", how, p.c.Data)
			}
			continue
		case "joined":
			old := p.entries["r1"]
			p.event(flows.Event{What: flows.Told{Name: flows.Joined, Data: flows.Data(old)}, By: flows.Actor{Person: "r9"}}, "r9")
			if s := p.state(); s.Agreed[0].Person != "r9" || p.entries["r9"].Order != 1 || len(p.entries) != 2 {
				t.Errorf("%s: %+v %v", how, s.Agreed, p.entries)
			}
			continue
		}
		if strings.Contains(string(p.c.Data), "r1") || strings.Contains(string(p.c.Data), `"501"`) || !strings.Contains(string(p.c.Data), "r2") || len(p.entries) != 1 {
			t.Errorf("%s: %s, entries %v", how, p.c.Data, p.entries)
		}
	}
}

// A grid that is in the directory no more has no plan, and nobody of it is kept.
func TestGridIsGone(t *testing.T) {
	p := newPlay(t, "g1")
	p.agrees("r1", flows.Place{Building: "3", Unit: "1", Room: "501"})
	p.toMonday()
	p.s.Grids = p.s.Grids[1:]
	p.toMonday()
	if s := p.state(); s.Stage != round.Ended || !p.c.Done || len(s.Agreed)+len(s.Lines)+len(s.Never) > 0 || len(p.entries) > 0 {
		t.Errorf("%+v, entries %v", s, p.entries)
	}
	if strings.Contains(string(p.c.Data), "r1") || strings.Contains(string(p.c.Data), "501") {
		t.Errorf("%s", p.c.Data)
	}
	if q := newPlay(t, "no-such"); !q.c.Forget {
		t.Error("a plan of no grid is kept")
	}
}

// With all three numbers 0 there is no plan to open, and one that is there asks for nothing.
func TestOff(t *testing.T) {
	s := settings(t)
	f := flow(t)
	if got := f.Stands(s); !slices.Equal(got, []string{"#round/g1", "#round/g2", "#round/g3"}) {
		t.Errorf("%q", got)
	}
	s.Rounds.Spots, s.Rounds.Visits, s.Rounds.Doors = 0, 0, 0
	if got := f.Stands(s); len(got) > 0 {
		t.Errorf("%q", got)
	}
	p := newPlay(t, "g1")
	p.s.Rounds = s.Rounds
	if got := p.toMonday(); len(got) > 0 || len(p.state().Lines) > 0 {
		t.Errorf("%q", got)
	}
}

// What was noted once stands, and an old list's button says what is noted.
func TestTwice(t *testing.T) {
	p := newPlay(t, "g1")
	p.toMonday()
	n := p.state().Lines[0].N
	p.tick(0, "ok")
	for _, how := range []string{"ok", "found", "been"} {
		before := string(p.c.Data)
		got := p.happens(flows.Chose{Choice: how, Value: fmt.Sprint(n)}, "li")
		if string(p.c.Data) != before || len(got) != 1 {
			t.Errorf("%s: %q", how, got)
		}
	}
	p.toMonday()
	p.want(p.happens(flows.Chose{Choice: "ok", Value: fmt.Sprint(n)}, "li"), "不在这周的单子上")
	for _, by := range []flows.PersonID{"wu", "feng", "r1", "liu"} {
		before := string(p.c.Data)
		for _, c := range []flows.Chose{{Choice: "ok", Value: fmt.Sprint(p.state().Lines[0].N)}, {Choice: "drop", Value: "1"}, {Choice: "never", Value: fmt.Sprint(p.state().Last)}, {Choice: "promise", Value: "1"}} {
			p.want(p.happens(c, by), "这不是您网格的走访单")
		}
		if string(p.c.Data) != before {
			t.Errorf("%s has changed it", by)
		}
	}
}
