package local

import (
	"regexp"
	"strings"
	"unicode"

	"linli/flows"
)

// For how many people a line of a list stands: "老李 2人", "小马+1", "王姐一家三口", "我和老伴",
// "夫妻俩带1个孩子". What may be something else (a door, a time, a price) is no number of people.

const (
	headsNum = `(\d{1,2}|[一二两三四五六七八九十俩仨]{1,3})`
	headsKin = `(孩子|小孩儿?|小朋友|宝宝|宝贝|娃儿?|老人|家属|家人|朋友|大人|学生|孙子|孙女|外孙女?|儿子|女儿|闺女|姑娘|kids?|child(?:ren)?|friends?|guests?)`
	headsOwn = `(老伴儿?|老公|老婆|爱人|媳妇儿?|对象|丈夫|妻子|先生|太太|爸爸?|妈妈?|父亲|母亲|奶奶|爷爷|姥姥|姥爷|husband|wife|mum|mom|dad)`
)

var (
	// headsMore are people besides who wrote the line.
	headsMore = []*regexp.Regexp{
		regexp.MustCompile(`(?:带着?|领着?|携|外加|另加)\s*` + headsNum + `\s*(?:个|名|位|口)?\s*(?:` + headsKin + `|人)`),
		regexp.MustCompile(`(?:带着?|领着?|携|外加|另加|[和跟])\s*()(?:` + headsKin + `|` + headsOwn + `)`),
		regexp.MustCompile(`(?i)\b(?:with|plus|and)\s+(\d{1,2}|one|two|three|a|my)\s+(?:` + headsKin + `|` + headsOwn + `)`),
	}
	headsPlus = regexp.MustCompile(`\+\s*(\d{1,2})\s*(?:个|位|名|人|口)?(?:` + headsKin + `|` + headsOwn + `)?`)
	// headsAll are how many come together.
	headsAll = []*regexp.Regexp{
		regexp.MustCompile(headsNum + `\s*(?:个)?\s*(?:大人|大)\s*[、,，和+]?\s*` + headsNum + `\s*(?:个)?\s*(?:小孩|孩子|小|娃)`),
		regexp.MustCompile(`(?:一家|全家|共|一共|总共|合计)?\s*` + headsNum + `\s*(?:口人|口)`),
		regexp.MustCompile(`(?:一共|总共|合计|共)?\s*` + headsNum + `\s*(?:个人|人|位|名)`),
		regexp.MustCompile(`(?i)\b(\d{1,2})\s*(?:people|persons?|pax|ppl|of us|adults?)\b`),
		regexp.MustCompile(`[xX×*✖]\s*️?(\d{1,2})\s*$`),
		regexp.MustCompile(`(?:^|[\s,，、:：])` + headsNum + `\s*个\s*$`),
	}
	headsPair = regexp.MustCompile(`[小老]?两口子?|夫妻俩?|夫妇俩?|[爷娘姐哥]俩|[爷娘]儿俩|爷孙俩?|祖孙俩?|父子俩?|父女俩?|母子俩?|母女俩?|姐妹俩|兄弟俩|俩人|(?:^|\s)俩$`)
	headsTrio = regexp.MustCompile(`[爷娘]儿?仨|祖孙仨|仨人`)
)

// headsSigns are those of which no line lacks all that speaks of more than one.
const headsSigns = "０１２３４５６７８９＋×✖一二两三四五六七八九十俩仨带领携加和跟夫父母祖爷娘姐哥兄"

// mostHeads is of how many people one line may speak.
const mostHeads = 50

