package menu

import (
	"slices"
	"strconv"
	"time"

	"linli/flows"
)

// wishes are those of the actor, out of their own entry.
func (t *turn) wishes() []Wish {
	if t.e.Entry == nil || t.e.Entry.Tag != TagOwn {
		return nil
	}
	return data[[]Wish](t.e.Entry.Data)
}

// keep writes somebody's own entry, and in their profile which dishes they wish for.
func (t *turn) keep(p flows.PersonID, all []Wish) {
	ids := []string{}
	for _, w := range all {
		ids = append(ids, w.Dish)
	}
	own := flows.Entry{Key: string(p), Tag: TagOwn, Data: flows.Data(all)}
	if len(all) > 0 {
		own.Order = all[0].At.UnixMilli()
	}
	t.do(flows.Put{Entry: own, Delete: len(all) == 0}, flows.Remember{Person: p, Wishes: &ids})
}

func (t *turn) vote(dish string, p flows.PersonID, at time.Time) {
	t.more[dish]++
	t.do(flows.Put{Entry: flows.Entry{Key: wishKey(dish, p), Tag: dish, Order: at.UnixMilli()}})
}

func (t *turn) unvote(dish string, p flows.PersonID) {
	t.more[dish]--
	t.do(flows.Put{Entry: flows.Entry{Key: wishKey(dish, p)}, Delete: true})
}

// minor answers somebody who is under age: a parent wishes and signs up for them.
func (t *turn) minor() bool { return t.e.By.Profile.Age == flows.Minor }

// wish takes what somebody would like there to be.
func (t *turn) wish(line flows.WishLine) {
	text := clean(line.Text)
	switch {
	case t.minor():
		t.reply("minor", nil)
		return
	case core(text) == "":
		t.reply("want", nil)
		return
	}
	at := t.same(text)
	if at < 0 {
		at = t.dish(text, line.Interest)
	}
	if at < 0 {
		t.reply("full", nil)
		return
	}
	d := &t.Dishes[at]
	vars := flows.Vars{"text": flows.Text(text)}
	switch first, ok := t.add(d.ID, text); {
	case !ok && first:
		t.reply("wish-already", vars)
		return
	case !ok:
		t.reply("wish-many", flows.Vars{"n": flows.Num(maxWishes)})
		return
	}
	if n := t.e.Counts[d.ID]; n > 0 {
		vars["n"] = flows.Num(n)
	}
	if !slices.ContainsFunc(d.Said, func(x Said) bool { return x.Text == text }) && text != d.Title && len(d.Said) < maxSaid {
		d.Said = append(slices.Clone(d.Said), Said{text, t.e.By.Person})
	}
	if d.Title == "" {
		vars["new"] = flows.Num(1)
		t.tellStaff(t.e.Counts[d.ID] == 0)
	}
	if t.e.By.Profile.Stopped() {
		vars["stopped"] = flows.Num(1)
	}
	t.reply("wish", vars, flows.Button{Words: "b-withdraw", Choice: "un!=" + d.ID}, flows.Button{Words: "b-likes", Choice: "likes!"})
	t.cardSoon()
}

// add notes a wish of the actor. Where it does not, already says that they had it before.
func (t *turn) add(dish, text string) (already, ok bool) {
	all := slices.Clone(t.wishes())
	if slices.ContainsFunc(all, func(w Wish) bool { return w.Dish == dish }) {
		return true, false
	}
	if len(all) >= maxWishes {
		return false, false
	}
	t.vote(dish, t.e.By.Person, t.e.At)
	t.keep(t.e.By.Person, append(all, Wish{Dish: dish, Text: text, At: t.e.At}))
	return false, true
}

// dish makes a dish of a wish that is like no other, and gives its place; -1 where there are
// too many. What the community's interests name is on the menu at once.
func (t *turn) dish(text, interest string) int {
	l := lexiconOf(t.e.Settings)
	title, _ := l.plain(text)
	if _, ok := t.e.Settings.Interest(interest); !ok {
		interest = ""
	}
	if found := l.terms(text); len(found) > 0 {
		interest = found[0].interest
	}
	return t.newDish(Dish{Title: title, Interest: interest})
}

func (t *turn) newDish(d Dish) int {
	if len(t.Dishes) >= maxDishes {
		idle := slices.IndexFunc(t.Dishes, func(x Dish) bool { return t.e.Counts[x.ID] == 0 && x.Title != "" })
		if idle < 0 {
			return -1
		}
		t.Dishes = slices.Delete(t.Dishes, idle, idle+1)
	}
	t.Made++
	d.ID = "d" + strconv.Itoa(t.Made)
	t.Dishes = append(t.Dishes, d)
	return len(t.Dishes) - 1
}

// withdraw takes a wish of the actor back.
func (t *turn) withdraw(dish string) {
	all := slices.Clone(t.wishes())
	i := slices.IndexFunc(all, func(w Wish) bool { return w.Dish == dish })
	if i < 0 {
		t.toast("withdrawn-already", nil)
		return
	}
	text := all[i].Text
	if at := t.Dish(dish); text == "" && at >= 0 {
		text = t.Dishes[at].Title
	}
	t.unvote(dish, t.e.By.Person)
	t.keep(t.e.By.Person, slices.Delete(all, i, i+1))
	t.unsay(t.e.By.Person, func(d Dish) bool { return d.ID == dish })
	t.toast("withdrawn", flows.Vars{"text": flows.Text(text)})
	t.cardSoon()
}

