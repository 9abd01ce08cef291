package community

import (
	"slices"
	"strings"
)

// Rows about households. There are thousands of them, so that they are found by
// their door and not one after the other.

// door gives the index of a household, -1 if there is none.
func (in *importing) door(home string) int {
	if in.doors == nil {
		in.doors = map[string]int{}
		for i, h := range in.dir.Households {
			in.doors[h.Home] = i
		}
	}
	if i, ok := in.doors[home]; ok {
		return i
	}
	return -1
}

// buildingOf is buildingID for many rows of one building.
func (in *importing) buildingOf(text string) (string, bool) {
	if in.buildings == nil {
		in.buildings = map[string]string{}
	}
	id, ok := in.buildings[text]
	if !ok {
		id, _ = in.buildingID(text)
		in.buildings[text] = id
	}
	return id, id != ""
}

func (in *importing) findHome(r *row) {
	where, _ := r.get("楼")
	unit, _ := r.get("单元")
	room, _ := r.get("室")
	if room == "" {
		in.mistake(r, "没有写室号")
		return
	}
	home := in.home(room) // all of it may stand in one column
	if where != "" {
		id, ok := in.buildingOf(where)
		if !ok {
			in.mistake(r, "没有“%s”这栋楼", short(where))
			return
		}
		if unit = strings.TrimSuffix(fold(unit), "单元"); unit == "" {
			i := slices.IndexFunc(in.dir.Buildings, func(x building) bool { return x.ID == id })
			switch units := in.dir.Buildings[i].Units; {
			case len(units) == 1:
				unit = units[0]
			case len(units) > 1:
				in.mistake(r, "没有写单元：%s号楼有%d个单元", id, len(units))
				return
			}
		}
		home = id + "-"
		if unit != "" {
			home += unit + "-"
		}
		home += strings.TrimRight(fold(room), "室号户")
	}
	if r.gone && in.door(home) < 0 {
		in.mistake(r, "户册里没有“%s”，删不了", short(home))
		return
	}
	if in.mine(r, home); r.id != "" && in.door(home) < 0 {
		in.doors[home] = len(in.dir.Households)
		in.dir.Households = append(in.dir.Households, household{Home: home})
	}
}

func (in *importing) fillHome(r *row) {
	h := &in.dir.Households[in.door(r.id)]
	if text, told := r.get("面积"); told {
		h.Area = 0
		if text != "" {
			if err := h.Area.UnmarshalText([]byte(fold(text))); err != nil {
				in.mistake(r, "%s", err)
			}
		}
	}
	r.text("业主代号", &h.Owner)
	switch text, _ := r.get("出租"); text {
	case "出租", "已出租", "租住":
		h.Let = true
	case "自住", "空置", "未出租":
		h.Let = false
	default:
		if v, told := in.truth(r, "出租"); told {
			h.Let = v
		}
	}
}

func (in *importing) dropHome(r *row) {
	in.dir.Households = slices.DeleteFunc(in.dir.Households, func(h household) bool { return h.Home == r.id })
}
