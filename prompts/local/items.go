package local

import (
	_ "embed"
	"slices"
	"strings"

	"linli/flows"
)

//go:embed words/same.txt
var sameFile string

// alike gives the other words for a thing, by the word duty lists use.
var alike = func() map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(sameFile) {
		if f := strings.Fields(strings.ReplaceAll(line, "_", "\x00")); len(f) > 1 && f[0][0] != '#' {
			for _, w := range f[1:] {
				m[f[0]] = append(m[f[0]], strings.ReplaceAll(w, "\x00", " "))
			}
		}
	}
	return m
}()

// items finds lines of the duty list by their words. A word is looked for
// without the little words people put in ("电梯又坏了", "电梯怎么还是坏的"), and
// a word that ends with a problem ("楼道灯" + "不亮") also with its two parts
// apart.
type items struct {
	about []flows.Role
	ids   []string
	words trie
	entry []entry
}

// entry is a literal of the trie.
type entry struct {
	item    int
	n       int      // runes
	problem bool     // says what is wrong, not only what it is about
	noun    bool     // the thing alone
	idle    bool     // of a noun: it is no thing, and says nothing without its problem
	tails   [][]rune // of a noun: the problems the list names with it
	shared  int      // of a noun: how many lines have it
}

// found is what the items of a text come to.
type found struct {
	item  int // -1 for none
	score float64
	full  bool // with what is wrong
	word  bool // a whole word of the list
	why   string
}

// filler are runes that say nothing between a thing and its problem.
func filler(r rune) bool {
	switch r {
	case '又', '也', '还', '都', '老', '总', '的', '了', '啊', '呢', '吧', '就', '是', '很', '太', '着', '嘛', '呀', '怎', '么', '咋', '这', '那':
		return true
	}
	return false
}

// bare leaves the filler out of a text.
func bare(t *text) text {
	b := text{r: make([]rune, 0, len(t.r)), stop: make([]uint8, 0, len(t.stop))}
	var gap uint8
	for i, r := range t.r {
		gap = max(gap, t.stop[i])
		if filler(r) {
			continue
		}
		b.r, b.stop = append(b.r, r), append(b.stop, gap)
		gap = 0
	}
	b.stop = append(b.stop, sentence)
	b.seal()
	return b
}

func bareWord(w string) []rune {
	t := normal(w)
	b := bare(&t)
	return b.r
}

// ends are the problems a word of a duty list may end with, longest first.
var ends = func() [][]rune {
	var out [][]rune
	problem := talk.class("problem")
	seen := map[string]bool{}
	for _, p := range talk.patterns {
		if p.class != problem || len(p.parts) > 1 {
			continue
		}
		if r := bareWord(string(p.parts[0])); len(r) > 0 && r[0] > 127 && !seen[string(r)] {
			seen[string(r)] = true
			out = append(out, r)
		}
	}
	for _, w := range strings.Fields("黑 抖 响 闪 慢 坏 堵 漏 停 破 断 掉 满 吵 贵 少 小 乱 没人管 没人 修") {
		out = append(out, []rune(w))
	}
	slices.SortStableFunc(out, func(a, b []rune) int { return len(b) - len(a) })
	return out
}()

// alongside are words that stand before a problem and name no thing: when, how, whose.
var alongside = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("一直 半夜 半边 下雨 几个月 一股 往下 把我家 我家被 家里 东西 报修 中午装 半夜装 周末装") {
		m[string(bareWord(w))] = true
	}
	return m
}()

func compileItems(s *flows.Settings) *items {
	x := &items{words: newTrie()}
	type key struct {
		item int
		noun string
	}
	nouns, spread, whole := map[key]int{}, map[string]map[int]bool{}, map[key]bool{}
	for i, it := range s.Items {
		x.ids, x.about = append(x.ids, it.ID), append(x.about, it.About)
		for _, w := range it.Words {
			for _, v := range variants(w) {
				r := bareWord(v)
				if len(r) == 0 || whole[key{i, string(r)}] {
					continue
				}
				whole[key{i, string(r)}] = true
				noun, tail := split(r)
				x.words.add(r, len(x.entry))
				x.entry = append(x.entry, entry{item: i, n: len(r), problem: tail != nil || wrong(v)})
				if tail == nil || len(noun) < 2 {
					continue
				}
				k := key{i, string(noun)}
				if _, ok := nouns[k]; !ok {
					nouns[k] = len(x.entry)
					x.words.add(noun, len(x.entry))
					x.entry = append(x.entry, entry{item: i, n: len(noun), noun: true, idle: alongside[k.noun]})
					if spread[k.noun] == nil {
						spread[k.noun] = map[int]bool{}
					}
					spread[k.noun][i] = true
				}
				e := &x.entry[nouns[k]]
				e.tails = append(e.tails, tail)
			}
		}
	}
	for k, i := range nouns {
		x.entry[i].shared = len(spread[k.noun])
	}
	return x
}

