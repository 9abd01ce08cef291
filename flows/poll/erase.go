package poll

import (
	"slices"

	"linli/flows"
)

// erased lets go of a person, or of everybody who is no official. While people
// vote, a vote goes with who cast it; afterwards it has been counted, and what is left of it
// is a receipt without a household.
func (t *turn) erased(w flows.Erased) {
	goes := func(p flows.PersonID) bool {
		if w.Person != "" {
			return p == w.Person
		}
		_, post := t.e.Settings.Official(p)
		return p != "" && !post
	}
	if goes(t.Wish) {
		if t.Stage == Asked {
			t.Stage = Gone
			if !t.Shown.IsZero() {
				t.do(flows.Say{To: flows.To{Role: flows.Captain, Scope: t.Scope}, Class: flows.Work, Words: "wish-gone", Slot: "wish-card", Tidy: true})
			}
		}
		t.Wish = ""
	}
	t.Doubts = slices.DeleteFunc(slices.Clone(t.Doubts), goes)
	if len(t.Doubts) == 0 {
		t.Doubts = nil
	}
	if t.Unsure != nil && goes(t.Unsure.By) {
		t.Unsure = nil
	}
	if w.Person == "" {
		t.Lines, t.Unsure = nil, nil // the entries are all deleted by the engine
		return
	}
	if _, post := t.e.Settings.Official(t.Starter); goes(t.Starter) && !post {
		t.Starter = ""
	}
	former := t.former()
	if t.e.Entry == nil || t.Stage == Open && former == "" {
		return // what waits, and while people vote a vote of one's own, goes with the entry itself
	}
	entry, key := *t.e.Entry, t.e.Entry.Key
	if former != "" {
		key, entry = former, t.e.Entries[former]
	}
	_, building, ok := voteTag(entry.Tag)
	v := data[Vote](entry.Data)
	if ok && v.Before != nil && v.Before.By == w.Person {
		v.Before = nil
		t.do(flows.Put{Entry: flows.Entry{Key: key, Tag: entry.Tag, Data: flows.Data(v)}})
	}
	if !ok || v.By != w.Person {
		return
	}
	if t.Stage == Open {
		t.remove(key, v)
		return
	}
	letter, at, how := v.Cast()
	if !t.Named && (t.Stopped || t.Count != nil && t.Count.Cutting) {
		letter = "" // the cut may have passed by already
	}
	v = Vote{Choice: letter, At: flows.Clock(0).On(at), How: how, Area: v.Area}
	t.Anon++
	t.do(flows.Put{Entry: flows.Entry{Key: key}, Delete: true},
		flows.Put{Entry: flows.Entry{Key: ErasedKey + t.Receipt(key), Tag: Tag(letter, building), Data: flows.Data(v)}})
	switch {
	case t.Stage == Counting:
		t.begin(false) // the pages are others now
	case t.Outcome != nil:
		t.reseal()
	}
}
