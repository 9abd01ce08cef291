package local

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Days that have a name. Those of the old calendar (春节, 中秋) are not among
// them: no table here says when they are, and a wrong day would be worse than none.

// feasts are the days that are the same every year; bare ones are so short that
// something must say that a day is meant.
var feasts = []struct {
	word       string
	month, day int
	bare       bool
}{
	{"元旦", 1, 1, false}, {"情人节", 2, 14, false}, {"妇女节", 3, 8, false}, {"三八节", 3, 8, false}, {"植树节", 3, 12, false}, {"愚人节", 4, 1, false},
	{"劳动节", 5, 1, false}, {"五一", 5, 1, true}, {"青年节", 5, 4, false}, {"儿童节", 6, 1, false}, {"六一", 6, 1, true}, {"建党节", 7, 1, false}, {"七一", 7, 1, true},
	{"建军节", 8, 1, false}, {"八一", 8, 1, true}, {"教师节", 9, 10, false}, {"国庆", 10, 1, false}, {"十一", 10, 1, true}, {"圣诞", 12, 25, false},
}

// feast takes a day that has a name: 元旦, 明年五一节, 国庆前.
func (m *moment) feast(t *text, at time.Time) bool {
	if !feastStarts.has(t.r[m.after]) {
		return false
	}
	for k, w := range []string{"去年", "今年", "明年", "后年"} {
		if t.has(m.after, w) {
			return m.feastOf(t, m.after+2, at.Year()+k-1, time.Time{}, at.Location())
		}
	}
	return m.feastOf(t, m.after, at.Year(), midnight(at), at.Location())
}

// feastOf takes the name at rune i, as a day of a year; one before today is that of the next.
func (m *moment) feastOf(t *text, i, year int, today time.Time, zone *time.Location) bool {
	if i >= len(t.r) || !feastStarts.has(t.r[i]) {
		return false
	}
	for _, f := range feasts {
		if !t.has(i, f.word) {
			continue
		}
		end := i + runes(f.word)
		if f.bare {
			if i > 0 && t.stop[i] == 0 && (numeral(t.r[i-1]) || latin(t.r[i-1]) || t.has(i-1, "第")) || !t.follows(end, "节", "前", "之前", "以前", "劳动节", "国际劳动节", "儿童节", "国际儿童节", "建军节", "建党节", "国庆", "当天", "那天") {
				return false
			}
			for _, w := range []string{"国际劳动", "国际儿童", "劳动", "儿童", "建军", "建党", "国庆"} {
				if t.has(end, w) {
					end += runes(w)
					break
				}
			}
		}
		if t.has(end, "节") {
			end++
		}
		if strings.ContainsRune("路街里巷村苑园小后", t.at(end)) || t.follows(end, "以后", "之后") {
			return false // a street; and after a feast is no day
		}
		day := time.Date(year, time.Month(f.month), f.day, 0, 0, 0, 0, zone)
		if day.Before(today) {
			day = day.AddDate(1, 0, 0)
		}
		m.day, m.after = day, end
		return true
	}
	return false
}

// follows says that one of some words stands at rune i.
func (t *text) follows(i int, words ...string) bool {
	for _, w := range words {
		if t.has(i, w) {
			return true
		}
	}
	return false
}

// starts has a bit for every rune with which one of some words can begin.
type starts [1 << 16 / 64]uint64

func (s *starts) add(words ...string) *starts {
	for _, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		s[uint16(r)>>6] |= 1 << (uint16(r) & 63)
	}
	return s
}

func (s *starts) has(r rune) bool { return r <= 0xffff && s[r>>6]&(1<<(r&63)) != 0 }

// Most runes of most texts begin no day and no hour: begins has those that may, the
// others have those of some words alone.
var (
	dayStarts = func() *starts {
		s := new(starts).add("次", "第", "翌", "隔")
		for _, w := range dayWords {
			s.add(w.word)
		}
		return s
	}()
	weekStarts = func() *starts {
		s := new(starts)
		for _, w := range weekWords {
			s.add(w.word)
		}
		return s
	}()
	feastStarts = func() *starts {
		s := new(starts).add("去", "今", "明", "后")
		for _, f := range feasts {
			s.add(f.word)
		}
		return s
	}()
	begins = func() *starts {
		s := new(starts).add("半", "下", "这", "本", "当", "月", "年")
		for i := range s {
			s[i] |= dayStarts[i] | weekStarts[i] | feastStarts[i]
		}
		for _, r := range "0123456789abcdefghijklmnopqrstuvwxyz零〇一壹幺二两贰三叁四肆五伍六陆七柒八捌九玖十拾百" {
			s.add(string(r))
		}
		return s
	}()
)
