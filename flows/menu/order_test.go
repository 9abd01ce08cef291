package menu_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/flowstest"
	"linli/flows/menu"
)

// table is an engine as small as can be: the menu with its entries, and people.
type table struct {
	flowstest.Table
	now    time.Time
	people map[flows.PersonID]*flows.Actor
	said   []flows.Say
	opened []flows.Open
}

func set(t rapid.TB) *table {
	f, err := menu.New()
	if err != nil {
		t.Fatal(err)
	}
	b := &table{Table: flowstest.NewTable(t, settings(t), f, flows.Case{ID: "1", Flow: menu.Name}), people: map[flows.PersonID]*flows.Actor{}}
	b.now = time.Date(2026, 12, 2, 10, 0, 0, 0, b.Settings.Zone)
	for i := range 5 {
		id := flows.PersonID(fmt.Sprintf("r%d", i+1))
		b.people[id] = &flows.Actor{Person: id, Consent: true, Reachable: true}
	}
	o, ok := b.Settings.Official("chen")
	if !ok {
		t.Fatal("the example has no chen")
	}
	b.people["chen"] = &flows.Actor{Person: "chen", Posts: o.Posts, Consent: true, Reachable: true}
	b.does("", flows.Opened{Key: flows.MenuKey})
	return b
}

func (b *table) state() menu.State {
	s, err := menu.Read(b.Case)
	if err != nil {
		b.T.Fatal(err)
	}
	return s
}

// does brings an event of somebody and what follows from it.
func (b *table) does(by flows.PersonID, w flows.What) {
	e := flows.Event{ID: "e", At: b.now, What: w, Chat: flows.Chat{Address: "play:m/" + string(by)}}
	if a := b.people[by]; a != nil {
		e.By = *a
	}
	effects := b.Step(e)
	for _, eff := range effects {
		switch eff := eff.(type) {
		case flows.Say:
			b.said = append(b.said, eff)
		case flows.Open:
			b.opened = append(b.opened, eff)
		case flows.Put:
			b.Put(eff)
		case flows.Remember:
			a := b.people[eff.Person]
			if a == nil {
				b.T.Fatalf("%q is remembered, who is nobody", eff.Person)
			}
			if eff.Profile != nil {
				a.Profile = *eff.Profile
			}
			if eff.Wishes != nil {
				a.Profile.Wishes = *eff.Wishes
			}
		case flows.Next:
			var list []flows.Entry
			for _, k := range slices.Sorted(maps.Keys(b.Entries)) {
				if b.Entries[k].Tag == eff.Tag && len(list) < eff.N {
					list = append(list, b.Entries[k])
				}
			}
			b.does(by, flows.Answered{Name: "next:" + eff.Tag, Data: flows.Data(list)})
		}
	}
}

func (b *table) wish(by flows.PersonID, text string) {
	b.does(by, flows.Told{Name: "wish", Data: flows.Data(menu.Want{What: "wish", Wish: &flows.WishLine{Text: text}})})
}

func (b *table) press(by flows.PersonID, choice string) {
	name, value, _ := strings.Cut(choice, "=")
	b.does(by, flows.Chose{Choice: name, Value: value})
}

// find gives the dish that staff know by some words.
func (b *table) find(words string) menu.Dish {
	b.T.Helper()
	for _, d := range b.state().Dishes {
		if d.Title == words || d.Title == "" && len(d.Said) > 0 && d.Said[0].Text == words {
			return d
		}
	}
	b.T.Fatalf("there is no dish %q in %+v", words, b.state().Dishes)
	return menu.Dish{}
}

// sound looks at what must hold of the menu at any time.
func (b *table) sound() {
	b.T.Helper()
	s := b.state()
	want, votes := map[string]int{}, map[string]int{}
	for key, e := range b.Entries {
		if e.Tag != menu.TagOwn {
			votes[key]++
			continue
		}
		var ids []string
		for _, w := range wishesOf(b.T, e) {
			ids = append(ids, w.Dish)
			want[w.Dish+"/"+key]++
			if s.Dish(w.Dish) < 0 {
				b.T.Fatalf("%s wishes %s, which is no dish", key, w.Dish)
			}
		}
		if got := b.people[flows.PersonID(key)].Profile.Wishes; !slices.Equal(got, ids) {
			b.T.Fatalf("the profile of %s has %q, the menu %q", key, got, ids)
		}
	}
	if !maps.Equal(want, votes) {
		b.T.Fatalf("wishes and what is counted differ: %s", cmp.Diff(want, votes))
	}
	counts := b.Counts()
	for tag, n := range counts {
		if tag != menu.TagOwn && s.Dish(tag) < 0 {
			b.T.Fatalf("%d people are counted for %s, which is no dish", n, tag)
		}
	}
	for id, a := range b.people {
		if _, own := b.Entries[string(id)]; !own && len(a.Profile.Wishes) > 0 {
			b.T.Fatalf("the profile of %s has %q, the menu nothing", id, a.Profile.Wishes)
		}
		if a.Profile.Age == flows.Minor && (len(a.Profile.Wishes) > 0 || len(a.Profile.Likes) > 0) {
			b.T.Fatalf("of a minor is kept: %+v", a.Profile)
		}
	}
	for _, d := range s.Dishes {
		switch {
		case d.Into != "" || d.Off:
			b.T.Fatalf("%+v was not dealt with to its end", d)
		case d.Title == "" && len(d.Said) == 0:
			b.T.Fatalf("nobody can say what %+v is", d)
		case d.Title == "" && counts[d.ID] == 0:
			b.T.Fatalf("nobody wishes %+v any more, and it is not on the menu", d)
		}
		for _, x := range d.Said {
			if b.people[x.By] == nil {
				b.T.Fatalf("%+v has words of %s, who is gone", d, x.By)
			}
		}
	}
}

