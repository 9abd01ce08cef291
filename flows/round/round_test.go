package round_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/round"
)

// play is one plan, with what it has asked for.
type play struct {
	*testing.T
	s       *flows.Settings
	f       flows.Flow
	now     time.Time
	c       flows.Case
	child   *flows.Case // the promise that was opened last
	entries map[string]flows.Entry
	wakes   []flows.Woke
	n       int
}

func newPlay(t *testing.T, grid string) *play {
	s := settings(t)
	p := &play{T: t, s: s, f: flow(t), now: time.Date(2026, 3, 11, 10, 0, 0, 0, s.Zone), c: flows.Case{ID: "7", Flow: flows.RoundFlow}, entries: map[string]flows.Entry{}}
	p.happens(flows.Opened{Key: flows.RoundKey(grid)}, "")
	return p
}

// state is what the plan keeps now.
func (p *play) state() (s round.State) {
	p.Helper()
	if err := json.Unmarshal(p.c.Data, &s); err != nil {
		p.Fatal(err)
	}
	return s
}

// happens brings an event to the plan, and gives what it said and did, as lines.
func (p *play) happens(w flows.What, by flows.PersonID) (lines []string) {
	p.Helper()
	return p.event(flows.Event{What: w}, by)
}

func (p *play) event(e flows.Event, by flows.PersonID) (lines []string) {
	p.Helper()
	p.n++
	e.ID, e.At, e.Settings = fmt.Sprint("e", p.n), p.now, p.s
	if o, ok := p.s.Official(by); ok {
		e.By = flows.Actor{Person: o.ID, Name: o.Name, Posts: o.Posts, Consent: true}
	} else if e.By.Person == "" {
		e.By.Person = by
	}
	who := e.By.Person
	if x, ok := e.What.(flows.Erased); ok {
		who = x.Person
	}
	if x, ok := p.entries[string(who)]; ok {
		e.Entry = &x
	}
	c, effects, err := p.f.Step(p.c, e)
	if err != nil {
		p.Fatal(err)
	}
	p.c, p.entries = c, maps.Clone(p.entries)
	for _, eff := range effects {
		switch eff := eff.(type) {
		case flows.Say:
			text, err := p.f.Words.Render("zh-CN", eff.Words, eff.Vars, 0, p.now, p.s)
			if err != nil {
				p.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("%s%s: %s", eff.To.Person, eff.To.Role, text))
		case flows.Put:
			if delete(p.entries, eff.Entry.Key); !eff.Delete {
				p.entries[eff.Entry.Key] = eff.Entry
			}
		case flows.Wake:
			p.wakes = append(p.wakes, flows.Woke{Name: eff.Name, Due: eff.At})
		case flows.Open:
			lines = append(lines, "open "+eff.Flow)
			if eff.Flow == flows.RoundFlow {
				x, _, err := p.f.Step(flows.Case{ID: "8", Flow: eff.Flow, No: 9}, flows.Event{ID: "o", At: p.now, By: e.By, What: flows.Opened{Data: eff.Data}, Settings: p.s})
				if err != nil {
					p.Fatal(err)
				}
				x, _, err = p.f.Step(x, flows.Event{ID: "o", At: p.now, What: flows.Told{From: "88", Name: "sent", Data: flows.Data(flows.TaskNews{Who: "li"})}, Settings: p.s})
				if err != nil {
					p.Fatal(err)
				}
				p.child = &x
			}
		}
	}
	return lines
}

// wake goes to the next time the plan is to be woken for something.
func (p *play) wake(name string) []string {
	p.Helper()
	s := p.state()
	at := map[string]time.Time{"week": s.Next, "remind": s.Remind}[name]
	i := slices.IndexFunc(p.wakes, func(w flows.Woke) bool { return w.Name == name && w.Due.Equal(at) })
	if i < 0 || at.IsZero() {
		p.Fatalf("nobody wakes it for %q: %v", name, p.wakes)
	}
	w := p.wakes[i]
	p.wakes = slices.Delete(slices.Clone(p.wakes), i, i+1)
	p.now = w.Due
	return p.happens(w, "")
}

func (p *play) toMonday() []string { p.Helper(); return p.wake("week") }

// agrees is somebody who says that they would like visits, and says yes.
func (p *play) agrees(who flows.PersonID, at flows.Place) {
	p.Helper()
	p.event(flows.Event{What: flows.Chose{Choice: "agree!", Value: "home;" + at.Building + "/" + at.Unit + "/" + at.Room}, By: flows.Actor{Person: who, Consent: true, Home: at}}, who)
	if _, ok := p.entries[string(who)]; !ok {
		p.Fatalf("%s has agreed, and it is not noted", who)
	}
}

// tick presses a button of the i-th line.
func (p *play) tick(i int, how string) []string {
	p.Helper()
	return p.happens(flows.Chose{Choice: how, Value: fmt.Sprint(p.state().Lines[i].N)}, "li")
}

// finds is the leader finding something at the i-th line, which is filed under a number.
func (p *play) finds(i int, text string, no int) {
	p.Helper()
	n := p.state().Lines[i].N
	p.tick(i, "found")
	if got := p.happens(flows.Said{Message: flows.Message{Text: text}, Tag: fmt.Sprint("found-", n), Direct: true}, "li"); !slices.Contains(got, "open demand") {
		p.Fatalf("what was found: %q", got)
	}
	p.happens(flows.Told{From: "70", Name: "filed", Data: flows.Data(flows.TopicNews{No: no})}, "li")
}

func (p *play) promise(i int, text string) []string {
	p.Helper()
	n := p.state().Lines[i].N
	p.happens(flows.Chose{Choice: "promise", Value: fmt.Sprint(n)}, "li")
	return p.happens(flows.Said{Message: flows.Message{Text: text}, Tag: fmt.Sprint("promise-", n), Direct: true}, "li")
}

func (p *play) want(got []string, want ...string) {
	p.Helper()
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.Contains(g, w) }) {
			p.Errorf("got:\n  %s\nwithout %q", strings.Join(got, "\n  "), w)
		}
	}
}
