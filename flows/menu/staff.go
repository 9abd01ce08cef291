package menu

import (
	"slices"
	"strconv"
	"strings"

	"linli/flows"
)

// What staff do with the menu.

const perMenu = 8

// news are the dishes that are not on the menu: somebody's words, which staff look at.
func (t *turn) news() []Dish {
	return t.sorted(nil, func(d Dish) bool { return d.Title == "" && len(d.Said) > 0 && d.Into == "" && !d.Off })
}

func (t *turn) newsSlot() string { return "news-" + strconv.Itoa(t.News) }

// newsCard shows the first of them.
func (t *turn) newsCard() flows.Say {
	say := flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Words: "news-none", Slot: t.newsSlot()}
	all := t.news()
	if len(all) == 0 {
		return say
	}
	say.Words, say.Vars = "news", flows.Vars{"text": flows.Text(all[0].words()), "more": flows.Num(len(all) - 1)}
	if all[0].Interest != "" {
		say.Vars["interest"] = flows.Text(all[0].Interest)
	}
	say.Buttons = newButtons(all[0].ID)
	return say
}

func newButtons(id string) []flows.Button {
	return []flows.Button{{Words: "b-up", Choice: "up=" + id}, {Words: "b-name", Choice: "name=" + id}, {Words: "b-into", Choice: "into=" + id, Row: 1}, {Words: "b-off", Choice: "off=" + id, Row: 1}}
}

// tellStaff shows staff what is new. They have one card at a time: as long as it is not dealt
// with, what comes in meanwhile only changes it.
func (t *turn) tellStaff(fresh bool) {
	if fresh && len(t.news()) == 1 {
		t.News++
		t.do(t.newsCard())
		return
	}
	if t.News > 0 {
		say := t.newsCard()
		say.Tidy = true
		t.do(say)
	}
}

// nextNews shows whoever has just decided the next one, in place of the last.
func (t *turn) nextNews() {
	if t.News > 0 {
		say := t.newsCard()
		say.Tidy, say.Reply = len(t.news()) == 0, true
		t.do(say)
	}
}

// menu shows staff what is wished.
func (t *turn) menu(from int) {
	if !t.staff() {
		t.list(0)
		return
	}
	all := t.sorted(t.e.Counts, func(Dish) bool { return true })
	if from >= len(all) {
		from = 0
	}
	vars := flows.Vars{"n": flows.Num(len(all)), "people": flows.Num(t.e.Counts[TagOwn])}
	var buttons []flows.Button
	for i, d := range all[from:min(len(all), from+perMenu)] {
		label := flows.Vars{"text": flows.Text(d.words()), "n": flows.Num(t.e.Counts[d.ID])}
		if d.Title == "" {
			label["new"] = flows.Num(1)
		}
		buttons = append(buttons, flows.Button{Words: "b-dish", Vars: label, Choice: "dish=" + d.ID, Row: i / 2})
	}
	if next := from + perMenu; next < len(all) {
		buttons = append(buttons, flows.Button{Words: "b-more", Choice: "menu=" + strconv.Itoa(next), Row: perMenu})
	}
	buttons = append(buttons, flows.Button{Words: "b-ask", Choice: "ask", Row: perMenu + 1})
	t.reply("menu", vars, buttons...)
}

// serve is a button of staff.
func (t *turn) serve(w flows.Chose) {
	switch w.Choice {
	case "menu":
		t.menu(number(w.Value))
		return
	case "ask":
		t.preview()
		return
	case "send":
		t.send()
		return
	}
	id, into, _ := strings.Cut(w.Value, ";")
	at := t.Dish(id)
	if at < 0 {
		t.toast("dish-gone", nil)
		return
	}
	switch d := &t.Dishes[at]; w.Choice {
	case "dish":
		t.show(*d)
	case "up":
		if d.Title != "" || len(d.Said) == 0 {
			t.toast("dish-up-already", nil)
			return
		}
		d.Title = d.Said[0].Text
		t.nextNews()
		t.toast("dish-up", flows.Vars{"title": flows.Text(d.Title)})
		t.cardSoon()
	case "name":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: "ask-name", Vars: flows.Vars{"text": flows.Text(d.words())}, Reply: true, Expect: "name=" + d.ID})
	case "into":
		t.into(*d, into)
	case "off":
		d.Off = true
		t.do(flows.Next{Tag: d.ID, N: page})
		t.toast("dish-off", nil)
		t.nextNews()
		t.cardSoon()
	case "open":
		if d.Title == "" {
			t.toast("dish-first", nil)
			return
		}
		t.open(d.ID)
		t.toast("dish-open", nil)
	default:
		t.toast("dish-gone", nil)
	}
}

