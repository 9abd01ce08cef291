package local

import (
	"slices"
	"strconv"
	"strings"

	"linli/flows"
	"linli/prompts"
)

// directory is what the reader makes of a Settings, once.
type directory struct {
	version  string
	settings *flows.Settings
	numbers  map[string][]int // value of a house span → buildings
	names    trie             // names and aliases of buildings, spots and rooms
	named    []named
	items    *items
	meets    *meets // rooms and people with a post, for plans
	likes    likes  // interests, for wishes
}

// named is what a name or an alias stands for; building is -1 for a spot.
type named struct {
	building int
	spot     string
	n        int // runes
}

var none = compile(&flows.Settings{})

// nowhere is the directory of a reader without settings.
func nowhere() *directory { return none }

func compile(s *flows.Settings) *directory {
	d := &directory{version: s.Version, settings: s, numbers: map[string][]int{}, names: newTrie()}
	for i, b := range s.Buildings {
		names := append([]string{b.Name, b.Other}, b.Aliases...)
		values := map[string]bool{}
		for _, name := range names {
			t := normal(name)
			sp := spans(&t)
			if len(sp) == 1 && sp[0].part == house && sp[0].start == 0 && sp[0].end == len(t.r) {
				values[sp[0].value] = true
				continue
			}
			if n, err := strconv.Atoi(string(t.r)); err == nil && n > 0 {
				values[strconv.Itoa(n)] = true
				continue
			}
			if len(t.r) > 1 {
				d.names.add(t.r, len(d.named))
				d.named = append(d.named, named{i, "", len(t.r)})
			}
		}
		if len(values) == 0 && b.Name == "" {
			values[strings.ToLower(b.ID)] = true
		}
		for v := range values {
			d.numbers[v] = append(d.numbers[v], i)
		}
	}
	for _, x := range s.Spots {
		for _, name := range append([]string{x.Name, x.Other}, x.Aliases...) {
			if t := normal(name); len(t.r) > 1 {
				d.names.add(t.r, len(d.named))
				d.named = append(d.named, named{-1, x.ID, len(t.r)})
			}
		}
	}
	// Who names a room means the place it is in.
	for _, x := range s.Rooms {
		in := named{slices.IndexFunc(s.Buildings, func(b flows.Building) bool { return b.ID == x.Where.Building }), x.Where.Spot, 0}
		for _, name := range []string{x.Name, x.Other} {
			if t := normal(name); len(t.r) > 1 && (in.building >= 0 || in.spot != "") {
				in.n = len(t.r)
				d.names.add(t.r, len(d.named))
				d.named = append(d.named, in)
			}
		}
	}
	d.items = compileItems(s)
	d.meets = compileMeets(s)
	d.likes = compileLikes(s)
	return d
}

// said is the place a text itself names.
type said struct {
	flows.Place
	elsewhere bool // names a building the directory does not have
	spans     int
}

// place says that the text names any part of a place.
func (s said) place() bool { return s.spans > 0 || !s.Zero() }

// locate reads the place a text names.
func (d *directory) locate(t *text, scope flows.Scope) said {
	var out said
	sp := spans(t)
	b := -1
	at := 0
	i := 0
	visit := func(id, end int) {
		x := d.named[id]
		if x.building >= 0 && b < 0 {
			b, at = x.building, end
			out.spans++
		}
		if x.spot != "" && out.Spot == "" {
			out.Spot = x.spot
			out.spans++
		}
	}
	for ; i < len(t.r); i++ {
		d.names.at(t.r, i, visit)
	}
	// A name that holds a number ("东区3号楼") is more exact than the number.
	named := b >= 0
	for _, s := range sp {
		if s.part != house || named {
			continue
		}
		out.spans++
		if b >= 0 {
			continue
		}
		switch of := d.numbers[s.value]; {
		case len(of) == 1:
			b, at, out.elsewhere = of[0], s.end, false
		case len(of) > 1:
			k := slices.IndexFunc(of, func(i int) bool { return d.settings.Buildings[i].ID == scope.Building })
			if k >= 0 && scope.Building != "" {
				b, at, out.elsewhere = of[k], s.end, false
			} else {
				out.elsewhere = true
			}
		case s.sure:
			out.elsewhere = true
		default:
			out.spans--
		}
	}
	if b >= 0 {
		out.Building = d.settings.Buildings[b].ID
	}
	for _, s := range sp {
		if s.part == house || s.start < at-1 && b >= 0 && s.end > at {
			continue
		}
		switch s.part {
		case unit:
			if out.Unit == "" {
				out.Unit = s.value
				out.spans++
			}
		case floor:
			if out.Floor == 0 {
				out.Floor = s.n
				out.spans++
			}
		case room:
			if out.Room == "" {
				out.Room = s.value
				out.spans++
			}
		}
	}
	if out.elsewhere {
		out.Place = flows.Place{Spot: out.Spot}
		return out
	}
	if out.Building != "" && out.Spot != "" {
		if t.beside(at) {
			out.Place = flows.Place{Spot: out.Spot}
		} else {
			out.Spot = ""
		}
	}
	if out.Building != "" {
		d.check(&out.Place)
	}
	return out
}

// beside says that what follows a building only uses it to point.
func (t *text) beside(i int) bool {
	for _, w := range []string{"旁边", "旁", "前面", "前边", "后面", "后边", "附近", "对面", "门口", "楼下的", "和", "跟", "到", "边上"} {
		if t.has(i, w) {
			return true
		}
	}
	return false
}

// check strikes out a unit the building does not have, and with it what is inside.
func (d *directory) check(p *flows.Place) {
	b, ok := d.settings.Building(p.Building)
	if !ok {
		return
	}
	if p.Unit != "" && len(b.Units) > 0 && !slices.Contains(b.Units, p.Unit) {
		p.Unit, p.Room = "", ""
	}
	if b.Floors > 0 && p.Floor > b.Floors {
		p.Floor = 0
	}
}

// fill adds to what a message says what its chat and its speaker say without
// words: a building's own group, a home where the message means it.
func (d *directory) fill(p flows.Place, m seen, c prompts.Context) flows.Place {
	if m.said.elsewhere || p.Spot != "" {
		return p
	}
	home := c.Home
	switch {
	case m.mine && home.Building != "" && (p.Building == "" || p.Building == home.Building):
		if !m.room {
			home.Floor, home.Room = 0, ""
		}
		if !m.unit && !m.room {
			home.Unit = ""
		}
		if p.Unit != "" && p.Unit != home.Unit {
			home.Unit, home.Floor, home.Room = "", 0, ""
		}
		p = p.Within(home)
	case p.Building == "" && c.Scope.Building != "":
		p.Building = c.Scope.Building
	case p.Building == "" && c.Direct && home.Building != "":
		if p.Unit != "" {
			home.Unit = p.Unit
		}
		home.Floor, home.Room = 0, ""
		p = p.Within(home)
	}
	if p.Building == "" && p.Spot == "" {
		if p.Unit == "" && p.Floor == 0 && p.Room == "" {
			return flows.Place{}
		}
		return p
	}
	d.check(&p)
	return p
}
