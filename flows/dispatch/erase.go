package dispatch

import (
	"slices"

	"linli/flows"
)

// erased lets go of a person (删除), or of everybody who is no official. The words,
// the photos and the exact place of a dispatch are those of the resident whose
// case opened it, so that they go with anybody but one who had the work.
func (t *turn) erased(w flows.Erased) {
	if w.Person != "" && t.worked(w.Person) {
		if _, post := t.e.Settings.Official(w.Person); !post { // no longer
			t.without(w.Person)
		}
		return
	}
	if t.Work.Media, t.Why = nil, ""; !t.Work.Decided || w.Person == "" {
		t.Work.Text = "" // what a hearing has decided is nobody's words
	}
	t.unreferred()
	p := flows.Place{Building: t.Work.Place.Building, Spot: t.Work.Place.Spot}
	if t.open() {
		p.Unit = t.Work.Place.Unit // others may wait for it there
	}
	t.Work.Place = p
	if t.open() && t.Work.Danger == "" {
		t.refresh() // the card on the phone of who has it loses them too
	}
}

func (t *turn) worked(p flows.PersonID) bool {
	return p == t.Holder || p == t.Refer.Who || p == t.Refer.From || slices.Contains(t.Ladder, p) || slices.Contains(t.Work.Except, p)
}

// without takes somebody who has no post any more out of the ladder. Where they
// had the work, it goes to whoever holds the post now, see left.
func (t *turn) without(p flows.PersonID) {
	gone := func(x flows.PersonID) bool { return x == p }
	if i := slices.Index(t.Ladder, p); i >= 0 && i < t.Rung {
		t.Rung--
	}
	t.Ladder = slices.DeleteFunc(slices.Clone(t.Ladder), gone)
	t.Work.Except = slices.DeleteFunc(slices.Clone(t.Work.Except), gone)
	if t.Holder == p {
		t.Holder = ""
	}
	if t.Refer.Who == p || t.Refer.From == p {
		t.Refer = Refer{N: t.Refer.N, Needs: t.Refer.Needs}
	}
}
