package flowstest

import (
	"encoding/json"
	"slices"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
)

// begin makes sure that there is a case to play with.
func (p *play) begin() {
	if p.o.Begin != nil {
		by := p.somebody("by")
		p.moves, p.events, p.no = 0, p.events+1, p.no+1
		// The parent is a record that is not in the play: what it is told is lost.
		parent := &piece{Case: flows.Case{ID: "parent", No: p.no}}
		p.open(parent, flows.Event{By: by, Chat: p.where(&by), Reading: p.reading()}, flows.Open{Flow: p.main.Name, Data: p.o.Begin(p.t)})
		return
	}
	for range 3 {
		if p.speak(); len(p.cases) > 0 {
			return
		}
	}
}

// actions are what can happen next.
func (p *play) actions() map[string]func(*rapid.T) {
	some := func(f func(*piece)) func(*rapid.T) {
		return func(t *rapid.T) {
			if len(p.cases) == 0 {
				p.speak()
				return
			}
			all := p.cases
			if open := slices.DeleteFunc(slices.Clone(all), func(x *piece) bool { return x.Done }); len(open) > 0 && rapid.IntRange(0, 4).Draw(t, "open") > 0 {
				all = open
			}
			f(all[rapid.IntRange(0, len(all)-1).Draw(t, "case")])
		}
	}
	return map[string]func(*rapid.T){
		"speak":   func(*rapid.T) { p.speak() },
		"time":    func(*rapid.T) { p.pass() },
		"press":   some(p.press),
		"press ":  some(p.press), // several times as often
		"press.":  some(p.press),
		"press-":  some(p.press),
		"press+":  some(p.press),
		"invent":  some(p.invent),
		"answer":  some(p.reply),
		"answer ": some(p.reply),
		"form":    some(p.form),
		"say":     some(p.talk),
		"wake":    some(p.wake),
		"wake ":   some(p.wake),
		"odd":     some(p.odd),
		"fetch":   some(p.answered),
		"end":     some(p.delivered),
		"missed":  some(p.missed),
		"told":    some(p.told),
		"erase":   some(p.erase),
		"home":    func(*rapid.T) { p.movesHome() },
	}
}

// told is a word of another case.
func (p *play) told(x *piece) {
	if x.Case.Flow != p.main.Name || p.o.Tell == nil {
		return
	}
	w := flows.Told{}
	w.Name, w.Data = p.o.Tell(p.t)
	p.mentioned(w.Data)
	from := []flows.ID{"", "77", x.Parent}
	for _, y := range p.cases {
		if y.Parent == x.ID {
			from = append(from, y.ID, y.ID)
		}
	}
	w.From = rapid.SampledFrom(from).Draw(p.t, "from")
	p.ever[w.From] = true
	p.happens(x, flows.Event{What: w})
}

// form is what somebody has written into a form of a page or of the desk.
func (p *play) form(x *piece) {
	tags, err := x.flow.Takes(x.Case)
	if err != nil {
		p.t.Fatalf("%s: %v", x.Stage, err)
	}
	if len(tags) == 0 {
		return
	}
	by := p.turn(x)
	if by.Person == "" || rapid.IntRange(0, 3).Draw(p.t, "somebody else") == 0 {
		by = p.somebody("by")
	}
	r := p.reading()
	r.Danger = "" // then it is no form
	p.happens(x, flows.Event{By: by, Chat: p.private(string(by.Person)), Reading: r,
		What: flows.Said{Message: p.message(by.Person), Tag: rapid.SampledFrom(tags).Draw(p.t, "form"), Direct: true}})
}

func (p *play) answered(x *piece) {
	if len(x.asks) == 0 {
		return
	}
	a := rapid.SampledFrom(x.asks).Draw(p.t, "ask")
	w := flows.Answered{Name: a.Name, Data: a.Data}
	switch rapid.IntRange(0, 4).Draw(p.t, "answer") {
	case 0:
		w.Data, w.Failed = nil, "failed"
	case 1:
		w.Data = json.RawMessage(`{}`)
	case 2:
		w.Name = "nobody"
	}
	p.happens(x, flows.Event{What: w})
}

func (p *play) delivered(x *piece) {
	if len(x.marks) == 0 {
		return
	}
	m := rapid.SampledFrom(x.marks).Draw(p.t, "mark")
	out := rapid.SampledFrom([]flows.Outcome{flows.Refused, flows.Refused, flows.Expired, flows.Capped, flows.Confirmed}).Draw(p.t, "outcome")
	p.happens(x, flows.Event{What: flows.Delivered{Mark: m.mark, To: m.to, Outcome: out}})
}

func (p *play) missed(x *piece) {
	marks := []string{"nothing"}
	for _, m := range x.marks {
		marks = append(marks, m.mark)
	}
	p.happens(x, flows.Event{What: flows.Missed{Mark: rapid.SampledFrom(marks).Draw(p.t, "mark")}})
}

// wake brings a wake-up the case asked for: at its time, or late, or a second
// time.
func (p *play) wake(x *piece) {
	if len(x.wakes) == 0 {
		return
	}
	i := rapid.IntRange(0, len(x.wakes)-1).Draw(p.t, "wake")
	w := x.wakes[i]
	if w.Due.After(p.now) {
		p.now = w.Due
	}
	p.now = p.now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 600}).Draw(p.t, "late")) * time.Minute)
	if rapid.IntRange(0, 3).Draw(p.t, "keep") > 0 {
		x.wakes = slices.Delete(slices.Clone(x.wakes), i, i+1)
	}
	p.happens(x, flows.Event{What: w})
}

// odd is a wake-up that comes too early, or that only another case asked for.
func (p *play) odd(x *piece) {
	names := append([]string{"nothing"}, p.wakes[x.Case.Flow]...)
	w := flows.Woke{Name: rapid.SampledFrom(names).Draw(p.t, "name"), Due: p.now}
	if len(x.wakes) > 0 && rapid.Bool().Draw(p.t, "early") {
		w = rapid.SampledFrom(x.wakes).Draw(p.t, "wake")
	}
	p.happens(x, flows.Event{What: w})
}

func (p *play) pass() {
	p.now = p.now.Add(time.Duration(rapid.SampledFrom([]int{1, 5, 61, 180, 24 * 60, 4 * 24 * 60, 31 * 24 * 60}).Draw(p.t, "minutes")) * time.Minute)
}
