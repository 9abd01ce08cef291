package bot

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// How people say days: 今天, 后天, 周五, 下周一, 12月1日, 1号, 12-01, 三天.

var (
	dayWord  = regexp.MustCompile(`今天|明天|大后天|后天|(下|这|本)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天])|(?:(\d{4})(?:年|[-/.]))?(\d{1,2})(?:月|[-/.])(\d{1,2})[日号]?|(\d{1,2})[日号]`)
	daySpan  = regexp.MustCompile(`(\d{1,2})天`)
	spelling = regexp.MustCompile(`([周期拜]?)([一二两三四五六七八九十]{1,3})(月|日|号|天)`)
)

// longestLeave is how far ahead a leave may reach: what goes further was
// probably a day that is over.
const longestLeave = 180

// aDay finds the first day a word can mean, not before base; zero if there is none.
type aDay func(base time.Time) time.Time

// leaveDays reads the first and last day of a leave, and gives what of the text
// was about something else. ok is false if it names no day, or none that can be.
func leaveDays(text string, now time.Time) (from, to time.Time, rest string, ok bool) {
	today := flows.Clock(0).On(now)
	text = arabic(text)
	var days []aDay
	var b strings.Builder
	end, until := 0, false
	for _, m := range dayWord.FindAllStringSubmatchIndex(text, -1) {
		if after := text[m[1]:]; strings.HasPrefix(after, "楼") || strings.HasPrefix(after, "栋") || strings.HasPrefix(after, "单元") {
			continue // a house, not a day
		}
		before := text[end:m[0]]
		if len(days) == 0 {
			until = strings.HasSuffix(strings.TrimSpace(before), "到") || strings.HasSuffix(strings.TrimSpace(before), "至")
		}
		b.WriteString(before + " ")
		end = m[1]
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[m[2*i]:m[2*i+1]]
		}
		days = append(days, dayOf(text[m[0]:m[1]], group, today))
	}
	b.WriteString(text[end:])
	rest = b.String()
	length := 0
	if m := daySpan.FindStringSubmatchIndex(rest); m != nil && len(days) < 2 {
		length, _ = strconv.Atoi(rest[m[2]:m[3]])
		rest = rest[:m[0]] + " " + rest[m[1]:]
	}
	switch {
	case len(days) > 2 || len(days) == 0 && length == 0:
		return from, to, rest, false
	case len(days) == 0:
		from = today
	case until && len(days) == 1:
		from, to = today, days[0](today)
	default:
		from = days[0](today)
		to = from
		if len(days) == 2 && !from.IsZero() {
			to = days[1](from)
		}
	}
	if length > 0 && !from.IsZero() {
		to = from.AddDate(0, 0, length-1)
	}
	last := today.AddDate(0, 0, longestLeave)
	ok = !from.IsZero() && !to.IsZero() && !to.Before(from) && !from.Before(today) && !to.After(last)
	return from, to, rest, ok
}

func dayOf(word string, group func(int) string, today time.Time) aDay {
	fixed := func(t time.Time) aDay { return func(time.Time) time.Time { return t } }
	num := func(i int) int { n, _ := strconv.Atoi(group(i)); return n }
	for i, w := range []string{"今天", "明天", "后天", "大后天"} {
		if word == w {
			return fixed(today.AddDate(0, 0, i))
		}
	}
	first := func(base time.Time, fits func(time.Time) bool) time.Time {
		for i := range 366 * 4 {
			if t := base.AddDate(0, 0, i); fits(t) {
				return t
			}
		}
		return time.Time{}
	}
	switch {
	case group(2) != "":
		week := map[string]time.Weekday{"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 0, "天": 0}
		w := week[group(2)]
		monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
		switch group(1) {
		case "下":
			monday = monday.AddDate(0, 0, 7)
			fallthrough
		case "这", "本":
			return fixed(monday.AddDate(0, 0, (int(w)+6)%7))
		}
		return func(base time.Time) time.Time {
			return first(base, func(t time.Time) bool { return t.Weekday() == w })
		}
	case group(3) != "":
		t := time.Date(num(3), time.Month(num(4)), num(5), 0, 0, 0, 0, today.Location())
		if int(t.Month()) != num(4) || t.Day() != num(5) {
			return fixed(time.Time{})
		}
		return fixed(t)
	case group(4) != "":
		return func(base time.Time) time.Time {
			return first(base, func(t time.Time) bool { return int(t.Month()) == num(4) && t.Day() == num(5) })
		}
	}
	return func(base time.Time) time.Time {
		return first(base, func(t time.Time) bool { return t.Day() == num(6) })
	}
}

// arabic writes the numbers of days and months with digits: "十二月三日" → "12月3日".
func arabic(s string) string {
	digit := map[rune]int{'一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	return spelling.ReplaceAllStringFunc(s, func(m string) string {
		x := spelling.FindStringSubmatch(m)
		if x[1] != "" {
			return m // 周三
		}
		n, ten := 0, false
		for _, r := range x[2] {
			if r == '十' {
				n, ten = max(n, 1)*10, true
				continue
			}
			if n += digit[r]; !ten && n > 9 {
				return m
			}
		}
		return strconv.Itoa(n) + x[3]
	})
}
