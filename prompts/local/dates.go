package local

import (
	"strings"
	"time"
)

// Days of the calendar: the end of a month, 11月23日, 2026-11-23, 12-5.

// last takes the end of a month or a year: 月底, 下月底, 12月底, 年底.
func (m *moment) last(t *text, at time.Time) bool {
	if !strings.ContainsRune("下这本当月年", t.r[m.after]) {
		return false
	}
	first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, at.Location())
	for _, w := range []struct {
		word   string
		months int
	}{{"下个月", 1}, {"下月", 1}, {"这个月", 0}, {"本月", 0}, {"当月", 0}, {"月", 0}} {
		i := m.after + runes(w.word)
		if !t.has(m.after, w.word) {
			continue
		}
		if w.word == "月" || t.has(i, "底") || t.has(i, "末") {
			if !t.has(i, "底") && !t.has(i, "末") || w.word == "月" && m.after > 0 && t.stop[m.after] == 0 && numeral(t.r[m.after-1]) {
				return false
			}
			m.day, m.after = first.AddDate(0, w.months+1, -1), i+1
			return true
		}
		if i >= len(t.r) || !digit(t.r[i]) && !numeral(t.r[i]) {
			return false
		}
		n, _, end, ok := t.number(i)
		if !ok || n < 1 || n > 31 || !t.has(end, "日") && !t.has(end, "号") {
			return false
		}
		d := first.AddDate(0, w.months, n-1)
		if d.Day() != n {
			return false
		}
		m.day, m.after = d, end+1
		return true
	}
	if t.has(m.after, "年底") || t.has(m.after, "年末") {
		m.day, m.after = time.Date(at.Year(), 12, 31, 0, 0, 0, 0, at.Location()), m.after+2
		return true
	}
	return false
}

// dated takes 11月23日, 23号, 2026年11月23日, 2026-11-23, 12月底.
func (m *moment) dated(t *text, at time.Time) bool {
	i, year, said := m.after, at.Year(), false
	for k, w := range []string{"去年", "今年", "明年", "后年"} {
		if t.has(i, w) && i+2 < len(t.r) && (digit(t.r[i+2]) || numeral(t.r[i+2])) {
			i, year, said = i+2, year+k-1, true
		}
	}
	if !digit(t.r[i]) && !numeral(t.r[i]) {
		return false
	}
	n, digits, end, ok := t.number(i)
	if !ok {
		return false
	}
	if digits == 4 && n > 1900 && n < 2200 && end+2 < len(t.r) && (t.r[end] == '-' || t.r[end] == '/' || t.r[end] == '.') && digit(t.r[end+1]) {
		return m.numeric(t, at, n, end)
	}
	if t.has(end, "年") && n > 1900 && n < 2200 && end+1 < len(t.r) {
		year, said = n, true
		if m.feastOf(t, end+1, year, time.Time{}, at.Location()) {
			return true // 2027年元旦
		}
		if n, _, end, ok = t.number(end + 1); !ok {
			return false
		}
	}
	month, whole := int(at.Month()), false
	switch {
	case t.has(end, "月") && n >= 1 && n <= 12 && end+1 < len(t.r):
		month, whole = n, true
		if t.has(end+1, "月底") || t.has(end+1, "月末") {
			end++
		}
		if t.has(end+1, "底") || t.has(end+1, "末") {
			n, end = time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, at.Location()).Day(), end+2
			break
		}
		d, _, to, ok := t.number(end + 1)
		if !ok || d < 1 || d > 31 {
			return false
		}
		n, end = d, to
		if t.has(end, "日") || t.has(end, "号") {
			end++
		}
	case (t.has(end, "日") || t.has(end, "号") && !t.has(end, "号楼") && !t.has(end, "号院")) && n >= 1 && n <= 31 && !t.opens(end+1) && !t.has(i-1, "月"):
		end++
	default:
		return false
	}
	day := time.Date(year, time.Month(month), n, 0, 0, 0, 0, at.Location())
	switch {
	case !said && whole && longPast(day, at):
		day = time.Date(year+1, time.Month(month), n, 0, 0, 0, 0, at.Location()) // 1月3日, said in December
	case !whole && !said && (day.Before(midnight(at)) || day.Day() != n):
		// 3号, said on the 30th
		month++
		day = time.Date(year, time.Month(month), n, 0, 0, 0, 0, at.Location())
	}
	if day.Day() != n {
		return false // 11月31日
	}
	m.day, m.after, m.lone = day, end, !whole
	return true
}

// longPast says that a day without its year is that of the next one: 1月3日, said in December.
func longPast(day, at time.Time) bool { return day.Before(midnight(at).AddDate(0, -3, 0)) }

// numeric takes the rest of 2026-11-23 after its year.
func (m *moment) numeric(t *text, at time.Time, year, end int) bool {
	sep := t.r[end]
	month, _, to, ok := t.number(end + 1)
	if !ok || month < 1 || month > 12 || to+1 >= len(t.r) || t.r[to] != sep || !digit(t.r[to+1]) {
		return false
	}
	n, digits, to, ok := t.number(to + 1)
	day := time.Date(year, time.Month(month), n, 0, 0, 0, 0, at.Location())
	if !ok || digits > 2 || day.Day() != n {
		return false
	}
	m.day, m.after = day, to
	return true
}

// monthDay reads 12-5, 12/5 and 12.5, which may as well be anything else.
func (t *text) monthDay(i int, at time.Time) (moment, bool) {
	m := moment{hour: -1, start: i, after: i, weak: true}
	if !digit(t.r[i]) || i > 0 && t.stop[i] == 0 && (latin(t.r[i-1]) || strings.ContainsRune("-./:+#", t.r[i-1])) {
		return m, false
	}
	month, digits, end, ok := t.number(i)
	if !ok || digits > 2 || month < 1 || month > 12 || end+1 >= len(t.r) || !strings.ContainsRune("-./", t.r[end]) || !digit(t.r[end+1]) {
		return m, false
	}
	n, digits, to, ok := t.number(end + 1)
	if !ok || digits > 2 || to < len(t.r) && (strings.ContainsRune("-./", t.r[to]) || letter(t.r[to])) {
		return m, false
	}
	day := time.Date(at.Year(), time.Month(month), n, 0, 0, 0, 0, at.Location())
	if day.Day() != n {
		return m, false
	}
	if longPast(day, at) {
		day = day.AddDate(1, 0, 0)
	}
	if t.r[end] != '-' && (t.has(to, "号") && !t.has(to, "号楼") || t.has(to, "日")) {
		to++
	}
	m.day, m.after = day, to
	m.dates(t, at)
	m.weak = m.hour < 0
	return m, true
}
