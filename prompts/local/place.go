package local

import "strconv"

// part is a kind of span.
type part uint8

const (
	house part = iota + 1 // a building by number or letter
	unit
	floor
	room
)

// span is a piece of a text that says where, read without any directory.
type span struct {
	part       part
	value      string // "3", "a", "1802", "1216a"
	n          int    // as a number, 0 if it is none
	start, end int
	sure       bool // says itself what it is: 3号楼, not 3号 or 3-2
}

// after gives the words that make a number what it is.
var after = []struct {
	word string
	part part
	sure bool
}{
	{"号住宅楼", house, true}, {"号楼", house, true}, {"号栋", house, true}, {"号幢", house, true}, {"#楼", house, true}, {"栋楼", house, true}, {"栋", house, true}, {"幢", house, true}, {"懂", house, false},
	{"#", house, true}, {"座", house, true}, {"号院", house, false},
	{"号单元", unit, true}, {"单元", unit, true}, {"个单元", 0, false}, {"单", unit, false}, {"号门栋", unit, true},
	{"层楼", floor, true}, {"层", floor, true}, {"楼", floor, true}, {"f", floor, false},
	{"号房间", room, true}, {"号房", room, true}, {"室", room, true}, {"户", room, false}, {"屋", room, false}, {"房", room, false},
	{"号", 0, false},
}

// spans reads the places in a text. It is bounded by the text: every rune is
// looked at a fixed number of times.
func spans(t *text) []span {
	var out []span
	for i := 0; i < len(t.r); {
		r := t.r[i]
		if r >= 'a' && r <= 'z' {
			n, end := t.lettered(i, &out)
			i = end
			if n {
				continue
			}
			i++
			continue
		}
		if !digit(r) && !numeral(r) {
			i++
			continue
		}
		i = t.numbered(i, &out)
	}
	return out
}

// lettered reads "a座", "b3栋", "building 3". It says whether it took anything.
func (t *text) lettered(i int, out *[]span) (bool, int) {
	j := i
	for j < len(t.r) && t.r[j] >= 'a' && t.r[j] <= 'z' {
		j++
	}
	if j-i == 1 {
		k := j
		if k < len(t.r) && digit(t.r[k]) {
			_, _, k, _ = t.number(k)
		}
		for _, w := range []string{"座", "栋", "幢", "号楼", "#", "单元"} {
			if t.has(k, w) {
				p := house
				if w == "单元" {
					p = unit
				}
				end := k + len([]rune(w))
				*out = append(*out, span{part: p, value: t.part(i, k), start: i, end: end, sure: true})
				return true, t.tail(end, p, out)
			}
		}
		return false, i
	}
	p := part(0)
	switch t.part(i, j) {
	case "building", "bldg", "block", "tower":
		p = house
	case "unit", "entrance":
		p = unit
	case "floor":
		p = floor
	case "room", "apt", "apartment", "flat":
		p = room
	}
	k := j
	for p != 0 && k < len(t.r) && (t.r[k] == ' ' || t.r[k] == '#') {
		k++
	}
	if p != 0 && k < len(t.r) && digit(t.r[k]) {
		if n, _, end, ok := t.number(k); ok && n > 0 {
			*out = append(*out, span{p, strconv.Itoa(n), n, i, end, true})
			return true, end
		}
	}
	return false, j - 1
}

