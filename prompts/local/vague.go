package local

import "strings"

// Words that stand for a time and name none: a day no calendar has, and what people
// say when they do not want to say when.

// vague are such words. Hard ones always stand for a time, the others only where
// they stand by themselves: 最近 may be the shop that is nearest.
var vague = []struct {
	word string
	hard bool
	not  string // what it is not followed by
}{
	{"改天", true, ""}, {"改日", true, ""}, {"有空", true, "调间地位格白气缺档着"}, {"得空", true, ""}, {"抽空", true, ""}, {"过几天", true, ""}, {"过两天", true, ""}, {"过些天", true, ""}, {"过一阵", true, ""}, {"过段时间", true, ""}, {"哪天", true, ""}, {"择日", true, ""}, {"另定", true, ""}, {"待定", true, ""}, {"另行通知", true, ""},
	{"正月初", true, ""}, {"正月十", true, ""}, {"腊月", true, ""}, {"大年初", true, ""}, {"大年三十", true, ""}, {"除夕", true, ""}, {"春节", false, ""}, {"中秋", false, ""}, {"端午", false, ""}, {"清明", false, ""}, {"元宵节", false, ""}, {"重阳", false, ""}, {"农历", true, ""},
	{"下下个星期", false, ""}, {"下下星期", false, ""}, {"下下周", false, ""}, {"下个星期", false, ""}, {"下个礼拜", false, ""}, {"下星期", false, ""}, {"下礼拜", false, ""}, {"下周", false, ""}, {"这个星期", false, ""}, {"这星期", false, ""}, {"这周", false, ""}, {"本周", false, ""}, {"本星期", false, ""},
	{"下下个月", false, ""}, {"下个月", false, ""}, {"下月", false, ""}, {"这个月", false, ""}, {"本月", false, ""}, {"月初", false, ""}, {"月中", false, ""}, {"上旬", false, ""}, {"中旬", false, ""}, {"下旬", false, ""},
	{"年前", false, ""}, {"年后", false, ""}, {"节前", false, ""}, {"节后", false, ""}, {"年初", false, ""}, {"年中", false, ""}, {"明年", false, ""}, {"开春", false, ""}, {"入冬", false, ""}, {"春天", false, ""}, {"夏天", false, ""}, {"秋天", false, ""}, {"冬天", false, ""}, {"国庆后", false, ""}, {"国庆节后", false, ""}, {"元旦后", false, ""}, {"五一后", false, ""}, {"十一后", false, ""},
	{"尽快", false, ""}, {"尽早", false, ""}, {"近期", false, ""}, {"最近", false, ""}, {"近日", false, ""}, {"回头", false, ""}, {"以后", false, ""}, {"晚点", false, ""}, {"随时", false, ""}, {"到时候", false, ""}, {"这几天", false, ""}, {"过后", false, ""}, {"上午", false, ""}, {"下午", false, ""}, {"晚上", false, ""}, {"中午", false, ""}, {"asap", false, ""}, {"soon", false, ""}, {"next week", false, ""}, {"next month", false, ""}, {"some day", false, ""},
}

var vagueNames = func() trie {
	t := newTrie()
	for i, v := range vague {
		t.add([]rune(v.word), i)
	}
	return t
}()

var vagueStarts = func() *starts {
	s := new(starts).add("周", "星", "礼")
	for _, v := range vague {
		s.add(v.word)
	}
	for _, r := range "0123456789零〇一壹幺二两贰三叁四肆五伍六陆七柒八捌九玖十拾百" {
		s.add(string(r))
	}
	return s
}()

// vagueAt finds words for a time at rune i that name none, and where they end; hard
// says that they are nothing else.
func (t *text) vagueAt(i int) (end int, hard bool) {
	if r := t.r[i]; digit(r) || numeral(r) {
		if i > 0 && t.stop[i] == 0 && (digit(t.r[i-1]) || numeral(t.r[i-1]) || latin(t.r[i-1]) || strings.ContainsRune("第-./:+#", t.r[i-1])) {
			return 0, false
		}
		return t.noDate(i)
	}
	for _, w := range []string{"星期", "礼拜", "周"} {
		if end := i + runes(w); t.has(i, w) && end < len(t.r) && t.stop[end] == 0 && strings.ContainsRune("八九89", t.r[end]) {
			for _, lead := range []string{"下下", "下个", "下", "这个", "这", "本", "上"} {
				if t.has(i-runes(lead), lead) {
					i -= runes(lead)
					break
				}
			}
			if next := t.at(end + 1); next == '年' || next == '岁' || latin(next) && t.stop[end+1] == 0 {
				return 0, false
			}
			return end + 1, true
		}
	}
	vagueNames.at(t.r, i, func(id, to int) {
		v := vague[id]
		if to > end && !strings.ContainsRune(v.not, t.at(to)) && t.whole(i, to) {
			end, hard = to, v.hard
		}
	})
	if end == 0 {
		return 0, false
	}
	for more := true; more && end < len(t.r); {
		more = false
		for _, w := range []string{"月", "初", "底", "中", "份", "旬", "节", "期间", "前后", "里"} {
			if t.has(end, w) && t.stop[end] == 0 {
				end, more = end+runes(w), true
				break
			}
		}
		if end < len(t.r) && t.stop[end] == 0 && numeral(t.r[end]) && (t.has(end-1, "初") || t.has(end-1, "月")) {
			_, _, to, _ := t.number(end)
			end, more = max(to, end+1), true
		}
	}
	return end, hard
}

// noDate finds a number with 月, 点 or a colon that no calendar and no clock has, and
// a month without a day.
func (t *text) noDate(i int) (end int, hard bool) {
	n, digits, to, ok := t.number(i)
	if !ok || digits > 2 || n == 0 && digits < 2 {
		return 0, false
	}
	switch {
	case t.has(to, "月") && to+1 < len(t.r):
		if next := t.r[to+1]; t.stop[to+1] == 0 && (digit(next) || numeral(next)) {
			if _, _, end, ok := t.number(to + 1); ok && (t.has(end, "日") || t.has(end, "号")) {
				return end + 1, true
			}
		}
		fallthrough
	case t.has(to, "月"):
		end := to + 1
		for _, w := range []string{"份", "初", "中旬", "上旬", "下旬", "中"} {
			if t.has(end, w) {
				end += runes(w)
			}
		}
		return end, false
	case t.has(to, "点") && n > 24 && n < 100 && !t.follows(to, notHours...):
		return to + 1, true
	case t.has(to, ":") && to+2 < len(t.r) && digit(t.r[to+1]) && digit(t.r[to+2]) && n < 100 && (to+3 >= len(t.r) || t.stop[to+3] > 0 || !digit(t.r[to+3]) && t.r[to+3] != ':'):
		return to + 3, n > 24 || t.r[to+1] > '5'
	case (t.has(to, "号") || t.has(to, "日")) && n > 31 && n < 100 && i > 1 && t.has(i-1, "月"):
		return to + 1, true
	}
	return 0, false
}
