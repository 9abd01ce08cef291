package local

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ending is where a text says when a poll ends.
type ending struct {
	from, to int // bytes
	time     time.Time
	unread   string // its words where they are no time
	strength int    // 3: says that it is an end; 2: "…前"; 1: a time of its own; 0: none
}

func (e ending) zero() bool { return e.time.IsZero() && e.unread == "" }

// cut takes the end out of the text it was found in.
func (e ending) cut(s string) string {
	if e.strength == 0 {
		return s
	}
	return strings.TrimRight(s[:e.from], "，,、；; （(") + "\n" + strings.TrimLeft(s[e.to:], "，,、；;。 ）)")
}

// The words around the time of an end, longer ones first. The strong ones say
// by themselves that something ends.
var (
	endsBefore = []struct {
		word   string
		strong bool
	}{
		{"投票截止时间", true}, {"截止时间", true}, {"截止日期", true}, {"投票截止到", true}, {"投票截止", true}, {"截止到", true}, {"截止至", true}, {"截止于", true}, {"截至到", true}, {"截至", true}, {"截止", true}, {"结束时间", true}, {"投票时间", true}, {"有效期到", true}, {"投票到", true}, {"投到", true}, {"征求到", true},
		{"deadline is ", true}, {"deadline ", true}, {"deadline", true}, {"closes on ", true}, {"closes ", true}, {"ends on ", true}, {"ends ", true}, {"until ", true}, {"till ", true}, {"before ", true}, {"by ", true},
		{"即日起至", true}, {"即日起到", true}, {"从今天起到", true}, {"从现在起到", true}, {"今天起到", true}, {"现在起到", true},
		{"请务必于", false}, {"请务必在", false}, {"请于", false}, {"请在", false}, {"务必在", false}, {"直到", false}, {"于", false}, {"在", false}, {"到", false}, {"至", false},
		{"为期", true}, {"限时", true}, {"限", false}, {"从", false}, {"自", false}, {"within ", false}, {"in ", false},
	}
	endsAfter = []struct {
		word   string
		strong bool
	}{
		{"前截止投票", true}, {"之前截止", true}, {"前截止", true}, {"截止投票", true}, {"投票截止", true}, {"准时截止", true}, {"截止", true}, {"为止", true}, {"前结束", true}, {"结束投票", true}, {"结束", true}, {"前投票", true}, {"前投完", true}, {"前表决", true}, {"前有效", true}, {"停止投票", true}, {"关闭投票", true}, {"收票", true}, {"前回复", false}, {"前反馈", false}, {"前选", false}, {"内投票", true}, {"内投完", true}, {"止", true},
		{"之前", false}, {"以前", false}, {"前", false}, {"之内", false}, {"以内", false}, {"内", false},
	}
)

// deadline finds the end of a poll in what stands beside its question.
func deadline(s string, at time.Time) ending {
	if strings.TrimFunc(s, edge) == "" {
		return ending{}
	}
	w := write(s)
	var best ending
	stamps := times(&w.text, at)
	for k := len(stamps) - 1; k >= 0; k-- {
		x := stamps[k]
		begin, end, strength := x.start, x.after, 0
		for more := true; more; {
			more = false
			for _, c := range endsAfter {
				if w.has(end, c.word) && w.stop[end] < comma {
					end, more = end+runes(c.word), true
					strength = max(strength, 2)
					if c.strong {
						strength = 3
					}
					break
				}
			}
		}
		for more := true; more; {
			more = false
			for _, c := range endsBefore {
				n := runes(c.word)
				if !w.has(begin-n, c.word) || !w.same(begin-n, begin+1, sentence) && !c.strong {
					continue
				}
				if letter(w.r[begin-n]) && begin-n > 0 && w.stop[begin-n] == 0 && letter(w.r[begin-n-1]) {
					continue
				}
				begin, more = begin-n, true
				strength = max(strength, 2)
				if c.strong {
					strength = 3
				}
				if k > 0 && (c.word == "到" || c.word == "至") && stamps[k-1].after == begin {
					begin = stamps[k-1].start // from … to
				}
				break
			}
		}
		if x.within {
			strength = max(strength, 2)
		}
		from, to := w.begin(begin), w.end(end)
		left, right := clauseEnd(s[:from], true), clauseEnd(s[to:], false)
		switch {
		case strength == 3:
		case x.weak, left == 0 || right == 0:
			continue
		case strength == 2:
		case left == 2 && right == 2 && k == len(stamps)-1 && best.strength == 0 && !timeBefore(stamps[:k], w.begin, w.end, s, from):
			strength = 1
		default:
			continue
		}
		if strength > best.strength {
			best = ending{from: widen(s, from), to: to, time: x.time, strength: strength}
		}
	}
	if best.strength == 3 {
		return best
	}
	if e := unread(s); e.strength > 0 {
		return e
	}
	return best
}