// headcount says for how many people a line stands, 1 where it does not say, and gives the
// line without that.
func headcount(line string) (n int, who string) {
	if !strings.ContainsFunc(line, func(r rune) bool { return r < 0x80 && r > ' ' || strings.ContainsRune(headsSigns, r) }) {
		return 1, trimmed(line) // a name, as most are
	}
	raw := []rune(line)
	r := make([]rune, len(raw))
	for i, c := range raw {
		if c >= '！' && c <= '～' {
			c -= '！' - '!' // full width
		}
		r[i] = c
	}
	cut := make([]bool, len(r)) // what says how many
	take := func(p *regexp.Regexp, good func(m []string, from, to int) bool) (at int, ok bool) {
		text := string(r)
		for _, x := range p.FindAllStringSubmatchIndex(text, -1) {
			from, to := len([]rune(text[:x[0]])), len([]rune(text[:x[1]]))
			var m []string
			for i := 0; i+1 < len(x); i += 2 {
				if m = append(m, ""); x[i] >= 0 {
					m[i/2] = text[x[i]:x[i+1]]
				}
			}
			if strings.ContainsRune(m[0], gap) || !good(m, from, to) {
				continue
			}
			for i := from; i < to; i++ {
				cut[i], r[i] = true, gap
			}
			return from, true
		}
		return 0, false
	}
	next := func(at int) rune {
		if at < len(r) {
			return r[at]
		}
		return ' '
	}
	last := func(at int) rune {
		if at > 0 {
			return r[at-1]
		}
		return ' '
	}
	counted := func(at int) bool {
		return unicode.IsDigit(last(at)) || numeral(last(at)) || strings.ContainsRune("第几.-:/", last(at))
	}

	type found struct {
		at, n int
		aside bool // in brackets: it explains what stands before
	}
	var more []found
	for _, p := range headsMore {
		for {
			k := 1
			at, ok := take(p, func(m []string, from, to int) bool {
				if k = 1; m[1] != "" {
					k = headsOf(m[1])
				}
				return k > 0 && !strings.ContainsRune("民员工院区楼房", next(to))
			})
			if !ok {
				break
			}
			more = append(more, found{at, k, within(r, at)})
		}
	}
	plus := 0
	at, ok := take(headsPlus, func(m []string, from, to int) bool {
		plus = headsOf(m[1])
		if sum := from - 1; unicode.IsDigit(last(from)) && !(sum >= 2 && unicode.IsDigit(r[sum-1]) && unicode.IsDigit(r[sum-2])) {
			return false // a sum, and no door
		}
		return plus > 0 && plus <= 20 && !unicode.IsDigit(next(to)) && next(to) != '-' && !(plus == 86 || next(to) == ' ' && to+1 < len(r) && unicode.IsDigit(r[to+1]))
	})
	if ok {
		if strings.TrimFunc(string(r[:at]), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) == "" {
			plus-- // "+1" by itself is who wrote it
		}
		more = append(more, found{at, plus, false})
	}

	all, where := 0, -1
	for i, p := range headsAll {
		if at, ok := take(p, func(m []string, from, to int) bool {
			all = 0
			for _, s := range m[1:] {
				if s != "" {
					all += headsOf(s)
				}
			}
			begin := from
			for begin < to && !unicode.IsDigit(r[begin]) && !numeral(r[begin]) && r[begin] != '俩' && r[begin] != '仨' {
				begin++
			}
			if i == 1 && strings.ContainsRune("老小", last(from)) {
				return false // 老两口
			}
			if i == 4 && (unicode.IsLetter(last(from)) && last(from) < 0x80 || unicode.IsDigit(last(from))) {
				return false
			}
			return all > 0 && all <= mostHeads && !(i != 4 && counted(begin) && begin == from) && !strings.ContainsRune("民员工间才事生类体群物均制头份造锅井字称额次单义置移数子级线", next(to))
		}); ok {
			where = at
			break
		}
	}
	if where < 0 {
		if at, ok := take(headsTrio, func([]string, int, int) bool { return true }); ok {
			all, where = 3, at
		} else if at, ok := take(headsPair, func([]string, int, int) bool { return true }); ok {
			all, where = 2, at
		} else {
			all = 1
		}
	}
	for _, x := range more {
		// "带孩子 共3人" has counted the child; "2人，带1个孩子" has not.
		if where < 0 || x.at > where && !x.aside {
			all += x.n
		}
	}
	if all < 1 || all > mostHeads {
		all = 1
	}
	var w strings.Builder
	for i, c := range raw {
		if !cut[i] {
			w.WriteRune(c)
		}
	}
	return all, trimmed(strings.NewReplacer("()", "", "（）", "").Replace(w.String()))
}

// gap stands where something was taken out.
const gap = '\x00'

// within says that rune i stands in brackets: what is said there explains what stands before.
func within(r []rune, i int) bool {
	open := false
	for _, c := range r[:i] {
		switch c {
		case '(':
			open = true
		case ')':
			open = false
		}
	}
	return open
}

// headsOf reads a number of people, 0 if it is none.
func headsOf(s string) int {
	switch strings.ToLower(s) {
	case "俩", "two":
		return 2
	case "仨", "three":
		return 3
	case "one", "a", "my":
		return 1
	}
	n := 0
	for _, c := range s {
		switch v := value(c); {
		case c >= '0' && c <= '9':
			n = n*10 + int(c-'0')
		case v == 10:
			n = max(n, 1) * 10
		case v > 0 && (n == 0 || n%10 == 0):
			n += v
		default:
			return 0
		}
	}
	return n
}

// people counts who stands in a list.
func people(c *flows.Chain) {
	for i := range c.Lines {
		l := &c.Lines[i]
		l.People, l.Who = headcount(l.Text)
		if l.Who == "" {
			l.Who = l.Text
		}
	}
}