// variants gives a word of the list with its thing under other names.
func variants(w string) []string {
	out := []string{w}
	for thing, others := range alike {
		if rest, ok := strings.CutPrefix(w, thing); ok {
			for _, o := range others {
				out = append(out, o+rest)
			}
		}
	}
	return out
}

// split takes the problem off the end of a word.
func split(r []rune) (noun, tail []rune) {
	for _, e := range ends {
		if len(e) < len(r) && slices.Equal(r[len(r)-len(e):], e) {
			return r[:len(r)-len(e)], e
		}
	}
	return nil, nil
}

// wrong says that a word holds a problem anywhere.
func wrong(w string) bool {
	t := normal(w)
	problem, grave := talk.class("problem"), talk.class("grave")
	return slices.ContainsFunc(talk.find(&t), func(h hit) bool { return h.class == problem || h.class == grave })
}

// certain sets a line that names what is wrong before one that names only the thing.
const certain = 6

// find gives the best line for a text, and the best one that says what is wrong
// with a thing and complains of nobody. troubled says that the text holds a
// problem at all.
func (x *items) find(b *text, troubled bool) (best, thing found, scores []float64) {
	best.item, thing.item = -1, -1
	if len(x.ids) == 0 {
		return best, thing, nil
	}
	scores = make([]float64, len(x.ids))
	tops := make([]found, len(x.ids))
	var i int
	visit := func(id, end int) {
		e := &x.entry[id]
		if !b.whole(i, end) || b.r[i] == '楼' && b.has(i-1, "号") {
			return // 3号楼门口 holds no 楼门
		}
		v, full := float64(e.n*e.n), e.problem
		switch {
		case e.noun:
			n := 0
			for _, tail := range e.tails {
				if len(tail) > n && (b.follow(end, 10, tail) >= 0 || b.before(i, 3, tail)) {
					n = len(tail)
				}
			}
			if n == 0 && e.idle {
				return
			}
			if n > 0 {
				v, full = 0.85*float64((e.n+n)*(e.n+n)), true
			} else if troubled {
				v *= 0.5 / float64(e.shared)
			} else {
				v *= 0.3 / float64(e.shared)
			}
		case !e.problem:
			v *= 0.7
		}
		if full {
			v += certain
		}
		t := &tops[e.item]
		if v > t.score {
			*t = found{e.item, v, full, !e.noun, b.part(i, end)}
		}
		scores[e.item] += v * 0.2
	}
	for ; i < len(b.r); i++ {
		x.words.at(b.r, i, visit)
	}
	for i := range tops {
		if tops[i].score == 0 {
			continue
		}
		scores[i] = min(scores[i], tops[i].score) + tops[i].score
		if best.item < 0 || scores[i] > scores[best.item] {
			best = tops[i]
			best.item = i
		}
		if tops[i].full && x.about[i] == "" && (thing.item < 0 || scores[i] > scores[thing.item]) {
			thing = tops[i]
			thing.item = i
		}
	}
	return best, thing, scores
}

// before says that part ends at most gap runes before rune i, in the same sentence.
func (t *text) before(i, gap int, part []rune) bool {
	for k := i - len(part); k >= 0 && k >= i-len(part)-gap; k-- {
		if t.same(k, i, comma) && slices.Equal(t.r[k:k+len(part)], part) {
			return true
		}
	}
	return false
}

// aboutRole gives the line for a complaint about a role, the best one first read.
func (x *items) aboutRole(r flows.Role, scores []float64) int {
	best := -1
	for i, a := range x.about {
		if a == r && (best < 0 || scores[i] > scores[best]) {
			best = i
		}
	}
	return best
}
