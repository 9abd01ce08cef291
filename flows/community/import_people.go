package community

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"linli/flows"
)

// Rows about people and what they work with: officials, groups, the roster,
// bodies, the duty list.

// personID finds a person by id or, where only one has it, by name.
func (in *importing) personID(r *row, column, text string) (string, bool) {
	if text == "" {
		return "", true
	}
	var same []string
	for _, p := range in.dir.People {
		if p.ID == text {
			return p.ID, true
		}
		if p.Name == text {
			same = append(same, p.ID)
		}
	}
	switch len(same) {
	case 1:
		return same[0], true
	case 0:
		in.mistake(r, "“%s”写的是“%s”，人员里没有这个人", column, short(text))
	default:
		in.mistake(r, "“%s”写的是“%s”，有%d个人都叫这个名字，请写编号（%s）", column, short(text), len(same), strings.Join(same, "、"))
	}
	return "", false
}

func (in *importing) persons(r *row, column string, into *[]string) {
	text, told := r.get(column)
	if !told {
		return
	}
	*into = nil
	for _, name := range splitList(text) {
		if id, ok := in.personID(r, column, name); ok {
			*into = append(*into, id)
		}
	}
}

func (in *importing) findPerson(r *row) {
	id, name, fresh := in.named(r, "姓名", "p", len(in.dir.People), func(i int) (string, string) { return in.dir.People[i].ID, in.dir.People[i].Name })
	if in.mine(r, id); fresh && r.id != "" {
		in.dir.People = append(in.dir.People, person{ID: id, Name: name})
	}
}

func (in *importing) fillPerson(r *row) {
	p := &in.dir.People[slices.IndexFunc(in.dir.People, func(x person) bool { return x.ID == r.id })]
	if name, _ := r.get("姓名"); name != "" && name != r.id {
		p.Name = name
	}
	if text, told := r.get("电话"); told {
		p.Phone = strings.TrimSpace(strings.NewReplacer("－", "-", "—", "-", "（", "", "）", "-", "(", "", ")", "-").Replace(text))
	}
	if text, told := r.get("住处"); told {
		p.Home = in.home(text)
	}
	in.language(r, &p.Lang)
	in.holds(r, p)
	in.leave(r, p)
}

func (in *importing) dropPerson(r *row) {
	in.dir.People = slices.DeleteFunc(in.dir.People, func(x person) bool { return x.ID == r.id })
}

func (in *importing) language(r *row, into *language) {
	text, told := r.get("语言")
	if !told {
		return
	}
	switch text {
	case "":
		*into = ""
		return
	case "中文", "汉语":
		text = "zh-CN"
	case "英文", "英语":
		text = "en"
	}
	if err := into.UnmarshalText([]byte(text)); err != nil {
		in.mistake(r, "语言：%s", err)
	}
}

// called are other names of roles that people write.
var called = map[string]flows.Role{
	"楼长": flows.Captain, "楼门长": flows.Captain, "单元长": flows.Captain, "网格长": flows.Leader, "专职网格员": flows.Leader,
	"值班": flows.OnDuty, "社区工作者": flows.Staff, "社工": flows.Staff, "工作人员": flows.Staff, "社区工作人员": flows.Staff, "主任": flows.Head,
	"党组织书记": flows.Secretary, "社区书记": flows.Secretary, "物业公司": flows.Property, "物业人员": flows.Property, "业主委员会": flows.Owners,
	"部门": flows.Department, "监委会": flows.Supervisor, "监督": flows.Supervisor,
	"居务监督委员会": flows.Supervisor, "议题审核": flows.Reviewer, "审议题": flows.Reviewer, "议事会": flows.Council, "议事员": flows.Council, "议事代表": flows.Council,
}

func (r *role) read(text string) error {
	if x, ok := called[text]; ok {
		*r = role(x)
		return nil
	}
	return r.UnmarshalText([]byte(text))
}

