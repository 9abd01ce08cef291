package flows

import (
	"fmt"
	"slices"
	"strings"
)

// Where something is: how exactly it is known, which scope it lies in, how
// people write it, and when two reports are about the same matter.

// Place is where something is, as exactly as it is known. Building and Spot are
// ids of the directory.
type Place struct {
	Building string `json:"building,omitempty"`
	Unit     string `json:"unit,omitempty"`
	Floor    int    `json:"floor,omitempty"`
	Room     string `json:"room,omitempty"`
	Spot     string `json:"spot,omitempty"`
}

// Known says that somebody could go there: a building or a spot.
func (p Place) Known() bool { return p.Building != "" || p.Spot != "" }

// Zero says that nothing is known.
func (p Place) Zero() bool { return p == Place{} }

// Public is the place as far as anybody may know it: its building or its spot.
func (p Place) Public() Place { return Place{Building: p.Building, Spot: p.Spot} }

// Within fills what p leaves open from q, where the two do not contradict.
func (p Place) Within(q Place) Place {
	if p.Spot != "" || (p.Building != "" && p.Building != q.Building) {
		return p
	}
	if p.Building == "" {
		p.Building = q.Building
	}
	if p.Unit == "" {
		p.Unit = q.Unit
		if p.Floor == 0 && p.Room == "" {
			p.Floor, p.Room = q.Floor, q.Room
		}
	}
	return p
}

// GridOf gives the grid a place lies in.
func (s *Settings) GridOf(p Place) (Grid, bool) {
	id := ""
	if b, ok := s.Building(p.Building); ok {
		id = b.Grid
	} else if i := slices.IndexFunc(s.Spots, func(x Spot) bool { return x.ID == p.Spot }); i >= 0 && p.Spot != "" {
		id = s.Spots[i].Grid
	}
	i := slices.IndexFunc(s.Grids, func(x Grid) bool { return x.ID == id })
	if i < 0 || id == "" {
		return Grid{}, false
	}
	return s.Grids[i], true
}

// Scope of a place: its building, else its grid, else the whole community.
func (s *Settings) ScopeOf(p Place) Scope {
	if p.Building != "" {
		return Scope{Building: p.Building}
	}
	if g, ok := s.GridOf(p); ok {
		return Scope{Grid: g.ID}
	}
	return Everywhere
}

// Touches says whether two scopes have a household in common.
func (s *Settings) Touches(a, b Scope) bool { return s.Contains(a, b) || s.Contains(b, a) }

// Contains says whether outer holds the whole of inner.
func (s *Settings) Contains(outer, inner Scope) bool {
	switch {
	case outer.Zero() || inner.Zero():
		return false
	case outer.Community:
		return true
	case inner.Community:
		return false
	case outer.Building != "":
		return outer.Building == inner.Building
	case inner.Building != "":
		b, ok := s.Building(inner.Building)
		return ok && b.Grid == outer.Grid
	}
	return outer.Grid == inner.Grid
}

// Word writes a scope for a button: "b/3", "g/g1", "c".
func (s Scope) Word() string {
	switch {
	case s.Building != "":
		return "b/" + s.Building
	case s.Grid != "":
		return "g/" + s.Grid
	}
	return "c"
}

// ScopeOfWord reads what Word wrote; what it did not write is nobody's scope.
func ScopeOfWord(w string) Scope {
	kind, id, _ := strings.Cut(w, "/")
	switch {
	case w == "c":
		return Everywhere
	case kind == "b":
		return Scope{Building: id}
	case kind == "g":
		return Scope{Grid: id}
	}
	return Scope{}
}

// ScopeName writes a scope as people do: "3号楼", "第一网格", "全社区".
func (s *Settings) ScopeName(o Scope, lang string) string {
	switch {
	case o.Building != "":
		return s.PlaceName(Place{Building: o.Building}, lang, false)
	case o.Grid != "":
		if i := slices.IndexFunc(s.Grids, func(g Grid) bool { return g.ID == o.Grid }); i >= 0 {
			return s.Grids[i].Name
		}
		return o.Grid
	case o.Community && strings.HasPrefix(lang, "en"):
		return "the whole community"
	case o.Community:
		return "全社区"
	}
	return ""
}

// PlaceName writes a place as people do: "3号楼2单元", "5号楼18层", "东门".
// Rooms are included only when exact is set.
func (s *Settings) PlaceName(p Place, lang string, exact bool) string {
	if p.Spot != "" {
		for _, x := range s.Spots {
			if x.ID == p.Spot {
				if x.Other != "" {
					return x.Name + "（" + x.Other + "）"
				}
				return x.Name
			}
		}
		return p.Spot
	}
	b, ok := s.Building(p.Building)
	if !ok {
		if p.Building == "" {
			return ""
		}
		// It was there when the case began, and is in the directory no more.
		if b.Name = p.Building; strings.Trim(p.Building, "0123456789") == "" {
			b.Name += "号楼"
		}
	}
	var w strings.Builder
	w.WriteString(b.Name)
	if b.Other != "" {
		w.WriteString("（" + b.Other + "）")
	}
	en := strings.HasPrefix(lang, "en")
	if p.Unit != "" {
		if en {
			w.WriteString(" unit " + p.Unit)
		} else {
			w.WriteString(p.Unit + "单元")
		}
	}
	switch {
	case exact && p.Room != "":
		if en {
			w.WriteString(" room " + p.Room)
		} else {
			w.WriteString(p.Room + "室")
		}
	case exact && p.Floor != 0:
		if en {
			fmt.Fprintf(&w, " floor %d", p.Floor)
		} else {
			fmt.Fprintf(&w, "%d层", p.Floor)
		}
	}
	return w.String()
}

// MatterKey is the index key of a matter: two open cases with the same key, or
// one whose key begins with the other's, may be the same. It is "item/" and as
// much of the place as the item's level looks at, each part closed by "/".
func (s *Settings) MatterKey(item string, p Place) string {
	it, ok := s.Item(item)
	if !ok {
		return ""
	}
	k := item + "/"
	if it.Level == AtCommunity {
		return k
	}
	if it.Level == AtRoom {
		// Without a room there is no telling two households apart, and a private
		// matter must never meet another household's.
		if p.Building == "" || p.Room == "" {
			return ""
		}
		return k + p.Building + "/" + p.Unit + "/" + p.Room + "/"
	}
	if p.Spot != "" {
		return k + "@" + p.Spot + "/"
	}
	if p.Building == "" {
		return ""
	}
	k += p.Building + "/"
	if it.Level == AtBuilding || p.Unit == "" {
		return k
	}
	return k + p.Unit + "/"
}

// DangerKey is the index key of a danger that a whole building sees: one case
// per kind and building. A danger whose building is not known, or that is one
// person's own (violence, an illness), is never taken for another one.
func (s *Settings) DangerKey(d Danger, p Place) string {
	switch d {
	case Gas, Fire, Lift, Collapse:
	default:
		return ""
	}
	if p.Building == "" {
		return ""
	}
	return "!" + string(d) + "/" + p.Building + "/"
}
