package round

import (
	"cmp"
	"slices"
	"time"

	"linli/flows"
)

// The week: when a list is made, what stands in it, who gets it.

const (
	worth = 2  // a list is made only where so many working days are left for it
	weeks = 13 // how many lists are kept as numbers: a quarter
)

// plan asks to be woken for the next list.
func (t *turn) plan() {
	t.Next = t.next(t.e.At)
	t.do(flows.Wake{At: t.Next, Name: "week"})
}

// next is when the list after a moment is made: at its time of the week; on a day off when
// people work again, and not at all where the week is then as good as over.
func (t *turn) next(after time.Time) time.Time {
	s := t.e.Settings
	after = after.In(s.Zone)
	var at time.Time
	for range 12 {
		at = s.Calendar.Next(s.Rounds.Plan.Next(after))
		after = s.Rounds.Plan.Next(s.Rounds.Plan.Next(after)).Add(-time.Minute) // just before the one behind it
		if t.workdays(at, after) >= worth {
			break
		}
	}
	return at
}

// workdays counts the working days from the day of one moment to the day before another.
func (t *turn) workdays(from, to time.Time) (n int) {
	to = flows.Clock(0).On(to.Add(time.Minute))
	for d := flows.Clock(0).On(from); d.Before(to); d = d.AddDate(0, 0, 1) {
		if t.e.Settings.Calendar.Working(d) {
			n++
		}
	}
	return n
}

// lastDay is the last working day of this list.
func (t *turn) lastDay() time.Time {
	d := flows.Clock(0).On(t.Next)
	for range 40 {
		if d = d.AddDate(0, 0, -1); t.e.Settings.Calendar.Working(d) || !d.After(t.e.At) {
			break
		}
	}
	return d
}

func (t *turn) woke(w flows.Woke) {
	switch {
	case w.Name == "week" && w.Due.Equal(t.Next) && !t.e.At.Before(t.Next):
		t.week()
	case w.Name == "remind" && w.Due.Equal(t.Remind) && !t.e.At.Before(t.Remind):
		t.remind()
	case w.Name == "directory": // who has the list is in the directory no more
		t.handOver()
	}
}

// week ends one list and makes the next.
func (t *turn) week() {
	s := t.e.Settings
	if _, there := t.grid(t.Grid); !there {
		t.end()
		return
	}
	t.close()
	t.Lines = slices.DeleteFunc(t.Lines, func(l Line) bool { return l.How != "" || !t.stands(l) })
	t.plan()
	t.fillSpots(s.Rounds.Spots)
	t.fillVisits(s.Rounds.Visits)
	t.fillDoors(s.Rounds.Doors)
	slices.SortStableFunc(t.Lines, func(a, b Line) int { return cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)) })
	t.Week++
	t.From, t.Until, t.Remind = t.e.At, time.Time{}, time.Time{}
	if t.Walker = ""; len(t.Lines) == 0 {
		return
	}
	last := t.lastDay()
	hours := s.Calendar.Hours
	t.Until = hours[len(hours)-1].To.On(last)
	if n := len(s.Limits.Bundles); n > 0 {
		// Just before the last reminders of the week leave.
		if at := slices.Max(s.Limits.Bundles).On(last).Add(-time.Minute); at.After(t.e.At) {
			t.Remind = at
			t.do(flows.Wake{At: at, Name: "remind"})
		}
	}
	t.Walker = s.Walker(t.Grid, t.e.At)
	t.send()
}

// kinds is the order in which a list reads.
var kinds = []string{Spot, Visit, Door}

// send gives the list to who goes, or tells staff, once, that nobody does.
func (t *turn) send() {
	if t.Walker == "" {
		if !t.Vacant {
			t.staff("vacant", flows.Vars{"grid": flows.In(t.scope())})
		}
		t.Vacant = true
		return
	}
	t.Vacant = false
	t.card(false)
}

// close keeps the numbers of the list that is over, and takes the buttons off it.
func (t *turn) close() {
	if len(t.Lines) == 0 {
		return
	}
	w := Week{From: t.From, Asked: len(t.Lines)}
	for _, l := range t.Lines {
		switch {
		case l.How == "":
		case l.Kind == Spot:
			w.Spots++
		default:
			w.Homes++
		}
		if l.How == Found {
			w.Found++
		}
	}
	t.Idle++
	if w.Spots+w.Homes > 0 {
		t.Idle = 0
	}
	t.Weeks = append(t.Weeks, w)
	t.Weeks = t.Weeks[max(0, len(t.Weeks)-weeks):]
	if t.Walker != "" {
		t.do(flows.Say{To: flows.To{Person: t.Walker}, Class: flows.Work, Tidy: true, Words: "card-over", Slot: t.slot(), Vars: t.vars()})
	}
}

// stands says that an open line of last week is one for this.
func (t *turn) stands(l Line) bool {
	switch l.Kind {
	case Spot:
		return slices.Contains(t.pairs(), pair{l.Place, l.Look})
	case Visit:
		return t.row(func(a Agreed) bool { return a.N == l.Row && a.Place == l.Place }) >= 0
	}
	return t.here(l.Place) && !slices.Contains(t.Never, l.Place) && t.row(func(a Agreed) bool { return a.Place == l.Place }) < 0
}

// here says that a household lies in this grid.
func (t *turn) here(p flows.Place) bool {
	_, there := t.e.Settings.Household(p)
	g, ok := t.e.Settings.GridOf(p)
	return there && ok && g.ID == t.Grid
}

