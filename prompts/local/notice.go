package local

import "time"

var told = struct{ outage, planned, doubt, query, restore int }{
	talk.class("outage"), talk.class("planned"), talk.class("doubt"), talk.class("query"), talk.class("restore"),
}

// notice says whether a text announces an outage that is known, and until
// when. A resident who asks about one, or complains of one, announces nothing.
func notice(t *text, hits []hit, at time.Time) (bool, time.Time) {
	var outage, planned, doubt, query, restore bool
	for _, h := range hits {
		switch h.class {
		case told.outage:
			outage = true
		case told.planned:
			planned = true
		case told.doubt:
			doubt = true
		case told.query:
			query = true
		case told.restore:
			restore = true
		}
	}
	if !outage || t.question {
		return false, time.Time{}
	}
	// An office may write 没有 or 谁 in a long announcement; a heading settles it.
	head := t.header || t.all || !query && t.opensWith("通知", "公告", "紧急通知", "停水通知", "停电通知", "停气通知", "温馨提示", "告知", "notice")
	if (doubt || query) && !head {
		return false, time.Time{}
	}
	w := when(t, at)
	if !head && !planned && !w.ranged && !(restore && !w.end.IsZero()) {
		return false, time.Time{}
	}
	if !head && !w.ranged && w.end.IsZero() && !planned {
		return false, time.Time{}
	}
	return true, w.end
}

func (t *text) opensWith(words ...string) bool {
	for _, w := range words {
		for i := 0; i < 6 && i < len(t.r); i++ {
			if t.has(i, w) {
				return true
			}
		}
	}
	return false
}

// stay is the time an announcement is about.
type stay struct {
	end    time.Time
	ranged bool // it named a beginning and an end
}

// when reads the end of an outage: of a range "9点到18点", of "预计20点恢复", of
// "停水3小时". What it cannot read is a zero end.
func when(t *text, at time.Time) stay {
	if at.IsZero() {
		at = time.Unix(0, 0).UTC()
	}
	var out stay
	var last moment
	last.hour = -1
	day := time.Time{}
	for i := 0; i < len(t.r); {
		m, ok := t.moment(i, at)
		if !ok {
			if d, n := t.lasts(i); n > 0 && out.end.IsZero() {
				begin := at
				if last.hour >= 0 {
					begin = last.on(at, day)
				}
				out.end = begin.Add(d)
			}
			i++
			continue
		}
		if !m.exact.IsZero() {
			if out.end.IsZero() {
				out.end = m.exact
			}
			i = m.after
			continue
		}
		if !m.day.IsZero() {
			day = m.day
		}
		if m.hour < 0 {
			i = m.after
			continue
		}
		if last.hour >= 0 && t.till(last.after, m.start) {
			out.ranged = true
			out.end = between(last, m, at, day)
		} else if t.ends(m) && (out.end.IsZero() || !out.ranged) {
			end := m.on(at, day)
			if last.hour >= 0 {
				end = between(last, m, at, day)
			} else if !end.After(at) && m.half == 0 && m.hour < 12 && m.day.IsZero() {
				end = end.Add(12 * time.Hour) // "预计8点恢复", said in the afternoon
			}
			out.end = end
		}
		last = m
		if last.day.IsZero() {
			last.day = day
		}
		i = m.after
	}
	if !out.end.IsZero() && out.end.After(at.AddDate(1, 0, 0)) {
		out.end = time.Time{}
	}
	return out
}

// between gives the end of a range.
func between(from, to moment, at, day time.Time) time.Time {
	begin := from.on(at, day)
	if to.day.IsZero() {
		to.day = midnight(begin)
		if to.next {
			to.day = to.day.AddDate(0, 0, 1)
		}
	}
	if to.half == 0 && from.half == '下' && to.hour < 12 {
		to.half = '下' // 下午2点到5点
	}
	end := to.on(at, to.day)
	if !end.After(begin) && to.half == 0 && to.hour <= 12 && end.Add(12*time.Hour).After(begin) && from.hour < 12 {
		return end.Add(12 * time.Hour) // 8点到5点
	}
	if !end.After(begin) {
		return end.AddDate(0, 0, 1) // 22点到6点
	}
	return end
}

// till says that the runes between two times make a range of them.
func (t *text) till(i, j int) bool {
	if j < i || j-i > 4 {
		return false
	}
	switch t.part(i, j) {
	case "到", "至", "-", "~", "直到", "一直到", "开始到", "起至", "起到", "开始至", "至次日", "to", " to ", " - ", "until", " until ":
		return true
	}
	return j == i && t.stop[j] == soft // 9点——18点: the dash is a boundary
}

// ends says that a time is where the outage ends: "预计…恢复", "…前恢复", "停到…".
func (t *text) ends(m moment) bool {
	for _, w := range []string{"恢复", "前恢复", "左右恢复", "来水", "来电", "送电", "供水", "通水", "供电", "左右来", "前来", "左右供", "左右送", "前供", "前送", "前完", "完工", "结束", "修好", "左右修好", "前修好", "左右结束", "可恢复", "能恢复", "前可恢复", "前能恢复", "左右能", "前后恢复", "正常", "通气", "送气", "供气", "供暖", "左右通", "前通"} {
		if t.has(m.after, w) {
			return true
		}
	}
	for _, w := range []string{"停到", "持续到", "停至", "持续至", "恢复时间", "截止到", "截至", "截止", "预计到", "预计至", "来水时间", "送电时间", "直到", "一直到", "时间到", "until ", "by ", "back at ", "restored at "} {
		n := len([]rune(w))
		for _, back := range []int{0, 1} {
			if t.has(m.start-n-back, w) {
				return true
			}
		}
	}
	return false
}
