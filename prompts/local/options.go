package local

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// choices are the options that stand beside a question, as they were written.
type choices struct {
	list          []string
	before, after string // what is no option
	named         bool   // 选项：, 1. 2., A B: nothing else is written so
	sep           rune   // what stands between them, 0 for lines and numbers
}

// most options that are taken for such; more is a text.
const mostOptions = 30

// optionHeads announce options.
var optionHeads = []string{"选项有", "选项为", "选项是", "选项", "可选项", "选择项", "可选", "選項", "Options", "options"}

// options finds the options in s. whole says that the question stands in s too,
// sure that this is a poll anyhow.
func options(s string, at time.Time, whole, sure bool) choices {
	for _, w := range optionHeads {
		i := strings.Index(s, w)
		if i < 0 {
			continue
		}
		rest := s[i+len(w):]
		r, _ := utf8.DecodeRuneInString(rest)
		if !strings.ContainsRune(":：\n", r) && !blank(r) && !strings.HasSuffix(w, "有") && !strings.HasSuffix(w, "为") && !strings.HasSuffix(w, "是") {
			continue
		}
		out := listed(strings.TrimLeftFunc(rest, edge), at, "/／|｜；;、，, ")
		out.before, out.named = s[:i]+"\n"+out.before, true
		if len(out.list) > 1 {
			return out
		}
	}
	if out := numberedOptions(s); len(out.list) > 1 {
		return out
	}
	if out, ok := lineOptions(s, at, whole, sure); ok {
		return out
	}
	return apart(s, whole)
}

// listed reads options that were announced.
func listed(s string, at time.Time, seps string) choices {
	if out := numberedOptions(s); len(out.list) > 1 {
		return out
	}
	if out, ok := lineOptions(s, at, false, true); ok {
		return out
	}
	s, after := paragraph(s)
	for _, sep := range seps {
		if parts := pieces(s, sep); len(parts) > 1 {
			// After the last option a comma or a full stop begins something else.
			last := &parts[len(parts)-1]
			if i := strings.IndexAny(*last, "，。；"); i > 0 && sep != '，' {
				after = (*last)[i:] + after
				*last = trimmed((*last)[:i])
			}
			return choices{list: parts, after: after, sep: sep}
		}
	}
	return choices{}
}

