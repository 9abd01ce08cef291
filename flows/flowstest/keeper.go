package flowstest

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
)

// What a play does for flows whose entries are not only those of persons (see
// flows.Keeper): the entries they ask for, whom they pass over, who moves.

// maxKeys is how many entries rules may see with one event.
const maxKeys = 256

// known fills an event with what the state has asked for.
func (p *play) known(x *piece, e *flows.Event) {
	e.Entries, e.Begun, e.Seed = nil, 0, ""
	if !x.flow.Keeps() {
		return
	}
	sum := sha256.Sum256([]byte("seed of " + x.ID))
	e.Seed = hex.EncodeToString(sum[:16])
	if len(e.By.Posts) > 0 {
		e.Begun = p.begun(x.Case.Flow, e.By.Person)
	}
	given := print(p.t, *e)
	keys, err := x.flow.Keys(x.Case, *e)
	if err != nil {
		p.t.Fatalf("%s: %v", x.Stage, err)
	}
	if again, _ := x.flow.Keys(x.Case, *e); !slices.Equal(keys, again) {
		p.t.Fatalf("the same event asks for other entries: %q, %q", keys, again)
	}
	if print(p.t, *e) != given {
		p.t.Fatalf("asking for entries has changed the event")
	}
	if len(keys) > maxKeys {
		p.t.Fatalf("%s asks for %d entries, at most %d", flows.Kind(e.What), len(keys), maxKeys)
	}
	for _, k := range keys {
		if n, ok := x.entries[k]; ok {
			if e.Entries == nil {
				e.Entries = map[string]flows.Entry{}
			}
			e.Entries[k] = n
		}
	}
}

// begun counts the cases that somebody has begun this month.
func (p *play) begun(flow string, who flows.PersonID) (n int) {
	from := time.Date(p.now.Year(), p.now.Month(), 1, 0, 0, 0, 0, p.s.Zone)
	for _, x := range p.cases {
		e, ok := x.entries[flows.BegunKey(who)]
		if ok && x.Case.Flow == flow && e.Order >= from.Unix() && e.Order < from.AddDate(0, 1, 0).Unix() {
			n++
		}
	}
	return n
}

// next gives the page of entries that was asked for, and where to go on. All are in
// order.
func next(t failer, all []flows.Entry, eff flows.Next) (page []flows.Entry, after string) {
	from := 0
	if eff.After != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(eff.After, "after "))
		if err != nil || n > len(all) {
			t.Fatalf("the next of %q behind %q, which no answer has said", eff.Tag, eff.After)
		}
		from = n
	}
	to := min(from+eff.N, len(all))
	if to < len(all) {
		after = "after " + strconv.Itoa(to)
	}
	return all[from:to], after
}

// residents are the people whom a Say to homes reaches.
func (p *play) residents(x *piece, to flows.To) (list []flows.PersonID) {
	for _, a := range p.cast {
		a = p.actor(a.Person)
		if !a.Consent || !a.Reachable || a.Home.Building == "" || slices.Contains(to.Except, a.Person) ||
			!p.s.Contains(to.Homes, flows.Scope{Building: a.Home.Building}) {
			continue
		}
		keys, err := x.flow.Pass(x.Case, a, p.s)
		if err != nil {
			p.t.Fatalf("%s: %v", x.Stage, err)
		}
		if to.All || !slices.ContainsFunc(keys, func(k string) bool { _, there := x.entries[k]; return there }) {
			list = append(list, a.Person)
		}
	}
	return list
}

// chosen is what a button brings back, "" where that is nothing.
func chosen(b flows.Button) string {
	if b.Link == "private" {
		return "open"
	}
	return b.Choice
}

// choices are what the buttons of a Say that speak to its own case, and its ballot,
// bring back.
func choices(say flows.Say) (list []string) {
	for _, b := range say.Buttons {
		if c := chosen(b); c != "" && b.Case == "" {
			list = append(list, c)
		}
	}
	if say.Ballot != nil {
		list = append(list, say.Ballot.Choice+"=")
		for i := range say.Ballot.Options {
			list = append(list, say.Ballot.Choice+"="+string(rune('A'+i)))
		}
	}
	return list
}

// movesHome lets somebody of the play live elsewhere, or brings them the code of a letter.
func (p *play) movesHome() {
	var likely []int
	for i, a := range p.cast {
		for _, x := range p.cases {
			if _, part := x.entries[string(a.Person)]; part && !x.Done && x.flow.Keeps() {
				likely = append(likely, i)
			}
		}
	}
	if len(likely) == 0 {
		return // nobody would hear of it
	}
	i := rapid.SampledFrom(likely).Draw(p.t, "who moves")
	home, proven := p.cast[i].Home, rapid.Bool().Draw(p.t, "by a letter")
	if !proven || rapid.Bool().Draw(p.t, "elsewhere") {
		home = AnyPlace(p.t, p.s)
		home.Spot, home.Floor = "", 0
	}
	p.moves, p.events = 0, p.events+1
	p.home(i, home, proven)
	p.homesTold()
}

// home notes where somebody lives now.
func (p *play) home(i int, home flows.Place, proven bool) {
	a := &p.cast[i]
	if moved := a.Home != home; moved || proven && !a.Proven {
		a.Home, a.Proven = home, proven || a.Proven && !moved
		if !slices.Contains(p.homes, a.Person) {
			p.homes = append(p.homes, a.Person)
		}
	}
}

// homesTold lets the open cases hear of it in which they have a part.
func (p *play) homesTold() {
	for len(p.homes) > 0 {
		id := p.homes[0]
		p.homes = p.homes[1:]
		for _, x := range slices.Clone(p.cases) {
			if _, part := x.entries[string(id)]; part && !x.Done && x.flow.Keeps() {
				p.move(x, p.fill(flows.Event{By: p.actor(id), What: flows.Told{Name: flows.HomeChanged}}))
			}
		}
	}
}
