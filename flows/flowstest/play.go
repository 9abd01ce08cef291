package flowstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
)

// play is a community in which one thing happens after another.
type play struct {
	t     *rapid.T
	s     *flows.Settings
	main  flows.Flow
	flows map[string]flows.Flow
	o     Options

	now    time.Time
	cases  []*piece
	closed []*piece // forgotten: only for buttons that come too late
	ids    int
	no     int
	events int
	moves  int
	nest   int              // cases that are being moved, one because of another
	homes  []flows.PersonID // whose cases have not heard that their home has changed
	cast   []flows.Actor
	mute   map[flows.PersonID]bool // nobody can write to them
	chats  []flows.Chat
	texts  []string
	words  map[flows.PersonID][]string // of them, who said what
	wakes  map[string][]string         // names of wake-ups by flow
	ever   map[flows.ID]bool           // cases that are or were there, or that the play was told of
}

// piece is a case with what belongs to it.
type piece struct {
	flows.Case
	flow    flows.Flow
	entries map[string]flows.Entry
	wakes   []flows.Woke
	buttons []string  // that it has ever given
	last    flows.Say // the last one with buttons
	tags    []expected
	asks    []flows.Ask
	marks   []sent
	told    map[flows.PersonID]map[Slot]bool
	memory  map[string]int
}

type expected struct {
	tag string
	by  flows.PersonID
}

type sent struct {
	mark string
	to   flows.PersonID
}

func newPlay(t *rapid.T, s *flows.Settings, f flows.Flow, o Options) *play {
	p := &play{t: t, s: s, main: f, o: o, flows: map[string]flows.Flow{f.Name: f}, wakes: map[string][]string{}, ever: map[flows.ID]bool{}, mute: map[flows.PersonID]bool{}, words: map[flows.PersonID][]string{}}
	for _, x := range o.With {
		p.flows[x.Name] = x
	}
	p.now = time.Date(2026, 3, 9, 0, 0, 0, 0, s.Zone).Add(time.Duration(rapid.IntRange(0, 14*24*60).Draw(t, "start")) * time.Minute)
	p.people()
	for _, g := range s.Groups {
		p.chats = append(p.chats, flows.Chat{ID: flows.ChatID("c-" + g.ID), Address: "play:g/" + g.ID, Group: true, Directory: g.ID, Title: g.Name, Scope: g.Scope, Lang: s.Lang})
	}
	return p
}

// live gives a case, or nil.
func (p *play) live(id flows.ID) *piece {
	i := slices.IndexFunc(p.cases, func(x *piece) bool { return x.ID == id })
	if i < 0 {
		return nil
	}
	return p.cases[i]
}

// happens is one event of the outside: fresh counts, then the step and all that
// follows from it at once.
func (p *play) happens(x *piece, e flows.Event) {
	p.moves = 0
	p.events++
	p.run(x, p.fill(e))
}

func (p *play) fill(e flows.Event) flows.Event {
	e.ID, e.At, e.Settings = fmt.Sprintf("e%d", p.events), p.now, p.s
	return e
}

// run moves a case, as the engine does, with the cases that may be the same.
func (p *play) run(x *piece, e flows.Event) {
	var said *flows.Said
	if w, ok := e.What.(flows.Said); ok {
		said = &w
	}
	r := e.Reading
	if x.Item != "" {
		r.Item = x.Item
	}
	if x.Place.Known() {
		r.Place = x.Place
	}
	if x.Numbered {
		r.Number = 0
	}
	e.Similar = p.similar(e, r, x.ID, said)
	p.move(x, e)
}

func (p *play) move(x *piece, e flows.Event) {
	if p.moves++; p.moves > maxMoves {
		p.t.Fatalf("an event moved more than %d cases; the last was %s, %s", maxMoves, x.Case.Flow, x.Stage)
	}
	e.Entry, e.Counts = nil, map[string]int{}
	who := e.By.Person
	if w, ok := e.What.(flows.Erased); ok {
		who = w.Person
	}
	for _, n := range x.entries {
		e.Counts[n.Tag]++
		if who != "" && n.Key == string(who) {
			e.Entry = &n
		}
	}
	p.known(x, &e)
	before := x.Case
	p.t.Logf("%s %s %s: %s by %q", stamp(p.now), x.Case.Flow, x.ID, brief(e.What), e.By.Person)
	after, effects := same(p.t, x.flow, before, e)
	p.t.Logf("  → %s: %s", after.Stage, does(effects))
	stays(p.t, before, after)
	if after.Numbered && after.No == 0 && !after.Forget {
		p.no++
		after.No = p.no
	}
	x.Case = after
	p.nest++
	defer func() {
		if p.nest--; p.nest == 0 {
			p.homesTold()
		}
	}()
	s := Step{Flow: x.flow, Settings: p.s, Before: before, After: after, Event: e, Effects: effects,
		Past: &Past{Texts: p.texts, People: p.cast, Cases: p.ever, Told: x.told, Memory: x.memory}}
	for _, eff := range effects {
		effect(p.t, s, eff)
	}
	if p.o.Check != nil {
		p.o.Check(p.t, s)
	}
	for _, eff := range effects {
		p.do(x, e, eff)
	}
	if after.Forget {
		p.cases = slices.DeleteFunc(p.cases, func(y *piece) bool { return y == x })
		p.closed = append(p.closed, x)
	}
}

