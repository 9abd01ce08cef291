package activity

import (
	"fmt"
	"strings"
	"time"

	"linli/flows"
)

// The list in a group (接龙). Linli reads it where it hears the group; where it hears none,
// whoever answers for the activity pastes it in private, and gets it back for the group to go
// on with. Who has signed up in private is a number in it. Nobody's name is kept of it.

// unsureFor is how long a list waits for who has sent it to say that it is of this activity.
const unsureFor = time.Hour

// shownNew is how many new lines are named in an answer.
const shownNew = 10

// chain takes a list that somebody has sent.
func (t *turn) chain(c flows.Chain, w flows.Said) {
	sure := flows.Bears(t.e, w)
	if !w.Direct {
		if t.Stage == Open && t.e.Chat.Group && t.e.Settings.Touches(t.e.Chat.Scope, t.Scope) && (sure || c.Called(t.Title)) && !c.Partial() {
			t.heard(c)
		}
		return
	}
	vars := t.counted(c)
	switch {
	case t.Stage != Open:
		t.closed()
	case !t.leads(t.e.By):
		if t.Organiser != "" {
			vars["organiser"] = flows.Who(t.Organiser)
		}
		_, tag := t.mine()
		vars["mine"] = flows.Text(tag)
		t.reply("list-other", vars, t.possible(tag)...)
	case c.Partial():
		t.reply("list-part", flows.Vars{"n": flows.Num(c.Lines[0].N)})
	case !sure:
		t.Unsure = &Unsure{By: t.e.By.Person, At: t.e.At, Paste: t.paste(c)}
		t.reply("list-is", vars, flows.Button{Words: "b-paste", Choice: "paste=yes"}, flows.Button{Words: "b-no-paste", Choice: "paste=no"})
		t.do(t.wake(t.e.At.Add(unsureFor), "paste"))
	default:
		t.took(c, vars)
	}
}

// paste is what is kept of a list.
func (t *turn) paste(c flows.Chain) flows.Paste {
	var lines []flows.PasteLine
	for _, l := range read(c) {
		lines = append(lines, flows.PasteLine{Who: l.Who, N: l.Heads()})
	}
	return flows.NewPaste(t.e.Seed, lines)
}

// read are the lines of a list that are looked at.
func read(c flows.Chain) (list []flows.ChainLine) {
	for _, l := range c.Lines[:min(len(c.Lines), flows.MostChainLines)] {
		if strings.TrimSpace(l.Text) == "" {
			continue
		}
		if flows.Bare(l.Who) == "" {
			l.Who = l.Text
		}
		list = append(list, l)
	}
	return list
}

// counted are the values of what a list says of itself.
func (t *turn) counted(c flows.Chain) flows.Vars {
	vars, people := flows.Vars{}, 0
	list := read(c)
	for _, l := range list {
		people += l.Heads()
	}
	vars["lines"], vars["people"] = flows.Num(len(list)), flows.Num(people)
	if c.Others > 0 {
		vars["others"] = flows.Num(c.Others)
	}
	if c.Cut || len(c.Lines) > flows.MostChainLines {
		vars["cut"] = flows.Text("yes")
	}
	c.Lines = list
	var twice []string
	for _, n := range c.Twice() {
		twice = append(twice, fmt.Sprint(n))
	}
	vars["twice"] = flows.Text(strings.Join(twice[:min(len(twice), shownNew)], "、"))
	return vars
}

// heard counts a list of a group. There nobody is corrected; who answers for the activity hears
// if it is of more people than there are places.
func (t *turn) heard(c flows.Chain) {
	vars, was := t.counted(c), t.Lines
	if t.seats(t.e.Chat.ID, t.paste(c), vars); t.Lines != was && vars["over"].N != nil {
		t.do(flows.Say{To: t.organisers(), Class: flows.Work, Words: "list-over", Vars: t.with(vars), Slot: "list-over", Bundle: true})
	}
}

