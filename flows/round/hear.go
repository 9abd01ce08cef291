package round

import (
	"slices"

	"linli/flows"
)

// hear takes what is written to Linli itself about visits, and about the week's list. In a
// group nothing of it is heard.
func hear(e flows.Event) []flows.Effect {
	w, ok := e.What.(flows.Said)
	v := e.Reading.Visit
	if !ok || v == nil || !w.Direct || w.Edited || w.Message.Forwarded || e.Reading.Danger != "" {
		return nil
	}
	s, by := e.Settings, e.By
	say := func(words string) []flows.Effect {
		return []flows.Effect{flows.Say{Toast: true, To: flows.To{Person: by.Person}, Class: flows.Personal, Words: words}} // who was not known before is by then
	}
	tell := func(grid, name string, v flows.VisitLine) []flows.Effect {
		return []flows.Effect{flows.Tell{Flow: flows.RoundFlow, Key: flows.RoundKey(grid), Name: name, Data: flows.Data(v)}}
	}
	if len(v.Ticks) > 0 {
		var mine []string
		for _, g := range s.Grids {
			if s.Walker(g.ID, e.At) == by.Person && by.Person != "" && !s.Rounds.Off() {
				mine = append(mine, g.ID)
			}
		}
		switch len(mine) {
		case 0:
			return nil // whatever it is about, it is no list of ours
		case 1:
			return tell(mine[0], "ticks", *v)
		}
		return say("which-list")
	}
	goes := slices.ContainsFunc(by.Posts, func(p flows.Post) bool { return s.May(by, flows.Visit, p.Scope) })
	if goes && v.Place.Room != "" {
		if g, ok := s.GridOf(v.Place); ok {
			return tell(g.ID, "put", *v)
		}
		return say("put-unknown")
	}
	if v.Told {
		if goes {
			return say("put-unknown")
		}
		return say("visit-self")
	}
	place := v.Place
	if _, lives := s.Household(by.Home); lives || place.Room == "" {
		place = by.Home // who has moved says so under their data
	}
	h, known := s.Household(place)
	g, ok := s.GridOf(place)
	switch {
	case v.Stop && !ok:
		return say("visit-none")
	case v.Stop:
		return tell(g.ID, "stop", *v)
	case s.Rounds.Visits == 0:
		return say("visit-off")
	case !known || !ok:
		return say("visit-where")
	}
	line := *v
	line.Place = h.Place()
	return tell(g.ID, "ask", line)
}