// holds reads the posts with their scopes: one scope for all, or one for each;
// one post with several scopes is held in each of them.
func (in *importing) holds(r *row, p *person) {
	text, told := r.get("职务")
	area, scoped := r.get("范围")
	if !told {
		if scoped {
			in.mistake(r, "写了范围，没有写职务")
		}
		return
	}
	names, areas := splitList(text), splitList(area)
	if len(areas) == 0 {
		areas = []string{""}
	}
	switch {
	case len(areas) == 1:
		for len(areas) < len(names) {
			areas = append(areas, areas[0])
		}
	case len(names) == 1:
		for len(names) < len(areas) {
			names = append(names, names[0])
		}
	case len(names) != len(areas):
		in.mistake(r, "有%d个职务、%d个范围：要么一样多，要么只写一个范围", len(names), len(areas))
		return
	}
	p.Posts = nil
	for i, name := range names {
		var as role
		if err := as.read(name); err != nil {
			in.mistake(r, "职务：%s", err)
			continue
		}
		scope, ok := in.scopeOf(areas[i])
		switch {
		case !ok:
			in.mistake(r, "范围“%s”不是网格也不是楼", short(areas[i]))
		case flows.Role(as) == flows.Leader:
			in.leads(r, p.ID, areas[i], scope)
		case areas[i] == "" && slices.Contains(scopeless, flows.Role(as)):
			in.mistake(r, "%s要写范围：哪栋楼", flows.Role(as).In("zh-CN"))
		default:
			p.Posts = append(p.Posts, post{Role: as, Grid: scope.Grid, Building: scope.Building})
		}
	}
}

// leads makes a person the leader of a grid. The table of grids has the last word.
func (in *importing) leads(r *row, id, area string, scope flows.Scope) {
	if scope.Grid == "" {
		if area != "" || !slices.ContainsFunc(in.dir.Grids, func(g grid) bool { return g.Leader == id }) {
			in.mistake(r, "网格员要写范围：哪个网格")
		}
		return
	}
	g := &in.dir.Grids[slices.IndexFunc(in.dir.Grids, func(g grid) bool { return g.ID == scope.Grid })]
	o, written := in.from["leader/"+g.ID]
	if written && g.Leader != id {
		in.mistake(r, "%s的网格员在%s第%d行写的是别人", g.Name, o.file, o.line)
		return
	}
	g.Leader = id
	// Who leads a grid does not stand in for themself.
	g.StandIns = slices.DeleteFunc(g.StandIns, func(x string) bool { return x == id })
	in.from["leader/"+g.ID] = r.origin
}

const dateForm = `(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?`

var leaveForm = regexp.MustCompile(`^` + dateForm + `(?:\s*(?:至|到|-|~|—)+\s*` + dateForm + `)?\s*(?:由|交给|给|:)?\s*(.*?)\s*替?$`)

func (in *importing) leave(r *row, p *person) {
	text, told := r.get("请假")
	if !told {
		return
	}
	p.Leave = nil
	for _, part := range splitList(text) {
		m := leaveForm.FindStringSubmatch(part)
		if m == nil {
			in.mistake(r, "请假要写成“2026-12-01至2026-12-03 周网格替”的样子，写的是“%s”", short(part))
			continue
		}
		if m[4] == "" {
			copy(m[4:7], m[1:4])
		}
		var l leave
		err := l.From.UnmarshalText(isoDate(m[1:4]))
		if err == nil {
			err = l.To.UnmarshalText(isoDate(m[4:7]))
		}
		if err != nil {
			in.mistake(r, "请假：没有“%s”这个日子", short(part))
			continue
		}
		if by := strings.Trim(m[7], "()（） "); by != "" {
			l.By, _ = in.personID(r, "请假", by)
		}
		p.Leave = append(p.Leave, l)
	}
}

func isoDate(ymd []string) []byte {
	y, _ := strconv.Atoi(ymd[0])
	m, _ := strconv.Atoi(ymd[1])
	d, _ := strconv.Atoi(ymd[2])
	return fmt.Appendf(nil, "%04d-%02d-%02d", y, m, d)
}