// took counts a list that who answers for the activity has pasted, says what is in it, and
// writes it back.
func (t *turn) took(c flows.Chain, vars flows.Vars) {
	list := read(c)
	t.tidy = t.e.By.Person == t.Organiser
	changes, ok := t.seats("", t.paste(c), vars)
	if !ok {
		t.reply("list-many", flows.Vars{"n": flows.Num(flows.MostGroupLists)})
		return
	}
	var news []string
	for _, i := range changes.New {
		if len(news) < shownNew {
			news = append(news, flows.Quoted(list[i].Text, 20))
		}
	}
	vars["new"] = flows.Text(strings.Join(news, "、"))
	t.saidRead(vars)
	c.Lines = list
	own := func(l string) bool {
		return strings.HasPrefix(l, flows.Spoken(t.e.Case.No)) || strings.Contains(l, t.Title)
	}
	t.copyFor(t.e.By.Person, flows.Vars{"lines": flows.Text(c.Again()), "above": flows.Text(c.Above(own)), "next": flows.Num(len(list) + 1)})
}

// saidRead says what was read in a list that was pasted. People's words stand in it.
func (t *turn) saidRead(vars flows.Vars) {
	say := flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "list-read", Vars: t.with(vars), Reply: true, Unkept: true}
	if vars["strange"].S != "" {
		say.Buttons = []flows.Button{{Words: "b-swap", Choice: "paste=swap"}}
	}
	t.do(say)
}

// copyFor gives somebody the list to paste into the group.
func (t *turn) copyFor(p flows.PersonID, vars flows.Vars) {
	vars["private"] = flows.Num(t.Seats)
	t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Personal, Words: "list-copy", Vars: t.with(vars), Reply: true, Unkept: true, Until: t.At})
}

// seats takes the places of a list, as far as there are any, and adds to the values of an
// answer what has changed and who finds none. A list that is like none before is that of another
// group. It is not ok if there are too many.
func (t *turn) seats(chat flows.ChatID, p flows.Paste, vars flows.Vars) (changes flows.Changes, ok bool) {
	lists, changes, lost := t.Lists.With(chat, p)
	if lost {
		return changes, false
	}
	before := len(t.Lists)
	t.Lists, t.Unsure = lists, nil
	own := flows.GroupLists{{Paste: p}}.Sum()
	room := max(0, t.Most-t.Seats-(lists.Sum()-own))
	for i, total := 0, 0; i < len(p.N); i++ {
		if total += p.N[i]; total > room {
			vars["over"], vars["from"] = flows.Num(own-room), flows.Num(i+1)
			break
		}
	}
	if t.Seats > 0 {
		vars["private"] = flows.Num(t.Seats)
	}
	if before > 0 && len(lists) > 1 {
		vars["groups"], vars["total"] = flows.Num(len(lists)), flows.Num(lists.Sum())
	}
	switch {
	case !changes.First:
		vars["new_n"], vars["gone"], vars["other"] = flows.Num(len(changes.New)), flows.Num(changes.Gone), flows.Num(len(changes.Other))
		if len(changes.New)+changes.Gone+len(changes.Other) == 0 {
			vars["same"] = flows.Text("yes")
		}
	case before > 0:
		vars["strange"] = flows.Text("yes")
	}
	t.sitDown()
	return changes, true
}

// sitDown gives those who stand in the lists their places.
func (t *turn) sitDown() {
	was := t.Lines
	if t.Lines = min(t.Lists.Sum(), max(0, t.Most-t.Seats)); t.Lines != was {
		t.cardSoon()
	}
	if t.Lines < was {
		t.nextWaiting()
	}
}

