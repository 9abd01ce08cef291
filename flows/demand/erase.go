package demand

import (
	"slices"

	"linli/flows"
)

// Letting go of people (删除). Somebody who asks for it is let go of at once; of
// everybody else nothing is left when the time is over for which such a case keeps
// people. What stays is what, which building, when, and how it ended.

// erased lets go of a person, or of everybody who is no official.
func (t *turn) erased(w flows.Erased) {
	goes := func(p flows.PersonID) bool {
		if w.Person != "" {
			return p == w.Person
		}
		_, post := t.e.Settings.Official(p)
		return p != "" && !post
	}
	// Words whose author is not known (a case of an earlier version) go with anybody.
	author := goes(t.Reporter) || goes(t.Left) || t.Reporter == "" && t.Left == "" || w.Person == ""
	alone := w.Person == "" || t.e.Counts["follower"] == 0
	if goes(t.Reporter) {
		t.leave(alone)
	}
	if goes(t.Left) {
		t.Left = ""
	}
	if author {
		t.wipe()
	}
	if e := t.follower(w.Person); e && t.open() {
		n := t.people() - 1
		t.groupLine(n)
		t.toJob("people", flows.TaskUpdate{People: n})
	}
	if _, post := t.e.Settings.Official(w.Person); w.Person == "" || post {
		return // who did the work is known by their post
	}
	t.Past = slices.DeleteFunc(slices.Clone(t.Past), goes)
	if goes(t.Who) {
		t.Who = ""
	}
}

// follower says that the one who is let go of followed it.
func (t *turn) follower(p flows.PersonID) bool {
	return p != "" && t.e.Entry != nil && t.e.Entry.Key == string(p) && t.e.Entry.Tag == "follower"
}

// leave takes the reporter out. The case goes on for those who follow it, or because
// it is more than the reporter's; else it ends.
func (t *turn) leave(alone bool) {
	switch t.Stage {
	case Offered:
		t.Stage = Gone
		t.endOffer("offer-over")
	case Placing, Which:
		t.Stage = Gone
		if t.mouth().Chat != "" {
			t.do(flows.Say{To: t.mouth(), Class: t.class(), Reply: true, Words: "not-filed", Slot: "ask", Vars: t.vars()})
		}
	case Draft:
		t.Stage = Gone
		t.do(flows.Say{To: t.desk(), Class: t.work(), Words: "draft-dismissed", Slot: "draft", Vars: t.vars()})
	case Preview:
		t.Stage = Gone
	case Done, Returned:
		t.Stage = Closed // nobody is left to judge it
		t.toJob("closed", flows.TaskUpdate{})
	case Filed, Talked:
		if !alone {
			break
		}
		t.Stage = Withdrawn
		t.groupSay("group-withdrawn")
		t.tidy()
		t.toJob("withdrawn", flows.TaskUpdate{})
	}
	t.Reporter, t.Private, t.Behalf = "", false, false
}

// wipe lets go of what was said, and of the place but for the building. Where
// others wait for the same, the unit is theirs too.
func (t *turn) wipe() {
	if !t.open() || t.mute() {
		t.Group = "" // what no group might hear before, none hears now that the place is less exact
	}
	t.Words, t.First, t.Media, t.Point, t.Ref, t.Result = "", "", nil, nil, "", ""
	t.Talk.Text = ""
	t.Choosing, t.Asking = "", ""
	p := flows.Place{Building: t.Place.Building, Spot: t.Place.Spot}
	if t.open() {
		p.Unit = t.Place.Unit
	}
	t.Place = p
}

// Own is what is held of a person who said it, and how it stands.
func (s State) Own(p flows.PersonID) flows.Own {
	t := &turn{State: s}
	o := flows.Own{Words: "now-" + t.stageWords(), Vars: t.vars()}
	if p != "" && (p == s.Reporter || p == s.Left) {
		o.Said, o.Media = s.Words, s.Media
	}
	return o
}
