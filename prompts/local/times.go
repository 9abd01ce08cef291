package local

import (
	"strings"
	"time"
)

// When something is to be: what people write of days and hours, read for
// announcements, for the end of a poll and for the times a meeting could take.
// Everything is read from the moment it was said, in the zone of that moment.

// moment is a day and a clock time as far as a text says them.
type moment struct {
	day          time.Time // zero if not said
	exact        time.Time // so long from now, "48小时内": nothing else is said then
	next         bool      // 次日, 第二天: the day after the other end
	hour, min    int       // hour -1 if not said
	half         rune      // '上', '下', '晚', '凌', '中', 0
	bare         bool      // a day of the week without a week, "周五"
	week         int       // which week a day of the week was said to be of: 1 is the next
	within       bool      // so long from now, "三天内"
	plain        bool      // the hour was written as a clock shows it, "08:00", "20时"
	weak         bool      // may be another thing than a day, "12-5"
	lone         bool      // a day of the month without its month, "6号"
	weekend      bool      // 周末: the Sunday, unless somebody knows better
	start, after int       // runes
}

// stamp is one time of a text, complete.
type stamp struct {
	moment
	time time.Time
	lent bool // its hour is that of the day beside it
}

// times gives all times in a text, in their order. A later one takes what it
// leaves open from the one before: "下周六下午三点或周日晚上七点", "明天三点或四点".
//
// What has no clock time gets the one at which something ends, see [closing].
func times(t *text, at time.Time) []stamp { return t.stamps(at, &closing) }

// parts are the clock times of a part of the day that is named without one.
type parts struct{ morning, noon, afternoon, evening, night, none int }

// closing are the hours at which a day and its parts are over: "上午截止".
var closing = parts{morning: 12, noon: 12, afternoon: 18, evening: 20, night: 6, none: 20}

func (p *parts) hour(half rune) int {
	switch half {
	case '上':
		return p.morning
	case '中':
		return p.noon
	case '下':
		return p.afternoon
	case '晚':
		return p.evening
	case '凌':
		return p.night
	}
	return p.none
}

// stamps gives all times in a text, in their order.
func (t *text) stamps(at time.Time, of *parts) []stamp {
	var out []stamp
	for i := 0; i < len(t.r); {
		if !begins.has(t.r[i]) {
			i++
			continue
		}
		m, ok := t.moment(i, at)
		if !ok {
			m, ok = t.monthDay(i, at)
		}
		if !ok || m.day.IsZero() && m.hour < 0 && m.exact.IsZero() {
			i = max(i+1, m.after)
			continue
		}
		s := stamp{moment: m}
		var last *stamp
		if n := len(out); n > 0 && t.alternates(out[n-1].after, m.start) {
			last = &out[n-1]
		}
		s.time = s.resolve(at, last, of)
		out = append(out, s)
		i = m.after
	}
	return out
}

// alternates says that the runes between two times only set them side by side.
func (t *text) alternates(i, j int) bool {
	switch strings.TrimSpace(t.part(i, j)) {
	case "", "或", "或者", "或是", "要么", "和", "与", "跟", "还是", "到", "至", "-", "~", "/", "or", "and", "to":
		return true
	}
	return false
}

// resolve makes a time of a moment: what is not said is the next that fits.
// Hours from one to six that no clock shows are those of the afternoon.
func (s *stamp) resolve(at time.Time, last *stamp, of *parts) time.Time {
	if !s.exact.IsZero() {
		return s.exact
	}
	m := &s.moment
	said := !m.day.IsZero()
	if last != nil && m.bare && last.week > 0 {
		m.day, m.bare, m.week = m.day.AddDate(0, 0, 7*weeksApart(m.day, last.day)), false, last.week
	}
	if last != nil && m.lone && !last.day.IsZero() {
		m.day = m.inMonth(last.day)
	}
	if last != nil && m.bare && last.bare && m.day.Before(last.day) && (m.day.Weekday()+6)%7 > (last.day.Weekday()+6)%7 {
		m.day = m.day.AddDate(0, 0, 7) // "周五或周六", said on a Saturday
	}
	if last != nil && !said && !last.day.IsZero() {
		m.day, said = last.day, true
		if m.half == 0 && m.hour < 12 {
			m.half = last.half
		}
	}
	if m.hour < 0 {
		h, d := of.hour(m.half), m.day
		out := time.Date(d.Year(), d.Month(), d.Day(), h, 0, 0, 0, at.Location())
		if over := out.After(at) || h == 0 && midnight(at).Equal(out); m.bare && !over {
			out = out.AddDate(0, 0, 7)
		}
		return out
	}
	if m.half == 0 && !m.plain && m.hour >= 1 && m.hour <= 6 {
		m.half = '下'
	}
	out := m.on(at, time.Time{})
	if out.After(at) {
		return out
	}
	today := midnight(out).Equal(midnight(at))
	if later := out.Add(12 * time.Hour); today && m.half == 0 && !m.plain && m.hour < 12 && later.After(at) {
		return later // "八点", said in the afternoon
	}
	switch {
	case m.bare:
		return out.AddDate(0, 0, 7)
	case !said:
		return out.AddDate(0, 0, 1)
	}
	return out
}