func (in *importing) findGroup(r *row) {
	id, name, fresh := in.named(r, "群", "q", len(in.dir.Groups), func(i int) (string, string) { return in.dir.Groups[i].ID, in.dir.Groups[i].Name })
	if in.mine(r, id); fresh && r.id != "" {
		in.dir.Groups = append(in.dir.Groups, group{ID: id, Name: name})
	}
}

func (in *importing) fillGroup(r *row) {
	g := &in.dir.Groups[slices.IndexFunc(in.dir.Groups, func(x group) bool { return x.ID == r.id })]
	if name, _ := r.get("群"); name != "" && name != r.id {
		g.Name = name
	}
	r.text("其他文字", &g.Other)
	in.language(r, &g.Lang)
	if text, told := r.get("范围"); told {
		scope, ok := in.scopeOf(text)
		if !ok {
			in.mistake(r, "范围“%s”不是网格也不是楼；全社区的群写“全社区”", short(text))
			return
		}
		g.Community, g.Grid, g.Building = scope.Community, scope.Grid, scope.Building
	}
}

func (in *importing) dropGroup(r *row) {
	in.dir.Groups = slices.DeleteFunc(in.dir.Groups, func(x group) bool { return x.ID == r.id })
}

func (in *importing) findBody(r *row) {
	id, name, fresh := in.named(r, "单位", "u", len(in.dir.Bodies), func(i int) (string, string) { return in.dir.Bodies[i].ID, in.dir.Bodies[i].Name })
	if in.mine(r, id); fresh && r.id != "" {
		in.dir.Bodies = append(in.dir.Bodies, body{ID: id, Name: name})
	}
}

func (in *importing) fillBody(r *row) {
	x := &in.dir.Bodies[slices.IndexFunc(in.dir.Bodies, func(x body) bool { return x.ID == r.id })]
	if name, _ := r.get("单位"); name != "" && name != r.id {
		x.Name = name
	}
	r.text("电话", &x.Phone)
	if text, told := r.get("种类"); told {
		if err := x.Role.read(text); err != nil {
			in.mistake(r, "种类：只能写物业、业委会、服务站或部门，写的是“%s”", short(text))
		}
	}
	if v, told := in.truth(r, "没有成立"); told {
		x.None = v
	}
}

func (in *importing) dropBody(r *row) {
	in.dir.Bodies = slices.DeleteFunc(in.dir.Bodies, func(x body) bool { return x.ID == r.id })
}

// shiftID is how a line of the roster is known again: by its days and hours.
func shiftID(x shift) string { return fmt.Sprint(x.Days, x.From, x.To) }

func (in *importing) findShift(r *row) {
	x, ok := in.shift(r)
	if !ok {
		return
	}
	id := shiftID(x)
	i := slices.IndexFunc(in.dir.Roster, func(y shift) bool { return shiftID(y) == id })
	if i < 0 && r.gone {
		in.mistake(r, "值班表里没有这一行，删不了")
		return
	}
	if in.mine(r, id); i < 0 && r.id != "" {
		in.dir.Roster = append(in.dir.Roster, x)
	}
}

// shift reads when a line of the roster holds.
func (in *importing) shift(r *row) (x shift, ok bool) {
	text, _ := r.get("星期")
	list, err := parseDays(text)
	if err != nil {
		in.mistake(r, "%s", err)
		return x, false
	}
	for _, d := range list {
		x.Days = append(x.Days, weekday(d))
	}
	if hours, _ := r.get("时间"); hours != "" && hours != "全天" {
		from, to, _ := cutAny(hours, "至", "到", "-", "~", "—")
		a, err := parseClock(strings.TrimSpace(from))
		b, err2 := parseClock(strings.TrimSpace(to))
		if err != nil || err2 != nil {
			in.mistake(r, "时间要写成 18:00-8:30 的样子，或者“全天”，写的是“%s”", short(hours))
			return x, false
		}
		x.From, x.To = clock(a), clock(b)
	}
	return x, true
}

