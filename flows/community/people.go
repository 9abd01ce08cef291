package community

import (
	"slices"
	"time"

	"linli/flows"
)

// people reads who there is. Their posts and homes wait for the places.
func (b *builder) people() {
	for _, p := range b.dir.People {
		b.unique("人员", p.Where, p.ID, latinID, func(id string) bool { _, ok := b.persons[id]; return ok })
		if resident.MatchString(p.ID) {
			b.wrong(p.Of("id"), "人员的编号“%s”是留给居民的，请换一个", p.ID)
		}
		if p.Name == "" {
			b.wrong(p.Of("name"), "%s没有写姓名（name）", p.ID)
		}
		b.plain(p.Of("name"), "人员"+p.ID, p.Name)
		if n := len([]rune(p.Name)); n > 50 {
			b.wrong(p.Of("name"), "姓名有%d个字，最多50个", n)
		}
		b.phone(p.Of("phone"), p.Phone)
		if p.ID != "" {
			b.persons[p.ID] = p
		}
	}
	b.namesakes()
	if len(b.dir.People) == 0 {
		b.wrong(b.dir.Of("people"), "一个工作人员也没有（people）")
	}
}

// namesakes finds people whom a name does not tell apart: codes are asked for by
// name, and one person must not have two entries.
func (b *builder) namesakes() {
	for i, p := range b.dir.People {
		for _, q := range b.dir.People[:i] {
			switch {
			case p.ID == q.ID || p.Name == "" || p.Name != q.Name:
			case p.Phone != "" && p.Phone == q.Phone:
				b.wrong(p.Line, "%s（%s）在第%d行已经有了（%s），一个人只写一条，几个职务都写在 posts 里", p.Name, p.ID, q.Line, q.ID)
			default:
				b.warn(p.Of("name"), "有两个人都叫%s（%s、%s）：取绑定码时要写编号", p.Name, q.ID, p.ID)
			}
		}
	}
}

// scopeless are the roles that make no sense without a grid or a building.
var scopeless = []flows.Role{flows.Leader, flows.Captain}

// posts completes the people. Who leads a grid holds that post without its
// being written twice.
func (b *builder) posts() {
	for _, p := range b.dir.People {
		o := flows.Official{ID: flows.PersonID(p.ID), Name: p.Name, Phone: p.Phone, Lang: string(p.Lang), Addresses: p.Addresses,
			Home: b.home(p.Of("home"), p.Name, p.Home)}
		if o.Lang == "" {
			o.Lang = b.s.Lang
		}
		for _, g := range b.s.Grids {
			if g.Leader == o.ID && g.ID != "" {
				o.Posts = append(o.Posts, flows.Post{Role: flows.Leader, Scope: flows.Scope{Grid: g.ID}})
			}
		}
		for _, x := range p.Posts {
			r := flows.Role(x.Role)
			if r == "" {
				if !x.Has("role") && !x.Has("") {
					b.wrong(x.Line, "%s有一个职务没有写 role", p.Name)
				}
				continue // an unknown role has been told
			}
			none := flows.Everywhere
			if slices.Contains(scopeless, r) {
				none = flows.Scope{}
			}
			post := flows.Post{Role: r, Scope: b.scope(x.Where, p.Name+"的职务“"+r.In("zh-CN")+"”", x.Community, x.Grid, x.Building, none)}
			if r == flows.Leader && !slices.Contains(o.Posts, post) && x.Grid != "" {
				b.wrong(x.Line, "%s不是网格%s的网格员：网格员在网格里写（leader），替班写在 stand_ins", p.Name, x.Grid)
			}
			if !slices.Contains(o.Posts, post) {
				o.Posts = append(o.Posts, post)
			}
		}
		if post, ok := b.speaker(o.ID); ok {
			o.Posts = append(o.Posts, post)
		}
		o.Leave = b.leaves(p)
		if !slices.ContainsFunc(b.s.People, func(x flows.Official) bool { return x.ID == o.ID }) {
			b.s.People = append(b.s.People, o)
		}
	}
	for i, p := range b.s.People {
		if len(p.Posts) == 0 && !b.mentioned(p.ID) {
			b.warn(b.dir.People[min(i, len(b.dir.People)-1)].Line, "%s没有职务，也没有替谁的班", p.Name)
		}
	}
	addresses := map[string]string{}
	for _, p := range b.dir.People {
		b.addresses(p.Of("addresses"), p.Name, p.Addresses, addresses)
	}
	for _, g := range b.dir.Groups {
		b.addresses(g.Of("addresses"), g.Name, g.Addresses, addresses)
	}
}

