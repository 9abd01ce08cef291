package community

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// What of each kind of thing is compared, and what it is called. A test finds
// the fields that were forgotten.

func (c *comparison) general(s *flows.Settings) []value {
	zone := func(z *time.Location) string {
		if z == nil {
			return ""
		}
		return z.String()
	}
	var hours []string
	for _, h := range s.Calendar.Hours {
		hours = append(hours, h.From.String()+"-"+h.To.String())
	}
	p, l, k := s.Phones, s.Limits, s.Limits.Keep
	var bundles []string
	for _, b := range l.Bundles {
		bundles = append(bundles, b.String())
	}
	out := []value{
		plain("社区编号", s.Community), plain("社区名称", s.Name), yes("示例社区", s.Example), plain("语言", s.Lang),
		plain("时区", zone(s.Zone)), plain("日历的时区", zone(s.Calendar.Zone)), list("上班时间", hours),
		plain("报警电话", p.Police), plain("火警电话", p.Fire), plain("急救电话", p.Ambulance), plain("心理援助电话", p.Crisis),
		plain("妇女维权电话", p.Women), plain("燃气抢修电话", p.Gas), plain("电梯救援电话", p.Lift), plain("社区办公室电话", p.Office),
		plain("登记的把握（sure）", fmt.Sprint(l.Sure)), plain("留给社区看的把握（maybe）", fmt.Sprint(l.Maybe)),
		plain("“要登记吗”等多久（offer）", span1(l.Offer)), plain("接着说的话多久内算一件（join）", span1(l.Join)),
		plain("危险多久没应答找下一个人（page）", span1(l.Page)), plain("没人接单多久找下一个人（remind）", spanText(l.Remind)),
		number("办结后几天没评价就归档（rate）", l.Rate), number("可以延期几次（extend）", l.Extend),
		plain("暂存的消息留多久（parked）", span1(l.Parked)), plain("早上从几点发消息（morning）", l.Morning.String()),
		plain("晚上几点停（evening）", l.Evening.String()), list("汇总提醒的时间（bundles）", bundles),
		number("一周最多几次邀请（invites）", l.Invites), number("一层少于几户不说楼层（floor_min）", l.FloorMin),
		number("一个人一下子能发几条（burst）", l.Burst), plain("群里的登记消息攒多久（gather）", span1(l.Gather)),
		plain("平常的原话留多久", keepText(k.Words)), plain("照片和语音留多久", keepText(k.Media)), plain("危险的原话留多久", keepText(k.Danger)),
		plain("对谁说过什么留多久", keepText(k.Sent)), plain("事情和经过留多久", keepText(k.Cases)), plain("没再说话的人留多久", keepText(k.Idle)),
	}
	years := map[int]bool{}
	for _, x := range []*flows.Settings{c.from, c.to} {
		for y := range x.Calendar.Years {
			years[y] = true
		}
	}
	for _, y := range slices.Sorted(maps.Keys(years)) {
		have, ok := s.Calendar.Years[y]
		v := value{label: fmt.Sprintf("%d年的放假安排", y)}
		if ok {
			v.text = fmt.Sprintf("放%d天、调休上班%d天", len(have.Off), len(have.Work))
			v.exact = fmt.Sprintf("放：%s；上班：%s；来源：%s", strings.Join(have.Off, "、"), strings.Join(have.Work, "、"), have.Source)
		}
		out = append(out, v)
	}
	return out
}

func span1(d time.Duration) string { b, _ := duration(d).MarshalText(); return string(b) }

func keepText(d time.Duration) string { b, _ := keeping(d).MarshalText(); return string(b) }

func spanText(s flows.Span) string {
	if s.Zero() {
		return ""
	}
	b, _ := span(s).MarshalText()
	return string(b)
}

// texts are the texts of something in each language.
func languages(label string, m map[string]string) value {
	v := value{label: label, exact: fmt.Sprintf("%q", m)}
	for _, lang := range slices.Sorted(maps.Keys(m)) {
		if lang == flows.Languages[0] {
			v.text = m[lang] + v.text
		} else {
			v.text += "（" + m[lang] + "）"
		}
	}
	return v
}

