package local

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"linli/flows"
)

// The words that say how a vote came in. A proxy is given in writing.
var (
	onPaper = []string{"纸质票", "纸质", "纸票", "书面", "表决票", "表决表", "纸", "表", "paper"}
	byPhone = []string{"电话票", "电话", "来电", "phone"}
	proxies = []string{"委托给", "委托", "由"}
)

// slip reads a vote that somebody puts in for a household: "0012 3-1-501 要
// 纸质", "0012号 3号楼1单元501 选A 电话 11月20日签 委托3-1-502". It needs the
// number of the poll, a household with its room, and a word for how the vote
// came. The building stays open where none is named.
func (d *directory) slip(raw string, at time.Time) (*flows.Slip, int) {
	// It begins with a number: most messages end here.
	if r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(raw, blank)); !unicode.IsDigit(r) && !strings.ContainsRune("#＃第", r) || utf8.RuneCountInString(head(raw, 121)) > 120 {
		return nil, 0
	}
	if !slices.ContainsFunc([]string{"纸", "表", "电话", "委托", "來電", "来电", "書面", "书面", "電話", "紙", "paper", "phone"}, func(w string) bool { return strings.Contains(raw, w) }) {
		return nil, 0
	}
	w := write(proper(raw, 120))
	n, i, ok := w.slipNumber()
	if !ok {
		return nil, 0
	}
	h, ok := d.householdFrom(&w, i, "")
	if !ok || h.Room == "" || h.start-i > 6 {
		return nil, 0
	}
	out := &flows.Slip{Place: h.Place}
	cuts := [][2]int{{0, h.end}}
	cut := func(i, j int) { cuts = append(cuts, [2]int{i, j}) }
	method := false
	for k := h.end; k < len(w.r); k++ {
		p := slices.IndexFunc(proxies, func(x string) bool { return w.has(k, x) })
		if p < 0 {
			continue
		}
		x, ok := d.householdFrom(&w, k, out.Place.Building)
		begin := k + runes(proxies[p])
		if !ok {
			// "委托502": next door.
			if x, ok = d.bareRoomAt(&w, begin); !ok {
				continue
			}
		}
		if x.start-begin > 4 || x.Room == "" {
			continue
		}
		out.Proxy = x.Place.Within(flows.Place{Building: out.Place.Building, Unit: out.Place.Unit})
		end := x.end
		for _, word := range []string{"代为投票", "代投票", "代投", "代签", "代"} {
			if w.has(end, word) {
				end += runes(word)
				break
			}
		}
		cut(k, end)
		out.Paper, method = true, true
		break
	}
	for _, s := range times(&w.text, at) {
		if s.start < h.end || s.day.IsZero() || s.hour >= 0 || s.within || s.bare || inside(cuts, s.start) {
			continue
		}
		begin, end, signed := s.start, s.after, false
		for _, word := range []string{"签字", "签署", "签名", "签的", "签"} {
			if w.has(end, word) {
				end, signed = end+runes(word), true
				break
			}
		}
		for _, word := range []string{"签字日期", "签署日期", "签于", "日期"} {
			if w.has(begin-runes(word), word) {
				begin, signed = begin-runes(word), true
				break
			}
		}
		if !signed && s.weak {
			continue
		}
		out.Signed = s.day
		if s.day.After(at) && !w.has(s.start+4, "年") && !w.has(s.start+4, "-") {
			// A day that somebody signed on is past.
			out.Signed = s.day.AddDate(-1, 0, 0)
		}
		cut(begin, end)
		break
	}
	if i, j, ok := w.last(byPhone, h.end, cuts); ok {
		out.Paper, method = false, true
		cut(i, j)
	} else if i, j, ok := w.last(onPaper, h.end, cuts); ok {
		out.Paper, method = true, true
		cut(i, j)
	}
	if !method {
		return nil, 0
	}
	out.Choice = w.choice(cuts)
	if out.Choice == "" || utf8.RuneCountInString(out.Choice) > 20 {
		return nil, 0
	}
	run := 0
	for _, r := range out.Choice {
		if run++; !digit(r) && r != '-' {
			run = 0
		}
		if run >= 7 {
			return nil, 0 // a telephone number
		}
	}
	return out, n
}

// slipNumber reads the number of a poll at the head: "0012", "#12", "12号", "第12号".
func (t *text) slipNumber() (n, end int, ok bool) {
	i := 0
	for i < len(t.r) && (t.r[i] == '#' || t.r[i] == '第') {
		i++
	}
	if i >= len(t.r) || !digit(t.r[i]) {
		return 0, 0, false
	}
	n, digits, end, ok := t.number(i)
	if !ok || n == 0 || digits > 5 {
		return 0, 0, false
	}
	said := i > 0 || digits >= 4 && t.r[i] == '0'
	if t.has(end, "号") && !t.has(end, "号楼") && !t.has(end, "号院") && !t.has(end, "号栋") {
		said, end = true, end+1
	} else if end < len(t.r) && t.r[end] != ' ' && t.stop[end] == 0 {
		return 0, 0, false
	}
	if t.has(end, " ") {
		end++
	}
	return n, end, said || digits == 4
}

// householdFrom finds the first home from rune i on.
func (d *directory) householdFrom(w *written, i int, here string) (household, bool) {
	if i >= len(w.r) {
		return household{}, false
	}
	part := text{r: w.r[i:], stop: w.stop[i:]}
	part.seal()
	h, ok := d.household(&part, here)
	h.start, h.end = h.start+i, h.end+i
	return h, ok
}

func (d *directory) bareRoomAt(w *written, i int) (household, bool) {
	if i >= len(w.r) || !digit(w.r[i]) {
		return household{}, false
	}
	n, _, end, ok := w.number(i)
	if !ok || !d.roomlike(n) {
		return household{}, false
	}
	return household{flows.Place{Room: w.part(i, end)}, i, w.closed(end)}, true
}

func inside(cuts [][2]int, i int) bool {
	return slices.ContainsFunc(cuts, func(c [2]int) bool { return i >= c[0] && i < c[1] })
}

// last finds the last of some words that stands for itself, or else at the end.
func (t *text) last(words []string, from int, cuts [][2]int) (i, j int, ok bool) {
	for i := len(t.r) - 1; i >= from; i-- {
		if inside(cuts, i) {
			continue
		}
		for _, w := range words {
			end := i + runes(w)
			if !t.has(i, w) {
				continue
			}
			left := t.stop[i] > 0 || t.r[i-1] == ' ' || inside(cuts, i-1)
			right := end >= len(t.r) || t.stop[end] > 0 || t.r[end] == ' ' || inside(cuts, end)
			if right && (left || runes(w) > 1) {
				return i, end, true
			}
		}
	}
	return 0, 0, false
}

// choice gives what is left of a slip, as it was written.
func (w *written) choice(cuts [][2]int) string {
	var parts []string
	for i := 0; i < len(w.r); {
		if inside(cuts, i) {
			i++
			continue
		}
		j := i
		for j < len(w.r) && !inside(cuts, j) {
			j++
		}
		if s := trimmed(w.raw[w.begin(i):w.end(j)]); s != "" {
			parts = append(parts, s)
		}
		i = j
	}
	s := strings.Join(parts, " ")
	for _, x := range []string{"选择", "选", "投给", "投了", "投", "選"} {
		if rest, ok := strings.CutPrefix(s, x); ok && trimmed(rest) != "" {
			return trimmed(rest)
		}
	}
	return s
}