func (b *builder) leaves(p person) []flows.Leave {
	var out []flows.Leave
	for _, l := range p.Leave {
		if l.From == (date{}) || l.To == (date{}) {
			if !l.Has("from") || !l.Has("to") {
				b.wrong(l.Line, "%s的请假要写第一天（from）和最后一天（to）", p.Name)
			}
			continue
		}
		v := flows.Leave{From: l.From.in(b.s.Zone), To: l.To.in(b.s.Zone), By: flows.PersonID(l.By)}
		if v.To.Before(v.From) {
			b.wrong(l.Of("to"), "%s的请假最后一天早于第一天", p.Name)
		}
		if l.By == "" && slices.ContainsFunc(b.s.Grids, func(g flows.Grid) bool { return g.Leader == flows.PersonID(p.ID) && len(g.StandIns) == 0 }) {
			b.warn(l.Line, "%s请假没有写谁替（by），网格也没有替班人：那几天的事会直接转到社区", p.Name)
		}
		if l.By != "" && b.known(l.Of("by"), p.Name+"请假时的替班人", l.By) && l.By == p.ID {
			b.wrong(l.Of("by"), "%s请假时的替班人不能是本人", p.Name)
		}
		out = append(out, v)
	}
	return out
}

func (b *builder) mentioned(id flows.PersonID) bool {
	for _, g := range b.s.Grids {
		if slices.Contains(g.StandIns, id) {
			return true
		}
	}
	for _, sh := range b.dir.Roster {
		if sh.Person == string(id) || slices.Contains(sh.StandIns, string(id)) {
			return true
		}
	}
	return false
}

func (b *builder) addresses(line int, who string, list []string, seen map[string]string) {
	for _, a := range list {
		if !address.MatchString(a) {
			b.wrong(line, "%s的账号要写成 telegram:123456 的样子，写的是“%s”", who, a)
		}
		if first, twice := seen[a]; twice {
			b.wrong(line, "账号“%s”已经是%s的了", a, first)
		}
		seen[a] = who
	}
}

func (b *builder) groups() {
	for _, g := range b.dir.Groups {
		b.unique("群", g.Where, g.ID, latinID, func(id string) bool { _, ok := b.s.Group(id); return ok })
		if g.Name == "" {
			b.wrong(g.Of("name"), "群%s没有写名称（name）", g.ID)
		}
		b.plain(g.Of("name"), "群"+g.ID, g.Name)
		b.other(g.Of("other"), "群“"+g.Name+"”", g.Other)
		out := flows.Group{ID: g.ID, Name: g.Name, Other: g.Other, Lang: string(g.Lang), Addresses: g.Addresses,
			Scope: b.scope(g.Where, "群“"+g.Name+"”", g.Community, g.Grid, g.Building, flows.Scope{})}
		if out.Lang == "" {
			out.Lang = b.s.Lang
		}
		b.s.Groups = append(b.s.Groups, out)
	}
}

func (b *builder) bodies() {
	for _, x := range b.dir.Bodies {
		b.unique("单位", x.Where, x.ID, latinID, func(id string) bool {
			return slices.ContainsFunc(b.s.Bodies, func(y flows.Body) bool { return y.ID == id })
		})
		r := flows.Role(x.Role)
		if !slices.Contains([]flows.Role{flows.Property, flows.Owners, flows.Station, flows.Department}, r) && (r != "" || !x.Has("role")) {
			b.wrong(x.Of("role"), "单位“%s”的种类（role）只能是 property、owners、station 或 department", x.ID)
		}
		if x.Name == "" {
			b.wrong(x.Of("name"), "单位%s没有写名称（name）", x.ID)
		}
		b.plain(x.Of("name"), "单位"+x.ID, x.Name)
		b.phone(x.Of("phone"), x.Phone)
		if x.Phone == "" && !x.None {
			b.warn(x.Line, "%s没有写电话，居民问起来答不上", x.Name)
		}
		b.s.Bodies = append(b.s.Bodies, flows.Body{ID: x.ID, Role: r, Name: x.Name, Phone: x.Phone, None: x.None})
	}
}

