package community

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"linli/flows"
	"linli/flows/community/strict"
)

const (
	gridLeast = 300 // households; a grid has 300 to 400
	gridMost  = 400
)

// places reads grids, buildings, spots and households.
func (b *builder) places() {
	for _, g := range b.dir.Grids {
		b.unique("网格", g.Where, g.ID, latinID, func(x string) bool {
			return slices.ContainsFunc(b.s.Grids, func(y flows.Grid) bool { return y.ID == x })
		})
		out := flows.Grid{ID: g.ID, Name: g.Name, Households: g.Households, Leader: flows.PersonID(g.Leader)}
		b.plain(g.Of("name"), "网格"+g.ID, g.Name)
		if g.Name == "" {
			b.wrong(g.Of("name"), "网格%s没有写名称（name）", g.ID)
		}
		if g.Leader == "" {
			b.wrong(g.Of("leader"), "网格%s没有网格员（leader）", g.ID)
		} else {
			b.known(g.Of("leader"), "网格"+g.ID+"的网格员", g.Leader)
		}
		out.StandIns = b.standIns(g.Where, g.Leader, "网格"+g.ID+"的网格员", g.StandIns)
		b.s.Grids = append(b.s.Grids, out)
	}
	if len(b.dir.Grids) == 0 {
		b.wrong(b.dir.Of("grids"), "一个网格也没有（grids）")
	}
	b.buildings()
	b.spots()
	b.register()
	b.households()
}

func (b *builder) buildings() {
	in := map[string]string{} // building → grid
	for _, x := range b.dir.Buildings {
		b.unique("楼", x.Where, x.ID, placeID, func(id string) bool { _, ok := b.s.Building(id); return ok })
		if x.Grid != "" {
			in[x.ID] = x.Grid
			if !slices.ContainsFunc(b.s.Grids, func(g flows.Grid) bool { return g.ID == x.Grid }) {
				b.wrong(x.Of("grid"), "%s号楼写的网格“%s”不存在", x.ID, x.Grid)
			}
		}
		out := flows.Building{ID: x.ID, Name: x.Name, Other: x.Other, Units: x.Units, Floors: x.Floors, PerFloor: x.PerFloor, OnFloor: x.OnFloor, Households: x.Households}
		if out.Name == "" {
			out.Name = x.ID + "号楼"
		}
		b.plain(x.Of("name"), out.Name, append(x.Aliases, out.Name)...)
		b.other(x.Of("other"), out.Name, x.Other)
		for i, u := range x.Units {
			if slices.Contains(x.Units[:i], u) || u == "" || strings.ContainsAny(u, "-/ ") {
				b.wrong(x.Of("units"), "%s的单元“%s”空着、重复或带了符号", out.Name, u)
			}
		}
		for f, n := range x.OnFloor {
			if f == 0 || f > x.Floors || n < 0 {
				b.wrong(x.Of("on_floor"), "%s一共%d层，on_floor 里写的“%d: %d”不对", out.Name, x.Floors, f, n)
			}
		}
		if x.Floors < 0 || x.Floors > 120 || x.PerFloor < 0 || x.Households < 0 {
			b.wrong(x.Line, "%s的层数、每层户数、总户数写得不对", out.Name)
		}
		if n := counted(out); n > 0 {
			if out.Households == 0 {
				out.Households = n
			} else if n != out.Households {
				b.warn(x.Of("households"), "%s写的是%d户，按单元、楼层和每层户数算是%d户", out.Name, out.Households, n)
			}
		}
		b.s.Buildings = append(b.s.Buildings, out)
	}
	if len(b.dir.Buildings) == 0 {
		b.wrong(b.dir.Of("buildings"), "一栋楼也没有（buildings）")
	}
	for _, g := range b.dir.Grids {
		for _, id := range g.Buildings {
			_, exists := b.s.Building(id)
			switch prior := in[id]; {
			case !exists:
				b.wrong(g.Of("buildings"), "网格%s里写的楼“%s”不存在", g.ID, id)
			case prior == g.ID:
				b.wrong(g.Of("buildings"), "楼“%s”在网格%s里写了两遍", id, g.ID)
			case prior != "":
				b.wrong(g.Of("buildings"), "楼“%s”既在网格%s又在网格%s", id, prior, g.ID)
			}
			if in[id] == "" {
				in[id] = g.ID
			}
		}
	}
	for i := range b.s.Buildings {
		x := &b.s.Buildings[i]
		x.Grid = in[x.ID]
		if x.Grid == "" {
			b.wrong(b.dir.Buildings[i].Line, "%s不在任何网格里", x.Name)
		}
	}
}

// counted gives the households that floors and units add up to, 0 if unknown.
func counted(x flows.Building) int {
	if x.PerFloor == 0 || x.Floors == 0 {
		return 0
	}
	n := 0
	for f := 1; f <= x.Floors; f++ {
		if k, ok := x.OnFloor[f]; ok {
			n += k
		} else {
			n += x.PerFloor
		}
	}
	return n * max(1, len(x.Units))
}

func (b *builder) spots() {
	for _, x := range b.dir.Spots {
		b.unique("地点", x.Where, x.ID, placeID, func(id string) bool {
			return slices.ContainsFunc(b.s.Spots, func(y flows.Spot) bool { return y.ID == id })
		})
		if x.Name == "" {
			b.wrong(x.Of("name"), "地点%s没有写名称（name）", x.ID)
		}
		if !slices.ContainsFunc(b.s.Grids, func(g flows.Grid) bool { return g.ID == x.Grid }) {
			b.wrong(x.Of("grid"), "%s写的网格“%s”不存在", x.Name, x.Grid)
		}
		b.plain(x.Of("name"), x.Name, append(x.Aliases, x.Name)...)
		b.other(x.Of("other"), x.Name, x.Other)
		b.s.Spots = append(b.s.Spots, flows.Spot{ID: x.ID, Name: x.Name, Other: x.Other, Grid: x.Grid, Aliases: x.Aliases})
	}
}