// keep drops what stands over from last week beyond n, and says how many are missing.
func (t *turn) keep(kind string, n int) int {
	t.Lines = slices.DeleteFunc(t.Lines, func(l Line) bool {
		if l.Kind != kind {
			return false
		}
		n--
		return n < 0
	})
	return max(0, n)
}

func (t *turn) add(l Line) {
	t.Last++
	l.N = t.Last
	t.Lines = append(t.Lines, l)
}

// pair is a place and what is looked at there.
type pair struct {
	place flows.Place
	look  string
}

// pairs are all of the grid in the order of their turn: each place once, then each again
// with the next thing, so that all places are seen as often as one, and all things there.
func (t *turn) pairs() (all []pair) {
	s := t.e.Settings
	var at [][]pair
	add := func(p flows.Place, building bool) {
		var own []pair
		for _, l := range s.Rounds.Looks {
			if building && l.Building || !building && l.Spot {
				own = append(own, pair{p, l.ID})
			}
		}
		if len(own) > 0 {
			at = append(at, own)
		}
	}
	for _, b := range s.Buildings {
		if b.Grid == t.Grid {
			add(flows.Place{Building: b.ID}, true)
		}
	}
	for _, x := range s.Spots {
		if x.Grid == t.Grid {
			add(flows.Place{Spot: x.ID}, false)
		}
	}
	for round := range s.Rounds.Looks {
		for i, own := range at {
			all = append(all, own[(i+round)%len(own)])
		}
	}
	return all
}

func (t *turn) fillSpots(n int) {
	all := t.pairs()
	miss := t.keep(Spot, n)
	// So many in a row are of different places: more would have a place have its turn with one
	// thing only, always the same.
	places := len(all) / max(1, len(t.e.Settings.Rounds.Looks))
	for tries := 0; miss > 0 && tries < places; tries++ {
		p := all[t.Turn%len(all)]
		t.Turn = (t.Turn + 1) % len(all)
		if !slices.ContainsFunc(t.Lines, func(l Line) bool { return l.Kind == Spot && l.Place == p.place }) {
			t.add(Line{Kind: Spot, Place: p.place, Look: p.look})
			miss--
		}
	}
}

// fillVisits takes those whose turn was longest ago.
func (t *turn) fillVisits(n int) {
	miss := t.keep(Visit, n)
	turns := slices.Clone(t.Agreed)
	slices.SortStableFunc(turns, func(a, b Agreed) int { return cmp.Or(a.Seen.Compare(b.Seen), cmp.Compare(a.N, b.N)) })
	for _, a := range turns {
		if miss == 0 {
			break
		}
		if t.here(a.Place) && !slices.ContainsFunc(t.Lines, func(l Line) bool { return l.Row == a.N }) {
			t.add(Line{Kind: Visit, Place: a.Place, Row: a.N, Phone: a.Phone, Kept: a.Kept})
			miss--
		}
	}
}

// fillDoors takes the next doors, one building after the other.
func (t *turn) fillDoors(n int) {
	miss := t.keep(Door, n)
	if miss == 0 {
		return
	}
	var all []flows.Place
	for _, b := range t.e.Settings.Buildings {
		if b.Grid == t.Grid {
			all = append(all, t.e.Settings.HomesOf(b.ID)...)
		}
	}
	for tries := 0; miss > 0 && tries < len(all); tries++ {
		p := all[t.Doors%len(all)]
		t.Doors = (t.Doors + 1) % len(all)
		l := Line{Kind: Door, Place: p}
		if t.stands(l) && !slices.ContainsFunc(t.Lines, func(x Line) bool { return x.Place == p }) {
			t.add(l)
			miss--
		}
	}
}

// enough is after how many lists of which nothing was ticked nobody is reminded any more: who
// does not use them is not to be told so every Friday. The desk shows how it stands.
const enough = 2

// remind is the one reminder of a week: what is not done goes on to the next.
func (t *turn) remind() {
	t.Remind = time.Time{}
	if _, away := t.e.Settings.Away(t.Walker, t.e.At); away {
		return // nobody begins on a Friday afternoon: the next list goes to who stands in
	}
	if homes, spots := t.Open(); homes+spots > 0 && t.Walker != "" && t.Idle < enough {
		t.do(flows.Say{To: flows.To{Person: t.Walker}, Class: flows.Work, Bundle: true, Words: "left", Vars: t.vars()})
	}
}

// handOver gives the list to who goes now, where that is somebody else by now, and says so.
func (t *turn) handOver() {
	homes, spots := t.Open()
	now := t.e.Settings.Walker(t.Grid, t.e.At)
	if now == t.Walker || homes+spots == 0 {
		return
	}
	if t.Walker != "" {
		t.do(flows.Say{To: flows.To{Person: t.Walker}, Class: flows.Work, Tidy: true, Words: "card-passed", Slot: t.slot(), Vars: t.vars()})
	}
	t.Walker = now
	t.send()
}

// unreached is when a list reaches nobody: staff print it, and are told so once.
func (t *turn) unreached(mark string) {
	if t.Walker == "" || mark != t.slot() || t.Mute == t.Walker {
		return
	}
	t.Mute = t.Walker
	t.staff("no-account", flows.Vars{"grid": flows.In(t.scope()), "who": flows.Who(t.Walker)})
}

// end is when the grid is in the directory no more: nobody in it is kept.
func (t *turn) end() {
	t.close()
	for _, a := range t.Agreed {
		t.forget(a)
	}
	t.Stage, t.Lines, t.Agreed, t.Never, t.Walker, t.Remind, t.Mute = Ended, nil, nil, nil, "", time.Time{}, ""
}