// roster reads who is called for a danger, and finds the hours when nobody is.
func (b *builder) roster() {
	week := make([]bool, 7*24*60)
	for _, x := range b.dir.Roster {
		out := flows.Shift{Person: flows.PersonID(x.Person), From: flows.Clock(x.From), To: flows.Clock(x.To)}
		if x.Person == "" {
			b.wrong(x.Line, "值班表有一行没有写谁（person）")
		} else {
			b.known(x.Of("person"), "值班表", x.Person)
		}
		for _, d := range x.Days {
			out.Days = append(out.Days, time.Weekday(d))
		}
		out.StandIns = b.standIns(x.Where, x.Person, "值班表", x.StandIns)
		if x.From == x.To && x.From != 0 {
			b.wrong(x.Of("to"), "值班表：开始和结束是同一个时间；全天就两个都不写")
		}
		if p, ok := b.persons[x.Person]; ok && p.Phone == "" {
			b.warn(x.Of("person"), "%s在值班表上，但没有写电话", p.Name)
		}
		b.s.Roster = append(b.s.Roster, out)
		cover(week, out)
	}
	for _, gap := range gaps(week) {
		b.warn(b.dir.Of("roster"), "值班表：%s没有人值班，遇到危险只能找社区的人", gap)
	}
}

// cover marks the minutes of the week, from Monday, that a shift covers.
func cover(week []bool, sh flows.Shift) {
	length := int(sh.To) - int(sh.From)
	if length <= 0 {
		length += 24 * 60
	}
	for day := range 7 {
		if w := time.Weekday((day + 1) % 7); len(sh.Days) > 0 && !slices.Contains(sh.Days, w) {
			continue
		}
		for m := range length {
			week[(day*24*60+int(sh.From)+m)%len(week)] = true
		}
	}
}

// gaps names the stretches of a week that are not covered, day by day; those
// of every day are named once.
func gaps(week []bool) []string {
	days := map[string][]int{}
	var order []string
	for day := range 7 {
		for m := 0; m < 24*60; {
			if week[day*24*60+m] {
				m++
				continue
			}
			from := m
			for m < 24*60 && !week[day*24*60+m] {
				m++
			}
			k := flows.Clock(from).String() + "到" + flows.Clock(m).String()
			if days[k] == nil {
				order = append(order, k)
			}
			days[k] = append(days[k], day)
		}
	}
	var out []string
	for _, k := range order {
		name := ""
		for _, d := range days[k] {
			if name != "" {
				name += "、"
			}
			name += weekdays[(d+1)%7]
		}
		if len(days[k]) == 7 {
			name = "每天"
		}
		out = append(out, name+k)
	}
	return out
}

// invented reads the cast, which only an example may have.
func (b *builder) invented() {
	if len(b.dir.Cast) > 0 && !b.dir.Example {
		b.wrong(b.dir.Of("cast"), "居民不写进社区文件（cast 只用于示例社区）")
	}
	for _, m := range b.dir.Cast {
		b.unique("示例居民", m.Where, m.ID, latinID, func(id string) bool {
			_, official := b.persons[id]
			return official || slices.ContainsFunc(b.cast, func(x Member) bool { return x.ID == id })
		})
		out := Member{ID: m.ID, Name: m.Name, Age: m.Age, Consent: m.Consent, Groups: m.Groups, Lang: string(m.Lang), Home: b.home(m.Of("home"), m.Name, m.Home)}
		if out.Lang == "" {
			out.Lang = b.s.Lang
		}
		for _, g := range m.Groups {
			if _, ok := b.s.Group(g); !ok {
				b.wrong(m.Of("groups"), "%s在群“%s”里，但没有这个群", m.Name, g)
			}
		}
		b.cast = append(b.cast, out)
	}
}
