package flows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
)

// street is a community with a few buildings in two grids.
func street() *flows.Settings {
	s := &flows.Settings{Zone: time.FixedZone("CST", 8*3600)}
	s.Calendar = flows.Calendar{Zone: s.Zone}
	s.Grids = []flows.Grid{{ID: "g1"}, {ID: "g2"}}
	for i := range 12 {
		s.Buildings = append(s.Buildings, flows.Building{ID: fmt.Sprint(i + 1), Grid: fmt.Sprintf("g%d", 1+i/6)})
	}
	return s
}

// neighbours are people who have said all kinds of things of themselves.
func neighbours(n int) (list []flows.Candidate) {
	likes := [][]string{nil, {"music"}, {"hiking"}, {"music", "taichi"}, {"baking", "music"}}
	free := [][]flows.Free{nil, {flows.Evenings}, {flows.Weekends, flows.Evenings}, {flows.Daytime}}
	ages := []flows.Age{flows.Young, flows.Middle, flows.Elder, "", flows.Minor}
	for i := range n {
		p := flows.Profile{Age: ages[i%5], Likes: likes[i/5%5], Free: free[i/3%4], Children: i%7 == 0}
		if i%11 == 0 {
			p.Wishes = []string{"d1"}
		}
		if i%13 == 0 {
			p.Came = []string{"music"}
		}
		if i%17 == 0 {
			p.Often = flows.Never
		}
		list = append(list, flows.Candidate{Person: flows.PersonID(fmt.Sprintf("r%d", i)), Home: flows.Place{Building: fmt.Sprint(1 + i%12)}, Profile: p, Left: i % 4})
	}
	return list
}

func TestChoose(t *testing.T) {
	s := street()
	one := func(change func(*flows.Candidate)) []flows.Candidate {
		c := flows.Candidate{Person: "r1", Home: flows.Place{Building: "3"}, Left: 1, Profile: flows.Profile{Age: flows.Young, Likes: []string{"music"}, Free: []flows.Free{flows.Evenings}}}
		change(&c)
		return []flows.Candidate{c}
	}
	music := flows.Invitees{Scope: flows.Everywhere, Dish: "d1", Interests: []string{"music"}, Free: flows.Evenings}
	for name, x := range map[string]struct {
		in     flows.Invitees
		change func(*flows.Candidate)
		want   flows.Why // "" is not invited
	}{
		"likes it":         {music, func(*flows.Candidate) {}, flows.ByLike},
		"has said nothing": {music, func(c *flows.Candidate) { c.Profile = flows.Profile{} }, ""},
		"wants none":       {music, func(c *flows.Candidate) { c.Profile.Often = flows.Never }, ""},
		"had their share":  {music, func(c *flows.Candidate) { c.Left = 0 }, ""},
		"is a minor":       {music, func(c *flows.Candidate) { c.Profile.Age = flows.Minor }, ""},
		"has no time then": {music, func(c *flows.Candidate) { c.Profile.Free = []flows.Free{flows.Daytime} }, ""},
		"has no time, but wished it": {music, func(c *flows.Candidate) {
			c.Profile.Free = []flows.Free{flows.Daytime}
			c.Profile.Wishes = []string{"d1"}
		}, flows.ByWish},
		"has said no time":                {music, func(c *flows.Candidate) { c.Profile.Free = nil }, flows.ByLike},
		"came before":                     {music, func(c *flows.Candidate) { c.Profile.Came = []string{"music"} }, flows.ByCame},
		"likes something else":            {music, func(c *flows.Candidate) { c.Profile.Likes = []string{"hiking"} }, ""},
		"likes whatever there is":         {music, func(c *flows.Candidate) { c.Profile.Likes = nil }, flows.ByTime},
		"lives elsewhere":                 {flows.Invitees{Scope: flows.Scope{Grid: "g2"}, Interests: []string{"music"}}, func(*flows.Candidate) {}, ""},
		"lives in the grid":               {flows.Invitees{Scope: flows.Scope{Grid: "g1"}, Interests: []string{"music"}}, func(*flows.Candidate) {}, flows.ByLike},
		"has said no home":                {flows.Invitees{Scope: flows.Scope{Grid: "g1"}, Interests: []string{"music"}}, func(c *flows.Candidate) { c.Home = flows.Place{} }, ""},
		"is of another age":               {flows.Invitees{Scope: flows.Everywhere, Ages: []flows.Age{flows.Elder}}, func(*flows.Candidate) {}, ""},
		"comes without children":          {flows.Invitees{Scope: flows.Everywhere, Children: true}, func(*flows.Candidate) {}, ""},
		"had their share, but it is let":  {flows.Invitees{Scope: flows.Everywhere, Interests: []string{"music"}, Urgent: true}, func(c *flows.Candidate) { c.Left = 0 }, flows.ByLike},
		"wants none, and it is let":       {flows.Invitees{Scope: flows.Everywhere, Interests: []string{"music"}, Urgent: true}, func(c *flows.Candidate) { c.Profile.Often = flows.Never }, ""},
		"it is about nothing in the list": {flows.Invitees{Scope: flows.Everywhere}, func(c *flows.Candidate) { c.Profile.Likes = []string{"hiking"} }, flows.ByTime},
	} {
		t.Run(name, func(t *testing.T) {
			got := flows.Choose(s, x.in, one(x.change), 10)
			switch {
			case x.want == "" && len(got) > 0:
				t.Errorf("is invited: %+v", got[0])
			case x.want != "" && (len(got) != 1 || got[0].Why != x.want):
				t.Errorf("got %+v, want %s", got, x.want)
			}
		})
	}
}

