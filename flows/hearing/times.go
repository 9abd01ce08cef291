package hearing

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// When: the times that are possible, and who can come at each. While people are asked, each
// of the times holds its room.

// plan begins the preparation, or begins it anew.
func (t *turn) plan() {
	t.Stage = Planning
	t.Slots, t.From, t.To, t.Booked, t.OwnerAsked, t.Until, t.Later = nil, time.Time{}, time.Time{}, false, false, time.Time{}, time.Time{}
	if t.Organiser == "" {
		t.Organiser = t.someone()
	}
	if t.Vetted.List.IsZero() && t.Opened.Equal(t.e.At) { // else it has begun with the review
		t.do(t.wake(t.e.At.AddDate(0, 0, 7), "weekly-1"))
	}
	if t.Chair == "" {
		t.Chair = t.Organiser
		watch := t.e.Settings.With(flows.Supervisor, t.Scope)
		for _, p := range t.e.Settings.With(flows.Head, flows.Everywhere) {
			if !slices.Contains(watch, p) {
				t.Chair = p
				break
			}
		}
	}
	if len(t.Needed) == 0 {
		t.Needed = t.usual()
	}
	if len(t.Points) == 0 && t.Topic != "" {
		t.Points = []Point{{Text: t.Topic}}
	}
	t.board(t.e.By.Person == t.Organiser)
}

