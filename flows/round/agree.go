package round

import (
	"slices"
	"strings"

	"linli/flows"
)

// Who has agreed to be visited, and who wants nobody at the door. No reason is asked, and
// none is kept.

// most is how many households of a grid may be in its plan.
const most = 200

// ask tells somebody who would like a visit what that means. Nothing is kept before they
// have said yes to it.
func (t *turn) ask(v flows.VisitLine) {
	by := t.e.By
	if i := t.own(by.Person); v.Phone && i >= 0 && !t.Agreed[i].Phone {
		t.Agreed[i].Phone = true
		for k := range t.Lines {
			if t.Lines[k].Row == t.Agreed[i].N {
				t.Lines[k].Phone = true
			}
		}
		t.noted(t.Agreed[i])
		return
	}
	switch {
	case by.Person == "":
		return
	case !t.here(v.Place):
		t.reply("visit-where", nil)
		return
	case t.own(by.Person) >= 0:
		t.reply("visit-already", nil, flows.Button{Words: "b-stop", Choice: "stop"})
		return
	case t.e.Settings.Rounds.Visits == 0:
		t.reply("visit-off", nil)
		return
	case len(t.Agreed) >= most:
		t.reply("visit-full", nil)
		return
	}
	// The door is in the button, and nowhere else before they have said yes; the journal has
	// it never ("!").
	where := strings.Join([]string{v.Place.Building, v.Place.Unit, v.Place.Room}, "/")
	bs := []flows.Button{{Words: "b-agree-home", Choice: "agree!=home;" + where}, {Words: "b-agree-phone", Choice: "agree!=phone;" + where}, {Words: "b-agree-no", Choice: "no", Row: 1}}
	if v.Phone {
		bs = bs[1:]
	}
	t.do(flows.Say{To: flows.To{Person: by.Person}, Class: flows.Personal, Reply: true, Words: "visit-ask", Slot: "visit", Buttons: bs,
		Vars: flows.Vars{"place": flows.Where(v.Place), "who": flows.Who(t.e.Settings.Walker(t.Grid, t.e.At))}})
}

// own finds the household of somebody who has agreed themself.
func (t *turn) own(p flows.PersonID) int {
	if x := t.e.Entry; x != nil && p == t.e.By.Person {
		if i := t.row(func(a Agreed) bool { return a.N == int(x.Order) }); i >= 0 {
			return i
		}
	}
	return t.row(func(a Agreed) bool { return a.Person == p && p != "" })
}

// answers takes what somebody says for themself.
func (t *turn) answers(w flows.Chose) {
	by := t.e.By
	if by.Person == "" {
		return
	}
	switch w.Choice {
	case "no":
		t.visit("visit-no", nil)
		return
	case "stop":
		t.stop()
		return
	}
	way, where, _ := strings.Cut(w.Value, ";")
	at := strings.Split(where, "/")
	if way != "home" && way != "phone" || len(at) != 3 {
		t.toast("line-gone", nil)
		return
	}
	place := flows.Place{Building: at[0], Unit: at[1], Room: at[2]}
	home, lives := t.e.Settings.Household(by.Home)
	switch {
	case !t.here(place):
		t.reply("visit-where", nil)
		return
	case lives && home.Place() != place: // the button of somebody else
		t.toast("not-yours", nil)
		return
	case t.own(by.Person) >= 0:
		t.reply("visit-already", nil, flows.Button{Words: "b-stop", Choice: "stop"})
		return
	case t.e.Settings.Rounds.Visits == 0 || len(t.Agreed) >= most:
		t.reply("visit-full", nil)
		return
	}
	// What somebody with a post has put in for this door is theirs now.
	if i := t.row(func(a Agreed) bool { return a.Person == "" && a.Place == place }); i >= 0 {
		t.remove(i)
	}
	yes := true
	know := flows.Remember{Person: by.Person, Consent: &yes}
	if !lives {
		know.Home = &place
	}
	t.do(know)
	t.Never = slices.DeleteFunc(t.Never, func(p flows.Place) bool { return p == place })
	a := t.agreed(Agreed{Person: by.Person, Place: place, Phone: way == "phone"})
	t.do(flows.Put{Entry: flows.Entry{Key: string(by.Person), Tag: "agreed", Order: int64(a.N)}})
	t.noted(a)
}

// noted tells somebody what is noted of them, and how it ends.
func (t *turn) noted(a Agreed) {
	t.visit("visit-yes", flows.Vars{"place": flows.Where(a.Place), "phone": flag(a.Phone), "who": flows.Who(t.e.Settings.Walker(t.Grid, t.e.At))}, flows.Button{Words: "b-stop", Choice: "stop"})
}

// visit changes what a resident reads about their visits.
func (t *turn) visit(words string, vars flows.Vars, more ...flows.Button) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Reply: true, Words: words, Slot: "visit", Vars: vars, Buttons: more})
}

// agreed adds a household.
func (t *turn) agreed(a Agreed) Agreed {
	t.Rows++
	a.N, a.At = t.Rows, t.e.At
	t.Agreed = append(t.Agreed, a)
	return a
}

// remove lets go of a household that has agreed, with its lines of this week.
func (t *turn) remove(i int) {
	a := t.Agreed[i]
	t.Agreed = slices.Delete(t.Agreed, i, i+1)
	before := len(t.Lines)
	t.Lines = slices.DeleteFunc(t.Lines, func(l Line) bool { return l.Row == a.N })
	t.forget(a)
	if len(t.Lines) != before && len(t.Lines) > 0 {
		t.refresh()
	} else if len(t.Lines) != before && t.Walker != "" {
		t.do(flows.Say{To: flows.To{Person: t.Walker}, Class: flows.Work, Tidy: true, Words: "card-over", Slot: t.slot(), Vars: t.vars()})
	}
}