// unsay takes somebody's words out of dishes.
func (t *turn) unsay(p flows.PersonID, of func(Dish) bool) {
	for i, d := range t.Dishes {
		if of(d) && slices.ContainsFunc(d.Said, func(x Said) bool { return x.By == p }) {
			t.Dishes[i].Said = slices.DeleteFunc(slices.Clone(d.Said), func(x Said) bool { return x.By == p })
		}
	}
}

// tidy ends a step. A dish that is not on the menu goes when nobody wishes it any more; one
// that has lost the words it was known by is called by those of the next who wishes it.
func (t *turn) tidy() {
	was := len(t.Dishes)
	t.Dishes = slices.DeleteFunc(t.Dishes, func(d Dish) bool {
		return d.Title == "" && d.Into == "" && !d.Off && t.more[d.ID] < 0 && t.e.Counts[d.ID]+t.more[d.ID] <= 0
	})
	for i, d := range t.Dishes {
		if len(d.Said) == 0 {
			t.Dishes[i].Said = nil
		}
		if _, paged := t.e.What.(flows.Answered); !paged && d.Title == "" && len(d.Said) == 0 && d.Into == "" && !d.Off {
			t.do(flows.Next{Tag: d.ID, N: 1}) // see retitle
		}
	}
	if len(t.Dishes) == 0 {
		t.Dishes = nil
	}
	if len(t.Dishes) < was {
		t.tellStaff(false)
	}
}

// mine shows the actor what they wish for.
func (t *turn) mine() {
	var buttons []flows.Button
	for i, w := range t.wishes() {
		text := w.Text
		if at := t.Dish(w.Dish); text == "" && at >= 0 {
			text = t.Dishes[at].Title
		}
		buttons = append(buttons, flows.Button{Words: "b-withdraw-one", Vars: flows.Vars{"text": flows.Text(text)}, Choice: "un!=" + w.Dish, Row: i})
	}
	if len(buttons) == 0 {
		t.reply("mine-none", nil)
		return
	}
	t.reply("mine", flows.Vars{"n": flows.Num(len(buttons))}, buttons...)
}

// fulfilled lets the wishes go that have come true.
func (t *turn) fulfilled(f flows.Fulfilled) {
	for i, p := range f.People {
		own, ok := t.e.Entries[string(p)]
		if !ok || slices.Contains(f.People[:i], p) {
			continue
		}
		all := data[[]Wish](own.Data)
		left := slices.DeleteFunc(slices.Clone(all), func(w Wish) bool { return w.Dish == f.Dish })
		if len(left) == len(all) || own.Tag != TagOwn {
			continue
		}
		t.unvote(f.Dish, p)
		t.keep(p, left)
		t.unsay(p, func(d Dish) bool { return d.ID == f.Dish })
	}
	t.cardSoon()
}

// paged goes on with the wishers of a dish: those of one that is put together with another,
// or taken away, until there are none; or the next in whose words one is called.
func (t *turn) paged(dish string, votes []flows.Entry) {
	at := t.Dish(dish)
	if at < 0 {
		return
	}
	d := t.Dishes[at]
	switch {
	case d.Into == "" && !d.Off:
		t.retitle(at, votes)
		return
	case len(votes) == 0:
		t.Dishes = slices.Delete(t.Dishes, at, at+1)
		if into := t.Dish(d.Into); into >= 0 {
			x := &t.Dishes[into]
			for _, s := range d.Said {
				if len(x.Said) < maxSaid {
					x.Said = append(slices.Clone(x.Said), s)
				}
			}
		}
		return
	}
	for _, v := range votes {
		p := wisher(v.Key)
		t.unvote(dish, p)
		own, ok := t.e.Entries[string(p)]
		if !ok || own.Tag != TagOwn {
			continue
		}
		all := slices.Clone(data[[]Wish](own.Data))
		i := slices.IndexFunc(all, func(w Wish) bool { return w.Dish == dish })
		switch has := slices.ContainsFunc(all, func(w Wish) bool { return w.Dish == d.Into }); {
		case i < 0:
			continue
		case d.Into == "" || has:
			if text := all[i].Text; d.Off && d.Title == "" && text != "" {
				t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Personal, Words: "off-told", Vars: flows.Vars{"text": flows.Text(text)}})
			}
			all = slices.Delete(all, i, i+1)
		default:
			all[i].Dish = d.Into
			t.vote(d.Into, p, all[i].At)
		}
		t.keep(p, all)
	}
	t.do(flows.Next{Tag: dish, N: page})
}

// retitle calls a dish by the words of somebody who wishes it.
func (t *turn) retitle(at int, votes []flows.Entry) {
	d := &t.Dishes[at]
	if d.Title != "" || len(d.Said) > 0 {
		return
	}
	for _, v := range votes {
		p := wisher(v.Key)
		for _, w := range data[[]Wish](t.e.Entries[string(p)].Data) {
			if w.Dish == d.ID && w.Text != "" {
				d.Said = []Said{{w.Text, p}}
			}
		}
	}
	if len(d.Said) == 0 {
		t.Dishes = slices.Delete(t.Dishes, at, at+1)
	}
	t.tellStaff(false)
}