// Whoever is given in whatever order: the same are chosen, best reason first, nobody twice,
// nobody whom a limit stops; and another seed chooses others of the same rank.
func TestChooseIsFair(t *testing.T) {
	s := street()
	order := []flows.Why{flows.ByWish, flows.ByCame, flows.ByLike, flows.ByTime}
	rapid.Check(t, func(t *rapid.T) {
		all := neighbours(rapid.IntRange(0, 200).Draw(t, "people"))
		n := rapid.IntRange(0, 60).Draw(t, "n")
		in := flows.Invitees{Scope: flows.Everywhere, Dish: "d1", Interests: []string{"music"}, Free: flows.Evenings, Seed: "a"}
		got := flows.Choose(s, in, all, n)
		again := flows.Choose(s, in, rapid.Permutation(all).Draw(t, "order"), n)
		if !slices.Equal(got, again) {
			t.Fatalf("another order chooses others:\n%v\n%v", got, again)
		}
		if len(got) > n {
			t.Fatalf("%d of %d", len(got), n)
		}
		seen := map[flows.PersonID]bool{}
		for i, f := range got {
			c := all[slices.IndexFunc(all, func(c flows.Candidate) bool { return c.Person == f.Person })]
			if seen[f.Person] || c.Left == 0 || c.Profile.Stopped() || c.Profile.Age == flows.Minor {
				t.Fatalf("%+v is chosen", c)
			}
			seen[f.Person] = true
			if i > 0 && slices.Index(order, got[i-1].Why) > slices.Index(order, f.Why) {
				t.Fatalf("%s comes after %s", f.Why, got[i-1].Why)
			}
		}
	})
	in := flows.Invitees{Scope: flows.Everywhere, Interests: []string{"music"}, Seed: "a"}
	a := flows.Choose(s, in, neighbours(500), 20)
	in.Seed = "b"
	if b := flows.Choose(s, in, neighbours(500), 20); slices.Equal(a, b) {
		t.Error("the same come first whatever the lot says")
	}
}

// Of ten thousand people who have said what they like, all whom an activity suits.
func BenchmarkChoose(b *testing.B) {
	s, all := street(), neighbours(10000)
	in := flows.Invitees{Scope: flows.Everywhere, Dish: "d1", Interests: []string{"music"}, Free: flows.Evenings, Seed: "a"}
	b.ReportAllocs()
	for b.Loop() {
		if got := flows.Choose(s, in, all, 10000); len(got) < 1000 {
			b.Fatal(len(got))
		}
	}
}
