package local

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"linli/flows"
)

// longestChain is how many runes of a list are read: two thousand households
// with their names.
const longestChain = 60000

// chain reads a list that people copy and add themselves to: the mark 接龙 and
// a numbered line, or three short ones from 1 on. Nil if it is none. Where somebody has copied
// a whole conversation, the last list of the same name is the one that counts.
func (d *directory) chain(raw, here string) (list *flows.Chain, marked bool) {
	if strings.IndexByte(raw, '\n') < 0 && strings.IndexByte(raw, '\r') < 0 {
		return nil, false
	}
	parts := chainParts(strings.Split(proper(raw, longestChain), "\n"))
	for i, part := range parts {
		c, ok := readChain(part, i > 0)
		if c == nil {
			continue
		}
		// A message of just this length was cut by the engine: nobody knows how its last line goes on.
		if c.Cut = i == len(parts)-1 && len(raw) > flows.LongestText-utf8.UTFMax && len(raw) <= flows.LongestText; c.Cut && len(c.Lines) > 1 {
			c.Lines = c.Lines[:len(c.Lines)-1]
		}
		switch {
		case list == nil:
			list, marked = c, ok
		case sameChain(list, c):
			c.Others = list.Others
			list = c
		default:
			list.Others++
		}
	}
	if list == nil {
		return nil, false
	}
	list.Marked = marked
	for i := range list.Lines {
		d.chainLine(&list.Lines[i], here)
	}
	people(list)
	return list, marked
}

// chainParts divides a message where a list begins. What stands before the first belongs to
// it; who wrote each in a conversation that was copied, and when, is no part of any.
func chainParts(lines []string) (parts [][]string) {
	var heads []int
	for i, line := range lines {
		if _, head := chainHead(strings.TrimFunc(line, blank)); head {
			heads = append(heads, i)
		}
	}
	if len(heads) == 0 {
		return [][]string{lines}
	}
	stamp := func(i int) bool { return stamped.MatchString(strings.TrimFunc(lines[i], blank)) }
	from, copied := 0, false
	for i := range heads[0] {
		if stamp(i) {
			from, copied = i+1, true
		}
	}
	for k, at := range heads {
		to := len(lines)
		if k+1 < len(heads) {
			to = heads[k+1]
			for i := to - 1; i > at && (strings.TrimFunc(lines[i], blank) == "" || stamp(i)); i-- {
				to = i
			}
		}
		for i := at + 1; copied && i < to; i++ {
			if stamp(i) {
				to = i // here begins what somebody said about it
			}
		}
		parts = append(parts, lines[from:to])
		if k+1 < len(heads) {
			from = heads[k+1]
		}
	}
	return parts
}

// stamped is the line that stands over a message in a conversation that was copied: "王阿姨 09:12",
// "— 2026-12-01 —".
var stamped = regexp.MustCompile(`^[-—–\s]*(?:\S.{0,30}\s)?(?:\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[-—–\s]*|(?:\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s+|昨天\s*|今天\s*|上午\s*|下午\s*|晚上\s*)*\d{1,2}:\d{2}(?::\d{2})?)[:：]?$`)

// sameChain says that one list is a later copy of another.
func sameChain(a, b *flows.Chain) bool {
	if n, m := chainNumber(a.Title), chainNumber(b.Title); n > 0 || m > 0 {
		return n == m
	}
	return normalized(a.Title) == normalized(b.Title)
}

func normalized(s string) string {
	t := normal(s)
	return t.part(0, len(t.r))
}

// chainNumber finds the number of a case at the head of a line of a title, 0 if there is none.
// What stands in the lines of a list is never one: doors and telephones are there.
func chainNumber(title string) int {
	for line := range strings.Lines(title) {
		t := normal(line)
		if n, _, ok := t.slipNumber(); ok {
			return n
		}
		if n := t.caseNumber(true); n > 0 {
			return n
		}
	}
	return 0
}

