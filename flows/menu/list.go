package menu

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// The list of activities, the same for everybody, and the question in the groups.

const (
	perList = 6
	perCard = 8
	apart   = 28 * 24 * time.Hour // between two questions in the groups
	tell    = 10 * time.Minute    // between two counts on one
)

// listed notes how an activity stands, or that it stands no more.
func (t *turn) listed(id flows.ID, l flows.Listed, over bool) {
	t.Open = slices.DeleteFunc(t.Open, func(x Listing) bool { return x.Case == id || t.e.At.Sub(x.At) > 24*time.Hour })
	l.Title, l.Where = clean(l.Title), clean(l.Where)
	if !over && l.Title != "" && l.At.After(t.e.At) {
		t.Open = append(t.Open, Listing{id, l})
		slices.SortStableFunc(t.Open, func(a, b Listing) int { return a.At.Compare(b.At) })
		t.Open = t.Open[:min(len(t.Open), maxOpen)]
	}
	if len(t.Open) == 0 {
		t.Open = nil
	}
}

// Coming are the activities of the list that have not begun.
func (s State) Coming(now time.Time) []Listing {
	return slices.DeleteFunc(slices.Clone(s.Open), func(x Listing) bool { return !x.At.After(now) })
}

// list answers with the activities, from one on.
func (t *turn) list(from int) {
	open := t.Coming(t.e.At)
	if from >= len(open) {
		from = 0
	}
	vars := flows.Vars{"n": flows.Num(len(open))}
	var buttons []flows.Button
	for i, x := range open[from:min(len(open), from+perList)] {
		k := strconv.Itoa(i + 1)
		vars["title"+k], vars["at"+k], vars["left"+k] = flows.Text(x.Title), flows.At(x.At), flows.Num(x.Left)
		if x.Where != "" {
			vars["where"+k] = flows.Text(x.Where)
		}
		if !x.Scope.Community && !x.Scope.Zero() {
			vars["for"+k] = flows.In(x.Scope)
		}
		buttons = append(buttons, flows.Button{Words: "b-look", Vars: flows.Vars{"title": flows.Text(x.Title)}, Case: x.Case, Choice: "look", Row: i})
	}
	if next := from + perList; next < len(open) {
		buttons = append(buttons, flows.Button{Words: "b-more", Choice: "list=" + strconv.Itoa(next), Row: perList})
	}
	buttons = append(buttons, flows.Button{Words: "b-likes", Choice: "likes!", Row: perList + 1}, flows.Button{Words: "b-want", Choice: "want", Row: perList + 1})
	words := "list"
	if len(open) == 0 {
		words = "list-none"
	}
	t.reply(words, vars, buttons...)
}

// cardDishes chooses what the question in the groups offers: what is wished most, and where
// that is little, interests nobody has wished yet.
func (t *turn) cardDishes() (ids []string) {
	for _, d := range t.Public(t.e.Counts) {
		if len(ids) < perCard {
			ids = append(ids, d.ID)
		}
	}
	for _, x := range t.e.Settings.Activities.Interests {
		taken := slices.ContainsFunc(t.Dishes, func(d Dish) bool { return d.Interest == x.ID })
		if len(ids) < perCard && !taken && len(x.ID) <= 24 {
			ids = append(ids, "+"+x.ID)
		}
	}
	return ids
}

// card is the question as it reads now.
func (t *turn) card(to flows.To) flows.Say {
	say := flows.Say{To: to, Class: flows.Notice, Words: "card", Vars: flows.Vars{}, Slot: "card-" + strconv.Itoa(t.Card.N)}
	for i, id := range t.Card.Dishes {
		k := strconv.Itoa(i + 1)
		var label flows.Vars
		if x, ok := strings.CutPrefix(id, "+"); ok {
			label = flows.Vars{"interest": flows.Text(x)}
			if at := slices.IndexFunc(t.Dishes, func(d Dish) bool { return d.Interest == x && d.Title != "" }); at >= 0 {
				id = t.Dishes[at].ID // somebody has ticked it meanwhile
			}
		}
		if at := t.Dish(id); at >= 0 && t.Dishes[at].Title != "" {
			label = flows.Vars{"title": flows.Text(t.Dishes[at].Title)}
			vars := label["title"]
			say.Vars["title"+k] = vars
			if n := t.e.Counts[id]; n > 0 {
				say.Vars["n"+k] = flows.Num(n)
				if n < t.e.Settings.Activities.Small {
					delete(say.Vars, "n"+k)
					say.Vars["few"+k] = flows.Num(1)
				}
			}
		}
		if label == nil {
			continue // taken off the menu
		}
		say.Buttons = append(say.Buttons, flows.Button{Words: "b-tick", Vars: label, Choice: "tick!=" + t.Card.Dishes[i], Row: i / 2})
	}
	return say
}

