package local

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"linli/flows"
)

// longestChain is how many runes of a list are read: two thousand households
// with their names.
const longestChain = 60000

// chain reads a list that people copy and add themselves to: the mark 接龙 and
// a numbered line, or three short ones from 1 on. Nil if it is none.
func (d *directory) chain(raw, here string) (list *flows.Chain, marked bool) {
	if strings.IndexByte(raw, '\n') < 0 && strings.IndexByte(raw, '\r') < 0 {
		return nil, false
	}
	var out flows.Chain
	var title []string
	open, rows, regular := false, 0, true
	for _, line := range strings.Split(proper(raw, longestChain), "\n") {
		line = strings.TrimFunc(line, blank)
		if line == "" {
			open = false
			continue
		}
		n, body, ok := numberedLine(line, marked)
		switch {
		case ok && !example(body):
			open = body != ""
			regular = regular && n == len(out.Lines)+1 && utf8.RuneCountInString(body) <= 40 && !strings.ContainsAny(line, "。；;？?！")
			if body != "" {
				out.Lines = append(out.Lines, flows.ChainLine{N: n, Text: body})
			}
		case ok || example(line):
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
	for i := range out.Lines {
		d.chainLine(&out.Lines[i], here)
	}
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

// chainMark takes 接龙 from the head of a list.
func chainMark(line string) (rest string, ok bool) {
	s := strings.TrimLeft(line, "#＃【[ 　")
	for _, w := range []string{"接龙", "接龍", "群接龙"} {
		if rest, ok := strings.CutPrefix(s, w); ok {
			return strings.TrimFunc(strings.TrimLeft(rest, "#＃】]:：,，"), blank), true
		}
	}
	return line, strings.HasSuffix(line, "接龙") || strings.HasSuffix(line, "接龍") || strings.HasSuffix(line, "接龙：") || strings.HasSuffix(line, "接龙:")
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
// takes "3 王阿姨".
func numberedLine(line string, loose bool) (n int, body string, ok bool) {
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
	if key := strings.TrimPrefix(strings.TrimPrefix(rest, "\ufe0f"), "\u20e3"); strings.HasPrefix(strings.TrimPrefix(rest, "\ufe0f"), "\u20e3") {
		return n, trimmed(key), true
	}
	r, w := utf8.DecodeRuneInString(rest)
	switch {
	case rest == "":
		return n, "", loose
	case open && strings.ContainsRune(")）]】", r), !open && strings.ContainsRune(".．。、)）:：,，", r):
		rest = rest[w:]
		if next, _ := utf8.DecodeRuneInString(rest); strings.ContainsRune(":：", r) && (unicode.IsDigit(next)) {
			return 0, "", false // 8:30 …
		}
		return n, trimmed(rest), true
	case !open && loose && blank(r) && digits < 4: // "0012 …" is the number of what it is about
		return n, trimmed(rest), true
	}
	return 0, "", false
}

// blank says that nobody sees r.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == '\u2060' || r == '\u3164' || r == '\u00ad' || r == '\u200e' || r == '\u200f'
}

// trimmed cuts what holds two things apart from both ends.
func trimmed(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return blank(r) || strings.ContainsRune(",，、.．。;；:：/／|｜-—", r) })
}