// readChain reads one list; marked where that it is one stands over it.
func readChain(lines []string, marked bool) (list *flows.Chain, is bool) {
	var out flows.Chain
	var title []string
	open, rows, regular := false, 0, true
	for _, line := range lines {
		line = strings.TrimFunc(line, blank)
		if line == "" {
			open = false
			continue
		}
		n, body, ok := numberedLine(line, marked, len(out.Lines)+1)
		switch {
		case ok && !example(body):
			open = body != ""
			regular = regular && n == len(out.Lines)+1 && utf8.RuneCountInString(body) <= 40 && !strings.ContainsAny(line, "。；;？?！")
			if body != "" {
				out.Lines = append(out.Lines, flows.ChainLine{N: n, Text: body})
			}
		case ok || example(line) || strings.HasPrefix(line, "群内") && strings.Contains(line, "私下"):
			open = false
		case open:
			// Somebody broke their own line.
			last := &out.Lines[len(out.Lines)-1]
			if len(last.Text)+len(line) < longest {
				last.Text += " " + line
			}
			regular = false
		case len(out.Lines) == 0:
			rest, is := chainMark(line)
			if is {
				marked, line = true, rest
			}
			if line != "" {
				title = append(title, line)
			}
		}
		if rows++; !marked && (rows > 4 && len(out.Lines) == 0 || !regular) {
			return nil, false // nothing that begins so late is a list
		}
	}
	if len(out.Lines) == 0 || !marked && (!regular || len(out.Lines) < 3) {
		return nil, false
	}
	out.Title = strings.Join(title, "\n")
	return &out, marked
}

// chainLine finds the household in a line.
func (d *directory) chainLine(l *flows.ChainLine, here string) {
	l.Rest = l.Text
	w := write(proper(l.Text, longest))
	h, ok := d.household(&w.text, here)
	if !ok || h.Room == "" {
		if h, ok = d.bareRoom(&w); !ok {
			return
		}
	}
	if h.Building == "" {
		h.Building = here
	}
	d.check(&h.Place)
	if h.Room == "" {
		return
	}
	l.Place = h.Place
	before, after := trimmed(w.raw[:w.begin(h.start)]), trimmed(w.raw[w.end(h.end):])
	after = strings.TrimPrefix(after, "的")
	l.Rest = strings.TrimSpace(before + " " + after)
}

// bareRoom finds a room that stands alone at the beginning of a line or after a
// name: "501 要", "王阿姨 1802 不要".
func (d *directory) bareRoom(w *written) (household, bool) {
	for i := 0; i < len(w.r); i++ {
		if !digit(w.r[i]) {
			continue
		}
		n, _, end, ok := w.number(i)
		alone := (i == 0 || w.stop[i] > 0 || w.r[i-1] == ' ') && (end >= len(w.r) || w.stop[end] > 0 || w.r[end] == ' ' || w.has(end, "要") || w.has(end, "不"))
		if ok && alone && w.r[i] != '0' && d.roomlike(n) {
			return household{flows.Place{Room: w.part(i, end)}, i, end}, true
		}
		return household{}, false
	}
	return household{}, false
}

// chainMark takes 接龙 from the head of a list, or finds it at the end of a title.
func chainMark(line string) (rest string, ok bool) {
	if rest, ok := chainHead(line); ok {
		return rest, true
	}
	return line, strings.HasSuffix(line, "接龙") || strings.HasSuffix(line, "接龍") || strings.HasSuffix(line, "接龙：") || strings.HasSuffix(line, "接龙:")
}

// chainHead takes 接龙 from the head of a list, also where its sender stands before it:
// "王阿姨: #接龙".
func chainHead(line string) (rest string, ok bool) {
	for _, w := range []string{"#接龙", "＃接龙", "#接龍", "＃接龍"} {
		if before, after, found := strings.Cut(line, w); found && utf8.RuneCountInString(before) <= 30 {
			if before = strings.TrimFunc(before, blank); strings.HasSuffix(before, ":") || strings.HasSuffix(before, "：") {
				line = w + after
			}
		}
	}
	s := strings.TrimLeft(line, "#＃【[ 　")
	for _, w := range []string{"接龙", "接龍", "群接龙"} {
		if rest, ok := strings.CutPrefix(s, w); ok {
			return strings.TrimFunc(strings.TrimLeft(rest, "#＃】]:：,，"), blank), true
		}
	}
	return line, false
}