func (in *importing) fillShift(r *row) {
	x := &in.dir.Roster[slices.IndexFunc(in.dir.Roster, func(y shift) bool { return shiftID(y) == r.id })]
	if text, told := r.get("值班人"); told {
		x.Person, _ = in.personID(r, "值班人", text)
	}
	in.persons(r, "替班", &x.StandIns)
}

func (in *importing) dropShift(r *row) {
	in.dir.Roster = slices.DeleteFunc(in.dir.Roster, func(y shift) bool { return shiftID(y) == r.id })
}

// The duty list is laid over that of the program line by line, so that its
// lines are kept as they are written.

func itemID(n *yaml.Node) string {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "id" {
				return n.Content[i+1].Value
			}
		}
	}
	return ""
}

func (in *importing) findItem(r *row) {
	id, _ := r.get("条目")
	if id == "" {
		in.mistake(r, "没有写条目的编号，比如 3-7")
		return
	}
	known := slices.ContainsFunc(in.dir.Items, func(n *yaml.Node) bool { return itemID(n) == id })
	if !known && r.gone {
		in.mistake(r, "社区自己的清单里没有“%s”，删不了；程序自带的条目只能改", short(id))
		return
	}
	if in.mine(r, id); !known && r.id != "" {
		in.dir.Items = append(in.dir.Items, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("id"), scalar(id)}})
	}
}

var (
	matters = map[string]string{"户": "room", "每户": "room", "单元": "unit", "楼": "building", "楼栋": "building", "社区": "community", "全社区": "community"}
	times   = strings.NewReplacer("个", "", "工作日", "d", "天", "d", "小时", "h", "分钟", "m", "不分昼夜", " clock", "  ", " ")
)

func (in *importing) fillItem(r *row) {
	n := in.dir.Items[slices.IndexFunc(in.dir.Items, func(n *yaml.Node) bool { return itemID(n) == r.id })]
	for _, c := range []struct {
		column, key string
		read        func(string) string
	}{
		{"名称", "name", nil}, {"来源", "source", nil}, {"去哪儿", "elsewhere", nil},
		{"承办", "owner", func(s string) string {
			var as role
			if as.read(s) == nil {
				return string(as)
			}
			return s
		}},
		{"单位", "body", func(s string) string {
			for _, b := range in.dir.Bodies {
				if fold(b.Name) == fold(s) {
					return b.ID
				}
			}
			return s
		}},
		{"接单时限", "accept", times.Replace}, {"答复时限", "answer", times.Replace},
		{"同一件事", "level", func(s string) string {
			if v, ok := matters[s]; ok {
				return v
			}
			return s
		}},
	} {
		if text, told := r.get(c.column); told {
			if c.read != nil {
				text = c.read(text)
			}
			set(n, c.key, scalar(text))
		}
	}
	for _, c := range [][2]string{{"居民说法", "words"}, {"增加说法", "more_words"}} {
		if text, told := r.get(c[0]); told {
			l := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			for _, w := range splitList(text) {
				l.Content = append(l.Content, scalar(w))
			}
			set(n, c[1], l)
		}
	}
	for _, c := range [][2]string{{"照片", "photo"}, {"不公开", "private"}, {"不归社区", "outside"}} {
		if v, told := in.truth(r, c[0]); told {
			set(n, c[1], &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)})
		}
	}
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// set replaces the value of a key, or adds it at the end. Of a text in several
// languages it replaces the Chinese one.
func set(n *yaml.Node, key string, v *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			continue
		}
		if old := n.Content[i+1]; old.Kind == yaml.MappingNode && v.Kind == yaml.ScalarNode {
			set(old, "zh", v)
		} else {
			n.Content[i+1] = v
		}
		return
	}
	n.Content = append(n.Content, scalar(key), v)
}

func (in *importing) dropItem(r *row) {
	in.dir.Items = slices.DeleteFunc(in.dir.Items, func(n *yaml.Node) bool { return itemID(n) == r.id })
}
