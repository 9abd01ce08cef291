package model

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Masking: what points to a person is put away before a text leaves, and put back into what
// comes back. What cannot be known is not found: a name that stands in no list and before
// no title, or what somebody describes in a sentence. It must find too much rather than
// too little, because what was put away comes back.

const (
	digit    = `[0-9]`
	numeral  = `[〇零○一二三四五六七八九幺两]`
	dash     = `[-－—–‐−]`
	surnames = `王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文`
)

// marks are the forms of what is put away, each with the word that stands in its place.
// Where a form has a part in brackets, only that part is put away.
var marks = []struct {
	kind string
	form *regexp.Regexp
}{
	{"邮箱", regexp.MustCompile(`[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*`)},
	{"车牌", regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-Za-z][\s·.\-]?[A-Za-z0-9]{4,5}[A-Za-z0-9挂学警港澳]?`)},
	{"门牌", regexp.MustCompile(digit + `{1,4}\s*` + dash + `\s*` + digit + `{1,3}\s*` + dash + `\s*` + digit + `{2,4}`)},
	{"门牌", regexp.MustCompile(digit + `{1,3}\s*` + dash + `\s*` + digit + `{3,4}(?:室|房|户)?`)},
	{"门牌", regexp.MustCompile(`(?:` + digit + `{1,3}|[一二三四五六七八九十]{1,3})\s*(?:单元|门洞)\s*(?:` + digit + `{2,4}|` + numeral + `{3,4})?\s*(?:室|房)?`)},
	{"门牌", regexp.MustCompile(`(?:号楼|号院|栋|幢|座|#)\s*` + dash + `?\s*(` + digit + `{3,4}|` + numeral + `{3,4})`)},
	{"门牌", regexp.MustCompile(`[A-Za-z]?` + digit + `{3,4}\s*(?:室|房间|号房|房)`)},
	{"门牌", regexp.MustCompile(numeral + `{3,4}\s*(?:室|房间|号房)`)},
	// Telephone, card and account numbers: seven digits or more, however they are set apart.
	{"号码", regexp.MustCompile(`\+?` + digit + `(?:[\s\-－—–‐−.·()（）]{0,2}` + digit + `){6,}[Xx]?`)},
	{"号码", regexp.MustCompile(numeral + `(?:[\s\-—，、]{0,2}` + numeral + `){6,}`)},
	{"姓名", regexp.MustCompile(`[` + surnames + `][\p{Han}]{0,2}?(?:阿姨|大爷|大妈|大叔|大姐|大哥|奶奶|爷爷|叔叔|婶婶|伯伯|老师|师傅|先生|女士|小姐|主任|书记|医生|大夫|警官|经理|队长|网格员)`)},
	{"姓名", regexp.MustCompile(`(?:我叫|名叫|姓名[：:]?|本人)\s*([` + surnames + `][\p{Han}]{1,2})`)},
}

var placeholder = regexp.MustCompile(`【(?:邮箱|车牌|门牌|号码|姓名)[0-9]{1,5}】`)

// mask remembers what was put away from the texts of one task.
type mask struct {
	names []string          // longest first
	away  map[string]string // what stands in the place of what
	back  []string          // pairs for a replacer
	taken string            // all texts that were masked: what stands in them is no placeholder of ours
	n     int
}

// newMask makes one for the texts of a task that knows these names. One rune is no name.
func newMask(names []string, texts ...string) *mask {
	m := &mask{away: map[string]string{}, taken: strings.Join(texts, "\x00")}
	for _, n := range names {
		n, _, _ := fold(strings.TrimSpace(n))
		if len([]rune(n)) >= 2 && !slices.Contains(m.names, n) {
			m.names = append(m.names, n)
		}
	}
	slices.SortStableFunc(m.names, func(a, b string) int { return len(b) - len(a) })
	return m
}

// fold makes a text comparable: letters and digits of full width become plain ones, signs
// that nobody sees go. At gives for each byte of it which rune of the text it comes from.
func fold(s string) (folded string, runes []rune, at []int) {
	runes = []rune(s)
	var b strings.Builder
	for i, r := range runes {
		switch {
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r):
			continue
		case r >= '！' && r <= '～' && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("＠．＋－＿", r)):
			r -= '！' - '!'
		case unicode.IsDigit(r) && r > unicode.MaxASCII:
			r = '0' // of another script; which one it is does not matter
		}
		n := b.Len()
		b.WriteRune(r)
		for ; n < b.Len(); n++ {
			at = append(at, i)
		}
	}
	return b.String(), runes, append(at, len(runes))
}

type span struct {
	from, to int // runes
	kind     string
}

// put puts away what points to a person. The text is one of those the mask was made for.
func (m *mask) put(s string) string {
	folded, runes, at := fold(s)
	var spans []span
	add := func(kind string, from, to int) {
		if from < to {
			spans = append(spans, span{at[from], at[to-1] + 1, kind})
		}
	}
	for _, f := range marks {
		for _, x := range f.form.FindAllStringSubmatchIndex(folded, -1) {
			if len(x) > 2 && x[2] >= 0 {
				add(f.kind, x[2], x[3])
			} else {
				add(f.kind, x[0], x[1])
			}
		}
	}
	for _, name := range m.names {
		for from := 0; ; {
			i := strings.Index(folded[from:], name)
			if i < 0 {
				break
			}
			add("姓名", from+i, from+i+len(name))
			from += i + 1
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for i := 0; i < len(spans); {
		x := spans[i]
		size := x.to - x.from
		for i++; i < len(spans) && spans[i].from < x.to; i++ {
			if n := spans[i].to - spans[i].from; n > size { // what is longest says what it is
				x.kind, size = spans[i].kind, n
			}
			x.to = max(x.to, spans[i].to)
		}
		b.WriteString(string(runes[done:x.from]))
		b.WriteString(m.sign(x.kind, string(runes[x.from:x.to])))
		done = x.to
	}
	b.WriteString(string(runes[done:]))
	return b.String()
}

// sign gives the placeholder of something, one that stands in no text by itself.
func (m *mask) sign(kind, what string) string {
	if p, there := m.away[what]; there {
		return p
	}
	for {
		m.n++
		p := fmt.Sprintf("【%s%d】", kind, m.n)
		if !strings.Contains(m.taken, p) {
			m.away[what], m.back = p, append(m.back, p, what)
			return p
		}
	}
}

// restore puts back what was put away.
func (m *mask) restore(s string) string { return strings.NewReplacer(m.back...).Replace(s) }

// strange says whether there is a placeholder that was given for nothing: a model has made
// it up.
func (m *mask) strange(s string) bool {
	for _, p := range placeholder.FindAllString(s, -1) {
		if !slices.Contains(m.back, p) && !strings.Contains(m.taken, p) {
			return true
		}
	}
	return false
}
