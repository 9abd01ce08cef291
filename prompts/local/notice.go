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

// moment is a day and a clock time as far as a text says them.
type moment struct {
	day          time.Time // zero if not said
	next         bool      // 次日, 第二天: the day after the other end
	hour, min    int       // hour -1 if not said
	half         rune      // '上', '下', '晚', '凌', '中', 0
	start, after int       // runes
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

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// on gives the time of m; day is the day last named before it, if any.
func (m moment) on(at, day time.Time) time.Time {
	d := m.day
	if d.IsZero() {
		d = day
	}
	if d.IsZero() {
		d = midnight(at)
	}
	if m.next && m.day.IsZero() {
		d = d.AddDate(0, 0, 1)
	}
	h := m.hour
	switch {
	case (m.half == '下' || m.half == '晚') && h < 12:
		h += 12
	case m.half == '晚' && h == 12:
		h = 24
	case m.half == '中' && h < 4:
		h += 12
	}
	return time.Date(d.Year(), d.Month(), d.Day(), h, m.min, 0, 0, at.Location())
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

// lasts reads "停水3小时", "约2个小时", "半天".
func (t *text) lasts(i int) (time.Duration, int) {
	if i == 0 || !digit(t.r[i]) && !numeral(t.r[i]) || digit(t.r[i-1]) || numeral(t.r[i-1]) {
		return 0, 0
	}
	n, _, end, ok := t.number(i)
	if !ok || n <= 0 || n > 72 {
		return 0, 0
	}
	for _, w := range []string{"个小时", "小时", "个钟头", "个半小时", " hours", "h"} {
		if t.has(end, w) {
			d := time.Duration(n) * time.Hour
			if w == "个半小时" {
				d += 30 * time.Minute
			}
			return d, end - i
		}
	}
	return 0, 0
}

// moment reads a day, a part of the day and a clock time that begin at rune i.
func (t *text) moment(i int, at time.Time) (moment, bool) {
	m := moment{hour: -1, start: i, after: i}
	if i > 0 && (digit(t.r[i-1]) && digit(t.r[i])) {
		return m, false
	}
	for m.date(t, at) {
	}
	m.clock(t)
	return m, m.after > i
}

// date takes a word for a day or a part of the day.
func (m *moment) date(t *text, at time.Time) bool {
	today := midnight(at)
	for _, w := range []struct {
		word string
		days int // 99: none
		half rune
	}{
		{"大后天", 3, 0}, {"今天", 0, 0}, {"今日", 0, 0}, {"今晚", 0, '晚'}, {"今早", 0, '上'}, {"今夜", 0, '晚'}, {"明天", 1, 0}, {"明日", 1, 0}, {"明早", 1, '上'}, {"明晚", 1, '晚'}, {"后天", 2, 0}, {"当天", 99, 0}, {"当日", 99, 0}, {"当晚", 99, '晚'},
		{"今儿", 0, 0}, {"明儿", 1, 0}, {"tomorrow ", 1, 0}, {"today ", 0, 0},
		{"凌晨", 99, '凌'}, {"清晨", 99, '上'}, {"早上", 99, '上'}, {"早晨", 99, '上'}, {"上午", 99, '上'}, {"中午", 99, '中'}, {"下午", 99, '下'}, {"傍晚", 99, '下'}, {"晚上", 99, '晚'}, {"夜间", 99, '晚'}, {"夜里", 99, '晚'}, {"晚间", 99, '晚'}, {"晚", 99, '晚'}, {"早", 99, '上'},
	} {
		if t.has(m.after, w.word) {
			if w.days < 99 {
				m.day = today.AddDate(0, 0, w.days)
			}
			if w.half != 0 {
				m.half = w.half
			}
			m.after += len([]rune(w.word))
			return true
		}
	}
	for _, w := range []string{"次日", "第二天", "翌日", "隔天"} {
		if t.has(m.after, w) {
			m.next = true
			m.after += len([]rune(w))
			return true
		}
	}
	for _, w := range []string{"下周", "下星期", "本周", "这周", "周", "星期", "礼拜"} {
		n := len([]rune(w))
		if !t.has(m.after, w) || m.after+n >= len(t.r) {
			continue
		}
		v := weekday(t.r[m.after+n])
		if v < 0 {
			continue
		}
		days := (v - int(at.Weekday()) + 7) % 7
		if w == "下周" || w == "下星期" {
			// The week begins on Monday.
			days = 7 - (int(at.Weekday())+6)%7 + (v+6)%7
		}
		m.day = today.AddDate(0, 0, days)
		m.after += n + 1
		return true
	}
	return m.dated(t, at)
}

func weekday(r rune) int {
	switch r {
	case '日', '天', '七', '7':
		return 0
	}
	if digit(r) && r <= '6' {
		return int(r - '0')
	}
	if v := value(r); v >= 1 && v <= 6 {
		return v
	}
	return -1
}

// dated takes 11月23日, 23号, 2026年11月23日.
func (m *moment) dated(t *text, at time.Time) bool {
	i := m.after
	if i >= len(t.r) || !digit(t.r[i]) && !numeral(t.r[i]) {
		return false
	}
	n, _, end, ok := t.number(i)
	if !ok {
		return false
	}
	year := at.Year()
	said := false
	if t.has(end, "年") && n > 1900 && n < 2200 && end+1 < len(t.r) {
		year, said = n, true
		if n, _, end, ok = t.number(end + 1); !ok {
			return false
		}
	}
	month := int(at.Month())
	switch {
	case t.has(end, "月") && n >= 1 && n <= 12 && end+1 < len(t.r):
		month = n
		d, _, to, ok := t.number(end + 1)
		if !ok || d < 1 || d > 31 {
			return false
		}
		n, end = d, to
		if t.has(end, "日") || t.has(end, "号") {
			end++
		}
	case (t.has(end, "日") || t.has(end, "号") && !t.has(end, "号楼") && !t.has(end, "号院")) && n >= 1 && n <= 31 && !t.opens(end+1):
		end++
	default:
		return false
	}
	m.day = time.Date(year, time.Month(month), n, 0, 0, 0, 0, at.Location())
	if !said && m.day.Before(midnight(at).AddDate(0, -6, 0)) {
		m.day = m.day.AddDate(1, 0, 0) // 1月3日, said in December
	}
	m.after = end
	return true
}

// clock takes 9点, 9点半, 9:30, 18时, 9点30分, 9am; and a bare 9 before 到.
func (m *moment) clock(t *text) {
	i := m.after
	if i >= len(t.r) || !digit(t.r[i]) && !numeral(t.r[i]) {
		return
	}
	h, digits, end, ok := t.number(i)
	if !ok || h > 24 || digits > 2 {
		return
	}
	switch {
	case t.has(end, ":") && end+2 < len(t.r)+0 && digit(t.r[end+1]):
		min, d, to, ok := t.number(end + 1)
		if !ok || d != 2 || min > 59 {
			return
		}
		if t.has(to, ":") && to+1 < len(t.r) && digit(t.r[to+1]) {
			_, _, to, _ = t.number(to + 1)
		}
		m.hour, m.min, m.after = h, min, to
	case t.has(end, "点") || t.has(end, "时") && !t.has(end, "时候"):
		end++
		if t.has(end, "钟") || t.has(end, "整") {
			end++
		}
		m.hour = h
		if t.has(end, "半") {
			m.min = 30
			end++
		} else if t.has(end, "一刻") {
			m.min = 15
			end += 2
		} else if end < len(t.r) && t.stop[end] == 0 && (digit(t.r[end]) || numeral(t.r[end])) {
			if min, _, to, ok := t.number(end); ok && min < 60 && (t.has(to, "分") || digit(t.r[end])) {
				m.min = min
				end = to
				if t.has(end, "分") {
					end++
				}
			}
		}
		m.after = end
	case t.has(end, "am") || t.has(end, " am"), t.has(end, "pm") || t.has(end, " pm"):
		m.hour = h
		if t.has(end, "pm") || t.has(end, " pm") {
			m.half = '下'
		} else {
			m.half = '上'
		}
		for end < len(t.r) && t.r[end] != 'm' {
			end++
		}
		m.after = end + 1
	case digits > 0 && (t.has(end, "到") || t.has(end, "至") || t.has(end, "-")) && end+1 < len(t.r) && digit(t.r[end+1]):
		if h2, _, to, ok := t.number(end + 1); ok && h2 <= 24 && (t.has(to, "点") || t.has(to, "时")) {
			m.hour, m.after = h, end // 9到18点
		}
	}
}