// paragraph gives the first line of s, and the rest.
func paragraph(s string) (string, string) {
	if i := strings.IndexAny(s, "\n。"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// pieces cuts s at a mark and trims the parts; one that is empty is left out.
func pieces(s string, sep rune) []string {
	var out []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == sep || sep == ' ' && blank(r) }) {
		if p = trimmed(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// numberedOptions reads "1. 要 2. 不要", "A要 B不要", "①要②不要", "一、要 二、不要".
func numberedOptions(s string) choices {
	for _, first := range []string{"1１①", "AＡaａ", "一"} {
		type mark struct{ from, to int }
		var marks []mark
		prev := rune(0)
		for i := 0; i < len(s) && len(marks) < mostOptions; {
			r, n := utf8.DecodeRuneInString(s[i:])
			if to, ok := optionMark(s, i, len(marks), first, prev); ok {
				marks = append(marks, mark{i, to})
				prev, _ = utf8.DecodeLastRuneInString(s[:to])
				i = to
				continue
			}
			prev = r
			i += n
		}
		if len(marks) < 2 {
			continue
		}
		out := choices{before: s[:marks[0].from], named: true}
		if x, ok := strings.CutSuffix(strings.TrimRightFunc(out.before, blank), "（"); ok {
			out.before = x
		}
		for k, m := range marks {
			end := len(s)
			if k+1 < len(marks) {
				end = marks[k+1].from
			}
			body := s[m.to:end]
			if k+1 == len(marks) {
				if i := strings.IndexAny(body, "\n。"); i >= 0 && trimmed(body[:i]) != "" {
					out.after = body[i:]
					body = body[:i]
				}
			}
			body = strings.TrimRight(trimmed(body), "(（[【 ")
			if body = trimmed(body); body == "" || slices.Contains(out.list, body) {
				return choices{}
			}
			out.list = append(out.list, body)
		}
		return out
	}
	return choices{}
}

// optionMark says that the k-th mark of a list stands at byte i, and where its
// option begins.
func optionMark(s string, i, k int, first string, prev rune) (int, bool) {
	free := prev == 0 || blank(prev) || strings.ContainsRune(",，。;；:：/／|｜、?？!！(（[【", prev)
	r, n := utf8.DecodeRuneInString(s[i:])
	to := i + n
	next, w := utf8.DecodeRuneInString(s[to:])
	point := strings.ContainsRune(".．。、)）]】:：", next) && to < len(s)
	following, _ := utf8.DecodeRuneInString(s[min(to+w, len(s)):])
	switch {
	case strings.HasPrefix(first, "1"):
		if r == '①'+rune(k) {
			return to, true
		}
		want := rune('1' + k)
		if k > 8 || r != want && r != want-'0'+'０' || digit(prev) || latin(prev) || strings.ContainsRune("-.+", prev) {
			return 0, false
		}
		if strings.HasPrefix(s[to:], "\ufe0f") || strings.HasPrefix(s[to:], "\u20e3") {
			return to + len(s[to:]) - len(strings.TrimLeft(s[to:], "\ufe0f\u20e3")), true
		}
		if point && (!digit(following) || next == '、') || free && blank(next) {
			return to + w, true
		}
	case strings.HasPrefix(first, "一"):
		if k < 9 && r == []rune("一二三四五六七八九")[k] && free && strings.ContainsRune("、.．", next) && to < len(s) {
			return to + w, true
		}
	default:
		up, low := rune('A'+k), rune('a'+k)
		if r != up && r != low && r != up-'A'+'Ａ' && r != low-'a'+'ａ' || k > 25 || latin(prev) {
			return 0, false
		}
		if point {
			return to + w, true
		}
		if (free || k > 0 && r == up) && !latin(next) && to < len(s) && !strings.ContainsRune("座栋幢区口单级类-/／+", next) && !(blank(next) && latin(following)) {
			return to, true
		}
	}
	return 0, false
}

// lineOptions reads options on lines of their own. Lines without a mark before
// them are options only where this is a poll anyhow or all are answers.
func lineOptions(s string, at time.Time, whole, sure bool) (choices, bool) {
	if strings.IndexByte(strings.TrimFunc(s, blank), '\n') < 0 {
		return choices{}, false
	}
	var out choices
	bullets := 0
	for k, line := range strings.Split(s, "\n") {
		line = strings.TrimFunc(line, blank)
		body := strings.TrimLeft(line, "-–—•·*□○▢◦●☐ ")
		if body != line {
			bullets++
		}
		switch body = trimmed(body); {
		case body == "":
		case whole && len(out.list) == 0 && k == 0:
			out.before = line
		case strings.ContainsAny(body, "/／|｜") || utf8.RuneCountInString(body) > 40:
			return choices{}, false
		case slices.Contains(courtesies, body):
		default:
			out.list = append(out.list, body)
		}
	}
	if len(out.list) < 2 || len(out.list) > mostOptions {
		return choices{}, false
	}
	out.named = bullets == len(out.list)
	return out, out.named || sure || out.answers() == len(out.list) || out.times(at)
}

// apart reads options with marks between them: "要/不要/再商量".
func apart(s string, whole bool) choices {
	for _, seps := range []string{"/／", "|｜", "；;", "、"} {
		first := strings.IndexAny(s, seps)
		if first < 0 {
			continue
		}
		out := choices{sep: []rune(seps)[0]}
		last := strings.LastIndexAny(s, seps)
		// The first option begins after the last mark before it, the last ends at the next.
		begin := strings.LastIndexAny(s[:first], "，,。:：\n!！") + 1
		if begin > 0 {
			_, n := utf8.DecodeRuneInString(s[begin-1:])
			begin += n - 1
		}
		if i := strings.LastIndexFunc(strings.TrimRightFunc(s[begin:first], blank), blank); i >= 0 && (whole || begin > 0) {
			if r, n := utf8.DecodeRuneInString(s[begin+i:]); blank(r) && cjk(s[begin+i+n:first]) {
				begin += i + n
			}
		}
		end := len(s)
		_, n := utf8.DecodeRuneInString(s[last:])
		if i := strings.IndexAny(s[last+n:], "，。\n!！"); i >= 0 && trimmed(s[last+n:last+n+i]) != "" {
			end = last + n + i
		}
		out.before, out.after = s[:begin], s[end:]
		for _, p := range strings.FieldsFunc(s[begin:end], func(r rune) bool { return strings.ContainsRune(seps, r) }) {
			if p = trimmed(p); p != "" {
				out.list = append(out.list, p)
			}
		}
		if len(out.list) > 1 && len(out.list) <= mostOptions {
			return out
		}
	}
	// "要，不要，再商量" and "要 不要" only where every piece is an answer.
	for _, sep := range "，, " {
		if parts := pieces(s, sep); len(parts) > 1 {
			out := choices{list: parts, sep: sep}
			if out.answers() == len(parts) {
				return out
			}
		}
	}
	return choices{before: s}
}

func cjk(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) >= 0
}

// known are answers that everybody gives.
var known = []string{"要", "不要", "同意", "不同意", "反对", "不反对", "支持", "不支持", "赞成", "不赞成", "弃权", "可以", "不可以", "行", "不行", "好", "不好", "是", "否", "愿意", "不愿意", "再商量", "再议", "再说", "再考虑", "都行", "都可以", "无所谓", "随便", "需要", "不需要", "装", "不装", "参加", "不参加", "yes", "no", "maybe", "agree", "disagree", "abstain", "for", "against"}

func (c choices) answers() int {
	n := 0
	for _, o := range c.list {
		t := normal(o)
		if slices.Contains(known, string(t.r)) {
			n++
		}
	}
	return n
}

// offered says that the options are meant to be chosen from, and do not only
// look like it: "电梯什么时候修？老人、孩子都下不去".
func (c choices) offered(question string, asked, ends bool, at time.Time) bool {
	for _, o := range c.list {
		t := normal(o)
		if n := len(t.r); n == 0 || n > 24 && !c.named || n > 60 || n == 1 && numeral(t.r[0]) && !c.named || t.question || t.link || t.has(len(t.r)-1, "吗") || t.has(len(t.r)-1, "呢") || t.has(len(t.r)-1, "么") {
			return false
		}
	}
	if complains(strings.Join(c.list, "\n")) {
		return false
	}
	answers := c.answers() > 0
	choose, allTimes := choosing(question), c.times(at)
	switch {
	case !asked && !choose:
		return false
	case !asked:
		return answers || ends || c.named
	}
	return c.named && (choose || answers || ends || allTimes) || choose || answers || ends && c.sep != '、' || allTimes
}

// times says that every option is a time and nothing else.
func (c choices) times(at time.Time) bool {
	for _, o := range c.list {
		t := normal(o)
		if x := times(&t, at); len(x) == 0 || x[0].start > 0 || x[len(x)-1].after < len(t.r) {
			return false
		}
	}
	return len(c.list) > 0
}

// choosing looks only at the last sentence of a question.
func choosing(question string) bool {
	if i := strings.LastIndexAny(strings.TrimRightFunc(question, func(r rune) bool { return edge(r) || r == '?' || r == '？' }), "。！!?？\n"); i >= 0 {
		question = question[i:]
	}
	t := normal(question)
	return chooses(&t)
}

// chooses says that a question offers a choice: 要不要, 是否, 选哪个. What only
// asks politely (能不能) or for an answer (什么时候) does not.
func chooses(t *text) bool {
	for i := 0; i+2 < len(t.r); i++ {
		if t.r[i+1] == '不' && t.r[i] == t.r[i+2] && !strings.ContainsRune("能可会是对知行好管够", t.r[i]) {
			return true
		}
	}
	for _, w := range []string{"是否", "还是", "选哪", "选什么", "选谁", "哪个", "哪种", "哪天", "哪家", "哪款", "哪一", "哪套", "哪种", "哪边", "装哪", "放哪", "建哪", "设哪", "装在哪", "放在哪", "建在哪", "设在哪", "同意", "赞成", "支持", "愿意", "愿不愿", "意见", "投谁", "should", "shall", "which", "prefer", "do you agree"} {
		for i := range t.r {
			if t.has(i, w) {
				return true
			}
		}
	}
	return false
}
