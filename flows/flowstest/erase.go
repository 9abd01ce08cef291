package flowstest

import (
	"encoding/json"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"linli/flows"
)

// erase lets a case go of a person, as the engine does: the case, its entries,
// then the children that were opened with what it has lost.
func (p *play) erase(x *piece) {
	var who flows.PersonID
	if rapid.IntRange(0, 3).Draw(p.t, "everybody") > 0 {
		who = p.turn(x).Person
		if rapid.Bool().Draw(p.t, "somebody else") {
			who = p.somebody("erased").Person
		}
	}
	if who == "" && !x.Done {
		return // only the time of a closed case runs out
	}
	resident := func(id flows.PersonID) bool { _, post := p.s.Official(id); return !post }
	before := leaves(x.Data)
	parts := []*piece{x}
	p.happens(x, flows.Event{What: flows.Erased{Person: who}})
	for key := range x.entries {
		if id := flows.PersonID(key); id == who || who == "" && (resident(id) || x.flow.Keeps()) {
			delete(x.entries, key)
		}
	}
	for key, n := range x.entries {
		if who != "" && resident(who) && slices.Contains(leaves(n.Data), string(who)) {
			p.t.Fatalf("the entry %s of %s %s, %s, still names %q, who was erased: %s", key, x.Case.Flow, x.ID, x.Stage, who, n.Data)
		}
	}
	if gone(before, leaves(x.Data)) {
		for _, y := range slices.Clone(p.cases) {
			if _, own := y.entries[string(who)]; y.Parent == x.ID && !own {
				p.happens(y, flows.Event{What: flows.Erased{Person: who}})
				parts = append(parts, y)
			}
		}
	}
	for _, y := range parts {
		texts := leaves(y.Data)
		left := func(what, kind string) {
			p.t.Fatalf("%s %s, %s, still has the %s %q after everybody it is of (%q) was erased: %s", y.Case.Flow, y.ID, y.Stage, kind, what, who, y.Data)
		}
		for _, a := range p.cast {
			if !resident(a.Person) || who != "" && a.Person != who {
				continue
			}
			if slices.Contains(texts, string(a.Person)) {
				left(string(a.Person), "id")
			}
			for _, w := range p.words[a.Person] {
				if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, w) }) && !p.others(a.Person, who, w) {
					left(w, "words")
				}
			}
		}
		for _, room := range Rooms {
			if who == "" && slices.Contains(texts, room) {
				left(room, "room")
			}
		}
	}
}

// others says that somebody who stays has said the same, or more around it.
func (p *play) others(id, who flows.PersonID, text string) bool {
	for other, words := range p.words {
		if _, post := p.s.Official(other); other == id || who == "" && !post {
			continue
		}
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, text) }) {
			return true
		}
	}
	return false
}

// leaves are the texts of a state.
func leaves(data json.RawMessage) (texts []string) {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case string:
			texts = append(texts, v)
		}
	}
	walk(v)
	return texts
}

// gone says that a text is no longer there.
func gone(before, after []string) bool {
	return slices.ContainsFunc(before, func(s string) bool { return !slices.Contains(after, s) })
}
