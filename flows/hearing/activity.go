package hearing

import (
	"slices"

	"linli/flows"
)

// vetted are the stages in which everybody may know of a hearing: its topic was let through.
var vetted = []string{Planning, Asking, Set, Notice, Meeting, Minutes, Tasks, Rating, Closed}

// tellActivity answers an activity that is about the matter of this hearing: the topic, where, and
// how many have asked. Of a topic that was not let through, it says nothing.
func (t *turn) tellActivity(from flows.ID) {
	if from == "" {
		return
	}
	var a flows.About
	if t.Topic != "" && slices.Contains(vetted, t.Stage) {
		a = flows.About{No: t.e.Case.No, Item: t.Item, Title: t.Topic, Place: t.Place.Public(), People: t.People}
	}
	t.do(flows.Tell{Case: from, Name: "about", Data: flows.Data(a)})
}