// numbered reads a number at i with what follows it, and gives where to go on.
func (t *text) numbered(i int, out *[]span) int {
	n, digits, end, ok := t.number(i)
	if !ok || n == 0 && digits < 2 {
		return max(end, i+1)
	}
	start := i
	value := strconv.Itoa(n)
	if i > 0 && t.stop[i] == 0 && t.r[i-1] >= 'a' && t.r[i-1] <= 'z' && (i < 2 || !latin(t.r[i-2])) {
		start, value = i-1, string(t.r[i-1])+value
	}
	if end < len(t.r) && t.r[end] == '-' && t.stop[end] == 0 {
		if to, ok := t.dashed(start, end, n, digits, out); ok {
			return to
		}
	}
	if i > 0 && (t.r[i-1] == '-' || t.r[i-1] == ':' || t.r[i-1] == '.' || t.r[i-1] == '/') {
		return end // the rest of a date, a time or a telephone number
	}
	if (t.has(i-1, "第") || t.has(i-1, "这") || t.has(i-1, "那")) && !t.has(end, "单元") && !t.has(end, "号楼") && !t.has(end, "层") {
		return end
	}
	for _, a := range after {
		if !t.has(end, a.word) || t.stop[end] >= comma {
			continue
		}
		to := end + len([]rune(a.word))
		if !t.allowed(a.word, a.part, i, to, n, digits) {
			continue
		}
		if a.part == 0 {
			if a.word == "号" && t.opens(to) {
				*out = append(*out, span{house, value, n, start, to, false}) // 3号2单元, 3号501
				return t.tail(to, house, out)
			}
			return end
		}
		*out = append(*out, span{a.part, value, n, start, to, a.sure})
		return t.tail(to, a.part, out)
	}
	return end
}

// opens says that a unit or a room follows, so that the number before was a building.
func (t *text) opens(i int) bool {
	if i >= len(t.r) || !digit(t.r[i]) && !numeral(t.r[i]) || t.stop[i] >= comma {
		return false
	}
	_, digits, end, ok := t.number(i)
	if !ok {
		return false
	}
	return t.has(end, "单元") || digits >= 3 && digits <= 4 && (end >= len(t.r) || !latin(t.r[end]) && !t.has(end, "元") && !t.has(end, "年") && !t.has(end, "块"))
}

// allowed strikes out what only looks like a place: 一层灰, 一户, 三楼长.
func (t *text) allowed(word string, p part, i, to, n, digits int) bool {
	switch word {
	case "户", "屋", "房":
		return digits >= 3 && digits <= 4
	case "室":
		return digits >= 3 || digits == 0 && n > 100 || digits > 0 && digits < 3 && i > 0 && (t.r[i-1] == '元' || t.r[i-1] == '-')
	case "f":
		return digits > 0 && digits < 3 && (to >= len(t.r) || !latin(t.r[to]))
	case "楼":
		if t.has(to, "长") || t.has(to, "主") || digits == 0 && t.has(i-1, "哪") || t.has(i-1, "上") && n == 1 {
			return false
		}
		return n < 100
	case "层":
		for _, w := range []string{"灰", "土", "纸", "皮", "雪", "冰", "油", "膜", "意思", "关系", "窗户纸", "薄", "厚", "水", "保温", "布", "楼高", "楼梯"} {
			if t.has(to, w) {
				return false
			}
		}
		return n < 100
	case "单":
		return i > 0 && (t.r[i-1] == '楼' || t.r[i-1] == '栋' || t.r[i-1] == '幢' || t.r[i-1] == '#')
	case "栋", "栋楼", "幢", "座":
		return !(n == 1 && t.has(i-1, "整") || t.has(i-1, "每") || t.has(i-1, "有") && digits == 0 || word == "座" && digits > 0 && n > 99)
	case "#":
		return digits > 0 || n > 0
	case "懂":
		return digits > 0
	}
	return true
}

