package local

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longest is how many runes of a message are read. Nobody reports a lift in
// more, and whatever comes after must not cost anything.
const longest = 2000

// Boundaries between two runes of a text. A literal may run over soft ones
// (spaces, symbols, emoji), because people and keyboards put them anywhere.
const (
	soft     = 1 // a space or a symbol
	comma    = 2
	sentence = 3
)

// text is a message in its normal form.
type text struct {
	r    []rune      // simplified, lower case, without spaces next to Chinese and without punctuation
	stop []uint8     // the boundary before the rune of the same index; one more for the end
	upto [3][]uint16 // by level: how many boundaries stand up to here

	question bool // a question mark
	link     bool
	header   bool // 【…】
	all      bool // @所有人
	mention  bool // @somebody
	asked    bool // @ somebody whose work it is
	stickers int  // emoji and [微笑]
	marks    int  // digits and letters of any script
}

//go:embed words/script.txt
var scriptFile string

// script maps traditional characters to simplified ones.
var script = func() map[rune]rune {
	m := map[rune]rune{}
	for _, pair := range strings.Fields(scriptFile) {
		if r := []rune(pair); len(r) == 2 {
			m[r[0]] = r[1]
		}
	}
	return m
}()

// head gives at most n runes of s.
func head(s string, n int) string {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		_, w := utf8.DecodeRuneInString(s[i:])
		i += w
	}
	return s[:i]
}

// normal gives the form in which a message is read. It takes any bytes.
func normal(s string) text {
	// Twice: what NFKC makes of one rune may be eighteen.
	return form(head(norm.NFKC.String(strings.ToValidUTF8(head(s, longest), " ")), longest), nil)
}

// form reads what NFKC has made of a message. Where from is not nil, it is given
// the byte of s that each rune of the text came from.
func form(s string, from *[]int) text {
	t := text{r: make([]rune, 0, len(s)/3+8), stop: make([]uint8, 0, len(s)/3+9)}
	var gap uint8 = sentence
	space := false
	here := 0
	put := func(r rune) {
		if from != nil {
			*from = append(*from, here)
		}
		if space && len(t.r) > 0 && gap <= soft && latin(t.r[len(t.r)-1]) && latin(r) {
			t.r, t.stop = append(t.r, ' '), append(t.stop, 0)
			gap = 0
			if from != nil {
				*from = append(*from, here)
			}
		}
		t.r, t.stop = append(t.r, r), append(t.stop, gap)
		gap, space = 0, false
	}
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		rest := s[i:]
		here = i
		i += w
		if n := skip(rest, r, &t); n > 0 {
			i += n - w
			gap = max(gap, soft)
			continue
		}
		switch {
		case r < 128 && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
			t.marks++
			put(r)
		case r >= 'A' && r <= 'Z':
			t.marks++
			put(r + 'a' - 'A')
		case r >= 0x4e00 && r <= 0x9fff || r == '〇':
			if v, ok := script[r]; ok {
				r = v
			}
			t.marks++
			put(r)
		case r == '\n' || r == '\r' || strings.ContainsRune("。!?;！？｡\u2028", r):
			t.question = t.question || r == '?'
			gap = max(gap, sentence)
		case (r == ':' || r == '.' || r == '/' || r == '-' || r == '~' || dash(r)) && len(t.r) > 0 && gap == 0 && latin(t.r[len(t.r)-1]):
			// Between digits it is a time, a date or an address; else a boundary.
			if next, _ := utf8.DecodeRuneInString(s[i:]); !latin(next) && !numeral(next) {
				gap = max(gap, soft)
				if r == ':' {
					gap = comma
				}
				break
			}
			if dash(r) {
				r = '-'
			}
			put(r)
		case r == '#' || r == '+':
			put(r)
		case strings.ContainsRune(",、:\"'()<>[]{}《》「」『』“”‘’【】", r):
			t.header = t.header || r == '【'
			gap = max(gap, comma)
		case unicode.IsSpace(r) || r == '\u3164' || r == '\u115f':
			gap, space = max(gap, soft), true
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) || r >= 0xfe00 && r <= 0xfe0f:
			// invisible
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			t.marks++
			put(unicode.ToLower(r))
		default:
			if r >= 0x2190 && unicode.Is(unicode.So, r) {
				t.stickers++
			}
			gap = max(gap, soft)
		}
	}
	t.stop = append(t.stop, sentence)
	t.heal()
	t.seal()
	return t
}