// forget takes out the part that somebody has in the case.
func (t *turn) forget(a Agreed) {
	if a.Person != "" {
		t.do(flows.Put{Entry: flows.Entry{Key: string(a.Person)}, Delete: true})
	}
}

// stop is somebody who wants no visits any more. Who has proved that they live there says
// so for the door as well.
func (t *turn) stop() {
	by := t.e.By
	if by.Person == "" {
		return
	}
	found := false
	if i := t.own(by.Person); i >= 0 {
		t.remove(i)
		found = true
	}
	if by.Proven && by.Home.Room != "" {
		found = t.stopAt(by.Home) || found
	}
	if found {
		t.visit("visit-stopped", nil)
		return
	}
	t.reply("visit-none", nil)
}

// stopAt keeps everybody from a door.
func (t *turn) stopAt(place flows.Place) (found bool) {
	for i := len(t.Agreed) - 1; i >= 0; i-- {
		if t.Agreed[i].Place == place && (t.Agreed[i].Person == "" || t.mine()) {
			t.remove(i)
			found = true
		}
	}
	if h, ok := t.e.Settings.Household(place); ok && t.here(place) {
		if p := h.Place(); !slices.Contains(t.Never, p) {
			t.Never = append(t.Never, p)
			found = true
		}
		before := len(t.Lines)
		t.Lines = slices.DeleteFunc(t.Lines, func(l Line) bool { return l.Kind == Door && l.Place == place && l.How == "" })
		if len(t.Lines) != before && len(t.Lines) > 0 {
			t.refresh()
		}
	}
	return found
}

// put is somebody with a post saying that a household has agreed, or wants nobody. Who has
// said so, and when, is kept with it.
func (t *turn) put(v flows.VisitLine) {
	if !t.mine() {
		t.reply("not-yours", nil)
		return
	}
	h, ok := t.e.Settings.Household(v.Place)
	place := h.Place()
	vars := flows.Vars{"place": flows.Where(place), "who": flows.Who(t.e.By.Person), "phone": flag(v.Phone)}
	switch {
	case !ok || !t.here(place):
		t.reply("put-unknown", nil)
	case v.Stop:
		t.stopAt(place)
		t.reply("put-stopped", vars)
	case t.row(func(a Agreed) bool { return a.Place == place }) >= 0:
		t.reply("put-already", vars)
	case len(t.Agreed) >= most:
		t.reply("visit-full", nil)
	default:
		t.Never = slices.DeleteFunc(t.Never, func(p flows.Place) bool { return p == place })
		t.agreed(Agreed{Place: place, Phone: v.Phone, By: t.e.By.Person})
		t.reply("put-done", vars)
	}
}

// never is who goes saying, of a line, that nobody is wanted there any more.
func (t *turn) never(n int) {
	i := t.line(n)
	if i < 0 || t.Lines[i].Kind == Spot {
		t.toast("line-gone", nil)
		return
	}
	place := t.Lines[i].Place
	t.stopAt(place)
	t.reply("put-stopped", flows.Vars{"place": flows.Where(place)})
}

// drop is staff taking out a household that has agreed, by its number.
func (t *turn) drop(n int) {
	i := t.row(func(a Agreed) bool { return a.N == n })
	if i < 0 {
		t.toast("line-gone", nil)
		return
	}
	place := t.Agreed[i].Place
	t.remove(i)
	t.toast("put-stopped", flows.Vars{"place": flows.Where(place)})
}

// moved is somebody who lives elsewhere now: who goes there is another one.
func (t *turn) moved() {
	i := t.own(t.e.By.Person)
	if i < 0 || t.Agreed[i].Person == "" || t.Agreed[i].Place == t.e.By.Home {
		return
	}
	if h, ok := t.e.Settings.Household(t.e.By.Home); ok && t.here(t.e.By.Home) {
		t.Agreed[i].Place = h.Place()
		for k := range t.Lines {
			if t.Lines[k].Row == t.Agreed[i].N {
				t.Lines[k].Place = h.Place()
			}
		}
		return
	}
	t.remove(i)
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "visit-moved", Slot: "visit", Neutral: true})
}

// joined is two accounts that are one person's: what the other has agreed to is theirs.
func (t *turn) joined(old flows.Entry) {
	i := t.row(func(a Agreed) bool { return a.N == int(old.Order) && a.Person != "" })
	if i < 0 || old.Key == "" || old.Key == string(t.e.By.Person) || t.e.By.Person == "" {
		return
	}
	if k := t.own(t.e.By.Person); k >= 0 && k != i {
		t.remove(i) // both have: the one that stays is by the account that stays
		return
	}
	t.Agreed[i].Person = t.e.By.Person
	t.do(flows.Put{Entry: flows.Entry{Key: old.Key}, Delete: true},
		flows.Put{Entry: flows.Entry{Key: string(t.e.By.Person), Tag: "agreed", Order: old.Order}})
}

// erased lets go of somebody, or of everybody who is no official.
func (t *turn) erased(w flows.Erased) {
	for i := len(t.Agreed) - 1; i >= 0; i-- {
		a := t.Agreed[i]
		theirs := w.Person != "" && (a.Person == w.Person || t.e.Entry != nil && a.Person != "" && int(t.e.Entry.Order) == a.N)
		if theirs || w.Person == "" {
			t.remove(i)
		}
	}
	if w.Person == "" {
		t.Never = nil
		t.Lines = slices.DeleteFunc(t.Lines, func(l Line) bool { return l.Kind != Spot })
	}
}