func (c *comparison) items() {
	compare(c, thing[flows.ItemClass]{
		what: "清单的类别", id: func(x flows.ItemClass) string { return x.ID }, name: func(x flows.ItemClass) string { return "清单第" + x.ID + "类" },
		fields: func(x flows.ItemClass) []value { return []value{languages("名称", x.Name)} },
	}, c.from.Classes, c.to.Classes)
	compare(c, thing[flows.Item]{
		what: "清单", id: func(x flows.Item) string { return x.ID }, name: func(x flows.Item) string { return "清单" + x.ID + x.Name[flows.Languages[0]] },
		fields: func(x flows.Item) []value {
			return []value{
				plain("类别", x.Class), languages("名称", x.Name), languages("群里的说法", x.Kind), list("居民的说法", x.Words),
				value{"承办", x.Owner.In("zh-CN"), string(x.Owner)}, value{"承办单位", c.body(x.Body), x.Body}, value{"对谁的意见", x.About.In("zh-CN"), string(x.About)},
				plain("接单时限", spanText(x.Accept)), plain("答复时限", spanText(x.Answer)), plain("怎样算同一件事", string(x.Level)),
				yes("办结要照片", x.Photo), yes("不在群里说", x.Private), yes("可能大家都遇到", x.Outage), yes("不归社区办", x.Outside),
				languages("该去哪儿", x.Elsewhere), plain("时限的来源", x.Source),
			}
		},
	}, c.from.Items, c.to.Items)
}

func (c *comparison) places() {
	compare(c, thing[flows.Grid]{
		what: "网格", id: func(x flows.Grid) string { return x.ID }, name: func(x flows.Grid) string { return x.Name },
		brief: func(x flows.Grid) string { return "网格员" + c.person(x.Leader) },
		fields: func(x flows.Grid) []value {
			return []value{plain("名称", x.Name), number("户数", x.Households), c.who("网格员", x.Leader), c.who("替班人", x.StandIns...)}
		},
	}, c.from.Grids, c.to.Grids)
	compare(c, thing[flows.Building]{
		what: "楼", id: func(x flows.Building) string { return x.ID }, name: func(x flows.Building) string { return x.Name },
		brief: func(x flows.Building) string { return c.grid(x.Grid) },
		fields: func(x flows.Building) []value {
			var floors []string
			for _, f := range slices.Sorted(maps.Keys(x.OnFloor)) {
				floors = append(floors, fmt.Sprintf("%d层%d户", f, x.OnFloor[f]))
			}
			return []value{
				plain("名称", x.Name), plain("另一种文字的名称", x.Other), list("别名", x.Aliases), value{"网格", c.grid(x.Grid), x.Grid},
				list("单元", x.Units), number("层数", x.Floors), number("每层户数", x.PerFloor), list("不一样的楼层", floors), number("户数", x.Households),
			}
		},
	}, c.from.Buildings, c.to.Buildings)
	compare(c, thing[flows.Spot]{
		what: "地点", id: func(x flows.Spot) string { return x.ID }, name: func(x flows.Spot) string { return x.Name },
		brief: func(x flows.Spot) string { return c.grid(x.Grid) },
		fields: func(x flows.Spot) []value {
			return []value{plain("名称", x.Name), plain("另一种文字的名称", x.Other), list("别名", x.Aliases), value{"网格", c.grid(x.Grid), x.Grid}}
		},
	}, c.from.Spots, c.to.Spots)
	compare(c, thing[flows.Room]{
		what: "房间", id: func(x flows.Room) string { return x.ID }, name: func(x flows.Room) string { return x.Name },
		brief: func(x flows.Room) string { return fmt.Sprintf("%d个座位", x.Seats) },
		fields: func(x flows.Room) []value {
			var hours []string
			for _, h := range x.Hours {
				hours = append(hours, openText(h))
			}
			return []value{plain("名称", x.Name), plain("另一种文字的名称", x.Other), number("座位", x.Seats), list("开放时间", hours),
				value{"单位", c.body(x.Owner), x.Owner}, c.place("位置", x.Where)}
		},
	}, c.from.Rooms, c.to.Rooms)
}