// timeBefore says that the line above is a time as well: both are options.
func timeBefore(before []stamp, begin, end func(int) int, s string, from int) bool {
	for _, x := range before {
		if strings.TrimFunc(s[end(x.after):from], edge) == "" && clauseEnd(s[:begin(x.start)], true) == 2 {
			return true
		}
	}
	return false
}

// widen takes the mark of a bracket that holds only the end.
func widen(s string, from int) int {
	for _, b := range []string{"（", "("} {
		if strings.HasSuffix(s[:from], b) {
			return from - len(b)
		}
	}
	return from
}

// clauseEnd says how s ends (or begins): 2 with a mark or a line's end, 1 with a
// space, 0 in the middle of something.
func clauseEnd(s string, last bool) int {
	space := 1
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		if last {
			r, n = utf8.DecodeLastRuneInString(s)
		}
		switch {
		case strings.ContainsRune("\n,，。.;；!！?？:：()（）~～", r):
			return 2
		case !blank(r):
			return space - 1
		}
		space = 2
		if last {
			s = s[:len(s)-n]
		} else {
			s = s[n:]
		}
	}
	return 2
}

// unread finds words that look like an end and name no time: "腊月二十三截止".
func unread(s string) ending {
	at := 0
	for _, clause := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("\n,，。;；!！?？()（）", r) }) {
		from := at + strings.Index(s[at:], clause)
		at = from + len(clause)
		k := strings.Index(clause, "截止")
		for _, w := range []string{"截至", "为止", "deadline", "Deadline"} {
			if k < 0 {
				k = strings.Index(clause, w)
			}
		}
		if k < 0 {
			continue
		}
		if strings.ContainsAny(clause, "/／|｜、") {
			i := strings.LastIndexFunc(clause[:k], func(r rune) bool { return blank(r) })
			if i < 0 || strings.ContainsAny(clause[i:], "/／|｜、") {
				continue
			}
			from, clause = from+i, clause[i:]
		}
		words := strings.TrimFunc(clause, edge)
		for _, w := range []string{"投票截止时间", "截止时间", "截止日期", "截止到", "截止至", "截止于", "截止", "截至", "Deadline", "deadline", "为止"} {
			words = strings.TrimFunc(strings.Replace(words, w, "", 1), edge)
		}
		words = strings.TrimSuffix(strings.TrimSuffix(words, "之前"), "前")
		if words != "" {
			return ending{from: from, to: at, unread: words, strength: 3}
		}
	}
	return ending{}
}

// leading finds an end that stands before the question: "周五晚八点截止：要不要…？".
func leading(s string, at time.Time) ending {
	i := strings.IndexAny(s, "，,：:；;。\n")
	for i >= 0 && i < len(s) && clauseNumber(s, i) {
		j := strings.IndexAny(s[i+1:], "，,：:；;。\n")
		if j < 0 {
			return ending{}
		}
		i += 1 + j
	}
	if i <= 0 {
		return ending{}
	}
	e := deadline(s[:i], at)
	if e.strength < 2 || strings.TrimFunc(s[:e.from]+s[e.to:i], edge) != "" {
		return ending{}
	}
	return e
}

// clauseNumber says that the mark at i stands in a clock time.
func clauseNumber(s string, i int) bool {
	r, n := utf8.DecodeRuneInString(s[i:])
	after, _ := utf8.DecodeRuneInString(s[i+n:])
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	return slices.Contains([]rune(":："), r) && digit(before) && digit(after)
}