// tooSoon says until when the groups are left alone.
func (t *turn) tooSoon() (until time.Time, yes bool) {
	until = t.Card.At.Add(apart)
	return until, t.Card.N > 0 && t.e.At.Before(until)
}

// preview shows staff the question before the groups see it.
func (t *turn) preview() {
	if until, yes := t.tooSoon(); yes {
		t.toast("card-soon", flows.Vars{"until": flows.At(until)})
		return
	}
	x := *t
	x.effects, x.Card = nil, Card{N: t.Card.N, Dishes: t.cardDishes()}
	say := x.card(flows.To{Person: t.e.By.Person})
	say.Class, say.Reply, say.Slot, say.Words = flows.Work, true, "", "card-preview"
	say.Buttons = []flows.Button{{Words: "b-send", Choice: "send"}}
	t.do(say)
}

// send puts the question to the groups.
func (t *turn) send() {
	if until, yes := t.tooSoon(); yes {
		t.toast("card-soon", flows.Vars{"until": flows.At(until)})
		return
	}
	t.Card = Card{N: t.Card.N + 1, At: t.e.At, Dishes: t.cardDishes()}
	if len(t.Card.Dishes) == 0 {
		t.Card.N--
		t.toast("card-empty", nil)
		return
	}
	t.do(t.card(flows.To{Groups: flows.Everywhere}))
	t.toast("card-sent", nil)
}

// cardSoon has the groups see new counts, not more often than every ten minutes.
func (t *turn) cardSoon() {
	if t.Card.N == 0 || t.Card.Stale || t.e.At.Sub(t.Card.At) > apart {
		return
	}
	t.Card.Stale = true
	t.do(flows.Wake{At: t.e.At.Add(tell), Name: "card"})
}

func (t *turn) recount() {
	t.Card.Stale = false
	say := t.card(flows.To{Groups: flows.Everywhere})
	say.Tidy = true
	t.do(say)
}

// tick is a wish by a tap on the question in a group, which says what is kept: it is the
// consent. Nothing in the group shows who it was.
func (t *turn) tick(v string) {
	if t.minor() {
		t.toast("minor", nil)
		return
	}
	at := t.Dish(v)
	if id, ok := strings.CutPrefix(v, "+"); ok {
		x, known := t.e.Settings.Interest(id)
		if at = slices.IndexFunc(t.Dishes, func(d Dish) bool { return d.Interest == id && d.Title != "" }); at < 0 && known {
			at = t.newDish(Dish{Title: clean(x.In(t.e.Settings.Lang)), Interest: id})
		}
	}
	if at < 0 || t.Dishes[at].Title == "" {
		t.toast("tick-gone", nil)
		return
	}
	d := t.Dishes[at]
	vars := flows.Vars{"text": flows.Text(d.Title)}
	if already, ok := t.add(d.ID, ""); !ok {
		if already {
			t.toast("tick-already", vars)
		} else {
			t.toast("wish-many", flows.Vars{"n": flows.Num(maxWishes)})
		}
		return
	}
	if !t.e.By.Consent {
		yes := true
		t.do(flows.Remember{Person: t.e.By.Person, Consent: &yes})
	}
	if n := t.e.Counts[d.ID]; n > 0 {
		vars["n"] = flows.Num(n)
	}
	t.toast("ticked", vars)
	t.cardSoon()
}
