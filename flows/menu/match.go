package menu

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"linli/flows"
)

// When two wishes are the same matter. No language is understood here: what the community's
// interests name decides first, and else how alike the words are once those are taken out
// that stand in every wish. Staff put right what this cannot see.

// alike is how alike two wishes must be, from 0 to 1, to be one dish; see the table of the tests
// for what was measured.
const alike = 0.5

// clean is a wish in one line, without marks that nobody needs in a title, cut.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), strings.ContainsRune("、，,.-+'·/（）()：:", r):
			return r
		}
		return -1
	}, s)
	r := []rune(strings.Join(strings.Fields(s), " "))
	return strings.TrimSpace(string(r[:min(len(r), maxTitle)]))
}

// with is with whom, and when: it says nothing of what is wished for.
var with = strings.NewReplacer(replace("",
	"周末带孩子", "带着孩子", "带上孩子", "带孩子们", "带孩子", "带娃", "陪孩子", "和孩子一起", "和孩子", "跟孩子", "与孩子", "with children", "with my kids", "with kids", "with the kids",
	"下班以后", "下班后", "下班", "下了班", "晚上", "晚间", "工作日", "周末", "双休日", "白天", "平时", "假期", "暑假", "寒假", "周六", "周日", "星期天", "有空",
	"after work", "in the evenings", "in the evening", "on weekends", "at the weekend", "at weekends")...)

// every are words that stand in wishes of any kind.
var every = strings.NewReplacer(replace("",
	"能去的地方", "能参加的", "可以去的", "能去的", "一起", "大家", "希望", "想要", "有没有", "组织", "参加", "学习", "练习", "入门", "兴趣班", "培训班", "课程", "活动", "小组", "基础", "公开课", "讲座", "体验",
	"想", "学", "练", "教", "玩", "打", "弹", "跳", "做", "上", "去", "来", "办", "开", "搞", "个", "的", "课", "班", "点", "些", "和", "跟", "、", "，", ",", "怎么", "如何", "我",
	"learn to play the", "learn how to play", "learn to play", "learning", "learn how to", "learn the", "learn to", "learn", "play the", "play", "lessons", "lesson", "class", "classes", "club", "course")...)

func replace(with string, words ...string) (pairs []string) {
	for _, w := range words {
		pairs = append(pairs, w, with)
	}
	return pairs
}

// core is what is left of a wish that only it says.
func core(s string) string {
	s = strings.ToLower(s)
	if c := squeeze(every.Replace(with.Replace(s))); c != "" {
		return c
	}
	return squeeze(s)
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// term is a word of the community's interests.
type term struct{ interest, word string }

// lexicon is the words of the interests by the character they begin with, the longest first.
type lexicon map[rune][]term

func lexiconOf(s *flows.Settings) lexicon {
	l := lexicon{}
	for _, x := range s.Activities.Interests {
		for _, w := range x.Words {
			if w = strings.ToLower(strings.TrimSpace(w)); w != "" {
				r, _ := utf8.DecodeRuneInString(w)
				l[r] = append(l[r], term{x.ID, w})
			}
		}
	}
	for _, list := range l {
		slices.SortStableFunc(list, func(a, b term) int { return len(b.word) - len(a.word) })
	}
	return l
}

// terms are those that a wish names, the longest at each place. With whom and when are named
// only where nothing else is.
func (l lexicon) terms(text string) []term {
	text = strings.ToLower(text)
	if found := l.named(with.Replace(text)); len(found) > 0 {
		return found
	}
	return l.named(text)
}

func (l lexicon) named(text string) (found []term) {
next:
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		for _, x := range l[r] {
			if strings.HasPrefix(text[i:], x.word) && whole(text, i, i+len(x.word)) {
				found = append(found, x)
				i += len(x.word)
				continue next
			}
		}
		i += size
	}
	return found
}

// whole says that a word of Latin letters does not stand inside of another.
func whole(s string, from, to int) bool {
	letter := func(i int) bool {
		return i >= 0 && i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9')
	}
	return !(letter(from) && letter(from-1)) && !(letter(to-1) && letter(to))
}

// plain gives the title of a wish that says nothing but what an interest is called, with or
// without "学", when and with whom; ok says that it is one. Such a title is nobody's words.
func (l lexicon) plain(text string) (title string, ok bool) {
	found := l.terms(text)
	if len(found) == 0 {
		return "", false
	}
	rest := with.Replace(strings.ToLower(text))
	for _, x := range found {
		rest = strings.Replace(rest, x.word, "", 1)
	}
	if squeeze(every.Replace(rest)) != "" {
		return "", false
	}
	title = found[0].word
	if strings.Contains(text, "学"+title) {
		title = "学" + title
	}
	return title, true
}

// likeness says how much two wishes are the same matter, from 0 to 1.
func (l lexicon) likeness(a, b string) float64 {
	ta, tb := l.terms(a), l.terms(b)
	for _, x := range ta {
		for _, y := range tb {
			if x.word == y.word {
				return 1
			}
		}
	}
	if len(ta) > 0 && len(tb) > 0 {
		return 0 // they name different things
	}
	return dice(core(a), core(b))
}

// dice compares two texts by their pairs of neighbouring characters.
func dice(a, b string) float64 {
	if a == b && a != "" {
		return 1
	}
	pairs := func(s string) map[string]int {
		m, r := map[string]int{}, []rune(s)
		for i := 0; i+1 < len(r); i++ {
			m[string(r[i:i+2])]++
		}
		return m
	}
	pa, pb := pairs(a), pairs(b)
	both, all := 0, 0
	for p, n := range pa {
		both += min(n, pb[p])
		all += n
	}
	for _, n := range pb {
		all += n
	}
	if all == 0 {
		return 0
	}
	return 2 * float64(both) / float64(all)
}

// same gives the place of the dish that a wish is for, -1 if there is none.
func (t *turn) same(text string) (at int) {
	at = -1
	best, l := alike, lexiconOf(t.e.Settings)
	for i, d := range t.Dishes {
		score := 0.0
		if d.Title != "" {
			score = l.likeness(text, d.Title)
		}
		for _, x := range d.Said {
			score = max(score, l.likeness(text, x.Text))
		}
		if score > best || score == best && at < 0 {
			at, best = i, score
		}
	}
	return at
}
