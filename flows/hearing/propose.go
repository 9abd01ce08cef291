package hearing

import (
	"cmp"
	"slices"
	"strings"

	"linli/flows"
)

// Which time: what is proposed once people have said what suits them, and why, and what is
// done when one is chosen.

// Best gives the order in which the times suit: those at which most of the needed can
// come, then most of the others; those that are no holiday and have a room before those that
// are one or have none, and of equals the earlier.
func (s State) Best() []int {
	order := make([]int, len(s.Slots))
	for i := range order {
		order[i] = i
	}
	worse := func(x Slot) int {
		n := 0
		if x.Holiday {
			n++
		}
		if x.Room == "" && s.inRoom() {
			n += 2
		}
		return n
	}
	slices.SortStableFunc(order, func(i, k int) int {
		a, b := s.Slots[i], s.Slots[k]
		return cmp.Or(cmp.Compare(len(b.Needed), len(a.Needed)), cmp.Compare(b.Others+b.Listed, a.Others+a.Listed), cmp.Compare(worse(a), worse(b)), a.From.Compare(b.From))
	})
	return order
}

// propose tells the organiser which time suits most of those who are needed, and why.
func (t *turn) propose() {
	t.tidyTimes()
	t.Stage = Planning
	order := t.Best()
	say := flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "propose", Vars: t.vars(), Slot: "propose-" + itoa(t.Shows)}
	for n, i := range order[:min(3, len(order))] {
		t.slotVars(say.Vars, itoa(n+1), i)
		say.Buttons = append(say.Buttons, flows.Button{Words: "b-slot", Vars: flows.Vars{"at": flows.At(t.Slots[i].From)}, Choice: "slot=" + itoa(i), Row: n})
	}
	say.Vars["missing"] = flows.Text(strings.Join(t.names(t.without(order[0])), "、"))
	say.Buttons = append(say.Buttons, flows.Button{Words: "b-times", Choice: "times", Row: 9})
	t.do(say)
}

// without are those who are needed and have not said that they can come at a time.
func (s State) without(i int) (list []flows.PersonID) {
	for _, p := range s.Needed {
		if !slices.Contains(s.Slots[i].Needed, p) {
			list = append(list, p)
		}
	}
	return list
}

// names are those of people with a post; nobody else is named.
func (t *turn) names(people []flows.PersonID) (list []string) {
	for _, p := range people {
		if o, ok := t.e.Settings.Official(p); ok {
			list = append(list, o.Name)
		}
	}
	return list
}

// slotVars says who can come at a time, and where it would be.
func (t *turn) slotVars(vars flows.Vars, n string, i int) {
	s := t.Slots[i]
	vars["at"+n], vars["needed"+n], vars["others"+n] = flows.At(s.From), flows.Num(len(s.Needed)), flows.Num(s.Others+s.Listed)
	if t.inRoom() && s.Room != "" {
		vars["room"+n] = flows.Text(t.roomName(s.Room))
	}
	if t.inRoom() && s.Room == "" {
		vars["roomless"+n] = flows.Text("1")
	}
	if s.Holiday {
		vars["holiday"+n] = flows.Text("1")
	}
}

// tidyTimes takes the buttons of the question away.
func (t *turn) tidyTimes() {
	if t.Until.IsZero() {
		return
	}
	say := flows.Say{Class: flows.Notice, Words: "times-over", Vars: t.vars(), Slot: "times", Tidy: true}
	for _, to := range []flows.To{{Nearest: t.Scope}, {Entries: TagAsked}} {
		say.To = to
		t.do(say)
	}
}

// pick settles the time.
func (t *turn) pick(i int, ok bool) {
	if !ok || i < 0 || i >= len(t.Slots) {
		t.holds()
		return
	}
	s := t.Slots[i]
	if !s.From.After(t.e.At) {
		t.toast("slot-past", nil)
		return
	}
	if t.Stage == Asking {
		t.tidyTimes()
	}
	t.free(-1)
	t.Stage, t.From, t.To, t.Slots, t.Booked = Set, s.From, s.To, nil, false
	if t.inRoom() {
		if s.Room == "" {
			t.Room = ""
		} else {
			t.Room = s.Room
			t.book(s.Room, flows.TheMeeting, s.From, s.To)
		}
	}
	t.board(true)
}
