package local

import (
	"slices"

	"linli/flows"
)

// Who and where, as a plan names them: people with a post by their name, by surname and
// post, or by the post where one person holds it; rooms by their name, with or without
// the floor before it.

// postWords are the words for a post; alone says that they stand for it without a surname.
var postWords = []struct {
	role  flows.Role
	alone bool
	words []string
}{
	{flows.Property, true, []string{"物业公司", "物业经理", "物业主管", "物业负责人", "物业", "property company", "property manager"}},
	{flows.Property, false, []string{"经理", "主管"}},
	{flows.Secretary, true, []string{"社区书记", "党委书记", "党支部书记", "支部书记", "书记", "secretary"}},
	{flows.Head, true, []string{"居委会主任", "社区主任", "居委主任", "主任", "director"}},
	{flows.Owners, true, []string{"业委会主任", "业委会", "owners' committee"}},
	{flows.Owners, false, []string{"主任"}},
	{flows.Station, true, []string{"服务站站长", "服务站", "站长"}},
	{flows.Supervisor, true, []string{"监督委员会主任", "监委会主任", "监督委员会", "监委会"}},
	{flows.Supervisor, false, []string{"主任"}},
	{flows.Captain, true, []string{"楼栋长", "楼长", "栋长", "楼门长", "captain"}},
	{flows.Leader, true, []string{"网格员", "网格长", "grid leader"}},
	{flows.Leader, false, []string{"网格"}},
	{flows.Staff, true, []string{"社区工作人员", "社工"}},
}

// twofold are surnames of two characters.
var twofold = []string{"欧阳", "司马", "上官", "诸葛", "司徒", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "端木", "独孤", "南宫", "呼延", "赫连", "澹台"}

// meets is what a name of the directory stands for where a plan is made.
type meets struct {
	names trie
	list  []met
}

type met struct {
	room   string
	person flows.PersonID // empty: nobody, or not one alone
	role   flows.Role     // of a word for a post that stands alone
	named  bool           // by their own name
}

// compileMeets makes the tables of a Settings.
func compileMeets(s *flows.Settings) *meets {
	m := &meets{names: newTrie()}
	found := map[string]met{}
	var order []string
	put := func(name string, x met) {
		t := normal(name)
		if len(t.r) < 2 {
			return
		}
		key := string(t.r)
		old, twice := found[key]
		switch {
		case !twice:
			order = append(order, key)
		case old != x:
			x = met{role: old.role} // two of that name: neither
		}
		found[key] = x
	}
	for _, o := range s.People {
		put(o.Name, met{person: o.ID, named: true})
	}
	for _, x := range s.Rooms {
		put(x.Name, met{room: x.ID})
		if x.Other != "" && x.Other != x.Name {
			put(x.Other, met{room: x.ID})
		}
	}
	full := len(order)
	short := map[string][]string{}
	for _, x := range s.Rooms {
		t := normal(x.Name)
		if i := t.storey(); i > 0 && len(t.r)-i > 1 {
			name := string(t.r[i:])
			if slices.Index(order[:full], name) < 0 && !slices.Contains(short[name], x.ID) {
				short[name] = append(short[name], x.ID)
			}
		}
	}
	for name, ids := range short {
		if len(ids) == 1 {
			put(name, met{room: ids[0]})
		}
	}
	holders := map[flows.Role][]flows.PersonID{}
	hold := func(r flows.Role, p flows.PersonID) {
		if _, ok := s.Official(p); ok && !slices.Contains(holders[r], p) {
			holders[r] = append(holders[r], p)
		}
	}
	for _, g := range s.Grids {
		hold(flows.Leader, g.Leader)
	}
	for _, o := range s.People {
		for _, p := range o.Posts {
			hold(p.Role, o.ID)
		}
	}
	// 郑主任 may be the head or the owners' chair: one of that surname and word.
	bySurname := map[string][]flows.PersonID{}
	for _, w := range postWords {
		for _, id := range holders[w.role] {
			o, _ := s.Official(id)
			for _, word := range w.words {
				if key := surname(o.Name) + word; word[0] > 127 && !slices.Contains(bySurname[key], id) {
					bySurname[key] = append(bySurname[key], id)
				}
			}
		}
	}
	for key, ids := range bySurname {
		if _, is := found[string(normal(key).r)]; len(ids) == 1 && !is {
			put(key, met{person: ids[0], named: true})
		}
	}
	for _, w := range postWords {
		if !w.alone {
			continue
		}
		x := met{role: w.role}
		if list := holders[w.role]; len(list) == 1 {
			x.person = list[0]
		}
		for _, word := range w.words {
			if _, is := found[string(normal(word).r)]; !is {
				put(word, x)
			}
		}
	}
	for _, g := range s.Grids {
		for _, word := range []string{"网格员", "网格长", "的网格员", "网格网格员"} {
			if _, ok := s.Official(g.Leader); ok && g.Name != "" {
				put(g.Name+word, met{person: g.Leader, named: true})
			}
		}
	}
	for _, key := range order {
		m.names.add([]rune(key), len(m.list))
		m.list = append(m.list, found[key])
	}
	return m
}

// surname gives the family name of a Chinese name.
func surname(name string) string {
	r := []rune(name)
	if len(r) > 2 && slices.Contains(twofold, string(r[:2])) {
		return string(r[:2])
	}
	return string(r[:min(1, len(r))])
}

// storey gives where the name of a room begins after the floor or the building
// that stands before it: "二楼邻里室", "8号楼二层邻里室"; 0 if there is none.
func (t *text) storey() int {
	i := 0
	for i < len(t.r) {
		j := i
		switch {
		case t.has(i, "地下"):
			j += 2
		case t.has(i, "负"):
			j++
		}
		if j < len(t.r) && (digit(t.r[j]) || numeral(t.r[j])) {
			if _, _, end, ok := t.number(j); ok {
				j = end
			}
		}
		if j == i {
			return i
		}
		switch {
		case t.has(j, "号楼"), t.has(j, "单元"):
			j += 2
		case t.has(j, "楼"), t.has(j, "层"), t.has(j, "栋"), t.has(j, "f"):
			j++
		default:
			return i
		}
		i = j
	}
	return i
}

// one gives who holds a post for a building: its captain, the leader of its grid, the
// company that looks after it.
func (d *directory) one(r flows.Role, building string) flows.PersonID {
	if r == flows.Leader {
		g, _ := d.settings.GridOf(flows.Place{Building: building})
		if _, ok := d.settings.Official(g.Leader); ok {
			return g.Leader
		}
	}
	if list := d.settings.With(r, flows.Scope{Building: building}); len(list) == 1 {
		return list[0]
	}
	return ""
}
