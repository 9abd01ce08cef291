package flows

import (
	"slices"
	"strconv"
)

// Rounds and visits (巡查、走访): what a community does of them, what people say about
// visits, and who goes.

// RoundFlow is the name of the flow.
const RoundFlow = "round"

// RoundKey is the key of the one case that is the plan of a grid, see [Tell].
func RoundKey(grid string) string { return "#round/" + grid }

// Rounds are the community's rules for rounds: how little is asked of a grid leader in a
// week. With all three numbers 0 there are none.
type Rounds struct {
	Plan   WeekTime // when the week's list comes; on a day off, on the next working day
	Spots  int      // places to look at in a week
	Visits int      // visits, or calls, to people who have agreed to it
	Doors  int      // other households, one door after the other
	Looks  []Look   // what is looked at
}

// Off says that there are no rounds.
func (r Rounds) Off() bool { return r.Spots == 0 && r.Visits == 0 && r.Doors == 0 }

// Look is a kind of thing that is looked at: 消防通道, 楼道杂物.
type Look struct {
	ID       string
	Name     map[string]string // by language
	Item     string            // of the duty list: as what a finding is filed; empty: as what is read of its words
	Building bool              // in buildings
	Spot     bool              // at places that are in no building
}

// VisitLine is what somebody says about visits. That a person speaks of themself, or puts
// it in for a household that has said yes, is for the rules to say.
type VisitLine struct {
	Stop  bool   `json:"stop,omitempty"`  // "不用走访了"
	Phone bool   `json:"phone,omitempty"` // "打电话就行"
	Place Place  `json:"place,omitzero"`  // the household it names, if any
	Told  bool   `json:"told,omitempty"`  // it is said of others: "3-1-501同意走访"
	Ticks []Tick `json:"ticks,omitempty"` // what was done of the week's list, "1没问题，3没人在家"
}

// Tick is one line of the week's list, by its number, and how it was done.
type Tick struct {
	N   int    `json:"n"`   // 0: all of them that are open
	How string `json:"how"` // "ok", "found", "been", "out", "called"
}

// Walker gives who goes the rounds of a grid at t: its leader, the stand-in named for a
// leave, then those of the directory; "" if there is nobody.
func (s *Settings) Walker(grid string, at Time) PersonID {
	i := slices.IndexFunc(s.Grids, func(g Grid) bool { return g.ID == grid })
	if i < 0 || grid == "" {
		return ""
	}
	for _, id := range append([]PersonID{s.Grids[i].Leader}, s.Grids[i].StandIns...) {
		if o, ok := s.Official(id); !ok || len(o.Posts) == 0 {
			continue
		}
		by, away := s.Away(id, at)
		if !away {
			return id
		}
		if o, ok := s.Official(by); ok && len(o.Posts) > 0 {
			if _, too := s.Away(by, at); !too {
				return by
			}
		}
	}
	return ""
}

// HomesOf gives the households of a building: those of the roster, or in one that is not
// listed one for each door of its units and floors; none where that is not known.
func (s *Settings) HomesOf(building string) (list []Place) {
	for _, h := range s.Doors(building) {
		list = append(list, h.Place())
	}
	b, ok := s.Building(building)
	if len(list) > 0 || !ok {
		return list
	}
	units := b.Units
	if len(units) == 0 {
		units = []string{""}
	}
	for _, u := range units {
		for f := 1; f <= b.Floors; f++ {
			n := b.PerFloor
			if x, other := b.OnFloor[f]; other {
				n = x
			}
			for d := 1; d <= n; d++ {
				list = append(list, Place{Building: b.ID, Unit: u, Room: strconv.Itoa(f*100 + d)})
			}
		}
	}
	return list
}
