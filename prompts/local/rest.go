package local

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// What is left of a plan: the words without its times, rooms and people, and without
// what only held these together.

var (
	// before are words that lead to what was taken out, longer ones first.
	before = []string{"会议时间改到", "开会时间改到", "会议改到", "时间改到", "时间定在", "地点定在", "地点改到", "地点改在", "时间地点", "会议时间", "开会时间", "会议地点", "开会地点", "截止时间", "完成时间", "责任人是", "负责人是", "责任人", "负责人", "牵头人", "提前到", "延期到", "推迟到", "延迟到", "调整到", "安排在", "安排到", "改到", "挪到", "延到", "推到", "调到", "换到", "移到", "改在", "改成", "改为", "换成", "定在", "定到", "定于", "放在", "放到", "约在", "时间是", "地点是", "时间", "地点", "日期", "期限", "时限", "还是", "或者", "或是", "要么", "以及", "还有", "参加人", "叫上", "截止到", "截至", "截止", "就在", "在", "于", "到", "至", "由", "请", "让", "叫", "或", "和", "与", "及", "跟", "等", "的", "是", "就", "at", "on", "by", "or", "and", "in", "with", "before", "until", "move to", "moved to"}
	// behind are words that go on from it.
	behind = []string{"之前", "以前", "前后", "之内", "以内", "之间", "左右", "负责", "牵头", "截止", "为止", "或者", "或是", "要么", "以及", "还是", "还有", "前", "内", "起", "或", "和", "与", "及", "吧", "or", "and"}
	// idle says nothing beside what was taken out.
	idle = []string{"开会", "召开", "举行", "集合", "碰头", "完成", "办完", "办好", "落实", "办理", "负责", "负责落实", "牵头", "都行", "都可以", "可以", "行", "好", "吧", "开", "见", "也行", "都有空", "有空", "会议", "会", "在", "准时", "开始", "不见不散", "参加", "出席", "到场", "换", "换成", "改由", "交给", "转给", "问", "再问", "去问", "催问", "候选时间", "可选时间", "时间"}
)

// divides says that r is a mark between two pieces of a text.
func divides(r rune) bool { return strings.ContainsRune(",，、;；。.:：!！?？\n", r) }

// hems are what may stand around a piece.
const hems = " \t\r\n　,，、;；:：。.!！~～—-–·|｜/"

// notBefore makes another word of 前: 周六前门集合.
const notBefore = "门面边台院楼往去期区街广"

// rest gives the words that are left.
func (p *planned) rest() string {
	type piece struct {
		words       string
		left, right bool    // something was taken out there
		apart       [2]bool // and a mark stands between
		mark        string
	}
	var pieces []piece
	for i := 0; i < len(p.r); {
		if p.cut[i] {
			i++
			continue
		}
		j := i
		for j < len(p.r) && !p.cut[j] {
			j++
		}
		// With the marks beside it, which belong to no rune.
		from, to := 0, len(p.raw)
		if i > 0 {
			from = p.end(i)
		}
		if j < len(p.r) {
			to = p.begin(j)
		}
		if from < to {
			s := p.raw[from:to]
			core := strings.TrimRight(strings.TrimLeft(s, hems+")）】」』\""), hems+"(（【「『\"")
			pieces = append(pieces, piece{words: core, left: i > 0, right: j < len(p.r), mark: marked(s), apart: [2]bool{core == "" || !strings.HasPrefix(strings.TrimLeft(s, " "), core), core == "" || !strings.HasSuffix(strings.TrimRight(s, " "), core)}})
		}
		i = j
	}
	out, mark := "", ""
	for k, x := range pieces {
		if k > 0 && mark == "" {
			mark = pieces[k].mark
		}
		s := x.words
		for more := true; more && s != ""; {
			more = false
			if x.right {
				s, more = strip(s, before, false, x.apart[1])
			}
			if x.left && !more {
				s, more = strip(s, behind, true, x.apart[0])
			}
			if r, _ := utf8.DecodeLastRuneInString(s); more && x.mark == "" && divides(r) {
				x.mark = string(r)
			}
			s = strings.Trim(s, hems)
		}
		if slices.Contains(idle, s) || s == "" {
			if m := joint(x.mark); m != "" {
				mark = m
			}
			continue
		}
		if out != "" {
			out += mark
		}
		out += s
		mark = joint(x.mark)
	}
	return strings.Join(strings.Fields(out), " ")
}

// marked gives the marks at the beginning and the end of a piece: ",…," or ",…" or "…,".
func marked(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	l, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case divides(l):
		return string(l)
	case divides(r):
		return string(r)
	case l == ' ' || r == ' ':
		return " "
	}
	return ""
}

// joint gives the mark that may stand between two pieces.
func joint(m string) string {
	if m == "\n" || m == ":" || m == "：" || m == "、" {
		return "，"
	}
	return m
}

// strip takes one of some words from the end of s, or from its beginning. Past a mark
// only longer ones belong to what was taken out, or what is all there is.
func strip(s string, words []string, head, apart bool) (string, bool) {
	for _, w := range words {
		if apart && len(w) < 6 && s != w {
			continue
		}
		rest, ok := strings.CutSuffix(s, w)
		if head {
			rest, ok = strings.CutPrefix(s, w)
		}
		if r, _ := utf8.DecodeRuneInString(rest); !ok || w == "前" && strings.ContainsRune(notBefore, r) {
			continue
		}
		if w[0] < 128 && rest != "" {
			if r, _ := utf8.DecodeLastRuneInString(rest); !head && latin(r) {
				continue
			}
			if head && latin(rune(rest[0])) {
				continue
			}
		}
		return rest, true
	}
	return s, false
}