// brief is an event as a reader of a failed play needs it.
func brief(w flows.What) string {
	b, _ := json.Marshal(w)
	return flows.Kind(w) + short(string(b), 120)
}

// does is what rules wanted, in a line.
func does(effects []flows.Effect) string {
	var out []string
	for _, eff := range effects {
		switch eff := eff.(type) {
		case flows.Say:
			to, _ := json.Marshal(eff.To)
			out = append(out, "say "+eff.Words+string(to))
		case flows.Wake:
			out = append(out, "wake "+eff.Name+" "+stamp(eff.At))
		case flows.Tell:
			out = append(out, "tell "+eff.Name+short(string(eff.Data), 100))
		default:
			out = append(out, strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", eff), "flows.")))
		}
	}
	return strings.Join(out, ", ")
}

func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// do carries out what can be done at once and keeps the rest.
func (p *play) do(x *piece, e flows.Event, eff flows.Effect) {
	switch eff := eff.(type) {
	case flows.Say:
		p.say(x, e, eff)
	case flows.Put:
		if eff.Delete {
			delete(x.entries, eff.Entry.Key)
		} else {
			x.entries[eff.Entry.Key] = eff.Entry
		}
	case flows.Next:
		all := slices.DeleteFunc(slices.Collect(maps.Values(x.entries)), func(n flows.Entry) bool { return n.Tag != eff.Tag })
		slices.SortFunc(all, func(a, b flows.Entry) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Key, b.Key)) })
		page, after := next(p.t, all, eff)
		p.again(x.ID, e, flows.Answered{Name: "next:" + eff.Tag, Data: flows.Data(page), After: after})
	case flows.Wake:
		x.wakes = append(x.wakes, flows.Woke{Name: eff.Name, Due: eff.At})
		if all := p.wakes[x.Case.Flow]; !slices.Contains(all, eff.Name) {
			p.wakes[x.Case.Flow] = append(all, eff.Name)
		}
	case flows.Ask:
		x.asks = append(x.asks, eff)
	case flows.Open:
		p.open(x, e, eff)
	case flows.Tell:
		to := eff.Case
		switch {
		case eff.Key != "":
			to = p.under(e, eff.Flow, eff.Key)
		case to == "":
			to = x.Parent
		}
		p.again(to, e, flows.Told{From: x.ID, Name: eff.Name, Data: eff.Data, Said: eff.Said})
	case flows.Find:
		p.find(x, e, eff)
	case flows.Remember:
		for i := range p.cast {
			if p.cast[i].Person == eff.Person && eff.Profile != nil {
				p.cast[i].Profile = *eff.Profile
			}
			if p.cast[i].Person == eff.Person && eff.Wishes != nil {
				p.cast[i].Profile.Wishes = *eff.Wishes
			}
			if p.cast[i].Person == eff.Person && eff.Consent != nil {
				p.cast[i].Consent = *eff.Consent || len(p.cast[i].Posts) > 0
			}
			if p.cast[i].Person == eff.Person && eff.Home != nil {
				p.home(i, *eff.Home, false)
			}
		}
	}
}

// find gives those of the cast whom a case may invite.
func (p *play) find(x *piece, e flows.Event, eff flows.Find) {
	var from []flows.Candidate
	for _, a := range p.cast {
		if _, part := x.entries[string(a.Person)]; !part && a.Consent && a.Reachable {
			from = append(from, flows.Candidate{Person: a.Person, Home: a.Home, Profile: a.Profile, Left: p.s.Limits.Invites})
		}
	}
	p.again(x.ID, e, flows.Answered{Name: "found", Data: flows.Data(flows.Choose(p.s, eff.Who, from, eff.N))})
}