// inMonth gives a day of the month without its month in the month of another day,
// or where it would be before it in the next: "9月10号、11号", "30号或1号".
func (m *moment) inMonth(of time.Time) time.Time {
	n := m.day.Day()
	for k := range 2 {
		day := time.Date(of.Year(), of.Month()+time.Month(k), n, 0, 0, 0, 0, of.Location())
		if day.Day() == n && !day.Before(of) {
			return day
		}
	}
	return m.day
}

// weeksApart is how many weeks the week of b is after that of a.
func weeksApart(a, b time.Time) int {
	monday := func(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }
	return int(monday(b).Sub(monday(a)).Round(7*24*time.Hour) / (7 * 24 * time.Hour))
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
	case m.half == '晚' && (h == 12 || h < 5):
		h = h%12 + 24 // 晚上12点, 夜里1点
	case (m.half == '下' || m.half == '晚') && h < 12:
		h += 12
	case m.half == '中' && h < 4:
		h += 12
	}
	return time.Date(d.Year(), d.Month(), d.Day(), h, m.min, 0, 0, at.Location())
}

// moment reads a day, a part of the day and a clock time that begin at rune i.
func (t *text) moment(i int, at time.Time) (moment, bool) {
	m := moment{hour: -1, start: i, after: i}
	if i > 0 && t.stop[i] == 0 && (digit(t.r[i-1]) && digit(t.r[i]) || letter(t.r[i-1]) && letter(t.r[i])) {
		return m, false
	}
	m.dates(t, at)
	return m, m.after > i
}

// dates takes all words for one day, and the hour: "12月5日（周六）晚上8点". A
// second day is another time.
func (m *moment) dates(t *text, at time.Time) {
	for {
		before := *m
		if !m.date(t, at) {
			break
		}
		if before.day.IsZero() || m.day.Equal(before.day) {
			continue
		}
		if m.day.Weekday() != before.day.Weekday() || !m.bare && !before.bare {
			*m = before
			return
		}
		if !before.bare {
			m.day, m.week = before.day, before.week
		}
		m.bare = false
	}
	if m.exact.IsZero() {
		m.clock(t)
	}
}

// dayWords are words for a day, a part of it, or both.
var dayWords = []struct {
	word string
	days int // noDay: no day
	half rune
}{
	{"大大后天", 4, 0}, {"大后天", 3, 0}, {"今天", 0, 0}, {"今日", 0, 0}, {"今晚", 0, '晚'}, {"今早", 0, '上'}, {"今晨", 0, '上'}, {"今夜", 0, '晚'}, {"明天", 1, 0}, {"明日", 1, 0}, {"明早", 1, '上'}, {"明晨", 1, '上'}, {"明晚", 1, '晚'}, {"后天", 2, 0}, {"后日", 2, 0}, {"后晚", 2, '晚'}, {"昨天", -1, 0}, {"昨日", -1, 0}, {"昨晚", -1, '晚'}, {"前天", -2, 0}, {"yesterday", -1, 0}, {"当天", noDay, 0}, {"当日", noDay, 0}, {"当晚", noDay, '晚'},
	{"今儿", 0, 0}, {"明儿", 1, 0}, {"tomorrow", 1, 0}, {"today", 0, 0}, {"tonight", 0, '晚'},
	{"凌晨", noDay, '凌'}, {"清晨", noDay, '上'}, {"早上", noDay, '上'}, {"一大早", noDay, '上'}, {"大清早", noDay, '上'}, {"一早", noDay, '上'}, {"早晨", noDay, '上'}, {"上午", noDay, '上'}, {"中午", noDay, '中'}, {"午后", noDay, '下'}, {"下午", noDay, '下'}, {"傍晚", noDay, '下'}, {"晚上", noDay, '晚'}, {"夜间", noDay, '晚'}, {"夜里", noDay, '晚'}, {"晚间", noDay, '晚'}, {"午夜", noDay, '晚'}, {"晚", noDay, '晚'}, {"早", noDay, '上'},
	{"morning", noDay, '上'}, {"afternoon", noDay, '下'}, {"evening", noDay, '晚'}, {"night", noDay, '晚'},
}