// Whatever people and staff do, in any order: the counts are those of people, the profiles
// say what the menu says, and no dish is left that nobody can name.
func TestInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := set(t)
		who := func() flows.PersonID {
			return rapid.SampledFrom(slices.Sorted(maps.Keys(b.people))).Draw(t, "who")
		}
		dish := func() string {
			all := []string{"d99"}
			for _, d := range b.state().Dishes {
				all = append(all, d.ID, d.ID)
			}
			return rapid.SampledFrom(all).Draw(t, "dish")
		}
		wish := func(t *rapid.T) { b.wish(who(), rapid.SampledFrom(texts).Draw(t, "text")) }
		t.Repeat(map[string]func(*rapid.T){
			"":       func(*rapid.T) { b.sound() },
			"wish":   wish,
			"wish ":  wish,
			"wish -": wish,
			"un":     func(t *rapid.T) { b.press(who(), "un!="+dish()) },
			"tick":   func(t *rapid.T) { b.press(who(), "tick!="+dish()) },
			"tick +": func(t *rapid.T) {
				b.press(who(), "tick!=+"+rapid.SampledFrom([]string{"music", "taichi", "none"}).Draw(t, "interest"))
			},
			"up":   func(t *rapid.T) { b.press("chen", "up="+dish()) },
			"into": func(t *rapid.T) { b.press("chen", "into="+dish()+";"+dish()) },
			"off":  func(t *rapid.T) { b.press("chen", "off="+dish()) },
			"name": func(t *rapid.T) {
				b.does("chen", flows.Said{Message: flows.Message{Text: "夜里看星星"}, Tag: "name=" + dish()})
			},
			"show": func(t *rapid.T) {
				b.press("chen", rapid.SampledFrom([]string{"dish=", "open=", "into=", "name="}).Draw(t, "what")+dish())
			},
			"card":  func(t *rapid.T) { b.press("chen", rapid.SampledFrom([]string{"ask", "send", "menu"}).Draw(t, "what")) },
			"count": func(*rapid.T) { b.now = b.now.Add(11 * time.Minute); b.does("", flows.Woke{Name: "card"}) },
			"weeks": func(*rapid.T) { b.now = b.now.AddDate(0, 0, 29) },
			"age": func(t *rapid.T) {
				b.press(who(), "age!="+rapid.SampledFrom([]string{"minor", "young", "-"}).Draw(t, "age"))
			},
			"like": func(t *rapid.T) { b.press(who(), "like!=music") },
			"stop": func(t *rapid.T) { b.does(who(), flows.Told{Name: "stop"}) },
			"came": func(t *rapid.T) {
				b.does("", flows.Told{From: "7", Name: "came", Data: flows.Data(flows.Fulfilled{Dish: dish(), People: []flows.PersonID{who(), who(), "nobody"}})})
			},
			"erase": func(t *rapid.T) {
				id := who()
				if id == "chen" || len(b.people) < 4 {
					return
				}
				b.does("", flows.Erased{Person: id})
				delete(b.people, id)
				for key := range b.Entries {
					if strings.HasSuffix(key, "/"+string(id)) || key == string(id) {
						t.Fatalf("the entry %s of who was erased is there", key)
					}
				}
				if strings.Contains(string(b.Case.Data), `"`+string(id)+`"`) {
					t.Fatalf("%s is named after they were erased: %s", id, b.Case.Data)
				}
			},
			"join": func(t *rapid.T) {
				old, id := who(), who()
				if old == id || old == "chen" || len(b.people) < 4 {
					return
				}
				e, ok := b.Entries[string(old)]
				b.Case.Data = []byte(strings.ReplaceAll(string(b.Case.Data), `"`+string(old)+`"`, `"`+string(id)+`"`)) // as the engine does
				if ok {
					b.does(id, flows.Told{Name: flows.Joined, Data: flows.Data(e)})
				}
				if b.people[id].Profile.Age == flows.Minor {
					b.people[id].Profile.Age = "" // that is another rule's, see the engine
				}
				delete(b.people, old)
			},
		})
	})
}

func wishesOf(t rapid.TB, e flows.Entry) (all []menu.Wish) {
	t.Helper()
	if err := json.Unmarshal(e.Data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}
