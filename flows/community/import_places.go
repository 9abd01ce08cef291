package community

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"linli/flows"
)

// Rows about places: grids, buildings, spots, rooms.

// gridID finds a grid by its id or its name.
func (in *importing) gridID(text string) (string, bool) {
	for _, g := range in.dir.Grids {
		if g.ID == text || fold(g.Name) == fold(text) {
			return g.ID, true
		}
	}
	return "", false
}

// buildingID finds a building by its id, its name, an alias or a usual spelling.
func (in *importing) buildingID(text string) (string, bool) {
	for _, x := range in.dir.Buildings {
		if x.ID == text {
			return x.ID, true
		}
	}
	m := meaning(text)
	var found []string
	for _, x := range in.dir.Buildings {
		name := x.Name
		if name == "" {
			name = x.ID + "号楼"
		}
		if meaning(name) == m || slices.ContainsFunc(x.Aliases, func(a string) bool { return meaning(a) == m }) {
			found = append(found, x.ID)
		}
	}
	if len(found) != 1 {
		return "", false
	}
	return found[0], true
}

func (in *importing) findGrid(r *row) {
	name, _ := r.get("网格")
	id, _ := r.get("编号")
	if id == "" {
		id, _ = in.gridID(name)
	}
	if _, known := in.gridID(id); r.gone && !known {
		in.mistake(r, "没有“%s”这个网格，删不了", short(name+id))
		return
	}
	for n := 1; id == ""; n++ {
		if k := fmt.Sprintf("g%d", n); !slices.ContainsFunc(in.dir.Grids, func(g grid) bool { return g.ID == k }) {
			id = k
		}
	}
	in.mine(r, id)
	if !r.gone && !slices.ContainsFunc(in.dir.Grids, func(g grid) bool { return g.ID == id }) {
		in.dir.Grids = append(in.dir.Grids, grid{ID: id, Name: name})
	}
}

func (in *importing) fillGrid(r *row) {
	g := &in.dir.Grids[slices.IndexFunc(in.dir.Grids, func(g grid) bool { return g.ID == r.id })]
	if name, _ := r.get("网格"); name != "" && name != r.id {
		g.Name = name
	}
	r.text("名称", &g.Name)
	in.whole(r, "户数", &g.Households)
	if text, told := r.get("网格员"); told {
		g.Leader, _ = in.personID(r, "网格员", text)
		in.from["leader/"+r.id] = r.origin
	}
	in.persons(r, "替班", &g.StandIns)
	if text, told := r.get("楼栋"); told {
		for _, x := range splitList(text) {
			if id, ok := in.buildingID(x); ok {
				in.move(r, id, r.id)
			} else {
				in.mistake(r, "没有“%s”这栋楼", short(x))
			}
		}
	}
}

func (in *importing) dropGrid(r *row) {
	in.dir.Grids = slices.DeleteFunc(in.dir.Grids, func(g grid) bool { return g.ID == r.id })
}

// move puts a building into a grid, and finds two rows that put it into two.
func (in *importing) move(r *row, building, to string) {
	if other, twice := in.moved[building]; twice && other != to {
		in.mistake(r, "楼“%s”已经写在网格“%s”里了，一栋楼只能在一个网格", building, other)
		return
	}
	in.moved[building] = to
	for i := range in.dir.Grids {
		g := &in.dir.Grids[i]
		g.Buildings = slices.DeleteFunc(g.Buildings, func(x string) bool { return x == building })
	}
	for i := range in.dir.Buildings {
		if in.dir.Buildings[i].ID == building {
			in.dir.Buildings[i].Grid = to
		}
	}
}

var digits = regexp.MustCompile(`^\d+`)

func (in *importing) findBuilding(r *row) {
	text, _ := r.get("楼号")
	id, known := in.buildingID(text)
	if text == "" {
		in.mistake(r, "没有写楼号")
		return
	}
	if known {
		in.mine(r, id)
		return
	}
	x := building{ID: text}
	switch m := meaning(text); {
	case numbered.MatchString(m):
		x.ID = digits.FindString(m)
		if x.ID != text {
			x.Name = text
		}
	case placeID.MatchString(text):
		x.Name = text
	default:
		x.ID, x.Name = made("b", text), text
	}
	if r.gone {
		in.mistake(r, "没有“%s”这栋楼，删不了", short(text))
		return
	}
	in.mine(r, x.ID)
	in.dir.Buildings = append(in.dir.Buildings, x)
}

func (in *importing) fillBuilding(r *row) {
	x := &in.dir.Buildings[slices.IndexFunc(in.dir.Buildings, func(x building) bool { return x.ID == r.id })]
	r.text("名称", &x.Name)
	r.list("别名", &x.Aliases)
	r.text("其他文字", &x.Other)
	in.whole(r, "层数", &x.Floors)
	in.whole(r, "每层户数", &x.PerFloor)
	in.whole(r, "户数", &x.Households)
	if text, told := r.get("单元"); told {
		list := splitList(text)
		x.Units = list
		if len(list) == 1 {
			if err := x.Units.UnmarshalText([]byte(strings.TrimRight(fold(text), "个单元"))); err != nil {
				in.mistake(r, "单元：%s", err)
			}
		}
	}
	if text, told := r.get("网格"); told {
		if id, ok := in.gridID(text); ok {
			in.move(r, r.id, id)
		} else {
			in.mistake(r, "没有“%s”这个网格", short(text))
		}
	}
}