func (c *comparison) people() {
	compare(c, thing[flows.Official]{
		what: "人员", id: func(x flows.Official) string { return string(x.ID) }, name: func(x flows.Official) string { return x.Name },
		brief: func(x flows.Official) string { return c.posts(x.Posts).text },
		fields: func(x flows.Official) []value {
			leave := value{label: "请假", exact: fmt.Sprintf("%+v", x.Leave)}
			for i, l := range x.Leave {
				if i > 0 {
					leave.text += "、"
				}
				leave.text += l.From.Format("2006-01-02") + "到" + l.To.Format("2006-01-02")
				if l.By != "" {
					leave.text += "由" + c.person(l.By) + "替"
				}
			}
			return []value{plain("姓名", x.Name), c.posts(x.Posts), plain("电话", x.Phone), plain("语言", x.Lang), list("账号", x.Addresses), leave, c.place("住处", x.Home)}
		},
	}, c.from.People, c.to.People)
	compare(c, thing[flows.Group]{
		what: "群", id: func(x flows.Group) string { return x.ID }, name: func(x flows.Group) string { return x.Name },
		brief: func(x flows.Group) string { return c.scope(x.Scope) },
		fields: func(x flows.Group) []value {
			return []value{plain("名称", x.Name), plain("另一种文字的名称", x.Other), value{"范围", c.scope(x.Scope), fmt.Sprintf("%v", x.Scope)},
				plain("语言", x.Lang), list("账号", x.Addresses)}
		},
	}, c.from.Groups, c.to.Groups)
	compare(c, thing[flows.Body]{
		what: "单位", id: func(x flows.Body) string { return x.ID }, name: func(x flows.Body) string { return x.Name },
		brief: func(x flows.Body) string { return x.Role.In("zh-CN") },
		fields: func(x flows.Body) []value {
			return []value{plain("名称", x.Name), value{"种类", x.Role.In("zh-CN"), string(x.Role)}, plain("电话", x.Phone), yes("没有成立", x.None)}
		},
	}, c.from.Bodies, c.to.Bodies)
	c.roster()
}

func (c *comparison) posts(posts []flows.Post) value {
	v := value{label: "职务", exact: fmt.Sprintf("%+v", posts)}
	for i, p := range posts {
		if i > 0 {
			v.text += "、"
		}
		v.text += p.Role.In("zh-CN")
		if !p.Scope.Community || p.Scope != flows.Everywhere {
			v.text += "（" + c.scope(p.Scope) + "）"
		}
	}
	return v
}

// roster compares the lines of the duty roster, which have no ids: a line is
// known by its days and hours.
func (c *comparison) roster() {
	type line struct {
		flows.Shift
		id string
	}
	lines := func(in []flows.Shift) []line {
		var out []line
		for _, sh := range in {
			id := fmt.Sprint(sh.Days, sh.From, sh.To)
			for n := 2; slices.ContainsFunc(out, func(x line) bool { return x.id == id }); n++ {
				id = fmt.Sprint(sh.Days, sh.From, sh.To, "#", n)
			}
			out = append(out, line{sh, id})
		}
		return out
	}
	compare(c, thing[line]{
		what: "值班表", id: func(x line) string { return x.id }, name: func(x line) string { return shiftName(x.Shift) },
		brief: func(x line) string { return c.person(x.Person) },
		fields: func(x line) []value {
			return []value{c.who("值班员", x.Person), c.who("替班人", x.StandIns...)}
		},
	}, lines(c.from.Roster), lines(c.to.Roster))
}

// shiftName says when a line of the roster holds: "周一、周二18:00到8:30的值班".
func shiftName(sh flows.Shift) string {
	name := dayText(sh.Days)
	if sh.From != sh.To {
		name += sh.From.String() + "到" + sh.To.String()
	}
	return name + "的值班"
}