// usual are those without whom it makes little sense: who leads and prepares it, who
// answers for the place, who hears, and who proposed it.
func (t *turn) usual() (list []flows.PersonID) {
	s := t.e.Settings
	add := func(people ...flows.PersonID) {
		for _, p := range people {
			if p != "" && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	add(t.Chair, t.Organiser, t.Proposer)
	if t.Form == flows.ThreeSided {
		add(s.With(flows.Property, t.Scope)...)
		add(s.With(flows.Owners, t.Scope)...)
	}
	if t.Scope.Building != "" {
		add(s.With(flows.Captain, t.Scope)...)
	}
	if g, ok := s.GridOf(t.Place); ok {
		add(g.Leader)
	}
	if t.Form == flows.Hearing {
		add(s.With(flows.Council, t.Scope)...)
	}
	return list[:min(len(list), 40)]
}

// need says that somebody is needed, or is not.
func (t *turn) need(p flows.PersonID, yes bool) {
	if _, ok := t.e.Settings.Official(p); !ok {
		t.toast("not-known", nil)
		return
	}
	e, asked := t.e.Entries[string(p)]
	t.recount(p, t.part(e).Ticks, func() {
		t.Needed = slices.DeleteFunc(slices.Clone(t.Needed), func(x flows.PersonID) bool { return x == p })
		if yes && len(t.Needed) < 40 {
			t.Needed = append(t.Needed, p)
		}
	})
	if yes && !asked && t.Stage == Asking && t.e.At.Before(t.Until) { // who is needed now is asked like the others
		t.put(p, TagAsked)
		t.do(t.asking(flows.To{Person: p}))
	}
	t.board(false)
}

// recount counts what somebody has ticked as that of who they are after a change.
func (t *turn) recount(p flows.PersonID, ticks uint32, change func()) {
	t.Slots = slices.Clone(t.Slots)
	for i := range t.Slots {
		t.ticked(i, p, ticks&(1<<i) != 0, false)
	}
	change()
	for i := range t.Slots {
		t.ticked(i, p, false, ticks&(1<<i) != 0)
	}
}

func (t *turn) chair(p flows.PersonID) {
	o, ok := t.e.Settings.Official(p)
	if !ok {
		t.toast("not-known", nil)
		return
	}
	if t.e.Settings.May(flows.Actor{Person: p, Posts: o.Posts}, flows.Object, t.Scope) {
		t.toast("chair-watches", nil)
		return
	}
	t.Chair = p
	t.board(false)
}

func (t *turn) whom(word string) {
	scope := flows.ScopeOfWord(word)
	if !there(t.e.Settings, scope) || !t.e.Settings.May(t.e.By, flows.Convene, scope) {
		t.toast("not-yours", nil)
		return
	}
	t.Scope = scope
	t.board(false)
}

// times takes the times that the organiser writes. They are shown as day and clock time,
// and nobody is asked before the organiser has seen them so.
func (t *turn) times() {
	p := t.e.Reading.Plan
	if p == nil || len(p.Times) == 0 {
		t.again("times", "times-unread", flows.Vars{"unread": flows.Text(unread(p))})
		return
	}
	length := t.length()
	var slots []Slot
	for _, w := range p.Times {
		at := w.At.In(t.e.At.Location()).Truncate(time.Minute)
		switch {
		case w.Day:
			t.again("times", "times-hour", flows.Vars{"unread": flows.Text(w.Words)})
			return
		case !at.After(t.e.At):
			t.again("times", "times-past", flows.Vars{"unread": flows.Text(w.Words)})
			return
		case slices.ContainsFunc(slots, func(x Slot) bool { return x.From.Equal(at) }):
			continue
		}
		slots = append(slots, Slot{From: at, To: at.Add(length), Holiday: t.holiday(at)})
	}
	if len(slots) > SlotCap {
		t.again("times", "times-many", flows.Vars{"n": flows.Num(SlotCap)})
		return
	}
	slices.SortStableFunc(slots, func(a, b Slot) int { return a.From.Compare(b.From) })
	t.free(-1)
	t.Stage, t.Slots, t.From, t.To, t.Booked = Planning, slots, time.Time{}, time.Time{}, false
	t.Round++
	if len(p.Rooms) > 0 {
		t.Room, t.Link, t.Group = p.Rooms[0], "", ""
	}
	for i := range t.Slots {
		t.hold(i)
	}
	t.board(true)
	if len(p.Unread) > 0 {
		t.reply("times-part", flows.Vars{"unread": flows.Text(unread(p))})
	}
}

func unread(p *flows.Appointment) string {
	if p == nil {
		return ""
	}
	return strings.Join(p.Unread, "、")
}

// again asks for the same words anew.
func (t *turn) again(tag, words string, vars flows.Vars) {
	all := t.vars()
	for k, v := range vars {
		all[k] = v
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: all, Reply: true, Expect: tag, For: 24 * time.Hour})
}

func (t *turn) length() time.Duration {
	if l := t.e.Settings.Hearings.Length; l > 0 {
		return l
	}
	return 2 * time.Hour
}

// holiday says that a day is a public holiday: weekends are none.
func (t *turn) holiday(at time.Time) bool {
	return slices.Contains(t.e.Settings.Calendar.Years[at.Year()].Off, at.Format("01-02"))
}

func (t *turn) with(more flows.Vars) flows.Vars {
	all := t.vars()
	for k, v := range more {
		all[k] = v
	}
	return all
}

// numbered is the number before a point, "1. ": not that of a building.
var numbered = regexp.MustCompile(`^\s*(?:[(（]?\d{1,2}[.、．)）]|第[一二三四五六七八九十\d]{1,3}[项、])\s*`)

// agenda takes the points, one a line.
func (t *turn) agenda(text string) {
	var points []Point
	for l := range strings.Lines(text) {
		l = numbered.ReplaceAllString(line(l, maxTopic), "")
		if l = strings.TrimRight(l, "。；; "); l != "" && len(points) < 20 {
			points = append(points, Point{Text: l})
		}
	}
	if len(points) == 1 && strings.ContainsAny(points[0].Text, "；;") {
		whole := points[0].Text
		points = nil
		for _, part := range strings.FieldsFunc(whole, func(r rune) bool { return r == '；' || r == ';' }) {
			if part = strings.TrimSpace(part); part != "" && len(points) < 20 {
				points = append(points, Point{Text: part})
			}
		}
	}
	if len(points) == 0 {
		t.again("agenda", "say-words", nil)
		return
	}
	t.Points = points
	if p := t.Vetted.By; p != "" && p != t.e.By.Person { // who has said yes to the topic sees what becomes of it
		t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Work, Words: "agenda-told", Vars: t.vars(), Bundle: true})
	}
	t.board(true)
}