// anyOf gives a case that is or was there, or nil.
func (p *play) anyOf(id flows.ID) *piece {
	if x := p.live(id); x != nil {
		return x
	}
	i := slices.IndexFunc(p.closed, func(x *piece) bool { return x.ID == id })
	if i < 0 {
		return nil
	}
	return p.closed[i]
}

// again brings a further event of the same step to a case, if it is there.
func (p *play) again(id flows.ID, e flows.Event, w flows.What) {
	if x := p.live(id); x != nil {
		e.What = w
		p.run(x, p.fill(e))
	}
}

// open opens a case: a child of x, one apart from it, or one that was heard where x is nil.
func (p *play) open(x *piece, e flows.Event, eff flows.Open) *piece {
	child := p.blank(eff.Flow)
	if x != nil && !eff.Apart {
		child.Parent, child.No = x.ID, x.No
		p.ever[x.ID] = true
	}
	p.first(child, e, flows.Opened{Parent: child.Parent, Data: eff.Data, Said: eff.Said})
	return child
}

// blank is a case before its first event.
func (p *play) blank(flow string) *piece {
	f, ok := p.flows[flow]
	if !ok {
		p.t.Fatalf("a case of %q is opened, which is not in the play", flow)
	}
	p.ids++
	c := flows.Case{ID: flows.ID(fmt.Sprint(p.ids)), Flow: f.Name, Opened: p.now}
	p.ever[c.ID] = true
	return &piece{Case: c, flow: f, entries: map[string]flows.Entry{}, told: map[flows.PersonID]map[Slot]bool{}, memory: map[string]int{}}
}

// first lets a case hear that it was opened.
func (p *play) first(x *piece, e flows.Event, w flows.Opened) {
	p.mentioned(w.Data)
	e = p.fill(e)
	e.What, e.Similar = w, p.similar(e, e.Reading, "", w.Said)
	p.cases = append(p.cases, x)
	p.move(x, e)
}

// under is the open case of a flow that is found under a key; where there is none, one
// is opened.
func (p *play) under(e flows.Event, flow, key string) flows.ID {
	for _, x := range p.cases {
		if x.Case.Flow == flow && !x.Done && slices.Contains(x.Matter, key) {
			return x.ID
		}
	}
	x := p.blank(flow)
	p.first(x, e, flows.Opened{Key: key})
	return x.ID
}

// mentioned notes the cases that may be named in what comes from outside of the play.
func (p *play) mentioned(data json.RawMessage) {
	for _, s := range leaves(data) {
		p.ever[flows.ID(s)] = true
	}
}

// say looks up who is reached; where that is nobody, the case hears so at once.
func (p *play) say(x *piece, e flows.Event, say flows.Say) {
	if say.Toast {
		if _, press := e.What.(flows.Chose); press {
			return
		}
	}
	if len(choices(say)) > 0 {
		x.last = say
	}
	mark := cmp.Or(say.Receipt, say.Slot, say.Words)
	for _, choice := range choices(say) {
		if !slices.Contains(x.buttons, choice) {
			x.buttons = append(x.buttons, choice)
		}
	}
	for _, b := range say.Buttons {
		if y := p.anyOf(b.Case); y != nil && y != x && chosen(b) != "" && !slices.Contains(y.buttons, chosen(b)) {
			y.buttons = append(y.buttons, chosen(b))
		}
	}
	if say.To.Entries != "" || say.To.Chat != "" {
		return
	}
	n := 0
	readers := Readers(p.s, say.To)
	switch {
	case !say.To.Groups.Zero():
		n = len(p.chats)
	case say.To.Group != "":
		n = len(slices.DeleteFunc(slices.Clone(p.chats), func(c flows.Chat) bool { return c.Directory != say.To.Group }))
	case !say.To.Nearest.Zero():
		n = len(slices.DeleteFunc(slices.Clone(p.chats), func(c flows.Chat) bool { return !p.s.Touches(c.Scope, say.To.Nearest) }))
	case !say.To.Homes.Zero():
		n, readers = 1, p.residents(x, say.To) // that nobody lives there is no miss
	}
	for _, to := range readers {
		if p.mute[to] || !slices.ContainsFunc(p.cast, func(a flows.Actor) bool { return a.Person == to }) {
			continue
		}
		n++
		x.marks = append(x.marks, sent{mark, to})
		if say.Expect != "" && say.Expect != flows.ExpectNothing {
			x.tags = append(x.tags, expected{say.Expect, to})
		}
		if say.Slot != "" && !say.Tidy {
			if x.told[to] == nil {
				x.told[to] = map[Slot]bool{}
			}
			x.told[to][Slot(say.Slot)] = true
		}
	}
	if n == 0 {
		p.again(x.ID, e, flows.Missed{Mark: mark})
	}
}