// confirmed is what somebody says of a list they have pasted: one without a number is of this
// activity, or is not; one that is like none before is not that of another group.
func (t *turn) confirmed(answer string) {
	h, n := t.Unsure, len(t.Lists)
	t.tidy = t.e.By.Person == t.Organiser
	switch {
	case !t.leads(t.e.By) || t.Stage != Open:
		t.toast("list-gone", nil)
	case answer == "swap" && n > 1 && t.Lists[n-1].Chat == "" && t.Lists[n-2].Chat == "":
		t.Lists = append(t.Lists[:n-2:n-2], t.Lists[n-1])
		t.sitDown()
		t.toast("list-swapped", flows.Vars{"people": flows.Num(t.Lists.Sum())})
	case answer == "swap" || h == nil || h.By != t.e.By.Person:
		t.toast("list-gone", nil)
	case answer != "yes":
		t.Unsure = nil
		t.toast("list-not", nil)
	default:
		p := h.Paste
		vars := flows.Vars{"lines": flows.Num(len(p.N)), "people": flows.Num(flows.GroupLists{{Paste: p}}.Sum()), "held": flows.Text("yes")}
		if _, ok := t.seats("", p, vars); !ok {
			t.reply("list-many", flows.Vars{"n": flows.Num(flows.MostGroupLists)})
			return
		}
		t.saidRead(vars)
	}
}

// list writes the list into the group for it to go on with.
func (t *turn) list() {
	if t.Left() == 0 {
		t.toast("full", nil)
		return
	}
	t.toast("list-sent", nil) // where there is no group, what follows says so
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "list", Vars: t.with(flows.Vars{"private": flows.Num(t.Seats), "next": flows.Num(t.rows() + 1)}), Until: t.At})
}

// listHere gives the list to who wanted it in a group, because Linli is in none there.
func (t *turn) listHere() {
	who := t.e.By.Person
	if who == "" {
		who = t.Organiser
	}
	t.toast("list-here", nil)
	t.do(flows.Say{To: flows.To{Person: who}, Class: flows.Personal, Words: "list-nowhere", Vars: t.vars(), Reply: true})
	t.copyFor(who, flows.Vars{"next": flows.Num(t.rows() + 1)})
}

// rows is how many lines the list has that goes on, where it is one.
func (t *turn) rows() int {
	switch len(t.Lists) {
	case 0:
		return t.Lines // of a case that was begun when only their number was kept
	case 1:
		return len(t.Lists[0].N)
	}
	return 0
}

// pasted finds the activity that a list is about that was written to Linli itself. Activities
// are the last that lists may be of: what belongs to nothing is answered here.
func pasted(e flows.Event, w flows.Said) []flows.Effect {
	c := *e.Reading.Chain
	list, _ := flows.ListFor(e)
	answer := func(words string, vars flows.Vars) []flows.Effect {
		return []flows.Effect{flows.Say{To: flows.To{Person: e.By.Person}, Class: flows.Personal, Words: words, Vars: vars, Toast: true}}
	}
	switch {
	case len(list) == 1 && list[0].Flow == Name:
		return []flows.Effect{flows.Tell{Case: list[0].Case.ID, Name: "chain", Said: &w}}
	case len(list) == 1, !c.Marked, e.Reading.Demand >= e.Settings.Limits.Maybe:
		return nil // somebody else's, or a petition: the demand hears it
	case len(list) > 1:
		var names []string
		for _, x := range list[:min(len(list), shownNew)] {
			names = append(names, flows.Spoken(x.Case.No)+" "+x.Title)
		}
		return answer("list-which", flows.Vars{"list": flows.Text(strings.Join(names, "、"))})
	}
	people, homes := 0, 0
	for _, l := range c.Lines {
		people += l.Heads()
		if l.Place.Room != "" && l.Rest != "" && len([]rune(l.Rest)) <= 6 {
			homes++
		}
	}
	vars := flows.Vars{"lines": flows.Num(len(c.Lines)), "people": flows.Num(people)}
	if homes*2 > len(c.Lines) {
		vars["votes"] = flows.Num(homes)
	}
	if c.Others > 0 {
		vars["others"] = flows.Num(c.Others)
	}
	return answer("list-none", vars)
}
