package local

import (
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// meeting are the hours of a part of the day at which people meet. A day alone has none.
var meeting = parts{morning: 9, noon: 12, afternoon: 14, evening: 19, night: 6}

// mostTimes is how many times a plan has at most.
const mostTimes = 30

// planned is a message while its times, rooms and people are taken out of it.
type planned struct {
	*written
	d    *directory
	at   time.Time
	cut  []bool // by rune
	all  []stamp
	plan flows.Appointment
}

// plan reads when, where and with whom: "下周六下午三点或周日晚上七点，二楼邻里室，冯物业". It
// gives nil where a message says nothing of it.
//
// A day without an hour is a day; a part of it begins at 9, 12, 14 or 19. Days side by
// side have one hour where only the last has it. From one hour to another is the
// first; two days in a row ("12月5号到6号") are two, and more in a row are not read,
// because nobody knows whether each of them is meant or the last.
func (d *directory) plan(w *written, at time.Time) *flows.Appointment {
	if len(w.r) == 0 {
		return nil
	}
	p := planned{written: w, d: d, at: at, cut: make([]bool, len(w.r))}
	p.times()
	p.rooms()
	p.people()
	p.vague()
	out := &p.plan
	if len(out.Times)+len(out.Unread)+len(out.Rooms)+len(out.People) == 0 {
		return nil
	}
	out.Rest = p.rest()
	return out
}

// words gives what stands from rune i to j, as it was written.
func (p *planned) words(i, j int) string { return p.raw[p.begin(i):p.end(j)] }

func (p *planned) take(i, j int) {
	for ; i < j; i++ {
		p.cut[i] = true
	}
}

// times takes the times out.
func (p *planned) times() {
	p.all = p.stamps(p.at, &meeting)
	var list []stamp
	for _, s := range p.all {
		if p.says(&s, p.all) {
			list = append(list, s)
		}
	}
	p.share(list)
	for k := 0; k < len(list) && len(p.plan.Times) < mostTimes; k++ {
		s := list[k]
		if k+1 < len(list) && p.denies(s, list[k+1]) {
			p.plan.Unread = append(p.plan.Unread, p.words(s.start, list[k+1].after))
			p.take(s.start, list[k+1].after)
			k++
			continue
		}
		if k+1 < len(list) && p.upTo(s, list[k+1]) {
			next := list[k+1]
			apart := midnight(next.time).Sub(midnight(s.time)).Round(24 * time.Hour)
			switch {
			case s.hour >= 0 && next.hour >= 0 && !s.lent:
				s.after = next.after // 三点到五点: it begins at three
				k++
			case apart != 24*time.Hour:
				p.plan.Unread = append(p.plan.Unread, p.words(s.start, next.after))
				p.take(s.start, next.after)
				k++
				continue
			}
		}
		after := s.after
		if s.hour < 0 && s.half == 0 && s.exact.IsZero() && !s.within && p.follows(after, "以后", "之后", "后") && !p.has(after, "后天") {
			to := after + 1
			if !p.has(after, "后") {
				to++
			}
			p.plan.Unread = append(p.plan.Unread, p.words(s.start, to)) // 周五以后
			p.take(s.start, to)
			continue
		}
		for _, w := range []string{"之前", "以前", "前后", "前", "之间", "之内", "以内", "左右", "开始"} {
			if p.has(after, w) && p.stop[after] < comma && !(w == "前" && strings.ContainsRune(notBefore, p.rune(after+1))) {
				after += runes(w)
				break
			}
		}
		p.take(s.start, after)
		w := flows.When{At: s.time, Words: p.words(s.start, s.after)}
		if s.hour < 0 && s.exact.IsZero() && s.half == 0 {
			w.At, w.Day = midnight(s.time), true
		}
		if s.hour < 0 && strings.Contains(w.Words, "傍晚") {
			w.At = midnight(s.time).Add(18 * time.Hour)
		}
		if s.weekend && after == s.after {
			saturday := w
			saturday.At = w.At.AddDate(0, 0, -1)
			p.plan.Times = append(p.plan.Times, saturday)
		}
		p.plan.Times = append(p.plan.Times, w)
	}
	if len(p.plan.Times) > mostTimes {
		p.plan.Times = p.plan.Times[:mostTimes]
	}
}

func (p *planned) rune(i int) rune { return p.text.at(i) }

// says says that a stamp is a time of a plan and no part of something else: "12月5日的账目",
// "3号电梯", "3-1".
func (p *planned) says(s *stamp, all []stamp) bool {
	bounded := p.right(s.after) || p.follows(s.after, "前", "之前", "以前", "左右", "或", "到", "至", "和", "开", "后", "完成", "那天", "当天")
	switch {
	case s.lone && s.hour < 0 && s.half == 0 && !bounded && !(digit(p.r[s.start]) && p.has(s.after-1, "日")):
		return false
	case s.weak && !bounded, s.weak && strings.Contains(p.part(s.start, s.after), "-") && !p.follows(s.after, "前", "之前", "以前"):
		return false
	case s.weak && !p.follows(s.after, "前", "之前", "以前"):
		// Alone, or beside another one.
		if s.start == 0 && s.after >= len(p.r) {
			return true
		}
		return slices.ContainsFunc(all, func(x stamp) bool {
			return x.start >= s.after && p.alternates(s.after, x.start) || x.after <= s.start && p.alternates(x.after, s.start)
		}) && p.left(s.start)
	case p.has(s.after, "的") && p.stop[s.after] == 0 && s.after+1 < len(p.r) && p.stop[s.after+1] == 0 && !p.follows(s.after, "的时候", "的话", "的时间"):
		return false
	}
	return true
}

// share gives days beside each other the hour that only the last of them has.
func (p *planned) share(list []stamp) {
	for k := len(list) - 2; k >= 0; k-- {
		s, next := &list[k], &list[k+1]
		if s.hour >= 0 || !s.exact.IsZero() || s.within || s.day.IsZero() || !next.exact.IsZero() || !p.alternates(s.after, next.start) || !p.same(s.after, next.start+1, sentence) {
			continue
		}
		if s.half != 0 && s.half != next.half || next.hour < 0 && next.half == 0 {
			continue
		}
		day := midnight(s.time)
		s.half, s.hour, s.min, s.plain = next.half, next.hour, next.min, next.plain
		if s.hour < 0 {
			s.time = day.Add(time.Duration(meeting.hour(s.half)) * time.Hour)
			continue
		}
		s.time, s.lent = s.on(p.at, day), true
	}
}

// upTo says that a stamp goes up to the next one.
func (p *planned) upTo(s, next stamp) bool {
	if next.start < s.after || !p.same(s.after, next.start+1, comma) {
		return false
	}
	switch strings.Trim(p.raw[p.end(s.after):max(p.end(s.after), p.begin(next.start))], " 　") {
	case "到", "至", "-", "~", "～", "—", "——", "–", "－", "一直到", "to":
		return true
	}
	return false
}

// denies says that a day of the week is not that of the date beside it: "12月5日（周日）".
func (p *planned) denies(s, next stamp) bool {
	if s.bare == next.bare || s.day.IsZero() || next.day.IsZero() || s.hour >= 0 && !s.lent || s.day.Weekday() == next.day.Weekday() || next.start < s.after {
		return false
	}
	switch strings.Trim(p.raw[p.end(s.after):max(p.end(s.after), p.begin(next.start))], " 　") {
	case "", "(", "（":
		return s.week == 0 && next.week == 0
	}
	return false
}

// left and right say that rune i begins, and that it does not go on with, a piece of the text.
func (p *planned) left(i int) bool {
	return i <= 0 || p.stop[i] > 0 || p.cut[i-1] || p.r[i-1] == ' '
}

func (p *planned) right(i int) bool {
	return i >= len(p.r) || p.stop[i] > 0 || p.cut[i] || p.r[i] == ' '
}

// joins says that one of some words stands before rune i, and nothing else of its piece.
func (p *planned) joins(i int, words ...string) bool {
	for _, w := range words {
		if n := runes(w); p.has(i-n, w) && p.left(i-n) {
			return true
		}
	}
	return false
}

// longestAt finds the longest name of the directory at rune i.
func (p *planned) longestAt(i int) (x met, end int) {
	m := p.d.meets
	m.names.at(p.r, i, func(id, to int) {
		if to > end && p.whole(i, to) {
			x, end = m.list[id], to
		}
	})
	return x, end
}

// rooms takes the rooms out.
func (p *planned) rooms() {
	for i := 0; i < len(p.r); i++ {
		if p.cut[i] {
			continue
		}
		x, end := p.longestAt(i)
		if end == 0 {
			continue
		}
		if x.room == "" {
			i = end - 1
			continue
		}
		if !slices.Contains(p.plan.Rooms, x.room) {
			p.plan.Rooms = append(p.plan.Rooms, x.room)
		}
		begin := p.house(i, x.room)
		if (p.left(begin) || p.joins(begin, "在", "到", "去", "于", "地点", "借", "用", "和", "或", "放在", "改到", "挪到", "换到", "定在", "改在", "还在")) &&
			(p.right(end) || p.follows(end, "开", "召开", "举行", "见", "集合", "碰头", "商量", "讨论", "议", "谈", "和", "或", "由")) {
			p.take(begin, end)
		}
		i = end - 1
	}
}

// house gives where the name of a room begins with the building or the floor before it.
func (p *planned) house(i int, id string) int {
	room, _ := p.d.settings.Room(id)
	for begin := max(0, i-8); begin < i; begin++ {
		part := text{r: p.r[begin:i], stop: p.stop[begin : i+1]}
		if n := part.storey(); n != i-begin || begin > 0 && p.stop[begin] == 0 && (digit(p.r[begin-1]) || numeral(p.r[begin-1])) {
			continue
		}
		part.seal()
		if h := p.d.locate(&part, flows.Scope{}); h.Building == "" && !h.elsewhere || h.Building == room.Where.Building {
			return begin
		}
	}
	return i
}

// people takes the people with a post out.
func (p *planned) people() {
	for i := 0; i < len(p.r); i++ {
		if p.cut[i] {
			continue
		}
		x, end := p.longestAt(i)
		if end == 0 || x.room != "" {
			i = max(i, end-1)
			continue
		}
		begin := i
		lead := func() bool {
			return p.left(begin) || strings.ContainsRune("由请让叫", p.rune(begin-1)) || p.joins(begin, "和", "与", "跟", "及", "或", "还有", "负责人", "责任人", "牵头人")
		}
		trail := p.right(end) || p.follows(end, "负责", "牵头", "落实", "来办", "办理", "和", "与", "跟")
		who := x.person
		if !x.named {
			if strings.ContainsRune("副前老原", p.rune(begin-1)) && p.stop[begin] == 0 || p.follows(end, notPosts...) && p.stop[end] == 0 {
				i = end - 1
				continue
			}
			if b, from := p.building(begin); b != "" {
				who, begin = p.d.one(x.role, b), from
			}
			if !lead() && !(trail && p.has(end, "负责")) {
				who = ""
			}
		}
		i = end - 1
		if who == "" {
			continue
		}
		if !slices.Contains(p.plan.People, who) {
			p.plan.People = append(p.plan.People, who)
		}
		if (lead() || trail) && !p.follows(end, "的", "家", "说", "反映", "投诉") {
			p.take(begin, end)
		}
	}
}

// notPosts make another thing of a word for a post: 物业费.
var notPosts = []string{"的", "费", "管", "服", "用房", "合同", "收", "账", "帐", "办公", "选举", "会", "群", "电话", "微信", "换", "成立", "公示", "办", "里", "们", "家", "公共"}

// building finds the building that stands before rune i: "3号楼楼栋长", "红楼的楼长".
func (p *planned) building(i int) (id string, from int) {
	if p.has(i-1, "的") {
		i--
	}
	for begin := max(0, i-8); begin < i; begin++ {
		if !p.left(begin) && !strings.ContainsRune("由请让叫", p.rune(begin-1)) || !p.same(begin, i, comma) {
			continue
		}
		part := text{r: p.r[begin:i], stop: append(slices.Clone(p.stop[begin:i]), sentence)}
		part.seal()
		if sp := spans(&part); len(sp) == 1 && sp[0].part == house && sp[0].start == 0 && sp[0].end == len(part.r) {
			if id, ok := p.d.building(sp[0].value, ""); ok {
				return id, begin
			}
		}
		p.d.names.at(part.r, 0, func(k, end int) {
			if x := p.d.named[k]; x.building >= 0 && end == len(part.r) {
				id = p.d.settings.Buildings[x.building].ID
			}
		})
		if id != "" {
			return id, begin
		}
	}
	return "", i
}

// vague takes out what stands for a time and is none.
func (p *planned) vague() {
	for i := 0; i < len(p.r) && len(p.plan.Unread) < mostTimes; i++ {
		if p.cut[i] || !vagueStarts.has(p.r[i]) {
			continue
		}
		if k := slices.IndexFunc(p.all, func(s stamp) bool { return s.start <= i && i < s.after }); k >= 0 {
			i = p.all[k].after - 1 // a time of something else
			continue
		}
		end, hard := p.vagueAt(i)
		if end == 0 || !p.same(i, end-1, comma) || slices.Contains(p.cut[i:end], true) {
			continue
		}
		begin := i
		for _, lead := range []string{"下下", "下个", "下", "这个", "这", "本", "上"} {
			if n := runes(lead); p.has(i, "周") && p.has(i-n, lead) && !p.cut[i-n] {
				begin = i - n
				break
			}
		}
		after := end
		for _, w := range []string{"之前", "以前", "之内", "以内", "前", "内", "再", "之后", "以后", "后"} {
			if p.has(end, w) && p.stop[end] < comma {
				after += runes(w)
				break
			}
		}
		if begin > 0 && p.cut[begin-1] && p.stop[begin] == 0 {
			continue // 周六有空
		}
		alone := (p.left(begin) || p.joins(begin, "改到", "挪到", "延到", "推迟到", "推到", "定在", "放在", "放到", "等", "在", "到", "就", "或", "或者", "和")) && (p.right(after) || p.follows(after, "吧", "再", "开", "或"))
		if !hard && !alone {
			i = max(i, end-1)
			continue
		}
		p.plan.Unread = append(p.plan.Unread, p.words(begin, end))
		if alone {
			p.take(begin, after)
		}
		i = end - 1
	}
}