// households compares the grids with their buildings.
func (b *builder) households() {
	for i := range b.s.Grids {
		g, w := &b.s.Grids[i], b.dir.Grids[i].Where
		sum, all := 0, true
		for _, x := range b.s.Buildings {
			if x.Grid == g.ID {
				sum += x.Households
				all = all && x.Households > 0
			}
		}
		switch {
		case g.Households == 0 && all:
			g.Households = sum
		case all && sum > 0 && sum != g.Households:
			b.wrong(w.Of("households"), "网格%s写的是%d户，它的楼加起来是%d户", g.ID, g.Households, sum)
		}
		switch {
		case g.Households > gridMost:
			b.wrong(w.Of("households"), "网格%s有%d户，一个网格不超过%d户，请再分一个", g.ID, g.Households, gridMost)
		case g.Households < gridLeast:
			b.warn(w.Of("households"), "网格%s只有%d户，一般是%d到%d户", g.ID, g.Households, gridLeast, gridMost)
		}
	}
}

// home reads where a person lives, if that is written.
func (b *builder) home(line int, who, text string) flows.Place {
	if text == "" {
		return flows.Place{}
	}
	return b.placed(line, who+"的住处", text)
}

// placed reads "3-2-501": building, unit, room. A building without units leaves
// the unit out.
func (b *builder) placed(line int, what, text string) flows.Place {
	parts := strings.Split(text, "-")
	x, ok := b.s.Building(parts[0])
	if !ok {
		b.wrong(line, "%s“%s”：没有“%s”这栋楼", what, text, parts[0])
		return flows.Place{}
	}
	p := flows.Place{Building: parts[0]}
	rest := parts[1:]
	if len(x.Units) > 0 && len(rest) > 0 {
		p.Unit, rest = rest[0], rest[1:]
		if !slices.Contains(x.Units, p.Unit) {
			b.wrong(line, "%s“%s”：%s没有%s单元", what, text, x.Name, p.Unit)
		}
	}
	if len(rest) > 1 || slices.Contains(parts, "") {
		b.wrong(line, "%s要写成 3-2-501（楼-单元-室），写的是“%s”", what, text)
		return p
	}
	if len(rest) == 1 {
		p.Room = rest[0]
		if n, err := strconv.Atoi(p.Room); err == nil && n >= 100 {
			p.Floor = n / 100
		}
		if x.Floors > 0 && p.Floor > x.Floors {
			b.wrong(line, "%s“%s”：%s只有%d层", what, text, x.Name, x.Floors)
		}
	}
	return p
}

// scope reads whom a post or a group is for. none is what nothing written means.
func (b *builder) scope(w strict.Where, who string, community bool, grid, building string, none flows.Scope) flows.Scope {
	n := 0
	s := none
	if community {
		n, s = n+1, flows.Everywhere
	}
	if grid != "" {
		n, s = n+1, flows.Scope{Grid: grid}
		if !slices.ContainsFunc(b.s.Grids, func(g flows.Grid) bool { return g.ID == grid }) {
			b.wrong(w.Of("grid"), "%s写的网格“%s”不存在", who, grid)
		}
	}
	if building != "" {
		n, s = n+1, flows.Scope{Building: building}
		if _, ok := b.s.Building(building); !ok {
			b.wrong(w.Of("building"), "%s写的楼“%s”不存在", who, building)
		}
	}
	switch {
	case n > 1:
		b.wrong(w.Line, "%s的范围只能写一个：community、grid 或 building", who)
	case s.Zero():
		b.wrong(w.Line, "%s没有写范围（community: true、grid 或 building）", who)
	}
	return s
}

// unique checks the form of an id and that it is new.
func (b *builder) unique(what string, w strict.Where, id string, form interface{ MatchString(string) bool }, taken func(string) bool) {
	switch {
	case id == "":
		b.wrong(w.Line, "有一条%s没有写编号（id）", what)
	case !form.MatchString(id):
		b.wrong(w.Of("id"), "%s的编号“%s”只能用短的拉丁字母和数字", what, id)
	case taken(id):
		b.wrong(w.Of("id"), "%s的编号“%s”写了两遍", what, id)
	}
}

// known checks that there is such a person.
func (b *builder) known(line int, what, id string) bool {
	_, ok := b.persons[id]
	if !ok {
		hint := ""
		var ids []string
		for x := range b.persons {
			ids = append(ids, x)
		}
		slices.Sort(ids)
		if g := strict.Guess(id, ids); g != "" {
			hint = fmt.Sprintf("，是不是“%s”？", g)
		}
		b.wrong(line, "%s写的是“%s”，人员（people）里没有这个编号%s", what, id, hint)
	}
	return ok
}

func (b *builder) standIns(w strict.Where, who, what string, ids []string) []flows.PersonID {
	var out []flows.PersonID
	for _, id := range ids {
		if !b.known(w.Of("stand_ins"), what+"的替班人", id) {
			continue
		}
		switch {
		case id == who:
			b.wrong(w.Of("stand_ins"), "%s的替班人不能是本人（%s）", what, id)
		case slices.Contains(out, flows.PersonID(id)):
			b.wrong(w.Of("stand_ins"), "%s的替班人“%s”写了两遍", what, id)
		}
		out = append(out, flows.PersonID(id))
	}
	return out
}