// tail reads the bare room (or unit and room) right after a building or a unit:
// 3号楼501, 2单元1802, 3#2-501.
func (t *text) tail(i int, after part, out *[]span) int {
	if after != house && after != unit && after != floor || i >= len(t.r) || t.stop[i] >= comma {
		return i
	}
	j := i
	if t.r[j] == '-' && j+1 < len(t.r) {
		j++
	}
	if !digit(t.r[j]) && value(t.r[j]) < 0 || value(t.r[j]) > 9 {
		return i
	}
	n, digits, end, ok := t.number(j)
	if !ok || digits == 0 {
		return i
	}
	if after == house && digits <= 2 && end < len(t.r)-1 && t.r[end] == '-' && digit(t.r[end+1]) {
		m, d, to, ok := t.number(end + 1)
		if ok && d >= 1 && d <= 4 && !clock(t, to) {
			*out = append(*out, span{unit, strconv.Itoa(n), n, j, end, true}, span{room, t.tailed(to, m), m, end + 1, to, true})
			return to
		}
	}
	if digits < 3 || digits > 4 || clock(t, end) || t.has(end, "号楼") || t.has(end, "单元") || t.has(end, "号") && after == floor {
		return i
	}
	*out = append(*out, span{room, t.tailed(end, n), n, j, end, true})
	return t.closed(end)
}

// tailed writes a room with the letter that may follow it.
func (t *text) tailed(end, n int) string {
	s := strconv.Itoa(n)
	if end < len(t.r) && t.stop[end] == 0 && t.r[end] >= 'a' && t.r[end] <= 'z' && (end+1 >= len(t.r) || !latin(t.r[end+1])) {
		s += string(t.r[end])
	}
	return s
}

// closed passes the word after a room.
func (t *text) closed(i int) int {
	for _, w := range []string{"号房", "号", "室", "户", "房"} {
		if t.has(i, w) {
			return i + len([]rune(w))
		}
	}
	return i
}

// clock says that the number ending at i is a time, an amount or a year.
func clock(t *text, i int) bool {
	for _, w := range []string{"点", ":", "元", "块", "年", "月", "日", "个", "人", "户人", "家", "次", "天", "分", "度", "米", "斤", "万", "名", "多", "平", "kw", "路"} {
		if t.has(i, w) {
			return true
		}
	}
	return false
}

// dashed reads 3-2-501, 3-501 and 3-2单元.
func (t *text) dashed(start, dash, n, digits int, out *[]span) (int, bool) {
	if dash+1 >= len(t.r) || !digit(t.r[dash+1]) && !numeral(t.r[dash+1]) || start > 0 && (t.r[start-1] == '-' || latin(t.r[start-1])) || digits > 3 || digits == 0 && n > 99 {
		return 0, false
	}
	m, d, end, ok := t.number(dash + 1)
	if !ok {
		return 0, false
	}
	first := span{house, strconv.Itoa(n), n, start, dash, false}
	if t.r[start] >= 'a' && t.r[start] <= 'z' {
		first.value = string(t.r[start]) + first.value
	}
	if t.has(end, "单元") {
		*out = append(*out, first, span{unit, strconv.Itoa(m), m, dash + 1, end + 2, true})
		return t.tail(end+2, unit, out), true
	}
	if t.has(end, "号楼") || t.has(end, "栋") || t.has(end, "层") || t.has(end, "月") || t.has(end, "点") || t.has(end, ":") || t.has(end, "楼") || t.has(end, "#") || t.has(end, "幢") {
		return 0, false
	}
	if end+1 < len(t.r) && t.r[end] == '-' && digit(t.r[end+1]) && d <= 2 {
		k, kd, to, ok := t.number(end + 1)
		if !ok || kd < 3 || kd > 4 || to < len(t.r) && (t.r[to] == '-' || t.r[to] == ':') || n > 999 {
			return 0, false // a date, a telephone number
		}
		if kd == 4 && n <= 31 && m <= 12 && k >= 1990 && k <= 2099 && d == 2 {
			return 0, false
		}
		*out = append(*out, first, span{unit, strconv.Itoa(m), m, dash + 1, end, true}, span{room, t.tailed(to, k), k, end + 1, to, true})
		return t.closed(to), true
	}
	if d >= 3 && d <= 4 && !clock(t, end) && n > 0 && (end >= len(t.r) || t.r[end] != '-') {
		*out = append(*out, first, span{room, t.tailed(end, m), m, dash + 1, end, true})
		return t.closed(end), true
	}
	return 0, false
}
