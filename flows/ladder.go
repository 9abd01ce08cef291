package flows

import (
	"slices"
	"time"
)

// Who is asked: by building and grid, by item and owner, by roster; and who never
// is, because the matter is about them.

// Away says whether somebody is on leave at t, and who stands in.
func (s *Settings) Away(p PersonID, t time.Time) (by PersonID, away bool) {
	o, ok := s.Official(p)
	if !ok {
		return "", false
	}
	for _, l := range o.Leave {
		if !t.Before(l.From) && t.Before(l.To.AddDate(0, 0, 1)) {
			return l.By, true
		}
	}
	return "", false
}

// With gives the people who hold a role whose scope covers the given one, in
// the order of the directory. A zero scope selects nobody.
func (s *Settings) With(r Role, scope Scope) []PersonID {
	var out []PersonID
	if scope.Zero() {
		return nil
	}
	for _, o := range s.People {
		for _, p := range o.Posts {
			if p.Role == r && s.Contains(p.Scope, scope) {
				out = append(out, o.ID)
				break
			}
		}
	}
	return out
}

// Ladder gives the people to ask for an item at a place, in order, each once:
// the owner, the stand-ins, the committee's staff, its head, the secretary. Whoever is
// complained about, and the company complained about, is never in it; whoever is on leave at t is
// replaced by the stand-in named for it.
func (s *Settings) Ladder(item Item, p Place, about Role, t time.Time) []PersonID {
	var want []PersonID
	grid, inGrid := s.GridOf(p)
	leaders := func() {
		if inGrid {
			want = append(append(want, grid.Leader), grid.StandIns...)
		}
	}
	scope := s.ScopeOf(p)
	switch item.Owner {
	case Leader, "":
		leaders()
	case Property, Owners, Station, Department:
		want = append(want, s.With(item.Owner, scope)...)
		if item.Owner == Property || item.Owner == Owners {
			leaders() // the leader presses where the company is silent
		}
	case Staff, Head, Secretary:
		want = append(want, s.With(item.Owner, Everywhere)...)
	default:
		want = append(want, s.With(item.Owner, scope)...)
	}
	return s.ladder(want, p, []Role{about, item.About}, t)
}

// ladder closes a list with the committee's own people and strikes out
// whoever may not be asked.
func (s *Settings) ladder(want []PersonID, p Place, about []Role, t time.Time) []PersonID {
	for _, r := range []Role{Staff, Head, Secretary} {
		want = append(want, s.With(r, Everywhere)...)
	}
	barred := map[PersonID]bool{"": true}
	for _, r := range about {
		for _, id := range s.Complained(r, p) {
			barred[id] = true
		}
	}
	var out []PersonID
	add := func(id PersonID) {
		if !barred[id] && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for _, id := range want {
		if by, away := s.Away(id, t); away {
			if _, too := s.Away(by, t); !too {
				add(by)
			}
			continue
		}
		add(id)
	}
	return out
}

// Complained gives the people a complaint about a role at a place is about:
// nobody for the zero role, the leader of the grid, all of the property company.
func (s *Settings) Complained(r Role, p Place) []PersonID {
	switch r {
	case "", Resident:
		return nil
	case Leader:
		if g, ok := s.GridOf(p); ok {
			return []PersonID{g.Leader}
		}
		return s.With(Leader, Everywhere)
	case Captain:
		return s.With(Captain, s.ScopeOf(p))
	}
	var out []PersonID
	for _, o := range s.People {
		if slices.ContainsFunc(o.Posts, func(x Post) bool { return x.Role == r }) {
			out = append(out, o.ID)
		}
	}
	return out
}

// DutyLadder gives the people to page for a danger at t: the shift's person,
// the shift's stand-ins, then the committee's people, each once.
func (s *Settings) DutyLadder(t time.Time) []PersonID {
	var want []PersonID
	t = t.In(s.Zone)
	for _, sh := range s.Roster {
		if sh.covers(t) {
			want = append(append(want, sh.Person), sh.StandIns...)
		}
	}
	return s.ladder(want, Place{}, nil, t)
}

func (sh Shift) covers(t time.Time) bool {
	day, now := t.Weekday(), Clock(t.Hour()*60+t.Minute())
	over := sh.From > sh.To
	if sh.From != sh.To {
		if over && now < sh.To {
			day = (day + 6) % 7 // the shift began yesterday
		} else if now < sh.From || (!over && now >= sh.To) {
			return false
		}
	}
	return len(sh.Days) == 0 || slices.Contains(sh.Days, day)
}