// similar finds the open cases that may be what a reading is about.
func (p *play) similar(e flows.Event, r flows.Reading, not flows.ID, said *flows.Said) []flows.Similar {
	var out []flows.Similar
	seen := map[flows.ID]bool{not: true}
	add := func(x *piece, exact bool, why flows.Link) {
		if x == nil || seen[x.ID] || partOnly(x) {
			return
		}
		seen[x.ID] = true
		_, mine := x.entries[string(e.By.Person)]
		out = append(out, flows.Similar{Case: flows.CaseRef{ID: x.ID, No: x.No, Parent: x.Parent}, Flow: x.Case.Flow, Stage: x.Stage, Item: x.Item, Place: x.Place,
			Exact: exact, Mine: mine && e.By.Person != "", Title: x.Title, Why: why})
	}
	if said != nil && e.Chat.Directory != "" {
		for _, x := range p.cases {
			if !x.Done && slices.Contains(x.Matter, flows.HeldIn(e.Chat.Directory)) {
				add(x, true, flows.ByHeld)
			}
		}
	}
	if said == nil {
		said = &flows.Said{}
	}
	for _, k := range []struct {
		key string
		why flows.Link
	}{{p.s.MatterKey(r.Item, r.Place), flows.ByMatter}, {p.s.DangerKey(r.Danger, r.Place), flows.ByDanger}} {
		for _, x := range p.cases {
			for _, m := range x.Matter {
				if k.key != "" && (strings.HasPrefix(m, k.key) || strings.HasPrefix(k.key, m)) {
					add(x, slices.Contains(x.Matter, k.key), k.why)
				}
			}
		}
	}
	for _, x := range p.cases {
		if r.Number > 0 && x.No == r.Number {
			add(x, true, flows.ByNumber)
		}
	}
	for _, l := range []struct {
		id  flows.ID
		why flows.Link
	}{{said.Recent, flows.ByRecent}, {said.Here, flows.ByHere}} {
		x := p.live(l.id)
		for x != nil && partOnly(x) {
			x = p.live(x.Parent)
		}
		add(x, true, l.why)
	}
	if r.Poll == nil && r.Chain == nil && r.Slip == nil {
		return out
	}
	keys := []string{flows.PollMatter}
	if r.Chain != nil && said.Direct {
		keys = append(keys, flows.ActivityMatter, flows.HearingMatter)
	}
	for _, key := range keys {
		for _, x := range p.cases {
			for _, m := range x.Matter {
				if strings.HasPrefix(m, key) {
					add(x, m == key, flows.ByMatter)
				}
			}
		}
	}
	return out
}

// partOnly says that a case is nothing but a part of the one that opened it.
func partOnly(x *piece) bool { return x.Parent != "" && len(x.Matter) == 0 }

// hear offers something said to the flows, as the engine does with what belongs
// to no case, and says whether one of them took it.
func (p *play) hear(e flows.Event, said flows.Said) bool {
	p.moves = 0
	p.events++
	e = p.fill(e)
	e.What, e.Similar = said, p.similar(e, e.Reading, "", &said)
	for _, f := range append([]flows.Flow{p.main}, p.o.With...) {
		given := print(p.t, e)
		effects := f.Hear(e)
		if a, b := written(p.t, effects), written(p.t, f.Hear(e)); !slices.Equal(a, b) {
			p.t.Fatalf("the same words were heard in two ways:\n%s\n%s", a, b)
		}
		if print(p.t, e) != given {
			p.t.Fatalf("hearing has changed the event")
		}
		if len(effects) == 0 {
			continue
		}
		for _, eff := range effects {
			s := Step{Flow: f, Settings: p.s, Event: e, Effects: effects, Past: &Past{Texts: p.texts, People: p.cast, Cases: p.ever, Memory: map[string]int{}}}
			effect(p.t, s, eff)
			switch eff := eff.(type) {
			case flows.Open:
				p.open(nil, e, eff)
			case flows.Tell:
				to := eff.Case
				if eff.Key != "" {
					to = p.under(e, eff.Flow, eff.Key)
				}
				if to == "" {
					p.t.Fatalf("%q is told to no case", eff.Name)
				}
				p.again(to, e, flows.Told{Name: eff.Name, Data: eff.Data, Said: eff.Said})
			case flows.Say:
				if eff.To.Person != e.By.Person {
					p.t.Fatalf("hearing speaks to somebody else than the speaker: %+v", eff.To)
				}
			default:
				p.t.Fatalf("hearing leads to a %T", eff)
			}
		}
		return true
	}
	return false
}
