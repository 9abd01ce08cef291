package hearing

import (
	"slices"

	"linli/flows"
)

// Letting go of people. What somebody has said goes with them; what was decided stays.

// erased lets go of a person, or of everybody who is no official.
func (t *turn) erased(w flows.Erased) {
	goes := func(p flows.PersonID) bool {
		if w.Person != "" {
			return p == w.Person
		}
		_, post := t.e.Settings.Official(p)
		return p != "" && !post
	}
	if goes(t.Proposer) {
		if t.Stage == Waiting || t.Stage == Review {
			t.retracted() // nobody has said yes to it yet: it is still theirs alone
		}
		if t.Stage == Offered {
			t.Stage = Gone
			t.do(flows.Say{To: flows.To{Person: t.Proposer}, Class: flows.Personal, Words: "dropped", Vars: t.vars(), Slot: "offer", Tidy: true})
		}
		t.Proposer = ""
	}
	if t.Unsure != nil && goes(t.Unsure.By) {
		t.Unsure = nil
	}
	needed := t.needs(w.Person)
	t.Needed = slices.DeleteFunc(slices.Clone(t.Needed), goes)
	t.Slots = slices.Clone(t.Slots)
	for i := range t.Slots {
		t.Slots[i].Needed = slices.DeleteFunc(slices.Clone(t.Slots[i].Needed), goes)
	}
	if w.Person == "" {
		t.Lists = nil
		if len(t.Draft) > 0 {
			t.unword()
		}
		for i := range t.Dissents {
			t.Dissents = slices.Clone(t.Dissents)
			t.Dissents[i].Left = t.Dissents[i].Left || t.Dissents[i].Answered.IsZero()
		}
		return // the entries are all deleted by the engine
	}
	if _, post := t.e.Settings.Official(w.Person); !post {
		t.unpost(goes)
	}
	if t.e.Entry == nil {
		return
	}
	part, tag := t.mine()
	if seated(tag) {
		t.leaveSeat(part, tag)
	}
	for i := range t.Slots {
		if part.Ticks&(1<<i) != 0 && !needed {
			t.Slots[i].Others = max(0, t.Slots[i].Others-1)
		}
	}
	t.Dissents = slices.Clone(t.Dissents)
	for _, n := range part.Items {
		x, ok := t.itemOf(n)
		if !ok || x.By != w.Person {
			continue
		}
		t.strike(n, x)
		if i := t.dissentOf(n); i >= 0 {
			t.Dissents[i].Left = true
			t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "dissent-gone", Vars: t.vars(), Slot: "dissent-" + itoa(n), Tidy: true})
		}
	}
	t.settle()
}

// unpost takes out somebody who held a post when they did something here, and holds none
// any more.
func (t *turn) unpost(goes func(flows.PersonID) bool) {
	drop := func(p *flows.PersonID) {
		if goes(*p) {
			*p = ""
		}
	}
	drop(&t.Organiser)
	drop(&t.Chair)
	drop(&t.Chaired)
	drop(&t.Vetted.By)
	drop(&t.Signed.By)
	drop(&t.Signed.Chair)
	t.Decisions, t.Waived, t.Fixes, t.Objected, t.Points = slices.Clone(t.Decisions), slices.Clone(t.Waived), slices.Clone(t.Fixes), slices.Clone(t.Objected), slices.Clone(t.Points)
	for i := range t.Waived {
		drop(&t.Waived[i].By)
	}
	for i := range t.Fixes {
		drop(&t.Fixes[i].By)
	}
	for i := range t.Objected {
		drop(&t.Objected[i].By)
	}
	for i := range t.Points {
		if h := t.Points[i].Hands; h != nil && goes(h.By) {
			c := *h
			c.By = ""
			t.Points[i].Hands = &c
		}
	}
	if t.Frozen != nil && goes(t.Frozen.By) {
		c := *t.Frozen
		c.By = ""
		t.Frozen = &c
	}
	if len(t.Draft) > 0 {
		t.draft()
	}
}

// joined makes one of what two accounts have done who are one person.
func (t *turn) joined(old flows.Entry) {
	from, me := flows.PersonID(old.Key), t.e.By.Person
	theirs := t.part(old)
	theirs.Round = t.Round
	part, tag := t.mine()
	t.do(flows.Put{Entry: flows.Entry{Key: old.Key}, Delete: true})
	if t.Proposer == from {
		t.Proposer = me
	}
	t.Slots = slices.Clone(t.Slots)
	for i := range t.Slots {
		t.ticked(i, from, theirs.Ticks&(1<<i) != 0, false)
		t.ticked(i, me, part.Ticks&(1<<i) != 0, false)
	}
	if t.needs(from) {
		t.Needed = slices.DeleteFunc(slices.Clone(t.Needed), func(p flows.PersonID) bool { return p == me })
		t.Needed[slices.Index(t.Needed, from)] = me
	}
	for i := range t.Slots {
		t.ticked(i, me, false, (theirs.Ticks|part.Ticks)&(1<<i) != 0)
	}
	for _, n := range theirs.Items {
		if x, ok := t.itemOf(n); ok && x.By == from {
			x.By = me
			t.putItem(n, x)
		}
	}
	switch {
	case tag == "":
		part, tag = theirs, old.Tag
	default:
		if theirs.Reserved {
			t.Taken.Kept = max(0, t.Taken.Kept-1)
		}
		if seated(old.Tag) { // one person has one seat
			t.Taken.Seats = max(0, t.Taken.Seats-1)
			if tag != TagHere && !seated(tag) {
				t.Taken.Seats++
				tag = TagYes
			}
		}
		if old.Tag == TagHere {
			if tag == TagHere {
				t.Came = max(0, t.Came-1)
				t.Taken.Seats = max(0, t.Taken.Seats-1)
			} else {
				if seated(tag) {
					t.Taken.Seats = max(0, t.Taken.Seats-1)
				}
				tag = TagHere
			}
		}
		part.Ticks |= theirs.Ticks
		part.Items = append(slices.Clone(part.Items), theirs.Items...)
		if theirs.Rate != "" && part.Rate != "" {
			t.unrate(theirs.Rate)
		} else if part.Rate == "" {
			part.Rate = theirs.Rate
		}
	}
	order := t.e.At.UnixMilli()
	switch {
	case tag == old.Tag && (t.e.Entry == nil || t.e.Entry.Tag != tag || old.Order < t.e.Entry.Order):
		order = old.Order // the earlier of the two places in the row
	case t.e.Entry != nil && t.e.Entry.Tag == tag:
		order = t.e.Entry.Order
	}
	t.do(flows.Put{Entry: flows.Entry{Key: string(me), Tag: tag, Order: order, Data: flows.Data(part)}})
	t.nextWaiting()
}

func (t *turn) unrate(v string) {
	switch v {
	case "good":
		t.Rated.Good = max(0, t.Rated.Good-1)
	case "fair":
		t.Rated.Fair = max(0, t.Rated.Fair-1)
	case "bad":
		t.Rated.Bad = max(0, t.Rated.Bad-1)
	}
}