// show shows staff one dish.
func (t *turn) show(d Dish) {
	vars := flows.Vars{"text": flows.Text(d.words()), "n": flows.Num(t.e.Counts[d.ID])}
	if d.Interest != "" {
		vars["interest"] = flows.Text(d.Interest)
	}
	if rate, shown := t.Prior(d.Interest, t.e.At, t.e.Settings.Activities.Small); rate > 0 {
		vars["rate"] = flows.Num(rate)
		if shown > 0 {
			vars["shown"] = flows.Num(shown)
		}
	}
	if d.Title == "" {
		t.reply("dish-new", vars, newButtons(d.ID)...)
		return
	}
	t.reply("dish", vars, flows.Button{Words: "b-open", Choice: "open=" + d.ID}, flows.Button{Words: "b-name", Choice: "name=" + d.ID},
		flows.Button{Words: "b-into", Choice: "into=" + d.ID, Row: 1}, flows.Button{Words: "b-take-off", Choice: "off=" + d.ID, Row: 1})
}

// said is the name that staff give a dish.
func (t *turn) said(w flows.Said) {
	id, ok := strings.CutPrefix(w.Tag, "name=")
	if !ok || !t.staff() {
		return
	}
	at, title := t.Dish(id), clean(w.Message.Text)
	switch {
	case at < 0:
		t.reply("dish-gone", nil)
	case title == "":
		t.reply("name-what", nil)
	default:
		fresh := t.Dishes[at].Title == ""
		t.Dishes[at].Title = title
		t.reply("named", flows.Vars{"title": flows.Text(title)})
		if fresh {
			t.nextNews()
		}
		t.cardSoon()
	}
}

// into puts a dish together with another; without one it asks with which.
func (t *turn) into(d Dish, other string) {
	if to := t.Dish(other); to >= 0 && other != d.ID && t.Dishes[to].Title != "" {
		t.Dishes[t.Dish(d.ID)].Into = other
		t.do(flows.Next{Tag: d.ID, N: page})
		t.toast("dish-into", flows.Vars{"title": flows.Text(t.Dishes[to].Title)})
		t.nextNews()
		t.cardSoon()
		return
	}
	all := t.sorted(t.e.Counts, func(x Dish) bool { return x.Title != "" && x.ID != d.ID })
	// The likest first, then the most wished.
	l := lexiconOf(t.e.Settings)
	score := func(x Dish) float64 { return l.likeness(d.words(), x.Title) }
	slices.SortStableFunc(all, func(a, b Dish) int {
		same := func(x Dish) int {
			if x.Interest != "" && x.Interest == d.Interest {
				return 1
			}
			return 0
		}
		switch {
		case score(a) > score(b):
			return -1
		case score(a) < score(b):
			return 1
		}
		return same(b) - same(a)
	})
	var buttons []flows.Button
	for i, x := range all[:min(len(all), perMenu)] {
		buttons = append(buttons, flows.Button{Words: "b-dish", Vars: flows.Vars{"text": flows.Text(x.Title), "n": flows.Num(t.e.Counts[x.ID])}, Choice: "into=" + d.ID + ";" + x.ID, Row: i / 2})
	}
	if len(buttons) == 0 {
		t.toast("into-none", nil)
		return
	}
	t.reply("into", flows.Vars{"text": flows.Text(d.words())}, buttons...)
}

// offer is what an activity of a dish is opened with.
func (t *turn) offer(d Dish) flows.Offer {
	o := flows.Offer{Dish: d.ID, Title: d.Title, Interest: d.Interest, Wished: t.e.Counts[d.ID]}
	o.Rate, o.Shown = t.Prior(d.Interest, t.e.At, t.e.Settings.Activities.Small)
	return o
}

// open begins an activity of a dish.
func (t *turn) open(dish string) {
	t.do(flows.Open{Flow: flows.ActivityFlow, Apart: true, Data: flows.Data(t.offer(t.Dishes[t.Dish(dish)]))})
}

// teach begins the activity that somebody says they could hold: staff decide in it. It is of
// the dish of that name, if there is one.
func (t *turn) teach() {
	o := t.e.Reading.Offer
	if o == nil || clean(o.Title) == "" {
		return
	}
	offer := flows.Offer{Title: clean(o.Title)}
	if found := lexiconOf(t.e.Settings).terms(offer.Title); len(found) > 0 {
		offer.Interest = found[0].interest
	}
	if at := t.same(offer.Title); at >= 0 && t.Dishes[at].Title != "" {
		title := offer.Title
		offer = t.offer(t.Dishes[at])
		offer.Title = title
	} else {
		offer.Rate, offer.Shown = t.Prior(offer.Interest, t.e.At, t.e.Settings.Activities.Small)
	}
	t.do(flows.Open{Flow: flows.ActivityFlow, Apart: true, Data: flows.Data(offer)})
}
