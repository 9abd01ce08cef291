package local

import (
	"slices"
	"strings"
	"time"
)

// The smaller half of times: hours and minutes, how long from now, and English.

// clock takes 9点, 9点半, 9:30, 18时, 9点30分, 9am; and a bare 9 before 到.
func (m *moment) clock(t *text) {
	i := m.after
	if i > m.start {
		// A space, a comma or "at" may stand between a day and its hour.
		for _, w := range []string{" at ", "at ", " ", "的"} {
			if t.has(i, w) {
				i += len([]rune(w))
				break
			}
		}
	}
	if i >= len(t.r) || !digit(t.r[i]) && !numeral(t.r[i]) || i > m.start && t.stop[i] >= sentence {
		return
	}
	h, digits, end, ok := t.number(i)
	if n := value(t.r[i]); !digit(t.r[i]) && end == i+2 && n >= 1 && n < 9 && value(t.r[i+1]) == n+1 {
		h, digits, ok = n, 1, true // 七八点
	}
	if !ok || h > 24 || digits > 2 {
		return
	}
	switch {
	case t.has(end, ":") && end+2 < len(t.r) && digit(t.r[end+1]):
		min, d, to, ok := t.number(end + 1)
		if !ok || d != 2 || min > 59 {
			return
		}
		if t.has(to, ":") && to+1 < len(t.r) && digit(t.r[to+1]) {
			_, _, to, _ = t.number(to + 1) // seconds
		}
		m.hour, m.min, m.after = h, min, to
		m.plain = digits == 2 || h == 0
		m.noon(t)
	case t.has(end, "点") || t.has(end, "时") && !t.has(end, "时候"):
		if t.counts(i, end, h, m) {
			return
		}
		m.plain = t.has(end, "时")
		end++
		if t.has(end, "钟") || t.has(end, "整") {
			end++
		}
		m.hour = h
		switch {
		case t.has(end, "半"):
			m.min = 30
			end++
		case t.has(end, "一刻"), t.has(end, "1刻"):
			m.min = 15
			end += 2
		case t.has(end, "三刻"), t.has(end, "3刻"):
			m.min = 45
			end += 2
		case end < len(t.r) && t.stop[end] == 0 && (digit(t.r[end]) || numeral(t.r[end])):
			if min, _, to, ok := t.number(end); ok && min < 60 && (t.has(to, "分") || digit(t.r[end]) || t.minutes(end, to, min)) {
				m.min = min
				end = to
				if t.has(end, "分") {
					end++
				}
			}
		}
		m.after = end
	case slices.ContainsFunc(halves, func(w string) bool { return t.has(end, w) }):
		m.hour, m.after = h, end
		m.noon(t)
	case digits > 0 && (t.has(end, "到") || t.has(end, "至") || t.has(end, "-")) && end+1 < len(t.r) && digit(t.r[end+1]):
		if h2, _, to, ok := t.number(end + 1); ok && h2 <= 24 && (t.has(to, "点") || t.has(to, "时")) {
			m.hour, m.after = h, end // 9到18点
		}
	}
}

// counts says that what looks like an hour counts something, or is an idiom:
// "三点建议", "早一点", "一时".
func (t *text) counts(i, end, h int, m *moment) bool {
	for _, w := range notHours {
		if t.has(end, w) {
			return true
		}
	}
	if h != 1 || !t.has(i, "一") {
		return false
	}
	if t.has(end, "时") {
		return m.after == m.start
	}
	if n := m.after - m.start; n > 1 || t.has(end+1, "半") || t.has(end+1, "钟") || t.has(end+1, "整") || t.has(end+1, "三刻") || t.has(end+1, "一刻") {
		return t.has(m.after-1, "晚") && n == 3 && t.has(end+1, "再") // 明天晚一点再说
	} else if n == 1 {
		return true // 早一点, 晚一点
	}
	return i > 0 && t.stop[i] == 0 && strings.ContainsRune("早晚快慢好大小多少高低远近宽窄轻重长短有差严松静细", t.r[i-1]) || strings.ContainsRune("都也儿点不没小用", t.at(end+1))
}

// notHours follow a number of 点 that are no hour.
var notHours = []string{"点建议", "点意见", "点要求", "点看法", "点想法", "点说明", "点原因", "点理由", "点问题", "点希望", "点请求", "点疑问", "点注意", "点位", "点钱", "点五", "点几", "时间"}

// minutes says that a Chinese number after an hour, from rune i to j, is minutes
// though nobody says so: "三点二十", "三点零五"; and not "三点二十个人".
func (t *text) minutes(i, j, n int) bool {
	if n < 10 && !t.has(i, "零") && !t.has(i, "〇") || j-i < 2 && n != 10 {
		return false
	}
	return j >= len(t.r) || t.stop[j] > 0 || !strings.ContainsRune("个人户名位块元天号楼栋层岁次家台辆条项米度", t.r[j])
}

// at gives the rune at i, 0 outside.
func (t *text) at(i int) rune {
	if i < 0 || i >= len(t.r) {
		return 0
	}
	return t.r[i]
}

var halves = []string{" am", "am", " a.m", "a.m", " pm", "pm", " p.m", "p.m"}

// noon takes "am" or "pm" after an hour.
func (m *moment) noon(t *text) {
	for _, w := range halves {
		end := m.after + len(w)
		if !t.has(m.after, w) || end < len(t.r) && t.stop[end] == 0 && latin(t.r[end]) {
			continue
		}
		m.half = '上'
		if strings.Contains(w, "p") {
			m.half = '下'
		} else if m.hour == 12 {
			m.hour = 0
		}
		m.after = end
		return
	}
}

