package dispatch

import (
	"encoding/json"
	"slices"
	"time"

	"linli/flows"
)

// What becomes of open work when the directory changes under it: who has left
// is asked no more and hears no more, and what they had goes to whoever holds
// the post now. Somebody who only has other posts now finishes what they took.

// here says whether somebody is still in the directory.
func (t *turn) here(p flows.PersonID) bool {
	_, ok := t.e.Settings.Official(p)
	return ok
}

// ladder gives the people to ask as the directory is now: nobody who had it
// before, and nobody, not even for a danger, who then could not take it.
func (t *turn) ladder() []flows.PersonID {
	s, it, w := t.e.Settings, t.item(), t.Work
	var out []flows.PersonID
	switch {
	case w.Danger != "":
		out = s.DutyLadder(t.e.At)
	case w.Second:
		it.Owner = flows.Staff
		out = s.Ladder(it, w.Place, w.About, t.e.At)
	default:
		out = s.Ladder(it, w.Place, w.About, t.e.At)
	}
	if p := t.named(); p != "" {
		out = slices.Concat([]flows.PersonID{p}, slices.DeleteFunc(out, func(x flows.PersonID) bool { return x == p }))
	}
	barred := append(t.barred(), w.Except...)
	return slices.DeleteFunc(out, func(p flows.PersonID) bool { return slices.Contains(barred, p) || !t.here(p) })
}

// named is who was chosen to do it, or stands in for them.
func (t *turn) named() flows.PersonID {
	p := t.Work.To
	if by, away := t.e.Settings.Away(p, t.e.At); away {
		if p = by; p != "" {
			if _, too := t.e.Settings.Away(p, t.e.At); too {
				return ""
			}
		}
	}
	return p
}

// left strikes out those of the ladder who have left and were not asked yet, and
// says whether the one whose turn it is has left, too.
func (t *turn) left() bool {
	if !t.open() {
		return false
	}
	if rest := t.Rung + 1; rest < len(t.Ladder) {
		t.Ladder = slices.Concat(t.Ladder[:rest], slices.DeleteFunc(slices.Clone(t.Ladder[rest:]), func(p flows.PersonID) bool { return !t.here(p) }))
	}
	if p := t.holder(); p != "" && !t.here(p) {
		return true
	}
	// Who was erased is not named any more.
	return t.Turn > 0 && (t.holder() == "" || t.Stage != Sent && t.Holder == "")
}

// succeed gives the work of somebody who has left to whoever holds the post
// now. It begins again there: with their time to accept, and with what was
// promised to the resident, which stays.
func (t *turn) succeed() {
	old := t.Holder
	if t.Stage == Sent {
		old = t.holder()
	}
	if t.here(old) {
		old = ""
	}
	ladder := t.ladder()
	if len(ladder) == 0 {
		t.Stage, t.Holder = Sent, ""
		t.exhausted()
		return
	}
	t.Stage, t.Holder, t.Ladder, t.Rung, t.Loops = Sent, "", ladder, 0, 0
	t.Accept = t.within(t.item().Accept)
	if old != "" {
		// What stands on the phone of who left says no more what it was about.
		t.do(flows.Say{To: flows.To{Person: old}, Class: flows.Work, Tidy: true, Words: "passed", Vars: t.vars(), Slot: "card-" + string(old)})
	}
	t.ask()
	t.tell("unanswered", flows.TaskNews{Who: t.holder(), Turn: t.Turn})
}

// Next gives who would be asked first if the one who has a piece of work left
// the directory as it is in s; "" if nobody could be. raw is the work's Case.Data.
func Next(raw json.RawMessage, s *flows.Settings, at time.Time) flows.PersonID {
	t := turn{State: data[State](raw), e: flows.Event{At: at, Settings: s}}
	if l := t.ladder(); len(l) > 0 {
		return l[0]
	}
	return ""
}
