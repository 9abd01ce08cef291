package local

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/flows"
)

// pollWords begin a poll when a mark or a line's end follows them; the first
// ones also without, where the rest is a poll anyhow.
var (
	pollCalls = []string{"帮我发起", "请发起", "我要发起", "我想发起", "发起一个", "发起个", "发起", "发个", "搞个", "来个", "新建", "开始"}
	pollWords = []string{"投票表决", "意见征询", "征询意见", "征求意见", "民意调查", "投票", "摸底", "征询", "表决", "徵詢", "表決", "/poll", "/投票", "poll", "vote"}
)

// longestPoll is how many runes a poll has that nobody called one.
const longestPoll = 240

// poll reads a question that somebody wants many to answer: "要不要在楼前装充
// 电桩？要/不要/再商量，周五晚八点截止". It needs two options, a word for it at
// the head, or a question mark and an end; what a resident asks is none.
//
// An end without a clock time is at 20:00, one with a part of the day at the
// end of that ("上午" and "中午" 12:00, "下午" 18:00, "晚" 20:00); "周五" is the
// next Friday that is not past, and "周五前" ends on the Friday.
func poll(raw string, at time.Time) *flows.PollLine {
	// What costs something is only done for what may be one.
	if !strings.ContainsAny(raw, "?？/／|｜、；;\n") && !pollHead(raw) {
		return nil
	}
	s := strings.TrimFunc(proper(raw, longest), blank)
	s, called := pollMark(s)
	if s == "" {
		return nil
	}
	lead, rest, asked := question(s)
	if !called {
		if utf8.RuneCountInString(s) > longestPoll || asked && strings.TrimFunc(rest, edge) == "" {
			return nil
		}
		if t := normal(s); t.link || !asked && !chooses(&t) {
			return nil
		}
	}
	p := &flows.PollLine{}
	end := deadline(rest, at)
	opts := options(end.cut(rest), at, !asked, called || end.strength > 1)
	if end.strength == 1 && len(opts.list) < 2 && !called {
		end, opts = ending{}, options(rest, at, !asked, false)
	}
	if end.zero() && lead != "" {
		if first := leading(lead, at); !first.zero() && (called || len(opts.list) > 1) {
			end, lead = first, strings.TrimLeftFunc(first.cut(lead), edge)
		}
	}
	p.Until, p.Unread = end.time, end.unread
	p.Options = opts.list
	p.Question = together(lead, opts.before, opts.after)
	if p.Question == "" {
		return nil
	}
	if !called && utf8.RuneCountInString(opts.before+opts.after) > 60 {
		return nil // a story, and not a question with its answers
	}
	if called || asked && end.strength > 1 && (end.strength > 2 || choosing(lead)) && !complains(p.Question) || len(opts.list) > 1 && opts.offered(lead+opts.before, asked, !end.zero(), at) {
		return p
	}
	return nil
}

// question divides a text after its question mark: the last one, or where the
// options close with one as well the one before.
func question(s string) (lead, rest string, asked bool) {
	i := max(strings.LastIndex(s, "?"), strings.LastIndex(s, "？"))
	if i < 0 {
		return "", s, false
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	if strings.TrimFunc(s[i+n:], edge) == "" {
		first := strings.TrimRight(s[:i], "?？")
		if k := max(strings.LastIndex(first, "?"), strings.LastIndex(first, "？")); k >= 0 {
			if _, w := utf8.DecodeRuneInString(first[k:]); strings.ContainsAny(first[k+w:], "/／|｜") {
				return first[:k+w], first[k+w:], true
			}
		}
	}
	return s[:i+n], s[i+n:], true
}

// pollHead says that a text begins like a poll.
func pollHead(s string) bool {
	s = head(strings.TrimLeftFunc(s, edge), 14)
	for i, r := range s {
		if strings.ContainsRune("投摸征徵表民PpVv/", r) && slices.ContainsFunc(pollWords, func(w string) bool { return len(s)-i >= len(w) && strings.EqualFold(s[i:i+len(w)], w) }) {
			return true
		}
	}
	return false
}

// pollMark takes the word for a poll from its head.
func pollMark(s string) (rest string, called bool) {
	whole := s
	if strings.HasPrefix(s, "@") {
		if i := strings.IndexFunc(s, blank); i > 0 && i < 40 {
			s = strings.TrimLeftFunc(s[i:], blank)
		}
	}
	wrapped := strings.TrimLeft(s, "#＃【[")
	bracket := wrapped != s
	s = wrapped
	for _, w := range pollCalls {
		if x, ok := strings.CutPrefix(s, w); ok {
			s = x
			break
		}
	}
	for _, w := range pollWords {
		if len(s) < len(w) || !strings.EqualFold(s[:len(w)], w) {
			continue
		}
		rest := s[len(w):]
		if w[0] == '/' && strings.HasPrefix(rest, "@") {
			if i := strings.IndexFunc(rest, blank); i > 0 {
				rest = rest[i:]
			}
		}
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case rest == "":
			return "", false
		case strings.ContainsRune(":：,，\n", r) || blank(r), bracket && strings.ContainsRune("#＃】]", r), strings.HasPrefix(rest, "——"):
			rest = strings.TrimLeftFunc(rest[n:], edge)
			return rest, true
		case s != wrapped && w[0] > 127:
			return strings.TrimLeftFunc(rest, edge), false // 发起投票要不要…
		}
	}
	return whole, false
}

// edge says that r only holds two things apart.
func edge(r rune) bool { return blank(r) || strings.ContainsRune(",，。.:：、;；—-", r) }

// together puts together what is no option and no end: it belongs to the question.
func together(parts ...string) string {
	out := ""
	for _, p := range parts {
		p = strings.TrimFunc(p, func(r rune) bool { return blank(r) || strings.ContainsRune(",，、:：;；", r) })
		if !strings.HasSuffix(p, "……") && strings.Trim(p, "。.!！") == "" || slices.Contains(courtesies, strings.Trim(p, "。.!！~～")) {
			continue
		}
		out += p
	}
	return out
}

// courtesies stand around options and say nothing.
var courtesies = []string{"谢谢", "谢谢大家", "谢谢配合", "感谢配合", "请选择", "请大家选择", "请大家选一下", "请选", "请投票", "请大家投票", "大家选一下", "大家选一个", "选一个", "选一项", "二选一", "三选一", "四选一", "单选", "请选一项", "请回复", "请大家回复", "请各位邻居选择", "请踊跃参加", "请大家踊跃参加", "请踊跃参与", "辛苦大家", "please choose", "thanks", "thank you"}

// complains says that something is wrong in a text: it is told, not asked.
func complains(s string) bool {
	t := normal(s)
	for _, h := range keep(talk.find(&t)) {
		switch h.class {
		case as.problem, as.grave, as.plea, as.urgent, as.flood, as.appeal:
			return true
		}
	}
	return false
}
