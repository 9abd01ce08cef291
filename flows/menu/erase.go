package menu

import (
	"slices"

	"linli/flows"
)

// erased lets go of a person, or of everybody who is no official: their wishes, and their
// words of dishes. What staff have put on the menu stays; it is nobody's.
func (t *turn) erased(w flows.Erased) {
	if w.Person == "" {
		// The menu is never over; should it be, all entries go with this.
		for i := range t.Dishes {
			t.Dishes[i].Said = slices.DeleteFunc(slices.Clone(t.Dishes[i].Said), func(x Said) bool {
				_, post := t.e.Settings.Official(x.By)
				return !post
			})
		}
		t.Dishes = slices.DeleteFunc(t.Dishes, func(d Dish) bool { return d.Title == "" && len(d.Said) == 0 })
		return
	}
	for _, x := range t.wishes() {
		t.unvote(x.Dish, w.Person)
	}
	if t.e.Entry != nil {
		t.do(flows.Put{Entry: flows.Entry{Key: t.e.Entry.Key}, Delete: true})
	}
	t.unsay(w.Person, func(Dish) bool { return true })
	t.cardSoon()
}

// joined puts the wishes of another account of the actor's to theirs.
func (t *turn) joined(old flows.Entry) {
	was := flows.PersonID(old.Key)
	if old.Tag != TagOwn || was == t.e.By.Person {
		return
	}
	all := slices.Clone(t.wishes())
	for _, w := range data[[]Wish](old.Data) {
		t.unvote(w.Dish, was)
		if len(all) < maxWishes && !slices.ContainsFunc(all, func(x Wish) bool { return x.Dish == w.Dish }) && t.Dish(w.Dish) >= 0 {
			all = append(all, w)
			t.vote(w.Dish, t.e.By.Person, w.At)
		}
	}
	t.do(flows.Put{Entry: flows.Entry{Key: old.Key}, Delete: true})
	t.keep(t.e.By.Person, all)
}
