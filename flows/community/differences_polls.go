package community

import (
	"fmt"
	"slices"
	"strings"

	"linli/flows"
)

// polls compares the rules for polls.
func (c *comparison) polls() {
	c.fields("投票", pollValues(c.from.Polls), pollValues(c.to.Polls))
	compare(c, thing[flows.PollRule]{
		what: "投票的种类", id: func(x flows.PollRule) string { return string(x.Force) }, name: func(x flows.PollRule) string { return "投票“" + ForceName(x.Force) + "”" },
		fields: func(x flows.PollRule) []value {
			units := value{label: "一票算谁的", exact: fmt.Sprintf("%q", x.Units)}
			for i, u := range x.Units {
				units.text += separated(i) + unitName(u)
			}
			return []value{roleValue("谁能发", x.Start), units, yes("租户能投", x.Tenants), yes("核实过住处才算", x.Proof), shareValue("多少参加才有效", x.Turnout),
				shareValue("多少同意才算通过", x.Agree), shareValue("特别事项多少同意才算通过", x.Special), plain("来源", x.Source)}
		},
	}, c.from.Polls.Forces, c.to.Polls.Forces)
	compare(c, thing[flows.Reserved]{
		what: "业主共同决定的事项", id: func(x flows.Reserved) string { return x.ID }, name: func(x flows.Reserved) string { return "事项" + x.ID + x.Name[flows.Languages[0]] },
		fields: func(x flows.Reserved) []value {
			return []value{languages("名称", x.Name), list("说法", x.Words), yes("特别事项", x.Special), plain("来源", x.Source)}
		},
	}, c.from.Polls.Reserved, c.to.Polls.Reserved)
}

func pollValues(p flows.Polls) []value {
	return []value{
		plain("每位楼栋长一个月几次（month）", fmt.Sprint(p.Month)), number("少于几票不分开说（floor）", p.Floor), number("最多几个选项（options）", p.Options),
		plain("最短的时间（shortest）", span1(p.Shortest)), plain("最长的时间（longest）", span1(p.Longest)), number("没写截止时间时投几天（days）", p.Days),
		plain("截止到几点（close）", p.Close.String()), plain("截止前多久提醒（remind）", span1(p.Remind)), plain("最多推后多久（extend）", span1(p.Extend)),
		plain("一户能替几户投（proxies）", fmt.Sprint(p.Proxies)), plain("结束后多久可以提疑问（check）", span1(p.Check)),
	}
}

func separated(i int) string {
	if i == 0 {
		return ""
	}
	return "、"
}

// ForceName names what a poll can bind: "摸底", "业主共同决定".
func ForceName(f flows.Force) string {
	if n, ok := forceNames[f]; ok {
		return n
	}
	return string(f)
}

func unitName(u flows.VoteUnit) string {
	if n, ok := unitNames[u]; ok {
		return n
	}
	return string(u)
}

func shareValue(label string, s flows.Share) value {
	v := value{label: label, exact: fmt.Sprintf("%+v", s)}
	if !s.Zero() {
		v.text = s.In("zh-CN")
	}
	return v
}

// shownHomes is how many households a line names: a register has thousands.
const shownHomes = 3

// register compares the households, in one line for each building.
func (c *comparison) register() {
	var order []string
	group := func(in []flows.Household) map[string][]flows.Household {
		m := map[string][]flows.Household{}
		for _, h := range in {
			if _, ok := m[h.Building]; !ok && !slices.Contains(order, h.Building) {
				order = append(order, h.Building)
			}
			m[h.Building] = append(m[h.Building], h)
		}
		return m
	}
	from, to := group(c.from.Households), group(c.to.Households)
	slices.SortFunc(order, func(a, b string) int {
		return flows.Household{Building: a}.Compare(flows.Household{Building: b})
	})
	told := len(c.out)
	for _, b := range order {
		before, after := from[b], to[b]
		d := Difference{What: c.building(b) + "的户册", Before: registered(before), After: registered(after)}
		changes := changed(before, after)
		if len(changes) == 0 {
			continue
		}
		if len(before) > 0 && len(after) > 0 {
			d.After += "，" + strings.Join(changes, "，")
		}
		c.out = append(c.out, d)
	}
	if len(c.out) == told && !slices.Equal(c.from.Households, c.to.Households) {
		c.out = append(c.out, Difference{"户册的先后", homeText(c.from.Households[0]) + "在前", homeText(c.to.Households[0]) + "在前"})
	}
}

// registered says of households how many there are: "84户（80户有面积，3户出租）".
func registered(in []flows.Household) string {
	if len(in) == 0 {
		return ""
	}
	areas, let := 0, 0
	for _, h := range in {
		if h.Area > 0 {
			areas++
		}
		if h.Let {
			let++
		}
	}
	text := fmt.Sprintf("%d户", len(in))
	var more []string
	if areas > 0 {
		more = append(more, fmt.Sprintf("%d户有面积", areas))
	}
	if let > 0 {
		more = append(more, fmt.Sprintf("%d户出租", let))
	}
	if len(more) > 0 {
		text += "（" + strings.Join(more, "，") + "）"
	}
	return text
}

// changed says what is otherwise among the households of a building, a few by
// name. Owners' codes are not told: that one is another is enough.
func changed(before, after []flows.Household) (out []string) {
	old := map[string]flows.Household{}
	for _, h := range before {
		old[h.Key()] = h
	}
	var more, fewer, areas, owners, let, unlet []string
	for _, h := range after {
		was, ok := old[h.Key()]
		delete(old, h.Key())
		switch name := homeText(h); {
		case !ok:
			more = append(more, name)
		default:
			if was.Area != h.Area {
				areas = append(areas, name+"面积"+areaText(was.Area)+"→"+areaText(h.Area))
			}
			if was.Owner != h.Owner {
				owners = append(owners, name)
			}
			if h.Let && !was.Let {
				let = append(let, name)
			}
			if was.Let && !h.Let {
				unlet = append(unlet, name)
			}
		}
	}
	for _, h := range before {
		if _, gone := old[h.Key()]; gone {
			fewer = append(fewer, homeText(h))
		}
	}
	for _, x := range []struct {
		what  string
		homes []string
	}{{"加%d户", more}, {"去掉%d户", fewer}, {"%d户换了业主代号", owners}, {"%d户改成出租", let}, {"%d户改成不出租", unlet}} {
		if len(x.homes) > 0 {
			out = append(out, fmt.Sprintf(x.what, len(x.homes))+"（"+few(x.homes)+"）")
		}
	}
	if n := len(areas); n > shownHomes {
		out = append(out, strings.Join(areas[:shownHomes], "，"), fmt.Sprintf("另有%d户面积变了", n-shownHomes))
	} else {
		out = append(out, areas...)
	}
	return out
}

func few(homes []string) string {
	if len(homes) > shownHomes {
		return strings.Join(homes[:shownHomes], "、") + "等"
	}
	return strings.Join(homes, "、")
}

// homeText writes a household as the directory does: "3-1-501".
func homeText(h flows.Household) string {
	if h.Unit == "" {
		return h.Building + "-" + h.Room
	}
	return h.Building + "-" + h.Unit + "-" + h.Room
}

func areaText(n int) string {
	if n == 0 {
		return "（没有写）"
	}
	return area(n).String()
}
