package hearing

import (
	"slices"
	"strconv"
	"strings"

	"linli/flows"
)

// What the engine asks of the state: which entries it wants to see, which words it takes, who is
// passed over, what is held of a person.

// Keys are the entries that rules want to see with an event: those of people who are to be
// told, and what the actor has said.
func (s State) Keys(e flows.Event) (keys []string) {
	people := func(list []flows.PersonID) {
		for _, p := range list {
			keys = append(keys, string(p))
		}
	}
	own := func(entry *flows.Entry) {
		if entry != nil {
			for _, n := range data[Part](entry.Data).Items {
				keys = append(keys, ItemKey(n))
			}
		}
	}
	switch w := e.What.(type) {
	case flows.Chose:
		n, err := strconv.Atoi(w.Value)
		switch w.Choice {
		case "send", "publish":
			people(s.Needed)
			people([]flows.PersonID{s.Organiser, s.Chair})
		case "in":
			if !strings.Contains(w.Value, "/") { // a person, and no item
				keys = append(keys, w.Value)
			}
		case "need", "unneed":
			if !strings.Contains(w.Value, "/") {
				keys = append(keys, w.Value)
			}
		case "undo", "raise", "file", "skip", "unsay", "undissent":
			if err == nil && n > 0 {
				keys = append(keys, ItemKey(n))
			}
		case "begin":
			if s.Form == flows.Complaints {
				for _, n := range s.Before[:min(len(s.Before), maxCollect)] {
					keys = append(keys, ItemKey(n))
				}
			}
		case "named", "unnamed":
			own(e.Entry)
		}
	case flows.Said:
		if w.Edited {
			own(e.Entry)
		}
		if tag, num, ok := strings.Cut(w.Tag, "-"); ok && tag == "answer" {
			if n, err := strconv.Atoi(num); err == nil && n > 0 {
				keys = append(keys, ItemKey(n))
			}
		}
	case flows.Told:
		switch w.Name {
		case "concerned":
			people(data[flows.Concerned](w.Data).People)
		case "heard":
			if w.Said != nil && w.Said.Edited {
				own(e.Entry)
			}
		case flows.Joined:
			own(e.Entry)
			old := data[flows.Entry](w.Data)
			own(&old)
		}
	case flows.Erased:
		own(e.Entry)
	}
	return keys[:min(len(keys), 256)]
}

// Takes are the tags under which words are taken now. Who may bring them the rules decide.
func (s State) Takes() []string {
	tags := []string{"proxy", "say", "here", "dissent", "refuse", "upward", "object"}
	for _, tag := range worded {
		if slices.Contains(duties[tag], s.Stage) {
			tags = append(tags, tag)
		}
	}
	for _, d := range s.Dissents {
		if d.Answered.IsZero() && !d.Left {
			tags = append(tags, "answer-"+itoa(d.Item))
		}
	}
	for i, d := range s.Decisions {
		if d.How == "returned" {
			tags = append(tags, "retask-"+itoa(i))
		}
	}
	return tags
}

// Pass says that who has answered is not asked again.
func (s State) Pass(a flows.Actor, _ *flows.Settings) []string { return []string{string(a.Person)} }

// Own is what a hearing holds of a person, for themself.
func (s State) Own(p flows.PersonID) flows.Own {
	o := flows.Own{Words: "own", Vars: flows.Vars{"topic": flows.Text(s.Topic), "form": flows.Text(string(s.Form))}}
	if p != "" && p == s.Proposer {
		o.Said = s.Topic
	}
	return o
}
