package demand

import (
	"slices"

	"linli/flows"
)

// An activity that is about this matter (一起清理、巡查): it hears what the matter is and how
// many have asked, where that may be told at all, and those who asked hear once that it
// takes place.

// about answers an activity. Of what is a household's own, discreet, or about a person it
// says nothing.
func (t *turn) about(from flows.ID) {
	if from == "" {
		return
	}
	var a flows.About
	if t.tellable() {
		a = flows.About{No: t.e.Case.No, Item: t.Item, Place: t.Place.Public(), People: t.people()}
	}
	t.do(flows.Tell{Case: from, Name: "about", Data: flows.Data(a)})
}

// tellable says that everybody may know of it: a record, and a matter for many.
func (t *turn) tellable() bool {
	return t.debatable() && (t.open() || t.Stage == Done || t.Stage == Closed || t.Stage == Returned) && t.Summary().Numbered
}

// mostAnnounced is of how many activities about one matter those concerned hear.
const mostAnnounced = 20

// announced tells who has asked that an activity about it takes place, once; before it has a
// time there is nothing to tell.
func (t *turn) announced(w flows.Told) {
	x := data[flows.Listed](w.Data)
	if w.From == "" || x.At.IsZero() || !x.At.After(t.e.At) || !t.tellable() || slices.Contains(t.Announced, w.From) || len(t.Announced) >= mostAnnounced {
		return
	}
	t.Announced = append(slices.Clone(t.Announced), w.From)
	vars := flows.Vars{"at": flows.At(x.At), "title": flows.Text(x.Title), "where": flows.Text(x.Where)}
	look := []flows.Button{{Words: "b-look", Choice: "look", Case: w.From}}
	if t.Reporter != "" {
		t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Notice, Words: "activity", Vars: vars, Buttons: look})
	}
	if t.e.Counts["follower"] > 0 {
		t.do(flows.Say{To: flows.To{Entries: "follower"}, Class: flows.Notice, Words: "activity", Vars: vars, Buttons: look})
	}
}
