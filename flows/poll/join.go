package poll

import "linli/flows"

// joined makes one of what two accounts have done who are one person: they have one
// vote. After the end their votes have been counted, and stay under the id of each.
func (t *turn) joined(old flows.Entry) {
	from, own := flows.PersonID(old.Key), t.e.Entry
	drop := flows.Put{Entry: flows.Entry{Key: old.Key}, Delete: true}
	take := func(e flows.Entry) {
		e.Key = string(t.e.By.Person)
		t.do(flows.Put{Entry: e})
	}
	if t.Stage != Open {
		if old.Tag == "wish" && own == nil {
			t.do(drop)
			take(old)
		}
		return
	}
	t.do(drop)
	if _, building, ok := voteTag(old.Tag); ok || old.Tag == takenBack {
		vote := data[Vote](old.Data)
		if own != nil && (isVote(own.Tag) || own.Tag == takenBack) {
			mine := data[Vote](own.Data)
			if vote = later(mine, vote); vote.At.Equal(mine.At) {
				return
			}
		}
		vote.By = t.e.By.Person
		tag := Tag(vote.Choice, building)
		if vote.Choice == none {
			tag = takenBack
		}
		take(flows.Entry{Tag: tag, Data: flows.Data(vote)})
		return
	}
	key := data[mark](old.Data).Key
	v, held := t.held(key)
	if b := v.Before; held && b != nil && b.By == from {
		c := *b
		c.By = t.e.By.Person
		v.Before = &c
		t.do(flows.Put{Entry: flows.Entry{Key: key, Tag: t.e.Entries[key].Tag, Data: flows.Data(v)}})
	}
	held = held && v.By == from
	switch {
	case own != nil && own.Tag != "wish" && held && t.former() != key:
		t.remove(key, v) // one person votes for one household
	case own == nil || own.Tag == "wish":
		take(old)
		fallthrough
	case held:
		if e := t.e.Entries[key]; held {
			v.By = t.e.By.Person
			t.do(flows.Put{Entry: flows.Entry{Key: key, Tag: e.Tag, Data: flows.Data(v)}})
		}
	}
}