func (in *importing) dropBuilding(r *row) {
	in.dir.Buildings = slices.DeleteFunc(in.dir.Buildings, func(x building) bool { return x.ID == r.id })
	in.dir.Households = slices.DeleteFunc(in.dir.Households, func(h household) bool { return strings.HasPrefix(h.Home, r.id+"-") })
	for i := range in.dir.Grids {
		g := &in.dir.Grids[i]
		g.Buildings = slices.DeleteFunc(g.Buildings, func(x string) bool { return x == r.id })
	}
}

// named finds what a row is about among things with an id and a name.
func (in *importing) named(r *row, column, letter string, n int, at func(int) (id, name string)) (id, name string, fresh bool) {
	name, _ = r.get(column)
	id, _ = r.get("编号")
	var same []string
	for i := range n {
		switch k, called := at(i); {
		case id != "" && k == id:
			return id, name, false
		case id == "" && name != "" && (fold(called) == fold(name) || k == name):
			same = append(same, k)
		}
	}
	switch {
	case id == "" && name == "":
		in.mistake(r, "没有写%s的名称", r.kind.what)
		return "", "", false
	case len(same) > 1:
		in.mistake(r, "有%d个都叫“%s”，请加一列“编号”说明是哪一个（%s）", len(same), short(name), strings.Join(same, "、"))
		return "", "", false
	case len(same) == 1:
		return same[0], name, false
	case r.gone:
		in.mistake(r, "没有“%s”，删不了", short(name+id))
		return "", "", false
	case id == "":
		id = made(letter, name)
	}
	return id, name, true
}

func (in *importing) findSpot(r *row) {
	id, name, fresh := in.named(r, "地点", "s", len(in.dir.Spots), func(i int) (string, string) { return in.dir.Spots[i].ID, in.dir.Spots[i].Name })
	if in.mine(r, id); fresh && r.id != "" {
		in.dir.Spots = append(in.dir.Spots, spot{ID: id, Name: name})
	}
}

func (in *importing) fillSpot(r *row) {
	x := &in.dir.Spots[slices.IndexFunc(in.dir.Spots, func(x spot) bool { return x.ID == r.id })]
	if name, _ := r.get("地点"); name != "" && name != r.id {
		x.Name = name
	}
	r.list("别名", &x.Aliases)
	r.text("其他文字", &x.Other)
	if text, told := r.get("网格"); told {
		id, ok := in.gridID(text)
		if !ok {
			in.mistake(r, "没有“%s”这个网格", short(text))
		}
		x.Grid = id
	}
}

func (in *importing) dropSpot(r *row) {
	in.dir.Spots = slices.DeleteFunc(in.dir.Spots, func(x spot) bool { return x.ID == r.id })
}

func (in *importing) findRoom(r *row) {
	id, name, fresh := in.named(r, "房间", "f", len(in.dir.Rooms), func(i int) (string, string) { return in.dir.Rooms[i].ID, in.dir.Rooms[i].Name })
	if in.mine(r, id); fresh && r.id != "" {
		in.dir.Rooms = append(in.dir.Rooms, room{ID: id, Name: name})
	}
}

func (in *importing) fillRoom(r *row) {
	x := &in.dir.Rooms[slices.IndexFunc(in.dir.Rooms, func(x room) bool { return x.ID == r.id })]
	if name, _ := r.get("房间"); name != "" && name != r.id {
		x.Name = name
	}
	in.whole(r, "座位", &x.Seats)
	r.text("其他文字", &x.Other)
	if text, told := r.get("开放时间"); told {
		x.Hours = nil
		for _, part := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(";；\n", c) }) {
			var h openHours
			if err := h.UnmarshalText([]byte(strings.TrimSpace(part))); err != nil {
				in.mistake(r, "%s", err)
				continue
			}
			x.Hours = append(x.Hours, h)
		}
	}
	if text, told := r.get("单位"); told {
		x.Owner = text
		for _, b := range in.dir.Bodies {
			if fold(b.Name) == fold(text) {
				x.Owner = b.ID
			}
		}
	}
	if text, told := r.get("位置"); told {
		x.Place = in.home(text)
		for _, s := range in.dir.Spots {
			if fold(s.Name) == fold(text) {
				x.Place = s.ID
			}
		}
	}
}

func (in *importing) dropRoom(r *row) {
	in.dir.Rooms = slices.DeleteFunc(in.dir.Rooms, func(x room) bool { return x.ID == r.id })
}

var homeForm = regexp.MustCompile(`^(.+?(?:号楼|栋|幢|座|#楼|#))(?:(.+?)单元)?(?:(.+?)[室号]?)?$`)

// home writes "3号楼2单元501室" as "3-2-501". What it cannot read it leaves to
// be found out by the checks.
func (in *importing) home(text string) string {
	m := homeForm.FindStringSubmatch(fold(text))
	if m == nil {
		return text
	}
	id, ok := in.buildingID(m[1])
	if !ok {
		return text
	}
	for _, part := range m[2:] {
		if part = strings.Trim(part, "-"); part != "" {
			id += "-" + part
		}
	}
	return id
}

// scopeOf reads "全社区", a grid or a building.
func (in *importing) scopeOf(text string) (flows.Scope, bool) {
	if text == "" || text == "全社区" || text == "社区" || text == "全部" {
		return flows.Everywhere, true
	}
	if id, ok := in.gridID(text); ok {
		return flows.Scope{Grid: id}, true
	}
	if id, ok := in.buildingID(text); ok {
		return flows.Scope{Building: id}, true
	}
	return flows.Scope{}, false
}