// example says that a line only shows how to write one.
func example(line string) bool {
	s := strings.TrimLeft(line, "(（[【")
	for _, w := range []string{"例", "示例", "格式", "样例", "范例", "举例"} {
		if rest, ok := strings.CutPrefix(s, w); ok {
			r, _ := utf8.DecodeRuneInString(rest)
			return rest == "" || blank(r) || strings.ContainsRune(":：,，)）]】如子", r)
		}
	}
	return false
}

// numberedLine takes the number from the head of "3. 3-1-501 要". loose also
// takes "3 王阿姨", and "3王阿姨" where 3 is the next.
func numberedLine(line string, loose bool, next int) (n int, body string, ok bool) {
	if n, rest := keycaps(line); n > 0 {
		return n, trimmed(rest), true
	}
	i, digits, open := 0, 0, false
	for i < len(line) {
		r, w := utf8.DecodeRuneInString(line[i:])
		v := -1
		switch {
		case r >= '0' && r <= '9':
			v = int(r - '0')
		case r >= '０' && r <= '９':
			v = int(r - '０')
		case (r == '(' || r == '（' || r == '[' || r == '【') && i == 0:
			open = body != ""
			i += w
			continue
		case r >= '①' && r <= '⑳' && digits == 0:
			return int(r-'①') + 1, trimmed(line[i+w:]), true
		case r >= '⒈' && r <= '⒛' && digits == 0:
			return int(r-'⒈') + 1, trimmed(line[i+w:]), true
		case r >= '⑴' && r <= '⒇' && digits == 0:
			return int(r-'⑴') + 1, trimmed(line[i+w:]), true
		case r >= '㉑' && r <= '㉟' && digits == 0:
			return int(r-'㉑') + 21, trimmed(line[i+w:]), true
		case r >= '㊱' && r <= '㊿' && digits == 0:
			return int(r-'㊱') + 36, trimmed(line[i+w:]), true
		}
		if v < 0 {
			break
		}
		if n = n*10 + v; n > 9999 {
			return 0, "", false
		}
		digits++
		i += w
	}
	if digits == 0 || n == 0 {
		return 0, "", false
	}
	rest := line[i:]
	r, w := utf8.DecodeRuneInString(rest)
	switch {
	case rest == "":
		return n, "", loose && digits < 4
	case open && strings.ContainsRune(")）]】", r), !open && strings.ContainsRune(".．。、)）:：,，", r):
		rest = rest[w:]
		if next, _ := utf8.DecodeRuneInString(rest); strings.ContainsRune(":：", r) && (unicode.IsDigit(next)) {
			return 0, "", false // 8:30 …
		}
		return n, trimmed(rest), true
	case !open && loose && blank(r) && digits < 4: // "0012 …" is the number of what it is about
		return n, trimmed(rest), true
	case !open && loose && digits < 4 && n == next && unicode.Is(unicode.Han, r) && !strings.ContainsRune(counters, r):
		return n, trimmed(rest), true
	}
	return 0, "", false
}

// counters are what a number is of that is not that of a line: "3号楼", "2个人", "12月5日".
const counters = "号栋幢座楼单层室户门区期排个人口位名月日点时分年天元块斤箱份件只条次岁度米里十百千加和到至多两"

// keycaps reads a number of key caps, "1️⃣0️⃣", 0 if there is none.
func keycaps(s string) (n int, rest string) {
	for n < 1000 {
		var v int
		switch {
		case strings.HasPrefix(s, "🔟") && n == 0:
			return 10, s[len("🔟"):]
		case s == "" || s[0] < '0' || s[0] > '9':
			return n, s
		}
		v = int(s[0] - '0')
		key := strings.TrimPrefix(s[1:], "\ufe0f")
		if !strings.HasPrefix(key, "\u20e3") {
			return n, s
		}
		n, s = n*10+v, key[len("\u20e3"):]
	}
	return n, s
}

// blank says that nobody sees r.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == '\u2060' || r == '\u3164' || r == '\u00ad' || r == '\u200e' || r == '\u200f'
}

// trimmed cuts what holds two things apart from both ends.
func trimmed(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return blank(r) || strings.ContainsRune(",，、.．。;；:：/／|｜-—", r) })
}