const noDay = 99

// weekWords are words for a week, before a day of it.
var weekWords = []struct {
	word string
	week int // anyWeek: the next such day
}{
	{"下下个星期", 2}, {"下下星期", 2}, {"下下周", 2}, {"下个星期", 1}, {"下个礼拜", 1}, {"下星期", 1}, {"下礼拜", 1}, {"下个周", 1}, {"下周", 1},
	{"上个星期", -1}, {"上星期", -1}, {"上礼拜", -1}, {"上周", -1},
	{"这个星期", 0}, {"这个礼拜", 0}, {"本星期", 0}, {"这星期", 0}, {"这礼拜", 0}, {"本周", 0}, {"这周", 0}, {"周", anyWeek}, {"星期", anyWeek}, {"礼拜", anyWeek},
}

const anyWeek = 99

// date takes a word for a day or a part of the day.
func (m *moment) date(t *text, at time.Time) bool {
	if m.after >= len(t.r) || m.after > m.start && t.stop[m.after] >= sentence || !m.exact.IsZero() {
		return false
	}
	if r := t.r[m.after]; r == ' ' && m.after > m.start || letter(r) {
		return m.english(t, at)
	}
	today := midnight(at)
	if dayStarts.has(t.r[m.after]) && m.dayWord(t, today) {
		return true
	}
	return m.weekday(t, at) || m.lapse(t, at) || m.last(t, at) || m.feast(t, at) || m.dated(t, at)
}

// dayWord takes 明天, 今晚, 上午, 次日.
func (m *moment) dayWord(t *text, today time.Time) bool {
	for _, w := range dayWords {
		if t.has(m.after, w.word) {
			if w.days != noDay {
				m.day = today.AddDate(0, 0, w.days)
			}
			if w.half != 0 {
				m.half = w.half
			}
			m.after += runes(w.word)
			return true
		}
	}
	for _, w := range []string{"次日", "第二天", "翌日", "隔天"} {
		if t.has(m.after, w) {
			m.next = true
			m.after += runes(w)
			return true
		}
	}
	return false
}

// weekday takes 周五, 下周五, 本周日, 周末.
func (m *moment) weekday(t *text, at time.Time) bool {
	if !weekStarts.has(t.r[m.after]) || t.has(m.after-1, "每") || t.has(m.after-1, "两") || t.has(m.after-1, "单") {
		return false // 每周五 is no day, 两周 and 单周 neither
	}
	today := midnight(at)
	monday := today.AddDate(0, 0, -(int(at.Weekday())+6)%7)
	for _, w := range weekWords {
		i := m.after + runes(w.word)
		if !t.has(m.after, w.word) || i >= len(t.r) {
			continue
		}
		if w.week != anyWeek && t.has(i, "周") {
			i++ // 下周周六
		}
		v := -1
		switch {
		case i >= len(t.r) || t.stop[i] >= comma:
		case t.has(i, "末"):
			v, m.weekend = 0, true
		case w.week != anyWeek && (t.has(i, "内") || t.has(i, "之内")):
			v = 0
		default:
			v = weekday(t.r[i])
		}
		if v < 0 {
			continue
		}
		week := w.week
		if week == anyWeek {
			m.bare, week = true, 0
			if (v+6)%7 < (int(at.Weekday())+6)%7 {
				week = 1
			}
		} else {
			m.bare, m.week = false, week
		}
		m.day = monday.AddDate(0, 0, 7*week+(v+6)%7)
		m.after = i + 1
		return true
	}
	return false
}

func weekday(r rune) int {
	switch r {
	case '日', '天', '七', '7':
		return 0
	}
	if digit(r) && r <= '6' && r > '0' {
		return int(r - '0')
	}
	if v := value(r); v >= 1 && v <= 6 {
		return v
	}
	return -1
}

func runes(s string) int { return len([]rune(s)) }

func letter(r rune) bool { return r >= 'a' && r <= 'z' }