// send asks people which time suits them. Where there is only one, nobody is asked.
func (t *turn) send() {
	switch len(t.Slots) {
	case 0:
		t.toast("no-times", nil)
		return
	case 1:
		t.pick(0, true)
		return
	}
	first := t.Slots[0].From
	if !first.After(t.e.At) {
		t.toast("slot-past", nil)
		return
	}
	t.Lists, t.Unsure = nil, nil
	t.Stage, t.Until = Asking, t.e.At.Add(max(t.e.Settings.Hearings.Ask, 2*time.Hour))
	// There must be time left to announce it.
	if last := first.AddDate(0, 0, -t.e.Settings.Hearings.Clear.Days()-1); t.Until.After(last) && last.After(t.e.At.Add(2*time.Hour)) {
		t.Until = last
	}
	if !t.Until.Before(first) {
		t.Until = t.e.At.Add(first.Sub(t.e.At) / 2)
	}
	t.enlist(t.Needed)
	t.do(t.wake(t.Until, "asking"), t.asking(flows.To{Entries: TagAsked}), t.asking(flows.To{Nearest: t.Scope}))
	t.board(false)
}

// asking is the question which time suits.
func (t *turn) asking(to flows.To) flows.Say {
	say := flows.Say{To: to, Class: flows.Personal, Words: "times", Vars: t.with(flows.Vars{"list": t.dates()}), Slot: "times", Until: t.Until}
	if !to.Nearest.Zero() {
		say.Class = flows.Notice
	}
	for i, s := range t.Slots {
		say.Buttons = append(say.Buttons, flows.Button{Words: "b-tick", Vars: flows.Vars{"at": flows.At(s.From), "n": flows.Num(i + 1)}, Choice: "tick!=" + itoa(i), Row: i / 2})
	}
	say.Buttons = append(say.Buttons, flows.Button{Words: "b-none", Choice: "none", Row: 30}, flows.Button{Words: "b-page", Link: "page", Row: 30})
	return say
}

// dates are all times.
func (s State) dates() flows.Var {
	var list []time.Time
	for _, x := range s.Slots {
		list = append(list, x.From)
	}
	return flows.Dates(list...)
}

func itoa(n int) string { return strconv.Itoa(n) }

// tick says that a time suits the actor, or does not any more.
func (t *turn) tick(w flows.Chose) {
	i, err := strconv.Atoi(w.Value)
	if t.Stage != Asking || !t.e.At.Before(t.Until) || w.Choice == "tick" && (err != nil || i < 0 || i >= len(t.Slots)) {
		t.holds()
		return
	}
	if t.outside() {
		t.toast("outside", nil)
		return
	}
	part, tag := t.mine()
	was := part.Ticks
	if w.Choice == "none" {
		part.Ticks = 0
	} else {
		part.Ticks ^= 1 << i
	}
	t.Slots = slices.Clone(t.Slots)
	var can []time.Time
	for k := range t.Slots {
		had, has := was&(1<<k) != 0, part.Ticks&(1<<k) != 0
		if has {
			can = append(can, t.Slots[k].From)
		}
		t.ticked(k, t.e.By.Person, had, has)
	}
	part.At = t.e.At
	t.keep(part, cmp.Or(tag, TagAsked))
	if len(can) == 0 {
		t.toast("ticked-none", nil)
		return
	}
	t.toast("ticked", flows.Vars{"list": flows.Dates(can...)})
}

// ticked counts somebody at a time, or counts them no more.
func (t *turn) ticked(k int, p flows.PersonID, had, has bool) {
	s := &t.Slots[k]
	switch {
	case had == has:
	case t.needs(p):
		s.Needed = slices.DeleteFunc(slices.Clone(s.Needed), func(x flows.PersonID) bool { return x == p })
		if has {
			s.Needed = append(s.Needed, p)
		}
	case has:
		s.Others++
	default:
		s.Others = max(0, s.Others-1)
	}
}

// mine is the actor's own part, and its tag.
func (t *turn) mine() (p Part, tag string) {
	if t.e.Entry != nil {
		p, tag = t.part(*t.e.Entry), t.e.Entry.Tag
	}
	p.Round = t.Round
	return p, tag
}

// part is that of an entry: what was ticked of earlier times is nothing any more.
func (t *turn) part(e flows.Entry) Part {
	p := data[Part](e.Data)
	if p.Round != t.Round {
		p.Ticks = 0
	}
	return p
}

// keep puts the actor's part. Who waits keeps their place in the row.
func (t *turn) keep(p Part, tag string) {
	order := t.e.At.UnixMilli()
	if t.e.Entry != nil && t.e.Entry.Tag == tag {
		order = t.e.Entry.Order
	} else if tag == TagWait {
		t.Row++
		order = t.Row
	}
	t.do(flows.Put{Entry: flows.Entry{Key: string(t.e.By.Person), Tag: tag, Order: order, Data: flows.Data(p)}})
}