// spells are the words for a stretch of time.
var spells = []struct {
	word                string
	hours, days, months int
}{
	{"个小时", 1, 0, 0}, {"小时", 1, 0, 0}, {"个钟头", 1, 0, 0}, {"钟头", 1, 0, 0}, {" hours", 1, 0, 0}, {" hour", 1, 0, 0},
	{"天", 0, 1, 0}, {"日", 0, 1, 0}, {" days", 0, 1, 0}, {" day", 0, 1, 0},
	{"个星期", 0, 7, 0}, {"星期", 0, 7, 0}, {"个礼拜", 0, 7, 0}, {"周", 0, 7, 0}, {" weeks", 0, 7, 0}, {" week", 0, 7, 0},
	{"个月", 0, 0, 1},
}

// lapse takes so long from now: 三天后, 48小时内, 一周内, in 3 days.
func (m *moment) lapse(t *text, at time.Time) bool {
	i := m.after
	if i >= len(t.r) || i > 0 && t.stop[i] == 0 && (digit(t.r[i-1]) || numeral(t.r[i-1])) {
		return false
	}
	n, half, end := 0, false, i
	switch {
	case digit(t.r[i]) || numeral(t.r[i]):
		var ok bool
		if n, _, end, ok = t.number(i); !ok || n < 1 || n > 999 {
			return false
		}
		if half = t.has(end, "个半"); half {
			end++ // 一个半小时: 小时 follows
			if t.has(end, "半") {
				end++
			}
		}
	case t.has(i, "半"):
		half, end = true, i+1
	default:
		return false
	}
	for _, w := range spells {
		to := end + len([]rune(w.word))
		if !t.has(end, w.word) {
			continue
		}
		suffix := 0
		for _, x := range []string{"之后", "以后", "之内", "以内", "后", "内"} {
			if t.has(to, x) {
				suffix = len([]rune(x))
				break
			}
		}
		if suffix == 0 && !t.counted(i) && !(w.word != "日" && (t.has(to, "截止") || t.has(to, "为限"))) {
			continue
		}
		switch {
		case w.hours > 0:
			d := time.Duration(n) * time.Hour
			if half {
				d += 30 * time.Minute
			}
			m.exact = at.Add(d)
		case w.months > 0 && half:
			m.day = midnight(at).AddDate(0, n, 15)
		case half:
			continue
		default:
			m.day = midnight(at).AddDate(0, n*w.months, n*w.days)
		}
		m.within, m.after = true, to+suffix
		return true
	}
	return false
}

// counted says that the words before rune i count from now.
func (t *text) counted(i int) bool {
	for _, w := range []string{"为期", "限时", "限", "再过", "in ", "within "} {
		if t.has(i-len([]rune(w)), w) {
			return true
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

var (
	weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	months   = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
)

// english takes "friday", "next friday", "tomorrow evening", "december 5", "5 dec".
func (m *moment) english(t *text, at time.Time) bool {
	i := m.after
	if t.r[i] == ' ' {
		i++
	}
	word, end := t.word(i)
	if word == "" {
		return false
	}
	today := midnight(at)
	for _, w := range dayWords {
		if w.word == word {
			if w.days != noDay {
				m.day = today.AddDate(0, 0, w.days)
			}
			if w.half != 0 {
				m.half = w.half
			}
			m.after = end
			return true
		}
	}
	week := anyWeek
	if word == "next" || word == "this" {
		week = 0
		if word == "next" {
			week = 1
		}
		if !t.has(end, " ") {
			return false
		}
		word, end = t.word(end + 1)
	}
	if v := named3(weekdays, word); v >= 0 {
		monday := today.AddDate(0, 0, -(int(at.Weekday())+6)%7)
		m.week = week
		if week == anyWeek {
			m.bare, m.week, week = true, 0, 0
			if (v+6)%7 < (int(at.Weekday())+6)%7 {
				week = 1
			}
		}
		m.day, m.after = monday.AddDate(0, 0, 7*week+(v+6)%7), end
		return true
	}
	if word == "noon" {
		m.hour, m.after = 12, end
		return false // an hour: nothing more of a day follows
	}
	if v := named3(months, word); v >= 0 && t.has(end, " ") && end+1 < len(t.r) && digit(t.r[end+1]) {
		n, digits, to, ok := t.number(end + 1)
		if !ok || digits > 2 {
			return false
		}
		for _, w := range []string{"st", "nd", "rd", "th"} {
			if t.has(to, w) {
				to += 2
				break
			}
		}
		day := time.Date(at.Year(), time.Month(v+1), n, 0, 0, 0, 0, at.Location())
		if longPast(day, at) {
			day = time.Date(at.Year()+1, time.Month(v+1), n, 0, 0, 0, 0, at.Location())
		}
		if day.Day() != n {
			return false
		}
		m.day, m.after = day, to
		return true
	}
	return false
}

// word gives the Latin word at rune i and where it ends.
func (t *text) word(i int) (string, int) {
	j := i
	for j < len(t.r) && letter(t.r[j]) && (j == i || t.stop[j] == 0) {
		j++
	}
	return t.part(i, j), j
}

// named3 finds a name that may be cut to its first three letters.
func named3(names []string, word string) int {
	for i, n := range names {
		if word == n || len(word) >= 3 && len(word) <= 4 && strings.HasPrefix(n, word) {
			return i
		}
	}
	return -1
}