// heal makes one word of what was typed rune by rune: "着，火，了".
func (t *text) heal() {
	for i := 1; i < len(t.r); i++ {
		if t.stop[i] > soft && t.stop[i-1] > 0 && (t.stop[i+1] > 0) && t.r[i] > 127 && t.r[i-1] > 127 {
			t.stop[i] = soft
		}
	}
}

// skip gives the length of what is not read at the beginning of s: a link, a
// mention, a sticker's name. It notes what it was.
func skip(s string, r rune, t *text) int {
	switch r {
	case 'h', 'H', 'w', 'W':
		if len(s) > 8 && (strings.EqualFold(s[:7], "http://") || strings.EqualFold(s[:8], "https://") || strings.EqualFold(s[:4], "www.")) {
			t.link = true
			n := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > 127 })
			if n < 0 {
				n = len(s)
			}
			return n
		}
	case '@':
		t.mention = true
		n, runes := 0, 0
		for i, r := range s[1:] {
			if unicode.IsSpace(r) || strings.ContainsRune(",，。:：!?", r) {
				n = i + 1
				break
			}
			if runes++; runes > 12 {
				break
			}
		}
		name := s[:min(len(s), max(n, 25))]
		t.all = t.all || strings.HasPrefix(s, "@所有人") || strings.HasPrefix(strings.ToLower(s), "@all")
		for _, w := range []string{"物业", "网格", "社区", "居委", "楼长", "楼栋长", "业委", "管家", "邻里", "书记", "主任"} {
			t.asked = t.asked || strings.Contains(name, w)
		}
		if n == 0 && t.all {
			return len("@所有人")
		}
		if n == 0 {
			return 1 // nobody closed the name: read on, it may hold everything
		}
		return n
	case '[':
		end := strings.IndexByte(s, ']')
		if end < 2 || end > 15 {
			return 0
		}
		for _, r := range s[1:end] {
			if !unicode.IsLetter(r) {
				return 0
			}
		}
		if unit := s[1:end]; strings.Contains(unit, "楼") || strings.Contains(unit, "通知") || strings.Contains(unit, "火") {
			return 0
		}
		t.stickers++
		return end + 1
	}
	return 0
}

func latin(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' }
func digit(r rune) bool { return r >= '0' && r <= '9' }
func dash(r rune) bool {
	return r >= 0x2010 && r <= 0x2015 || r == '−' || r == '─' || r == '－' || r == 'ー'
}

// seal counts the boundaries, so that [text.same] costs the same however far apart.
func (t *text) seal() {
	n := len(t.stop)
	all := make([]uint16, 3*n)
	for l := range t.upto {
		t.upto[l] = all[l*n : (l+1)*n]
		var count uint16
		for i, s := range t.stop {
			if int(s) > l {
				count++
			}
			t.upto[l][i] = count
		}
	}
}

// same says that no boundary of at least level lies between the runes i and j.
func (t *text) same(i, j int, level uint8) bool {
	c := t.upto[level-1]
	j = min(j, len(c)-1)
	return j <= i || c[j] == c[i]
}

// has says whether w stands at rune i.
func (t *text) has(i int, w string) bool {
	for _, r := range w {
		if i < 0 || i >= len(t.r) || t.r[i] != r {
			return false
		}
		i++
	}
	return true
}

// part gives the runes from i to j, which may lie outside.
func (t *text) part(i, j int) string {
	i, j = max(0, i), min(j, len(t.r))
	if i >= j {
		return ""
	}
	return string(t.r[i:j])
}
